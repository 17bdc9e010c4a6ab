//! Reads on what a refusal left unread of a body.
//!
//! A connection that is closed while its client still sends is reset, and a client that is reset often never reads the
//! answer that was already on its way (RFC 9112, section 9.6). So whoever sends too much, or to the wrong place, would
//! see a broken connection instead of the sentence that says what is wrong.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use futures::{StreamExt, stream};

use crate::roster::IMPORT_BYTES_MAX;

/// So many bytes are read on; whoever sends still more is cut off.
const BYTES_MAX: usize = 2 * IMPORT_BYTES_MAX;
/// So long; whoever sends more slowly is cut off.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Answers when the request is read, or has gone on for too long.
pub(crate) async fn middleware(request: Request, next: Next) -> Response {
    // A client that asks before it sends has nothing on its way.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body.into_data_stream().fuse()));
    let chunks = || {
        let body = Arc::clone(&body);
        stream::poll_fn(move |context| {
            let mut body = body.lock().unwrap_or_else(PoisonError::into_inner);
            body.poll_next_unpin(context)
        })
    };
    let handed = Request::from_parts(parts, Body::from_stream(chunks()));
    let response = next.run(handed).await;
    let _ = tokio::time::timeout(TIMEOUT, async {
        let (mut bytes, mut chunks) = (0, chunks());
        while let Some(Ok(chunk)) = chunks.next().await {
            bytes += chunk.len();
            if bytes > BYTES_MAX {
                return;
            }
        }
    })
    .await;
    response
}
