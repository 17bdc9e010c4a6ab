//! What goes out together.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use async_nats::{HeaderMap, Subject, header};
use bytes::Bytes;
use homeroom_domain::{Boundary, CommitId};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::AppendError;
use crate::commit::{Hash, Tail};

/// The most members nats-server takes in one batch.
const BATCH_MAX: usize = 1_000;
/// The most bytes of one batch.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// A commit on its way, written once.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) boundary: Boundary,
    pub(super) commit: CommitId,
    pub(super) follows: Option<Tail>,
    pub(super) subject: Subject,
    pub(super) raw: Bytes,
    pub(super) hash: Hash,
}

impl Written {
    /// The headers of a publish: the comparator, which no append goes without.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let expected = self.follows.map_or(0, |tail| tail.position.0);
        headers.insert(
            header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
            expected.to_string(),
        );
        headers
    }
}

/// A commit and whoever waits for it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) draft: Arc<Written>,
    /// What was not sent by then is given back as not stored; what was sent and not answered, as unknown.
    pub(super) until: Instant,
    pub(super) answer: oneshot::Sender<Result<Tail, AppendError>>,
}

/// Takes the commits that have waited longest and fit one unit, at most one of each boundary; the others keep their
/// order.
pub(super) fn take_unit(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let (mut unit, mut later) = (Vec::new(), VecDeque::new());
    let (mut boundaries, mut bytes) = (HashSet::new(), 0);
    while unit.len() < BATCH_MAX
        && bytes < BATCH_BYTES_MAX
        && let Some(next) = waiting.pop_front()
    {
        let size = next.draft.raw.len();
        let fits = unit.is_empty() || bytes + size <= BATCH_BYTES_MAX;
        // Of a boundary that waits already, nothing may overtake.
        if boundaries.insert(next.draft.boundary.clone()) && fits {
            bytes += size;
            unit.push(next);
        } else {
            later.push_back(next);
        }
    }
    // What was passed over goes before what was not looked at.
    while let Some(passed_over) = later.pop_back() {
        waiting.push_front(passed_over);
    }
    unit
}
