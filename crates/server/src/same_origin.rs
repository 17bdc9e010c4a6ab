//! Whether a request that a browser signs by itself, with a cookie, was meant by whoever holds the browser.
//!
//! A page of another site can make a browser send a request with our cookie. Every browser of today says in
//! `Sec-Fetch-Site` (W3C Fetch Metadata) where a request comes from; older ones say it in `Origin`. Whoever says neither is no
//! browser, and has put the cookie there on purpose. `SameSite=Lax` on the cookie is a second lock on the same door.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method};

use crate::error::{self, ApiError};

/// Refuses what changes something, comes with a cookie, and comes from another site.
pub(crate) fn check(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let ours = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => is_host(origin, text(HOST.as_str())),
        (None, None) => true,
    };
    if ours {
        Ok(())
    } else {
        Err(error::cross_site())
    }
}

/// True if an origin, `https://school.example:8443`, is the host that was asked.
fn is_host(origin: &str, host: Option<&str>) -> bool {
    origin.split_once("://").map(|(_, rest)| rest) == host && host.is_some()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn allowed(method: &Method, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        check(method, &headers.collect()).is_ok()
    }

    #[test]
    fn what_another_sites_page_sends_is_refused_and_what_ours_or_a_program_sends_is_not() {
        let host = ("host", "school.example:8443");
        for (headers, expected) in [
            (vec![host], true),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "none")], true),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("origin", "https://school.example:8443")], true),
            (vec![host, ("origin", "https://school.example")], false),
            (vec![host, ("origin", "https://evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![("origin", "null")], false),
            // The newer header is the one that is believed.
            (
                vec![
                    host,
                    ("origin", "https://school.example:8443"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
            ),
        ] {
            assert_eq!(allowed(&Method::POST, &headers), expected, "{headers:?}");
            assert!(allowed(&Method::GET, &headers), "{headers:?}");
        }
    }
}
