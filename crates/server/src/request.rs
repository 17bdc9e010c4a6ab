//! Reading requests: a command with who sends it and under which key; JSON with the place and the field at fault;
//! queries and the parts of paths.

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use homeroom_domain::{CommandId, RuleId, SchoolDate, SlipId, TemplateId};
use homeroom_log::{Hash, Vault};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::execute::Envelope;
use crate::headers;

/// The most bytes of a JSON body.
pub(crate) const JSON_BYTES_MAX: usize = 64 << 10;
/// The longest school number.
pub(crate) const NUMBER_CHARS_MAX: usize = 64;

/// A command: who sends it, under which key, what it asks.
#[derive(Debug)]
pub(crate) struct Command<T> {
    pub(crate) caller: Caller,
    pub(crate) id: CommandId,
    digest: Hash,
    pub(crate) request: T,
}

impl<T: DeserializeOwned + Serialize> FromRequest<App> for Command<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let id = command_id(
            &app.vault,
            caller.key(),
            headers::idempotency_key(&parts.headers)?,
        )?;
        let request: T = json(&parts.headers, body).await?;
        // As we write it, so that a client may space and order the same body as it likes.
        let canonical = serde_json::to_vec(&request).map_err(|error| {
            tracing::error!(%error, "a request is no JSON");
            error::internal()
        })?;
        let digest = digest(&app.vault, &parts.uri, &canonical);
        Ok(Self {
            caller,
            id,
            digest,
            request,
        })
    }
}

impl<T> Command<T> {
    pub(crate) fn envelope(&self, type_: &'static str) -> Envelope {
        Envelope {
            id: self.id.clone(),
            digest: self.digest,
            type_,
        }
    }

    /// Bits for an id that every sending of this command must give again.
    pub(crate) fn derived_bits(&self) -> [u8; 10] {
        let hash = Hash::of(self.id.as_str().as_bytes()).0;
        let mut bits = [0; 10];
        bits.copy_from_slice(&hash[..10]);
        bits
    }
}

/// The id of a command: HMAC-SHA-256 of actor and key under a key of the school, 128 bits of it. A plain hash would
/// let whoever reads the log guess at keys, and clients put all sorts of things into them.
pub(crate) fn command_id(vault: &Vault, actor: &str, key: &str) -> Result<CommandId, ApiError> {
    let mark = vault.mark("command", &format!("{actor} {key}"));
    CommandId::parse(&format!("k{}", mark.as_str())).map_err(|error| {
        tracing::error!(%error, "a command id is none");
        error::internal()
    })
}

/// The digest of a command's path and body.
pub(crate) fn digest(vault: &Vault, uri: &Uri, body: &[u8]) -> Hash {
    let mut told = Vec::with_capacity(uri.path().len() + 1 + body.len());
    told.extend_from_slice(uri.path().as_bytes());
    told.push(b'\n');
    told.extend_from_slice(body);
    vault.digest(&told)
}

/// A JSON body without a key: of a request that may be sent twice without harm.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        json(&parts.headers, body).await.map(Self)
    }
}

async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: axum::body::Body,
) -> Result<T, ApiError> {
    let type_ = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let type_ = type_
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if !type_.eq_ignore_ascii_case("application/json") {
        return Err(error::unsupported_media_type("application/json"));
    }
    parse(&read(headers, body, JSON_BYTES_MAX).await?)
}

/// Reads a body, bounded.
async fn read(
    headers: &HeaderMap,
    body: axum::body::Body,
    bytes_max: usize,
) -> Result<Bytes, ApiError> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > bytes_max) {
        return Err(error::body_too_large(bytes_max));
    }
    let mut chunks = body.into_data_stream();
    let mut whole = Bytes::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| error::body_cut_off())?;
        if whole.len() + chunk.len() > bytes_max {
            return Err(error::body_too_large(bytes_max));
        }
        // Nearly every body is one chunk, and then nothing is copied.
        if whole.is_empty() {
            whole = chunk;
        } else {
            let mut longer = BytesMut::from(whole);
            longer.extend_from_slice(&chunk);
            whole = longer.freeze();
        }
    }
    Ok(whole)
}

/// Parses JSON; on an error once more, slower, to name the field at fault.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|plain| {
        let mut again = serde_json::Deserializer::from_slice(body);
        let path = serde_path_to_error::deserialize::<_, T>(&mut again)
            .err()
            .map(|error| error.path().to_string())
            .unwrap_or_default();
        let (line, column) = (plain.line(), plain.column());
        let what = plain.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        let error = error::malformed_body(what, line, column);
        match field_at_fault(&path, what) {
            Some(field) => error.field(field),
            None => error,
        }
    })
}

/// The path to the value that was being read, with the name that a message about a field quotes.
fn field_at_fault(path: &str, what: &str) -> Option<String> {
    // What the reader writes where it knows no name.
    let path = path.trim_end_matches(['?', '.']);
    let named = ["missing field `", "unknown field `", "duplicate field `"];
    let named = named
        .iter()
        .find_map(|prefix| what.strip_prefix(prefix)?.split('`').next());
    match (path, named) {
        ("", None) => None,
        (path, None) => Some(path.to_owned()),
        ("", Some(name)) => Some(name.to_owned()),
        // The reader's path ends with an unknown field, but not with a missing one.
        (path, Some(name)) if path.rsplit('.').next() == Some(name) => Some(path.to_owned()),
        (path, Some(name)) => Some(format!("{path}.{name}")),
    }
}

/// A query string.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => {
                let what = rejection.body_text();
                let what = what.rsplit(": ").next().unwrap_or(&what).to_owned();
                let error = error::malformed_query(&what);
                match field_at_fault("", &what) {
                    Some(field) => Err(error.field(field)),
                    None => Err(error),
                }
            }
        }
    }
}

/// A date in a path.
pub(crate) fn date(text: &str) -> Result<SchoolDate, ApiError> {
    // One spelling only: what chrono reads besides is no date in a URL.
    let date = text
        .parse()
        .ok()
        .filter(|date: &SchoolDate| date.to_string() == text);
    date.ok_or_else(|| error::malformed_path("date", "2026-11-23"))
}

/// A school number in a path.
pub(crate) fn number(text: &str) -> Result<&str, ApiError> {
    let sound = (1..=NUMBER_CHARS_MAX).contains(&text.chars().count())
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    if sound {
        Ok(text)
    } else {
        Err(error::malformed_path("student", "2026010101"))
    }
}

/// A slip in a path.
pub(crate) fn slip(text: &str) -> Result<SlipId, ApiError> {
    SlipId::parse(text).map_err(|_| error::malformed_path("slip", "p…-1"))
}

/// A rule in a path.
pub(crate) fn rule(text: &str) -> Result<RuleId, ApiError> {
    RuleId::parse(text).map_err(|_| error::malformed_path("rule", "r…"))
}

/// A template in a path.
pub(crate) fn template(text: &str) -> Result<TemplateId, ApiError> {
    TemplateId::parse(text).map_err(|_| error::malformed_path("template", "t…"))
}

/// Checks the length of a text that somebody wrote.
pub(crate) fn text(field: &'static str, text: &str, chars_max: usize) -> Result<(), ApiError> {
    let chars = text.chars().count();
    if chars > chars_max || text.trim().is_empty() {
        return Err(error::text_length(field, chars_max));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Outer {
        inner: Inner,
        #[serde(default)]
        more: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Inner {
        lat: f64,
    }

    fn refused(body: &str) -> (Option<String>, String) {
        let error = parse::<Outer>(body.as_bytes()).unwrap_err();
        assert_eq!(error.said().code, "malformed-body", "{body}");
        (error.said().field.clone(), error.said().english.clone())
    }

    #[test]
    fn a_body_that_is_wrong_names_its_field_and_place() {
        for (body, field) in [
            ("", None),
            ("{", None),
            ("[]", None),
            ("{}", Some("inner")),
            (r#"{"inner":{}}"#, Some("inner.lat")),
            (r#"{"inner":{"lat":"north"}}"#, Some("inner.lat")),
            (r#"{"inner":{"lat":1,"state":1}}"#, Some("inner.state")),
            (r#"{"inner":{"lat":1},"inner":{"lat":1}}"#, Some("inner")),
            (
                r#"{"inner":{"lat":1},"more":[{"lat":1},{"lat":null}]}"#,
                Some("more[1].lat"),
            ),
            (r#"{"inner":{"lat":1e999}}"#, Some("inner.lat")),
        ] {
            assert_eq!(refused(body).0.as_deref(), field, "{body}");
        }
        let (_, english) = refused("{\n  \"inner\": {\"lat\": NaN}}");
        assert!(english.contains("line 2, column 20"), "{english}");
        parse::<Outer>(br#"{"inner":{"lat":1}}"#).unwrap();
        assert!(parse::<Outer>(br#"{"inner":{"lat":1}} trailing"#).is_err());
    }

    #[test]
    fn the_parts_of_a_path_have_one_spelling() {
        assert!(date("2026-11-23").is_ok());
        for bad in [
            "2026-02-30",
            "2026-2-3",
            "+2026-11-23",
            "today",
            "",
            "2026-11-23T00:00:00",
        ] {
            assert!(date(bad).is_err(), "{bad}");
        }
        assert!(number("2026010101").is_ok());
        for bad in ["", "a b", "a\n", &"9".repeat(65)] {
            assert!(number(bad).is_err(), "{bad:?}");
        }
        for bad in ["p1", "p1-0", "p1-01", "../x-1", "p1-1 "] {
            assert!(slip(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_text_has_something_in_it_and_not_too_much() {
        assert!(text("reason", "发烧", 2).is_ok());
        assert_eq!(
            text("reason", "发高烧", 2).unwrap_err().said().code,
            "text-length"
        );
        assert!(text("reason", "", 2).is_err());
        assert!(text("reason", " \u{3000}", 2).is_err());
    }
}
