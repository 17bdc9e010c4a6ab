//! Answers: a body, and the position it is true for.

use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use homeroom_log::Position;
use homeroom_projection::Snapshot;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::{self, ApiError};
use crate::headers::{self, HOMEROOM_POSITION};

/// What an answer is true for: its position, and a tag that changes whenever the answer may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) position: Position,
    tag: String,
}

impl Seen {
    /// An answer from these views. Of several it is true for what all of them have.
    pub(crate) fn of(snapshots: &[&Snapshot]) -> Self {
        let position = snapshots.iter().map(|snapshot| snapshot.position()).min();
        let mut tag = String::from("W/\"");
        if let Some(first) = snapshots.first() {
            tag.push_str(first.epoch().as_str());
        }
        for snapshot in snapshots {
            tag.push('-');
            tag.push_str(&snapshot.position().to_string());
        }
        tag.push('"');
        Self {
            position: position.unwrap_or_default(),
            tag,
        }
    }

    /// The answer to a query.
    pub(crate) fn answer<T>(self, body: T) -> Answer<T> {
        let Seen { position, tag } = self;
        Answer {
            status: StatusCode::OK,
            position,
            tag: Some(tag),
            body,
        }
    }
}

/// An answer to a command or a query.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    status: StatusCode,
    position: Position,
    tag: Option<String>,
    body: T,
}

impl<T> Answer<T> {
    /// A command made something that was not there.
    pub(crate) fn created(position: Position, body: T) -> Self {
        Self {
            status: StatusCode::CREATED,
            position,
            tag: None,
            body,
        }
    }

    /// A command did what it asked, or it was so already.
    pub(crate) fn done(position: Position, body: T) -> Self {
        Self {
            status: StatusCode::OK,
            position,
            tag: None,
            body,
        }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let body = match serde_json::to_vec(&self.body) {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(%error, "an answer is no JSON");
                return error::internal().into_response();
            }
        };
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(HOMEROOM_POSITION, headers::position_value(self.position));
        if let Some(tag) = self.tag.and_then(|tag| HeaderValue::try_from(tag).ok()) {
            headers.insert(ETAG, tag);
            // Whoever may read it keeps it, and asks again before showing it.
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            headers.insert(VARY, HeaderValue::from_static("Authorization, Cookie"));
        }
        response
    }
}

/// An answer's body that is written already.
#[derive(Debug, Clone)]
pub(crate) struct Written(Arc<RawValue>);

impl Written {
    /// Writes a body, to be answered more than once.
    pub(crate) fn of<T: Serialize>(body: &T) -> Result<Self, ApiError> {
        let written = to_raw_value(body).map_err(|error| {
            tracing::error!(%error, "an answer is no JSON");
            error::internal()
        })?;
        Ok(Self(written.into()))
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.get().len()
    }
}

impl Serialize for Written {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::serialize(&self.0, serializer)
    }
}
