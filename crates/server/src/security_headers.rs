//! What every answer tells a browser not to do. After the OWASP Secure Headers Project; `Strict-Transport-Security` is the
//! word of whoever ends TLS, which is not us.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// JSON is no page: it runs nothing, shows nothing, and stands in no frame.
const OF_ANSWERS: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// The viewer of the API runs its own scripts and sets styles in place.
const OF_VIEWER: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
);
const VIEWER: &str = "/docs";
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// Adds them to every answer.
pub(crate) async fn middleware(request: Request, next: Next) -> Response {
    let is_viewer = request.uri().path().starts_with(VIEWER);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = if is_viewer { OF_VIEWER } else { OF_ANSWERS };
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    // Unless the answer says otherwise: on a phone that several use, nothing of one is left for the next.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
