//! Appending: one unit in flight, commits gather meanwhile, every one with its boundary's own comparator.
//!
//! An fsync on every acknowledgement makes a publish cost the same for one commit as for a thousand in an atomic
//! batch (ADR-50). So the appender keeps one unit in flight and lets commits wait for it: a few go out as single
//! pipelined publishes, more as one batch. If a batch is refused its members are published singly, so that one
//! conflict costs nobody else.
//!
//! # When an answer is lost
//!
//! Not acknowledged is not the same as not stored: the server may have died after the fsync, or the bytes may still
//! stand in a socket and be stored later. The appender publishes the same commit again, with the same comparator, until
//! it hears an answer. That is safe whatever became of the earlier publishes, and in whichever order the server gets to
//! them:
//!
//! - The comparator names the boundary's last sequence, which never comes again once it has passed. So at most one
//!   commit can ever follow it, and of all copies of ours at most one is stored.
//! - An acknowledgement means that this copy is the one; every other copy, in whatever buffer, will be refused.
//! - A conflict means that something follows the comparator already and for ever. Nothing of ours that is still on its
//!   way can be stored any more, so looking settles it: either the first commit after the comparator is ours, or ours
//!   never will be.
//! - A member of a batch is bound by its comparator like a single: a late batch is refused whole.
//!
//! So a commit reported as a conflict never appears later. Only [`AppendError::Unknown`] leaves that open.

mod unit;
mod worker;

use std::sync::Arc;

use homeroom_domain::office::Actor;
use homeroom_domain::{Boundary, CommitId, EventRecord, Moment};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::commit::{CommandRecord, Commit, Hash, Position, SimulatedClock, Tail};
use crate::log::Log;
use unit::{Waiting, Written};
use worker::{APPEND_TIMEOUT, Worker};

/// Commits that may wait for the appender before callers wait themselves.
const QUEUE_MAX: usize = 16_384;
/// Room for a message's headers, which count against the server's limit too.
const HEADERS_BYTES_MAX: usize = 512;

/// A commit to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its id, drawn at the edge.
    pub commit: CommitId,
    /// The boundary it was decided on.
    pub boundary: Boundary,
    /// The command it answers.
    pub command: CommandRecord,
    /// Who asked.
    pub actor: Actor,
    /// When it was decided.
    pub at: Moment,
    /// The clock, where it is not the real one.
    pub clock: Option<SimulatedClock>,
    /// How far the facts from outside were known.
    pub facts: Position,
    /// The boundary's newest commit as the decision knew it.
    pub follows: Option<Tail>,
    /// What happened; at least one event.
    pub events: Vec<EventRecord>,
}

/// Why a commit was not acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The boundary has moved on: load it and decide again. The commit is not stored and never will be.
    #[error("the boundary has moved on since the decision")]
    Conflict,
    /// The commit is larger than nats-server takes.
    #[error("the commit has {bytes} bytes, nats-server takes {max}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The server's limit.
        max: usize,
    },
    /// It cannot be written: it has no events, or they are no JSON.
    #[error("the commit cannot be written: {0}")]
    Unwritable(String),
    /// The log is away or refuses. The commit is not stored and never will be.
    #[error("the log takes nothing now, and this is not stored: {0}")]
    Unavailable(String),
    /// It is not known whether the commit is stored, or will be; the boundary's history will tell. A full disk
    /// answers like this too.
    #[error("the log does not answer; whether this is stored is unknown: {0}")]
    Unknown(String),
    /// The log is not the one that was opened, or lost what was acknowledged: nothing is appended any more.
    #[error("the log is damaged and takes nothing more: {0}")]
    Damaged(String),
}

/// How commits are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Batching {
    /// Group commit: singles when few wait, atomic batches when many do.
    #[default]
    Adaptive,
    /// Every commit a publish of its own as soon as it comes: the peer that group commit is measured against.
    Off,
}

/// The way into the log. Cheap to clone; all clones share one appender.
#[derive(Debug, Clone)]
pub struct Appender {
    log: Log,
    queue: mpsc::Sender<Waiting>,
}

impl Appender {
    pub(crate) fn start(log: Log, batching: Batching) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let worker = Worker::new(log.clone());
        match batching {
            Batching::Adaptive => tokio::spawn(worker.run(waiting)),
            Batching::Off => tokio::spawn(worker.run_each(waiting)),
        };
        Self { log, queue }
    }

    /// Appends one commit; returns once it is acknowledged. Takes half a minute at most, whatever happens.
    ///
    /// A caller that gives up waiting does not take the commit back.
    ///
    /// # Errors
    /// See [`AppendError`]; only [`AppendError::Unknown`] leaves it open whether the commit is stored.
    pub async fn append(&self, draft: Draft) -> Result<Tail, AppendError> {
        let draft = self.write(draft)?;
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            draft,
            until: Instant::now() + APPEND_TIMEOUT,
            answer,
        };
        let stopped = "the appender has stopped";
        self.queue
            .send(waiting)
            .await
            .map_err(|_| AppendError::Unavailable(stopped.to_owned()))?;
        answered
            .await
            .unwrap_or_else(|_| Err(AppendError::Unknown(stopped.to_owned())))
    }

    /// Writes the message, once: every later try sends the same bytes.
    fn write(&self, draft: Draft) -> Result<Arc<Written>, AppendError> {
        if draft.events.is_empty() {
            return Err(AppendError::Unwritable("it has no events".to_owned()));
        }
        let identity = self.log.identity();
        let commit = Commit {
            commit: draft.commit,
            school: identity.school.clone(),
            boundary: draft.boundary,
            command: draft.command,
            actor: draft.actor,
            at: draft.at,
            clock: draft.clock,
            facts: draft.facts,
            follows: draft.follows,
            events: draft.events,
        };
        let raw = serde_json::to_vec(&commit)
            .map_err(|error| AppendError::Unwritable(error.to_string()))?;
        let max = self.log.connection().client.max_payload();
        let max = max.saturating_sub(HEADERS_BYTES_MAX);
        if raw.len() > max {
            let bytes = raw.len();
            return Err(AppendError::TooLarge { bytes, max });
        }
        Ok(Arc::new(Written {
            subject: commit.boundary.subject(&identity.school).into(),
            hash: Hash::of(&raw),
            boundary: commit.boundary,
            commit: commit.commit,
            follows: commit.follows,
            raw: raw.into(),
        }))
    }
}
