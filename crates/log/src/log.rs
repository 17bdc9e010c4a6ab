//! The handle on a log: what it is, and reading it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::Stream;
use homeroom_domain::{Boundary, SchoolId};

use crate::announce;
use crate::append::{Appender, Batching};
use crate::batch_read::{self, BatchError};
use crate::commit::{Position, Recorded, Tail};
use crate::connection::{ApiError, Connection};
use crate::durability::{self, Durability};
use crate::follow::{Checkpoint, Follower};
use crate::identity::Identity;
use crate::open::{self, OpenError};

/// Between two looks for a commit that should be there.
pub(crate) const MISSING_INTERVAL: Duration = Duration::from_millis(100);

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// nats-server says no or nothing; asking again may help.
    #[error("the log cannot be read: {0}")]
    Unavailable(String),
    /// There is no such position.
    #[error("the log has no position {0}")]
    NoSuchPosition(Position),
    /// What is stored is not what was appended.
    #[error("the log is damaged at position {position}: {what}")]
    Integrity {
        /// The first bad position.
        position: Position,
        /// What is wrong with it.
        what: String,
    },
}

impl From<BatchError> for ReadError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::NoAnswer(why) => ReadError::Unavailable(why),
            BatchError::Gap { after, to } => ReadError::Integrity {
                position: after.next(),
                what: format!("it is missing; the next one is {to}"),
            },
        }
    }
}

/// A school's log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Log {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    connection: Connection,
    identity: Identity,
    stream: String,
    /// On how many servers each commit stands.
    replicas: usize,
    /// The highest position this process knows to exist: acknowledged to it, or read by it.
    known: AtomicU64,
}

impl Log {
    /// Opens the log of a school.
    ///
    /// # Errors
    /// When there is none, the stream is not ours or was changed, or the server is too old or away.
    pub async fn open(connection: Connection, school: &SchoolId) -> Result<Self, OpenError> {
        let opened = open::check(&connection, school).await?;
        let stream = Identity::stream(school);
        Ok(Self {
            inner: Arc::new(Inner {
                connection,
                identity: opened.identity,
                stream,
                replicas: opened.replicas,
                known: AtomicU64::new(opened.head.0),
            }),
        })
    }

    /// What the log is.
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    pub(crate) fn stream(&self) -> &str {
        &self.inner.stream
    }

    /// The highest position this process knows to exist.
    pub(crate) fn known(&self) -> Position {
        Position(self.inner.known.load(Ordering::Relaxed))
    }

    pub(crate) fn learn(&self, position: Position) {
        self.inner.known.fetch_max(position.0, Ordering::Relaxed);
    }

    /// The position of the newest commit; [`Position::START`] in an empty log.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn head(&self) -> Result<Position, ReadError> {
        match self.connection().stream_info(self.stream()).await {
            Ok(info) => Ok(Position(info.state.last_seq)),
            Err(error) => Err(ReadError::Unavailable(error.to_string())),
        }
    }

    /// Checks that this is still the log that was opened, and that it has lost nothing of what this process knows of
    /// or of what a reader has `read`.
    ///
    /// # Errors
    /// [`ReadError::Integrity`] when it is another one or shorter.
    pub(crate) async fn check_unbroken(&self, read: Position) -> Result<Position, ReadError> {
        let integrity = |position, what| Err(ReadError::Integrity { position, what });
        // Read before asking: what is appended meanwhile may be missing from the answer.
        let known = self.known().max(read);
        let mut tries = 1;
        loop {
            let info = match self.connection().stream_info(self.stream()).await {
                Ok(info) => info,
                Err(ApiError::Refused(refused)) if refused.is_stream_not_found() => {
                    return integrity(Position(1), "the stream is gone".to_owned());
                }
                Err(error) => return Err(ReadError::Unavailable(error.to_string())),
            };
            let ours = self.identity().epoch.as_str();
            let epoch = info.config.metadata.get("homeroom.epoch");
            let epoch = epoch.map_or("none", String::as_str);
            if epoch != ours {
                let what = format!("the log was made anew: its epoch is {epoch}, not {ours}");
                return integrity(Position(1), what);
            }
            let head = Position(info.state.last_seq);
            if head >= known {
                return Ok(head);
            }
            if tries == self.missing_tries() {
                let what =
                    format!("the log ends at {head}, but {known} was acknowledged or read before");
                return integrity(head.next(), what);
            }
            tries += 1;
            tokio::time::sleep(MISSING_INTERVAL).await;
        }
    }

    /// How often to look for a commit that should be there before it is called missing. One server says at once what
    /// it has; of several, one that has not caught up may answer.
    pub(crate) fn missing_tries(&self) -> u32 {
        if self.inner.replicas > 1 { 100 } else { 3 }
    }

    /// How durable an acknowledged commit really is.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn durability(&self) -> Result<Durability, ReadError> {
        let info = self.connection().stream_info(self.stream()).await;
        let config = info
            .map_err(|error| ReadError::Unavailable(error.to_string()))?
            .config;
        Ok(durability::ask(self.connection(), config.storage, config.num_replicas).await)
    }

    /// Every commit of a boundary, oldest first, its chain checked from the first on.
    ///
    /// # Errors
    /// When nats-server does not answer, or the chain is broken.
    pub async fn load(&self, boundary: &Boundary) -> Result<Vec<Recorded>, ReadError> {
        self.load_after(boundary, None).await
    }

    /// The commits of a boundary after one that is known, its chain checked from there on.
    ///
    /// # Errors
    /// When nats-server does not answer, or the chain is broken.
    pub async fn load_after(
        &self,
        boundary: &Boundary,
        after: Option<Tail>,
    ) -> Result<Vec<Recorded>, ReadError> {
        let subject = boundary.subject(&self.identity().school);
        let from = after.map_or(Position(1), |tail| tail.position.next());
        let messages =
            batch_read::subject(self.connection(), self.stream(), &subject, from).await?;
        let mut tail = after;
        let mut history = Vec::with_capacity(messages.len());
        for (position, raw) in messages {
            let integrity = |what: String| ReadError::Integrity { position, what };
            let recorded = Recorded::read(position, raw)
                .map_err(|error| integrity(format!("it is not a commit: {error}")))?;
            if recorded.commit.boundary != *boundary || recorded.commit.follows != tail {
                return Err(integrity(format!("the chain of {boundary} is broken here")));
            }
            tail = Some(recorded.tail());
            self.learn(position);
            history.push(recorded);
        }
        Ok(history)
    }

    /// One commit.
    ///
    /// # Errors
    /// When there is none at that position, it cannot be read, or nats-server does not answer.
    pub async fn read(&self, position: Position) -> Result<Recorded, ReadError> {
        if position == Position::START {
            return Err(ReadError::NoSuchPosition(position));
        }
        let raw = match batch_read::range(self.connection(), self.stream(), position, 1).await {
            Ok(batch) => batch.into_iter().next(),
            // The position itself is missing, and one after it is not.
            Err(BatchError::Gap { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let raw = raw.ok_or(ReadError::NoSuchPosition(position))?;
        Recorded::read(position, raw).map_err(|error| ReadError::Integrity {
            position,
            what: format!("it is not a commit: {error}"),
        })
    }

    /// Follows the log from a checkpoint on.
    pub fn follow(&self, from: Checkpoint) -> Follower {
        Follower::new(self.clone(), from)
    }

    /// Starts the one appender of this process.
    pub fn appender(&self, batching: Batching) -> Appender {
        Appender::start(self.clone(), batching)
    }

    /// Announces how far a projection has come.
    pub async fn announce_view(&self, name: &str, position: Position) {
        announce::announce_view(self.connection(), &self.identity().school, name, position).await;
    }

    /// The announcements of all projections, as long as the connection lives. Any of them may be lost.
    pub async fn view_announcements(&self) -> impl Stream<Item = (String, Position)> + use<> {
        announce::views(self.connection(), &self.identity().school).await
    }

    /// The school.
    pub fn school(&self) -> &SchoolId {
        &self.identity().school
    }
}
