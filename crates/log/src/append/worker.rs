//! The appender's task: sends units, and finds out what became of them.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_nats::{HeaderMap, Request, header};
use serde::Deserialize;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

use super::unit::{Waiting, Written, take_unit};
use super::{AppendError, QUEUE_MAX};
use crate::announce;
use crate::commit::{Position, Tail};
use crate::connection::ApiRefused;
use crate::log::{Log, ReadError};

/// How long a commit is tried.
pub(super) const APPEND_TIMEOUT: Duration = Duration::from_secs(12);
/// Up to so many go out as single publishes; a batch costs about as much as this many.
const SINGLES_MAX: usize = 12;
/// How long one answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);
/// Between two tries while nats-server is away.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// What nats-server answers to a publish.
#[derive(Debug, Deserialize)]
struct PubAck {
    #[serde(default)]
    seq: u64,
    /// The members of a batch.
    count: Option<usize>,
    error: Option<ApiRefused>,
}

/// How one publish ended.
enum Published {
    /// Stored; of a batch, its last member.
    At(Position),
    /// Not stored: the boundary has moved on.
    Conflict,
    /// Not stored: the server says why.
    Refused(String),
    /// Perhaps stored.
    Lost(String),
}

#[derive(Clone)]
pub(super) struct Worker {
    log: Log,
    /// How many losses of the connection the log has been checked after.
    checked: Arc<Mutex<u64>>,
    damaged: Arc<OnceLock<String>>,
}

impl Worker {
    pub(super) fn new(log: Log) -> Self {
        Self {
            log,
            checked: Arc::default(),
            damaged: Arc::default(),
        }
    }

    /// Group commit: one unit in flight, commits gather meanwhile.
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Waiting>) {
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
            let unit = self.admit(take_unit(&mut waiting)).await;
            if unit.len() <= SINGLES_MAX {
                self.publish_singly(unit, false).await;
            } else {
                self.publish_batch(unit).await;
            }
        }
    }

    /// Every commit a publish of its own.
    pub(super) async fn run_each(self, mut queue: mpsc::Receiver<Waiting>) {
        while let Some(waiting) = queue.recv().await {
            let worker = self.clone();
            tokio::spawn(async move {
                let unit = worker.admit(vec![waiting]).await;
                worker.publish_singly(unit, false).await;
            });
        }
    }

    /// The members of a unit that may be sent; the others are answered: nothing of them has gone out yet.
    async fn admit(&self, unit: Vec<Waiting>) -> Vec<Waiting> {
        let until = unit.iter().map(|waiting| waiting.until).max();
        let outcome = self.check(until.unwrap_or_else(Instant::now)).await;
        let mut admitted = Vec::with_capacity(unit.len());
        for waiting in unit {
            let late = || AppendError::Unavailable("its turn did not come in time".to_owned());
            match &outcome {
                Ok(()) if Instant::now() < waiting.until => admitted.push(waiting),
                Ok(()) => drop(self.answer(waiting, Err(late()))),
                Err(error) => drop(self.answer(waiting, Err(error.clone()))),
            }
        }
        admitted
    }

    /// After the connection was lost the server may have come back with less than it acknowledged: looks before
    /// anything is sent. Tries until then; at once when nothing was lost.
    async fn check(&self, until: Instant) -> Result<(), AppendError> {
        if let Some(why) = self.damaged.get() {
            return Err(AppendError::Damaged(why.clone()));
        }
        // Of many that lost the connection together, one asks.
        let mut checked = self.checked.lock().await;
        loop {
            // Read before asking: a loss meanwhile asks for another check.
            let losses = *self.log.connection().losses.borrow();
            if *checked == losses {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(AppendError::Unavailable("nats-server is away".to_owned()));
            }
            match self.log.check_unbroken(Position::START).await {
                Ok(_) => *checked = losses,
                Err(ReadError::Unavailable(_)) => tokio::time::sleep(RETRY_INTERVAL).await,
                Err(error) => return Err(self.damage(error.to_string())),
            }
        }
    }

    /// From now on nothing is appended.
    fn damage(&self, why: String) -> AppendError {
        tracing::error!(why, "nothing is appended any more");
        AppendError::Damaged(self.damaged.get_or_init(|| why).clone())
    }

    /// Publishes each on its own, all at once. `resend`: an earlier publish of them may be stored.
    async fn publish_singly(&self, unit: Vec<Waiting>, resend: bool) {
        let newest = futures::future::join_all(unit.into_iter().map(|waiting| async move {
            let outcome = self.append_one(&waiting.draft, waiting.until, resend).await;
            self.answer(waiting, outcome)
        }))
        .await;
        self.announce(newest.into_iter().flatten().max()).await;
    }

    /// Publishes one commit until its outcome is known or the time is up. See the module's page for why this is safe.
    async fn append_one(
        &self,
        draft: &Written,
        until: Instant,
        resend: bool,
    ) -> Result<Position, AppendError> {
        let mut perhaps_stored = resend;
        let unsettled = |perhaps_stored, why| {
            if perhaps_stored {
                Err(AppendError::Unknown(why))
            } else {
                Err(AppendError::Unavailable(why))
            }
        };
        loop {
            match self.check(until).await {
                Ok(()) => {}
                Err(AppendError::Unavailable(why)) => return unsettled(perhaps_stored, why),
                Err(error) => return Err(error),
            }
            let known = self.log.known();
            let why = match self.request(draft, draft.headers()).await {
                Published::At(position) => {
                    return self.check_grown(known, position).map(|()| position);
                }
                Published::Conflict if !perhaps_stored => return Err(AppendError::Conflict),
                Published::Conflict => match self.look_up(draft).await {
                    Ok(Some(position)) => return Ok(position),
                    Ok(None) => return Err(AppendError::Conflict),
                    Err(ReadError::Unavailable(why)) => why,
                    // This boundary's chain is broken; the others' may be whole.
                    Err(error) => return Err(AppendError::Damaged(error.to_string())),
                },
                Published::Refused(refused) => return unsettled(perhaps_stored, refused),
                Published::Lost(lost) => {
                    perhaps_stored = true;
                    lost
                }
            };
            if Instant::now() >= until {
                return unsettled(perhaps_stored, why);
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    async fn publish_batch(&self, unit: Vec<Waiting>) {
        let known = self.log.known();
        match self.send_batch(&unit).await {
            Published::At(last) => {
                let first = Position(last.0 + 1 - unit.len() as u64);
                let grown = self.check_grown(known, first);
                for (waiting, position) in unit.into_iter().zip(first.0..) {
                    self.answer(waiting, grown.clone().map(|()| Position(position)));
                }
                self.announce(Some(last)).await;
            }
            // Nothing of it is stored.
            Published::Conflict | Published::Refused(_) => self.publish_singly(unit, false).await,
            Published::Lost(why) => {
                tracing::warn!(why, members = unit.len(), "the answer to a batch was lost");
                self.publish_singly(unit, true).await;
            }
        }
    }

    async fn send_batch(&self, unit: &[Waiting]) -> Published {
        let Some((last, members)) = unit.split_last() else {
            return Published::Refused("an empty batch".to_owned());
        };
        // A commit is a member of one batch at most: if that is refused or lost, it goes singly.
        let id = last.draft.commit.as_str();
        let headers = |draft: &Written, sequence: usize| {
            let mut headers = draft.headers();
            headers.insert(header::NATS_BATCH_ID, id);
            headers.insert(header::NATS_BATCH_SEQUENCE, sequence.to_string());
            headers
        };
        let client = &self.log.connection().client;
        for (waiting, sequence) in members.iter().zip(1..) {
            let draft = &waiting.draft;
            let headers = headers(draft, sequence);
            let sent = client
                .publish_with_headers(draft.subject.clone(), headers, draft.raw.clone())
                .await;
            if let Err(error) = sent {
                // Without its last member a batch is never stored.
                return Published::Refused(error.to_string());
            }
        }
        let mut headers = headers(&last.draft, unit.len());
        headers.insert(header::NATS_BATCH_COMMIT, "1");
        match self.send(&last.draft, headers).await {
            Ok(ack) if ack.error.is_none() && ack.count != Some(unit.len()) => {
                let count = ack.count;
                Published::Lost(format!("an acknowledgement of {count:?} members"))
            }
            Ok(ack) => ack.into(),
            Err(why) => Published::Lost(why),
        }
    }

    async fn request(&self, draft: &Written, headers: HeaderMap) -> Published {
        self.send(draft, headers)
            .await
            .map_or_else(Published::Lost, Published::from)
    }

    /// Publishes and waits for the acknowledgement. The error is one sentence; then it may be stored nevertheless.
    async fn send(&self, draft: &Written, headers: HeaderMap) -> Result<PubAck, String> {
        let mut losses = self.log.connection().losses.clone();
        losses.mark_unchanged();
        let request = Request::new()
            .headers(headers)
            .payload(draft.raw.clone())
            .timeout(Some(ANSWER_TIMEOUT));
        let client = &self.log.connection().client;
        let answer = tokio::select! {
            answer = client.send_request(draft.subject.clone(), request) => answer,
            _ = losses.changed() => return Err("the connection was lost".to_owned()),
        };
        let answer = answer.map_err(|error| error.to_string())?;
        serde_json::from_slice(&answer.payload).map_err(|error| error.to_string())
    }

    /// A log only grows: an acknowledgement at a position that was there before comes from another log, or from an
    /// older copy of this one that was put in its place faster than we noticed.
    fn check_grown(&self, known: Position, acknowledged: Position) -> Result<(), AppendError> {
        if acknowledged > known {
            return Ok(());
        }
        let why = format!("it stored a commit at {acknowledged}, but {known} was there before");
        Err(self.damage(why))
    }

    /// Where this very commit is stored, after its comparator failed; `None` if it is not and never will be.
    ///
    /// Its comparator allows one place only: first after what it follows. Where nothing is, a replica that has not
    /// caught up has answered.
    async fn look_up(&self, draft: &Written) -> Result<Option<Position>, ReadError> {
        let since = self.log.load_after(&draft.boundary, draft.follows).await?;
        let Some(first) = since.first() else {
            let behind = "a replica answers that is behind".to_owned();
            return Err(ReadError::Unavailable(behind));
        };
        Ok((first.commit.commit == draft.commit).then_some(first.position))
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

impl From<PubAck> for Published {
    fn from(ack: PubAck) -> Self {
        match ack.error {
            Some(refused) if refused.is_wrong_last_sequence() => Published::Conflict,
            // A store that fails half-way, or a cluster without a leader, does not know either.
            Some(refused) if refused.may_pass() => Published::Lost(refused.to_string()),
            Some(refused) => Published::Refused(refused.to_string()),
            None if ack.seq > 0 => Published::At(Position(ack.seq)),
            None => Published::Lost("an acknowledgement without a position".to_owned()),
        }
    }
}
