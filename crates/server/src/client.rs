//! Where a request comes from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use homeroom_sign_in::Client;
use ipnet::IpNet;

use crate::app::App;
use crate::error::ApiError;
use crate::sign_in::cookies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of whoever asks: the connection's other end, or, where that is a proxy we were told of, the nearest one
/// before it in `X-Forwarded-For` that is not. What a client writes there itself stands further to the left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    pub(crate) fn of(parts: &Parts, app: &App) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Self(behind(peer, &parts.headers, &app.trusted_proxies))
    }
}

fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let is_proxy = |address: &IpAddr| {
        let address = address.to_canonical();
        proxies.iter().any(|net| net.contains(&address))
    };
    let lines = headers.get_all(FORWARDED_FOR).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let said = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let mut nearest = peer;
    for address in said {
        if !is_proxy(&nearest) {
            break;
        }
        // What is no address was written by nobody we trust.
        let Ok(address) = address.trim().parse() else {
            break;
        };
        nearest = address;
    }
    nearest
}

/// Where somebody signs in from.
#[derive(Debug)]
pub(crate) struct SignInClient {
    address: IpAddr,
    device_cookie: Option<String>,
    device_name: String,
}

impl FromRequestParts<App> for SignInClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let agent = parts.headers.get(USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        Ok(Self {
            address: ClientAddress::of(parts, app).0,
            device_cookie: cookies::device(&parts.headers),
            device_name: agent.unwrap_or_default().to_owned(),
        })
    }
}

impl SignInClient {
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }

    pub(crate) fn client(&self) -> Client<'_> {
        Client {
            address: self.address,
            device_cookie: self.device_cookie.as_deref(),
            device_name: &self.device_name,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let proxies = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        behind(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn only_a_proxy_we_know_says_for_whom_it_asks() {
        assert_eq!(seen("203.0.113.7", &[]), "203.0.113.7");
        assert_eq!(seen("203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("::1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        // The client's own word stands to the left of what the proxy heard.
        assert_eq!(
            seen("10.0.0.1", &["1.2.3.4, 198.51.100.1, 10.0.0.2"]),
            "198.51.100.1"
        );
        assert_eq!(
            seen("10.0.0.1", &["1.2.3.4", "198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(seen("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
