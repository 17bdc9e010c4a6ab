//! Appending: one unit in flight, commits gather meanwhile, every one with its boundary's own comparator.
//!
//! An fsync on every acknowledgement makes a publish cost the same for one commit as for a thousand in an atomic
//! batch (ADR-50). So the appender keeps one unit in flight and lets commits wait for it: a few go out as single
//! pipelined publishes, more as one batch. If a batch is refused its members are published singly, so that one
//! conflict costs nobody else.
//!
//! A publish can be sent again whenever its answer was lost: if the first one was stored, or is stored later from
//! some buffer, the second fails on the boundary's comparator, and the boundary then shows our commit id.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use homeroom_domain::office::Actor;
use homeroom_domain::{Boundary, CommitId, EventRecord, Moment};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::announce;
use crate::commit::{CommandRecord, Commit, Hash, Position, SimulatedClock, Tail};
use crate::connection::ApiRefused;
use crate::log::{Log, ReadError};

/// Up to so many go out as single publishes; a batch costs about as much as this many.
const SINGLES_MAX: usize = 12;
/// The most members nats-server takes in one batch.
const BATCH_MAX: usize = 1_000;
/// The most bytes of one batch.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Commits that may wait for the appender before callers wait themselves.
const QUEUE_MAX: usize = 16_384;
/// How long one answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a commit is tried before its outcome is called unknown.
const APPEND_TIMEOUT: Duration = Duration::from_secs(12);
/// Between two tries while nats-server is away.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);
/// The comparator failed: the boundary has moved on.
const WRONG_LAST_SEQUENCE: [u32; 2] = [10_071, 10_164];

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
    /// The boundary has moved on: load it and decide again.
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
    /// Its events cannot be written.
    #[error("the commit cannot be written: {0}")]
    Unwritable(String),
    /// It is not known whether the commit is stored; the boundary's history will tell. A full disk answers like this too.
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

/// A commit on its way, written once.
#[derive(Debug)]
struct Waiting {
    draft: Arc<Written>,
    answer: oneshot::Sender<Result<Tail, AppendError>>,
}

#[derive(Debug)]
struct Written {
    boundary: Boundary,
    commit: CommitId,
    follows: Option<Tail>,
    subject: String,
    raw: Bytes,
    hash: Hash,
}

impl Written {
    fn expected(&self) -> String {
        self.follows.map_or(0, |tail| tail.position.0).to_string()
    }
}

impl Appender {
    pub(crate) fn start(log: Log, batching: Batching) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let worker = Worker {
            losses: log.connection().losses.clone(),
            log: log.clone(),
            damaged: Arc::default(),
        };
        match batching {
            Batching::Adaptive => tokio::spawn(worker.run(waiting)),
            Batching::Off => tokio::spawn(worker.run_each(waiting)),
        };
        Self { log, queue }
    }

    /// Appends one commit; returns once it is acknowledged.
    ///
    /// # Errors
    /// See [`AppendError`]; only [`AppendError::Unknown`] leaves it open whether the commit is stored.
    pub async fn append(&self, draft: Draft) -> Result<Tail, AppendError> {
        let draft = Arc::new(self.write(draft)?);
        let (answer, answered) = oneshot::channel();
        let gone = || AppendError::Unknown("the appender has stopped".to_owned());
        self.queue
            .send(Waiting { draft, answer })
            .await
            .map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    fn write(&self, draft: Draft) -> Result<Written, AppendError> {
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
        // Room for the headers, which count too.
        let max = self
            .log
            .connection()
            .client
            .max_payload()
            .saturating_sub(512);
        if raw.len() > max {
            return Err(AppendError::TooLarge {
                bytes: raw.len(),
                max,
            });
        }
        Ok(Written {
            subject: commit.boundary.subject(&identity.school),
            hash: Hash::of(&raw),
            boundary: commit.boundary,
            commit: commit.commit,
            follows: commit.follows,
            raw: raw.into(),
        })
    }
}

/// What nats-server answers to a publish.
#[derive(Debug, Deserialize)]
struct PubAck {
    #[serde(default)]
    seq: u64,
    error: Option<ApiRefused>,
}

/// How one publish ended.
enum Published {
    At(Position),
    Conflict,
    Refused(String),
    Lost(String),
}

#[derive(Clone)]
struct Worker {
    log: Log,
    losses: watch::Receiver<u64>,
    damaged: Arc<std::sync::OnceLock<String>>,
}

impl Worker {
    async fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        let mut waiting: VecDeque<Waiting> = VecDeque::new();
        loop {
            if waiting.is_empty() {
                let Some(first) = queue.recv().await else {
                    return;
                };
                waiting.push_back(first);
            }
            while waiting.len() < QUEUE_MAX
                && let Ok(next) = queue.try_recv()
            {
                waiting.push_back(next);
            }
            let unit = take_unit(&mut waiting);
            self.check_after_loss().await;
            if unit.len() <= SINGLES_MAX {
                self.publish_singly(unit, false).await;
            } else {
                self.publish_batch(unit).await;
            }
        }
    }

    async fn run_each(mut self, mut queue: mpsc::Receiver<Waiting>) {
        while let Some(waiting) = queue.recv().await {
            self.check_after_loss().await;
            let worker = self.clone();
            tokio::spawn(async move { worker.publish_singly(vec![waiting], false).await });
        }
    }

    /// After the connection was lost the server may have come back with less than it acknowledged.
    async fn check_after_loss(&mut self) {
        if !self.losses.has_changed().unwrap_or(false) {
            return;
        }
        let end = Instant::now() + APPEND_TIMEOUT;
        while Instant::now() < end {
            match self.log.check_unbroken().await {
                Ok(_) => {
                    self.losses.mark_unchanged();
                    return;
                }
                Err(ReadError::Unavailable(_)) => tokio::time::sleep(RETRY_INTERVAL).await,
                Err(error) => {
                    tracing::error!(%error, "nothing is appended any more");
                    let _ = self.damaged.set(error.to_string());
                    return;
                }
            }
        }
    }

    /// Publishes each on its own, all at once. `resend`: an earlier publish of them may be stored.
    async fn publish_singly(&self, unit: Vec<Waiting>, resend: bool) {
        let newest = futures::future::join_all(unit.into_iter().map(|waiting| async move {
            let outcome = self.append_one(&waiting.draft, resend).await;
            self.answer(waiting, outcome)
        }))
        .await;
        self.announce(newest.into_iter().flatten().max()).await;
    }

    async fn append_one(&self, draft: &Written, resend: bool) -> Result<Position, AppendError> {
        if let Some(why) = self.damaged.get() {
            return Err(AppendError::Damaged(why.clone()));
        }
        let end = Instant::now() + APPEND_TIMEOUT;
        let mut resend = resend;
        let mut why = String::new();
        while Instant::now() < end {
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Expected-Last-Subject-Sequence", draft.expected());
            match self.request(draft, headers).await {
                Published::At(position) => return Ok(position),
                Published::Conflict if !resend => return Err(AppendError::Conflict),
                Published::Conflict => match self.look_up(draft).await {
                    Ok(Some(position)) => return Ok(position),
                    Ok(None) => return Err(AppendError::Conflict),
                    Err(error) => why = error.to_string(),
                },
                Published::Refused(refused) => why = refused,
                Published::Lost(lost) => {
                    resend = true;
                    why = lost;
                }
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        Err(AppendError::Unknown(why))
    }

    async fn publish_batch(&mut self, unit: Vec<Waiting>) {
        if self.damaged.get().is_some() {
            return self.publish_singly(unit, false).await;
        }
        match self.send_batch(&unit).await {
            Published::At(last) => {
                let first = last.0 + 1 - unit.len() as u64;
                for (waiting, position) in unit.into_iter().zip(first..) {
                    self.answer(waiting, Ok(Position(position)));
                }
                self.announce(Some(last)).await;
            }
            // Nothing of it is stored.
            Published::Conflict | Published::Refused(_) => self.publish_singly(unit, false).await,
            Published::Lost(why) => {
                tracing::warn!(why, members = unit.len(), "the answer to a batch was lost");
                self.check_after_loss().await;
                self.publish_singly(unit, true).await;
            }
        }
    }

    async fn send_batch(&self, unit: &[Waiting]) -> Published {
        let (last, members) = match unit.split_last() {
            Some(split) => split,
            None => return Published::Refused("an empty batch".to_owned()),
        };
        // A commit is a member of one batch at most: if that is refused or lost, it goes singly.
        let id = last.draft.commit.as_str();
        let headers = |draft: &Written, sequence: usize| {
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Batch-Id", id);
            headers.insert("Nats-Batch-Sequence", sequence.to_string());
            headers.insert("Nats-Expected-Last-Subject-Sequence", draft.expected());
            headers
        };
        for (waiting, sequence) in members.iter().zip(1..) {
            let draft = &waiting.draft;
            let headers = headers(draft, sequence);
            let sent = self
                .log
                .connection()
                .client
                .publish_with_headers(draft.subject.clone(), headers, draft.raw.clone())
                .await;
            if let Err(error) = sent {
                return Published::Lost(error.to_string());
            }
        }
        let mut headers = headers(&last.draft, unit.len());
        headers.insert("Nats-Batch-Commit", "1");
        self.request(&last.draft, headers).await
    }

    async fn request(&self, draft: &Written, headers: HeaderMap) -> Published {
        let mut losses = self.log.connection().losses.clone();
        losses.mark_unchanged();
        let request = async_nats::Request::new()
            .headers(headers)
            .payload(draft.raw.clone())
            .timeout(Some(ANSWER_TIMEOUT));
        let client = &self.log.connection().client;
        let answer = tokio::select! {
            answer = client.send_request(draft.subject.clone(), request) => answer,
            _ = losses.changed() => return Published::Lost("the connection was lost".to_owned()),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Published::Lost(error.to_string()),
        };
        match serde_json::from_slice::<PubAck>(&answer.payload) {
            Ok(PubAck {
                error: Some(refused),
                ..
            }) if WRONG_LAST_SEQUENCE.contains(&refused.err_code) => Published::Conflict,
            Ok(PubAck {
                error: Some(refused),
                ..
            }) => Published::Refused(refused.to_string()),
            Ok(PubAck { seq, .. }) if seq > 0 => Published::At(Position(seq)),
            Ok(_) => Published::Lost("an acknowledgement without a position".to_owned()),
            Err(error) => Published::Lost(error.to_string()),
        }
    }

    /// Is this very commit in its boundary's history?
    async fn look_up(&self, draft: &Written) -> Result<Option<Position>, ReadError> {
        let since = self.log.load_after(&draft.boundary, draft.follows).await?;
        Ok(since
            .iter()
            .find(|recorded| recorded.commit.commit == draft.commit)
            .map(|recorded| recorded.position))
    }

    /// Tells the caller; returns the position, if there is one.
    fn answer(&self, waiting: Waiting, outcome: Result<Position, AppendError>) -> Option<Position> {
        let position = outcome.as_ref().ok().copied();
        if let Some(position) = position {
            self.log.learn(position);
        }
        let hash = waiting.draft.hash;
        // A caller that went away does not change what is stored.
        let _ = waiting
            .answer
            .send(outcome.map(|position| Tail { position, hash }));
        position
    }

    async fn announce(&self, newest: Option<Position>) {
        if let Some(newest) = newest {
            let subject = announce::head_subject(self.log.school());
            announce::announce(self.log.connection(), subject, newest).await;
        }
    }
}

/// The longest waiting commits that fit one unit, at most one of each boundary; the others keep their order.
fn take_unit(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let (mut unit, mut later) = (Vec::new(), VecDeque::new());
    let (mut boundaries, mut bytes) = (HashSet::new(), 0);
    for next in waiting.drain(..) {
        let fits = unit.len() < BATCH_MAX
            && (unit.is_empty() || bytes + next.draft.raw.len() <= BATCH_BYTES_MAX);
        // Of a boundary that waits already, nothing may overtake.
        if boundaries.insert(next.draft.boundary.clone()) && fits {
            bytes += next.draft.raw.len();
            unit.push(next);
        } else {
            later.push_back(next);
        }
    }
    *waiting = later;
    unit
}
