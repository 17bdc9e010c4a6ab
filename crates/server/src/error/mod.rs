//! The one vocabulary of what this API refuses and of what can fail, each with a stable code and a sentence in both
//! languages. [`problem`](crate::problem) turns it into a response, in one place.
//!
//! - `request`: what a request itself gets wrong; `who`: who asks; `missing`: what is asked for
//! - `service`: the clock, and what can fail on our side

mod missing;
mod request;
mod service;
mod who;

pub(crate) use missing::*;
pub(crate) use request::*;
pub(crate) use service::*;
pub(crate) use who::*;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use homeroom_domain::{Fault, Language, RefusalKind, Refuse};
use homeroom_log::Position;

/// Seconds after which asking again may help.
const RETRY_AFTER_S: u32 = 1;

/// Why a request was not answered as it was asked.
#[derive(Debug, Clone)]
pub(crate) struct ApiError(Box<Said>);

/// What is said of it.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    /// The stable name, in kebab case.
    pub(crate) code: &'static str,
    pub(crate) chinese: String,
    pub(crate) english: String,
    pub(crate) field: Option<String>,
    pub(crate) faults: Vec<Fault>,
    /// Where the refusal itself is recorded.
    pub(crate) position: Option<Position>,
    pub(crate) retry_after_s: Option<u32>,
}

impl Said {
    pub(crate) fn sentence(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
        }
    }
}

impl ApiError {
    /// A new word of the vocabulary.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        chinese: impl Into<String>,
        english: impl Into<String>,
    ) -> Self {
        Self(Box::new(Said {
            status,
            code,
            chinese: chinese.into(),
            english: english.into(),
            field: None,
            faults: Vec::new(),
            position: None,
            retry_after_s: None,
        }))
    }

    /// A refusal of the domain; `recorded` is where it stands in the log, if it does.
    pub(crate) fn refused(refusal: &dyn Refuse, recorded: Option<Position>) -> Self {
        let (chinese, english) = (
            refusal.sentence(Language::Chinese),
            refusal.sentence(Language::English),
        );
        let mut error = Self::new(status(refusal.kind()), refusal.code(), chinese, english);
        error.0.field = refusal.field();
        error.0.faults = refusal.faults();
        error.0.position = recorded;
        error
    }

    /// Names the field at fault: a JSON path, a header, a path or query parameter.
    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Names only the first of very many faults; the sentence still counts them all.
    pub(crate) fn first_faults(mut self, count: usize) -> Self {
        self.0.faults.truncate(count);
        self
    }

    fn worth_retrying(mut self) -> Self {
        self.0.retry_after_s = Some(RETRY_AFTER_S);
        self
    }

    pub(crate) fn said(&self) -> &Said {
        &self.0
    }
}

/// Which HTTP status a kind of refusal is; nothing else decides it.
fn status(kind: RefusalKind) -> StatusCode {
    match kind {
        RefusalKind::Invalid | RefusalKind::Denied => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        RefusalKind::Conflict => StatusCode::CONFLICT,
    }
}

impl IntoResponse for ApiError {
    /// The error itself travels with the response; whoever knows the language asked for writes it out.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
