//! The headers of this API.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use homeroom_log::Position;

use crate::error::{self, ApiError};

/// The position an answer is true for, or at which the command was recorded.
pub(crate) const HOMEROOM_POSITION: HeaderName = HeaderName::from_static("homeroom-position");
/// The position that an answer must have reached.
pub(crate) const HOMEROOM_AFTER: HeaderName = HeaderName::from_static("homeroom-after");
/// What makes a command the same command when it is sent again.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// `Idempotency-Key`: 8 to 128 visible ASCII characters.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let key = keys.next().ok_or_else(error::idempotency_key_missing)?;
    if keys.next().is_some() {
        return Err(error::idempotency_key_malformed());
    }
    let key = key
        .to_str()
        .map_err(|_| error::idempotency_key_malformed())?;
    let sound = (8..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if sound {
        Ok(key)
    } else {
        Err(error::idempotency_key_malformed())
    }
}

/// `Homeroom-After`; before the first commit if there is none.
pub(crate) fn after(headers: &HeaderMap) -> Result<Position, ApiError> {
    let Some(after) = headers.get(HOMEROOM_AFTER) else {
        return Ok(Position::START);
    };
    let position = after
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .map(Position);
    position.ok_or_else(|| error::malformed_header("Homeroom-After", "a position, such as 42"))
}

/// A position as the value of a header.
pub(crate) fn position_value(position: Position) -> HeaderValue {
    HeaderValue::from(position.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &str) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(value).unwrap());
        idempotency_key(&headers)
            .map(str::to_owned)
            .map_err(|error| error.said().code)
    }

    #[test]
    fn an_idempotency_key_is_8_to_128_visible_characters() {
        assert_eq!(key("12345678").as_deref(), Ok("12345678"));
        assert_eq!(key(&"k".repeat(128)).map(|key| key.len()), Ok(128));
        for bad in ["", "1234567", "1234 5678", "12345678\t", "键键键键键键键键"] {
            assert_eq!(key(bad), Err("idempotency-key-malformed"), "{bad:?}");
        }
        assert_eq!(key(&"k".repeat(129)), Err("idempotency-key-malformed"));
    }

    #[test]
    fn an_idempotency_key_is_said_once() {
        let missing = idempotency_key(&HeaderMap::new()).unwrap_err();
        assert_eq!(missing.said().code, "idempotency-key-missing");
        let mut headers = HeaderMap::new();
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("first-key"));
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("other-key"));
        assert_eq!(
            idempotency_key(&headers).unwrap_err().said().code,
            "idempotency-key-malformed"
        );
    }

    #[test]
    fn a_position_to_wait_for_is_a_number() {
        let mut headers = HeaderMap::new();
        assert_eq!(after(&headers).unwrap(), Position::START);
        headers.insert(HOMEROOM_AFTER, HeaderValue::from_static("42"));
        assert_eq!(after(&headers).unwrap(), Position(42));
        for bad in ["-1", "x", "", "1.5", "99999999999999999999"] {
            headers.insert(HOMEROOM_AFTER, HeaderValue::from_static(bad));
            assert_eq!(
                after(&headers).unwrap_err().said().field.as_deref(),
                Some("Homeroom-After")
            );
        }
    }
}
