//! Following the log: every commit, in order, none twice, none left out; or a stop that says why.

use std::collections::VecDeque;
use std::time::Duration;

use async_nats::Subscriber;
use futures::StreamExt;
use tokio::task::JoinHandle;

use crate::announce;
use crate::batch_read::{self, BatchError};
use crate::commit::{Hash, Position, Recorded};
use crate::identity::Epoch;
use crate::log::{Log, MISSING_INTERVAL, ReadError};

/// Commits asked for at once.
const BATCH_MAX: usize = 2_000;
/// Requests in flight while far behind. With 3 instead of 8, two cores shared with nats-server read a tenth less.
const REQUESTS_MAX: usize = 8;
/// A hint may be lost; look at least this often.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// Between two tries while nats-server is away.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// How far a reader has come, and how it can tell that the log is still the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The beginning of the log it read.
    pub epoch: Epoch,
    /// The last commit it read.
    pub position: Position,
    /// The hash of that commit; `None` only at [`Position::START`].
    pub hash: Option<Hash>,
}

impl Checkpoint {
    /// Before the first commit.
    pub fn start(epoch: Epoch) -> Self {
        Self {
            epoch,
            position: Position::START,
            hash: None,
        }
    }
}

/// Why a reader stops for good.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The log is not what this reader read before, or a commit is missing or unreadable.
    #[error("the log is not whole at position {position}: {what}")]
    Integrity {
        /// The first bad position.
        position: Position,
        /// What is wrong.
        what: String,
    },
}

type Batch = Result<Vec<Recorded>, ReadError>;

/// Reads the log from a checkpoint on. Waits out a nats-server that is away.
#[derive(Debug)]
pub struct Follower {
    log: Log,
    at: Checkpoint,
    /// The newest position known to exist.
    head: Position,
    /// True once the checkpoint has been checked on this connection.
    checked: bool,
    losses: tokio::sync::watch::Receiver<u64>,
    hints: Option<Subscriber>,
    requests: VecDeque<(Position, usize, JoinHandle<Batch>)>,
    missing: u32,
}

impl Follower {
    pub(crate) fn new(log: Log, at: Checkpoint) -> Self {
        let losses = log.connection().losses.clone();
        Self {
            log,
            at,
            head: Position::START,
            checked: false,
            losses,
            hints: None,
            requests: VecDeque::new(),
            missing: 0,
        }
    }

    /// How far it has come.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.at
    }

    /// The newest position known to exist.
    pub fn head(&self) -> Position {
        self.head
    }

    /// The next commits, at least one; waits until there are any. Nothing is lost if the wait is given up.
    ///
    /// # Errors
    /// When the log is not whole. The follower stays where it was.
    pub async fn next(&mut self) -> Result<Vec<Recorded>, FollowError> {
        loop {
            if self.losses.has_changed().unwrap_or(false) {
                self.losses.mark_unchanged();
                self.checked = false;
            }
            if !self.checked && !self.check().await? {
                tokio::time::sleep(RETRY_INTERVAL).await;
                continue;
            }
            self.request();
            let Some((from, asked, request)) = self.requests.front_mut() else {
                self.wait().await;
                continue;
            };
            let (from, asked) = (*from, *asked);
            let batch = request
                .await
                .unwrap_or_else(|error| Err(ReadError::Unavailable(error.to_string())));
            // Not before it has ended: a wait that is given up must not lose what it waited for.
            self.requests.pop_front();
            match batch {
                Ok(batch) if !batch.is_empty() => {
                    if batch.len() < asked {
                        // It ended early, by bytes or at the head: what was asked beyond it begins too late.
                        self.abandon();
                    }
                    self.missing = 0;
                    return self.advance(batch);
                }
                Ok(_) => {
                    self.abandon();
                    self.nothing_at(from).await?;
                }
                Err(ReadError::Integrity { position, what }) => {
                    self.abandon();
                    return Err(FollowError::Integrity { position, what });
                }
                Err(error) => {
                    tracing::debug!(%error, "reading again");
                    self.abandon();
                    self.checked = false;
                    tokio::time::sleep(RETRY_INTERVAL).await;
                }
            }
        }
    }

    /// Asks for what is known to exist, several batches ahead; at the head, for one commit that may have come.
    fn request(&mut self) {
        let mut from = self
            .requests
            .back()
            .map_or(self.at.position.next(), |(from, asked, _)| {
                Position(from.0 + *asked as u64)
            });
        while self.requests.len() < REQUESTS_MAX && from <= self.head {
            let log = self.log.clone();
            let task = tokio::spawn(async move { read_batch(&log, from, BATCH_MAX).await });
            self.requests.push_back((from, BATCH_MAX, task));
            from = Position(from.0 + BATCH_MAX as u64);
        }
    }

    /// At the head: waits for a hint or a while, then looks where the head is.
    async fn wait(&mut self) {
        if self.hints.is_none() {
            self.hints = announce::heads(self.log.connection(), self.log.school()).await;
        }
        if let Some(hints) = &mut self.hints {
            match tokio::time::timeout(POLL_INTERVAL, hints.next()).await {
                Ok(Some(hint)) => {
                    let newest = std::iter::once(hint)
                        .chain(std::iter::from_fn(|| {
                            futures::FutureExt::now_or_never(hints.next()).flatten()
                        }))
                        .filter_map(|hint| std::str::from_utf8(&hint.payload).ok()?.parse().ok())
                        .max();
                    if let Some(newest) = newest {
                        self.head = self.head.max(Position(newest));
                    }
                    return;
                }
                Ok(None) => self.hints = None,
                Err(_) => {}
            }
        } else {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        if let Ok(head) = self.log.head().await {
            self.head = self.head.max(head);
        }
    }

    /// Checks that the log is the one the checkpoint was taken of: its epoch, its length, the commit at the position.
    /// `false` when nats-server does not answer.
    async fn check(&mut self) -> Result<bool, FollowError> {
        self.abandon();
        self.hints = None;
        let integrity = |position, what| Err(FollowError::Integrity { position, what });
        if self.at.epoch != self.log.identity().epoch {
            let what = format!(
                "its epoch is {}, this reader has read {}",
                self.log.identity().epoch,
                self.at.epoch
            );
            return integrity(Position(1), what);
        }
        let head = match self.log.check_unbroken(self.at.position).await {
            Ok(head) => head,
            Err(ReadError::Integrity { position, what }) => return integrity(position, what),
            Err(_) => return Ok(false),
        };
        if let Some(hash) = self.at.hash {
            match self.log.read(self.at.position).await {
                Ok(commit) if commit.hash == hash => {}
                Ok(commit) => {
                    let what = format!("its hash is {}, this reader has read {hash}", commit.hash);
                    return integrity(self.at.position, what);
                }
                Err(ReadError::Unavailable(_)) => return Ok(false),
                Err(ReadError::NoSuchPosition(position)) => {
                    return self.nothing_at(position).await.map(|()| false);
                }
                Err(ReadError::Integrity { position, what }) => return integrity(position, what),
            }
        }
        self.head = head;
        self.checked = true;
        Ok(true)
    }

    /// No commit came at a position that should have one: a replica that is behind, or a commit that is not there.
    async fn nothing_at(&mut self, position: Position) -> Result<(), FollowError> {
        self.missing += 1;
        if self.missing >= self.log.missing_tries() {
            let what = format!("it is missing, though the log goes on to {}", self.head);
            return Err(FollowError::Integrity { position, what });
        }
        self.checked = false;
        tokio::time::sleep(MISSING_INTERVAL).await;
        Ok(())
    }

    fn advance(&mut self, batch: Vec<Recorded>) -> Result<Vec<Recorded>, FollowError> {
        let expected = (self.at.position.next().0..).map(Position);
        for (commit, position) in batch.iter().zip(expected) {
            if commit.position != position {
                let what = format!("it is missing; the next one is {}", commit.position);
                return Err(FollowError::Integrity { position, what });
            }
        }
        if let Some(last) = batch.last() {
            self.at.position = last.position;
            self.at.hash = Some(last.hash);
            self.head = self.head.max(last.position);
            self.log.learn(last.position);
        }
        Ok(batch)
    }

    fn abandon(&mut self) {
        for (_, _, request) in self.requests.drain(..) {
            request.abort();
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// Reads and parses one batch; in a task of its own, so that the next one is parsed while this one is folded.
async fn read_batch(log: &Log, from: Position, count: usize) -> Batch {
    let raw = match batch_read::range(log.connection(), log.stream(), from, count).await {
        Ok(raw) => raw,
        // Which of them is missing? Go one by one up to it.
        Err(BatchError::Gap { .. }) => return up_to_gap(log, from, count).await,
        Err(error) => return Err(error.into()),
    };
    let positions = (from.0..).map(Position);
    let read = |(position, raw)| {
        Recorded::read(position, raw).map_err(|error| ReadError::Integrity {
            position,
            what: format!("it is not a commit: {error}"),
        })
    };
    positions.zip(raw).map(read).collect()
}

/// The commits before the first that is missing; an error if that is the very first.
async fn up_to_gap(log: &Log, from: Position, count: usize) -> Batch {
    let mut batch = Vec::new();
    for sequence in from.0..from.0 + count as u64 {
        match log.read(Position(sequence)).await {
            Ok(commit) => batch.push(commit),
            Err(ReadError::NoSuchPosition(position)) if batch.is_empty() => {
                return Err(ReadError::Integrity {
                    position,
                    what: "it is missing, though later ones exist".to_owned(),
                });
            }
            Err(ReadError::NoSuchPosition(_)) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(batch)
}
