//! The cookies: the sign-in session, the device that is known, and for a while what to bring back from the provider.
//!
//! `__Host-` binds a cookie to this very host, over TLS alone and for every path; no script can read it, and another
//! site's page does not send it but by a link that somebody follows. Browsers and curl take plain HTTP to this same
//! machine as secure.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use crate::error::{self, ApiError};

pub(crate) const SESSION: &str = "__Host-homeroom";
pub(crate) const DEVICE: &str = "__Host-homeroom-device";
pub(crate) const PROVIDER: &str = "__Host-homeroom-provider";

/// The session's token that a browser sent.
pub(crate) fn session(headers: &HeaderMap) -> Option<String> {
    sent(headers, SESSION)
}

/// The device cookie that a browser sent.
pub(crate) fn device(headers: &HeaderMap) -> Option<String> {
    sent(headers, DEVICE)
}

fn sent(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
    let found = cookies.find(|cookie| cookie.name() == name);
    found.map(|cookie| cookie.value().to_owned())
}

/// Sets the session's cookie for so many milliseconds.
pub(crate) fn for_session(token: &str, life_ms: i64) -> Result<HeaderValue, ApiError> {
    set(SESSION, token, Duration::milliseconds(life_ms))
}

/// Sets the device's cookie for so many milliseconds.
pub(crate) fn for_device(device: &str, life_ms: i64) -> Result<HeaderValue, ApiError> {
    set(DEVICE, device, Duration::milliseconds(life_ms))
}

/// What a browser brings back from the provider.
pub(crate) fn provider(headers: &HeaderMap) -> Option<String> {
    sent(headers, PROVIDER)
}

/// Sets what to bring back from the provider, for so many milliseconds.
pub(crate) fn for_provider(flow: &str, life_ms: i64) -> Result<HeaderValue, ApiError> {
    set(PROVIDER, flow, Duration::milliseconds(life_ms))
}

/// Takes it away again.
pub(crate) fn without_provider() -> Result<HeaderValue, ApiError> {
    set(PROVIDER, "", Duration::ZERO)
}

/// Takes the session's cookie from the browser; the device stays known.
pub(crate) fn without_session() -> Result<HeaderValue, ApiError> {
    set(SESSION, "", Duration::ZERO)
}

fn set(name: &str, value: &str, life: Duration) -> Result<HeaderValue, ApiError> {
    let cookie = Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(life);
    HeaderValue::try_from(cookie.to_string()).map_err(|error| {
        tracing::error!(%error, "a cookie is no header");
        error::internal()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_in_a_cookie_of_this_host_that_no_script_and_no_other_site_has() {
        let set = for_session("hrs_s1_p1_abc", 60_000).unwrap();
        assert_eq!(
            set.to_str().unwrap(),
            "__Host-homeroom=hrs_s1_p1_abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        let gone = without_session().unwrap();
        assert!(gone.to_str().unwrap().ends_with("Max-Age=0"));
    }

    #[test]
    fn a_cookie_is_found_among_others_and_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(
            COOKIE,
            HeaderValue::from_static("a=b; __Host-homeroom-device=d1"),
        );
        assert_eq!(session(&headers), None);
        assert_eq!(device(&headers).as_deref(), Some("d1"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-homeroom=t1"));
        assert_eq!(session(&headers).as_deref(), Some("t1"));
    }
}
