//! Errors as responses: RFC 9457 `application/problem+json`, written in [`write()`] and nowhere else.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    ACCEPT_LANGUAGE, ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER, VARY,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use homeroom_domain::Language;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{self, ApiError};
use crate::headers::{self, HOMEROOM_POSITION};
use crate::health::SaysItself;

/// The media type of every refusal.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// How long a request may take, its body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A refusal or a failure, as RFC 9457 writes it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `/problems/<code>`: a relative URI reference. The code never changes its meaning.
    #[schema(example = "/problems/out-of-range")]
    #[serde(rename = "type")]
    pub type_: String,
    /// The code in words; the same in every language.
    #[schema(example = "Out of range")]
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// One sentence, in the language asked for.
    pub detail: String,
    /// The field at fault: a JSON path in the body, a header, a path or query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The single faults, where a request has many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<ProblemFault>,
    /// Where in the log the refused attempt itself stands, if it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
}

/// One of many faults.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemFault {
    /// Where: `file:line:column` of an imported file.
    #[schema(example = "students.csv:3:学号")]
    pub at: String,
    /// What is wrong, in kebab case.
    pub code: String,
    /// One sentence, in the language asked for.
    pub detail: String,
}

/// Runs a request: bounded in time, its errors written out in the language it asked for, an answer it already has
/// not sent again.
pub(crate) async fn middleware(request: Request, next: Next) -> Response {
    let language = language(request.headers());
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => error::timed_out().into_response(),
    };
    let failed = response.status().is_client_error() || response.status().is_server_error();
    if failed && response.extensions().get::<SaysItself>().is_none() {
        return write(response, language);
    }
    if reads && known.is_some_and(|known| is_known(&known, &response)) {
        return not_modified(response);
    }
    response
}

/// Writes an error out. Errors of axum itself come without a word of ours and get one by their status.
fn write(mut response: Response, language: Language) -> Response {
    let error = response.extensions_mut().remove::<ApiError>();
    let error = error.unwrap_or_else(|| match response.status() {
        StatusCode::NOT_FOUND => error::no_such_path(),
        StatusCode::METHOD_NOT_ALLOWED => error::method_not_allowed(),
        status if status.is_client_error() => ApiError::new(
            status,
            "bad-request",
            "请求无法理解。",
            "The request cannot be understood.",
        ),
        _ => error::internal(),
    });
    let said = error.said();
    let problem = Problem {
        type_: format!("/problems/{}", said.code),
        title: title(said.code),
        status: said.status.as_u16(),
        detail: said.sentence(language).to_owned(),
        field: said.field.clone(),
        faults: said
            .faults
            .iter()
            .map(|fault| fault_of(fault, language))
            .collect(),
        position: said.position.map(|position| position.0),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut written = (said.status, body).into_response();
    let headers = written.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(
        CONTENT_LANGUAGE,
        HeaderValue::from_static(language_tag(language)),
    );
    headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
    if let Some(position) = said.position {
        headers.insert(HOMEROOM_POSITION, headers::position_value(position));
    }
    if let Some(seconds) = said.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if said.status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(allowed) = response.headers_mut().remove(ALLOW) {
        headers.insert(ALLOW, allowed);
    }
    written
}

fn fault_of(fault: &homeroom_domain::Fault, language: Language) -> ProblemFault {
    ProblemFault {
        at: fault.at.clone(),
        code: fault.code.to_owned(),
        detail: fault.sentence(language).to_owned(),
    }
}

/// `out-of-range` is "Out of range".
fn title(code: &str) -> String {
    let mut title = code.replace('-', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// True if one of the tags the client holds is the answer's.
fn is_known(known: &HeaderValue, response: &Response) -> bool {
    let (Ok(known), Some(tag)) = (known.to_str(), response.headers().get(ETAG)) else {
        return false;
    };
    known
        .split(',')
        .any(|one| one.trim().as_bytes() == tag.as_bytes())
}

fn not_modified(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_TYPE);
    Response::from_parts(parts, axum::body::Body::empty())
}

fn language_tag(language: Language) -> &'static str {
    match language {
        Language::Chinese => "zh-CN",
        Language::English => "en",
    }
}

/// The language a request asks for by `Accept-Language`; Chinese unless English is preferred.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let asked = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let (mut chosen, mut best) = (Language::default(), 0.0);
    for range in asked.unwrap_or_default().split(',') {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let language = match tag
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "zh" => Language::Chinese,
            "en" => Language::English,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok());
        let quality = quality.unwrap_or(1.0);
        if quality > best {
            (chosen, best) = (language, quality);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use homeroom_log::Position;
    use serde_json::{Value, json};

    use super::*;

    fn asked(language: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(language).unwrap());
        super::language(&headers)
    }

    #[test]
    fn the_language_is_the_one_preferred_and_chinese_when_in_doubt() {
        assert_eq!(super::language(&HeaderMap::new()), Language::Chinese);
        assert_eq!(asked("en-GB,en;q=0.9"), Language::English);
        assert_eq!(asked("fr, en;q=0.3, zh;q=0.8"), Language::Chinese);
        assert_eq!(asked("zh;q=0.2, EN-us;q=0.7"), Language::English);
        assert_eq!(asked("fr"), Language::Chinese);
        assert_eq!(asked("en;q=nonsense"), Language::English);
        assert_eq!(asked("en;q=0"), Language::Chinese);
        assert_eq!(asked(",;,"), Language::Chinese);
    }

    async fn body(response: Response) -> Value {
        serde_json::from_slice(&to_bytes(response.into_body(), 1 << 16).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_refusal_is_written_whole() {
        let error = error::text_length("reason", 200);
        let response = write(error.into_response(), Language::English);
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()[CONTENT_TYPE], PROBLEM_JSON);
        assert_eq!(response.headers()[CONTENT_LANGUAGE], "en");
        let expected = json!({
            "type": "/problems/text-length", "title": "Text length", "status": 422,
            "detail": "It must have 1 to 200 characters.", "field": "reason",
        });
        assert_eq!(body(response).await, expected);
    }

    #[tokio::test]
    async fn a_recorded_refusal_says_where_it_stands() {
        use homeroom_domain::attendance::CheckInDenied;
        let error = ApiError::refused(&CheckInDenied::NoSession, Some(Position(42)));
        let response = write(error.into_response(), Language::Chinese);
        assert_eq!(response.headers()[HOMEROOM_POSITION], "42");
        let body = body(response).await;
        assert_eq!(
            (&body["position"], &body["type"]),
            (&json!(42), &json!("/problems/no-session"))
        );
        assert_eq!(body["detail"], "今天没有需要打卡的时段。");
    }

    #[tokio::test]
    async fn an_error_of_the_framework_gets_our_words_and_keeps_its_allow() {
        let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
        let response = write(response, Language::English);
        assert_eq!(response.headers()[ALLOW], "GET,HEAD");
        assert_eq!(body(response).await["type"], "/problems/method-not-allowed");
    }

    #[test]
    fn an_answer_the_client_has_is_recognised_among_several_tags() {
        let mut response = StatusCode::OK.into_response();
        response
            .headers_mut()
            .insert(ETAG, HeaderValue::from_static("W/\"e-7\""));
        assert!(is_known(
            &HeaderValue::from_static("W/\"e-6\", W/\"e-7\""),
            &response
        ));
        assert!(!is_known(&HeaderValue::from_static("W/\"e-6\""), &response));
    }
}
