//! Closing sessions, for the clock process: by the same loop as every command.

use homeroom_domain::attendance::{CloseFacts, CloseSession, SessionDecider, SessionKey};
use homeroom_domain::office::{Actor, Role, Via};
use homeroom_domain::rule::Window;
use homeroom_domain::{Boundary, CommandId};
use homeroom_log::{AppendError, Batching, Log, Position, ReadError, Vault};

use crate::clock::{Clock, ClockError};
use crate::execute::{Asked, Envelope, ExecuteError, Executor, Hints};

/// Closes sessions once their windows are over.
pub struct Closer {
    executor: Executor,
    vault: Vault,
}

impl std::fmt::Debug for Closer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Closer").finish_non_exhaustive()
    }
}

/// Why a session was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The clock does not show the end of its window.
    #[error("the session's window is still open")]
    StillOpen,
    /// The clock cannot be read.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The session's boundary cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The closing was not acknowledged.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Anything else, which is a defect.
    #[error("the session cannot be closed: {0}")]
    Defect(String),
}

impl Closer {
    /// A closer with an appender of its own.
    pub fn new(log: Log, vault: Vault, clock: Clock) -> Self {
        let appender = log.appender(Batching::Adaptive);
        let executor = Executor::new(log, appender, clock, Box::new(MostlyNew));
        Self { executor, vault }
    }

    /// Closes a session with whoever had duty in it, as known at a position; says where its closing stands. However
    /// often and by however many processes it is asked, a session is closed once.
    ///
    /// # Errors
    /// When its window is still open, or the log takes nothing.
    pub async fn close(
        &self,
        session: &SessionKey,
        window: Window,
        facts: &CloseFacts,
        known: Position,
    ) -> Result<Position, CloseError> {
        let boundary = Boundary::session(&session.rule, &session.class, session.date);
        let executed = self
            .executor
            .execute::<SessionDecider>(&boundary, &self.envelope(&boundary)?, |_| {
                Ok(Asked {
                    command: CloseSession {
                        session: session.clone(),
                        window,
                    },
                    facts: facts.clone(),
                    actor: Actor {
                        id: None,
                        office: Role::Clock,
                        deputises_for: None,
                        via: Via::Clock,
                    },
                    known,
                })
            })
            .await;
        executed
            .map(|executed| executed.position())
            .map_err(|error| match error {
                ExecuteError::Refused(_) => CloseError::StillOpen,
                ExecuteError::Clock(error) => error.into(),
                ExecuteError::Read(error) => error.into(),
                ExecuteError::Append(error) => error.into(),
                other => CloseError::Defect(other.to_string()),
            })
    }

    /// Named after the session and nothing else: the second of two clock processes is answered as the first was.
    fn envelope(&self, boundary: &Boundary) -> Result<Envelope, CloseError> {
        let mark = self.vault.mark("command", &format!("clock {boundary}"));
        let id = CommandId::parse(&format!("k{}", mark.as_str()))
            .map_err(|error| CloseError::Defect(error.to_string()))?;
        Ok(Envelope {
            id,
            digest: self.vault.digest(boundary.as_str().as_bytes()),
            type_: "close_session",
        })
    }
}

/// A session is closed once, so nothing has happened on its boundary but in a race, which the comparator decides.
struct MostlyNew;

impl Hints for MostlyNew {
    fn is_new(&self, _: &Boundary) -> bool {
        true
    }
}
