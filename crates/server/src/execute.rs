//! The life of a command: the state it is decided on, the decision, the append, and the same answer for every retry.

use std::sync::Arc;

use homeroom_domain::event::EventError;
use homeroom_domain::office::Actor;
use homeroom_domain::{Boundary, CommandId, CommitId, Decider, DomainEvent, Moment, Refuse};
use homeroom_log::{
    AppendError, Appender, CommandRecord, Draft, Hash, Log, Position, ReadError, Tail,
};

use crate::baseline::{self, Baseline, Baselines};
use crate::clock::{Clock, ClockError};
use crate::error::{self, ApiError};
use crate::in_flight::InFlight;

/// How often a command is decided again because its boundary moved on, before the client is told to come back.
const ROUNDS_MAX: usize = 16;

/// What a command is besides what it asks.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// Its id: derived from the actor and the `Idempotency-Key`, so that a retry has the same.
    pub(crate) id: CommandId,
    /// The digest of path and body: tells a retry from another command under the same key.
    pub(crate) digest: Hash,
    /// Its type, in snake case.
    pub(crate) type_: &'static str,
}

/// A command with the facts to decide it on.
#[derive(Debug)]
pub(crate) struct Asked<D: Decider> {
    pub(crate) command: D::Command,
    pub(crate) facts: D::Facts,
    /// Who asks, as what.
    pub(crate) actor: Actor,
    /// The position up to which the facts were known.
    pub(crate) known: Position,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Executed<E> {
    /// The commit that answers it; the boundary's newest where there was nothing to do; `None` where nothing ever
    /// happened.
    pub(crate) tail: Option<Tail>,
    /// When it was decided.
    pub(crate) at: Moment,
    /// What happened; empty where the command asked for what was already so.
    pub(crate) events: Vec<E>,
    /// True if this is the answer to an earlier sending of the same command.
    pub(crate) replayed: bool,
}

impl<E> Executed<E> {
    /// The position of the answer.
    pub(crate) fn position(&self) -> Position {
        self.tail.map_or(Position::START, |tail| tail.position)
    }
}

/// Why a command was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecuteError<R> {
    /// The decider says no, and nothing is recorded of it.
    #[error("the command is refused: {0:?}")]
    Refused(R),
    /// The facts to decide on cannot be had, or the request does not fit them.
    #[error("the command cannot be asked: {0:?}")]
    Facts(ApiError),
    /// The same id was another command.
    #[error("the command id was used for another command")]
    KeyReused,
    /// There is no time to decide at.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The boundary moved on in every round.
    #[error("the boundary moved on {ROUNDS_MAX} times")]
    Contended,
    /// The boundary cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The commit was not acknowledged.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The events cannot be written.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
}

impl<R: Refuse> From<ExecuteError<R>> for ApiError {
    fn from(error: ExecuteError<R>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => ApiError::refused(&refusal, None),
            ExecuteError::Facts(error) => error,
            ExecuteError::KeyReused => error::idempotency_key_reused(),
            ExecuteError::Clock(error) => error.into(),
            ExecuteError::Contended | ExecuteError::Append(AppendError::Conflict) => {
                error::contended()
            }
            ExecuteError::Read(error) => error.into(),
            ExecuteError::Append(AppendError::Unknown(why)) => {
                tracing::warn!(why, "the outcome of a command is unknown");
                error::outcome_unknown()
            }
            ExecuteError::Append(AppendError::Unavailable(why)) => {
                tracing::warn!(why, "the log takes nothing now");
                error::not_recorded()
            }
            ExecuteError::Append(AppendError::Damaged(why)) => {
                tracing::error!(why, "the log takes nothing more");
                error::log_damaged()
            }
            ExecuteError::Append(AppendError::TooLarge { bytes, max }) => {
                tracing::warn!(bytes, max, "a commit is too large");
                error::commit_too_large()
            }
            ExecuteError::Append(error @ AppendError::Unwritable(_)) => {
                tracing::error!(%error, "a commit cannot be written");
                error::internal()
            }
            ExecuteError::Event(error) => {
                tracing::error!(%error, "an event cannot be written");
                error::internal()
            }
            ExecuteError::Random(why) => {
                tracing::error!(why, "no random numbers");
                error::internal()
            }
        }
    }
}

/// Tells which boundaries need not be loaded, because nothing has happened on them yet. May be wrong in either
/// direction: the comparator finds out.
pub(crate) trait Hints: Send + Sync {
    /// True if nothing seems to have happened on this boundary.
    fn is_new(&self, boundary: &Boundary) -> bool;
}

/// Executes commands on one log.
pub(crate) struct Executor {
    log: Log,
    appender: Appender,
    clock: Clock,
    hints: Box<dyn Hints>,
    baselines: Baselines,
    in_flight: InFlight,
}

impl Executor {
    pub(crate) fn new(log: Log, appender: Appender, clock: Clock, hints: Box<dyn Hints>) -> Self {
        let (baselines, in_flight) = (Baselines::new(), InFlight::new());
        Self {
            log,
            appender,
            clock,
            hints,
            baselines,
            in_flight,
        }
    }

    /// Executes a command. `ask` makes it, at the instant it is decided at and as often as it is decided again.
    pub(crate) async fn execute<D: Decider>(
        &self,
        boundary: &Boundary,
        envelope: &Envelope,
        ask: impl FnMut(Moment) -> Result<Asked<D>, ApiError>,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Refusal>> {
        let _turn = self.in_flight.enter(boundary).await;
        let (mut baseline, fresh) = self.baseline::<D>(boundary).await?;
        let executed = self
            .decide(boundary, envelope, &mut baseline, fresh, ask)
            .await;
        // Kept whatever happened: what it lacks, the comparator finds out.
        self.baselines.keep(boundary, baseline);
        executed
    }

    async fn decide<D: Decider>(
        &self,
        boundary: &Boundary,
        envelope: &Envelope,
        baseline: &mut Baseline<D::State>,
        mut fresh: bool,
        mut ask: impl FnMut(Moment) -> Result<Asked<D>, ApiError>,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Refusal>> {
        for _ in 0..ROUNDS_MAX {
            if let Some(position) = baseline.answered(&envelope.id) {
                return self.answer_again::<D>(position, envelope).await;
            }
            // A clock that was set back does not make a boundary's history go back.
            let now = self.clock.now()?;
            let at = baseline.at.map_or(now, |last| last.max(now));
            let Asked {
                command,
                facts,
                actor,
                known,
            } = ask(at).map_err(ExecuteError::Facts)?;
            match D::decide(&baseline.state, &command, &facts, at) {
                Ok(events) if !events.is_empty() => {
                    let (draft, bytes) =
                        self.draft::<D>(boundary, envelope, (at, known), actor, &events)?;
                    match self
                        .appender
                        .append(Draft {
                            follows: baseline.tail,
                            ..draft
                        })
                        .await
                    {
                        Ok(tail) => {
                            baseline.follow::<D>(tail, &envelope.id, at, &events, bytes);
                            let tail = Some(tail);
                            return Ok(Executed {
                                tail,
                                at,
                                events,
                                replayed: false,
                            });
                        }
                        Err(AppendError::Conflict) => {
                            self.catch_up::<D>(boundary, baseline).await?;
                            fresh = true;
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                // Nothing is appended, so no comparator tells whether the decision was taken on a stale state.
                _ if !fresh && self.catch_up::<D>(boundary, baseline).await? => fresh = true,
                nothing => {
                    nothing.map_err(ExecuteError::Refused)?;
                    let tail = baseline.tail;
                    return Ok(Executed {
                        tail,
                        at,
                        events: Vec::new(),
                        replayed: false,
                    });
                }
            }
        }
        Err(ExecuteError::Contended)
    }

    /// The first answer to a command on this boundary, if there is one. Asks the log unless the answer is known.
    pub(crate) async fn first_answer<D: Decider>(
        &self,
        boundary: &Boundary,
        envelope: &Envelope,
    ) -> Result<Option<Executed<D::Event>>, ExecuteError<D::Refusal>> {
        let known = self.baselines.look::<D::State>(boundary);
        let known = known.and_then(|baseline| baseline.answered(&envelope.id));
        let position = match known {
            Some(position) => Some(position),
            None => self.look::<D>(boundary).await?.answered(&envelope.id),
        };
        match position {
            Some(position) => self.answer_again::<D>(position, envelope).await.map(Some),
            None => Ok(None),
        }
    }

    /// A boundary as it is now.
    pub(crate) async fn look<D: Decider>(
        &self,
        boundary: &Boundary,
    ) -> Result<Arc<Baseline<D::State>>, ReadError> {
        let _turn = self.in_flight.enter(boundary).await;
        let known = self.baselines.take::<D::State>(boundary);
        let mut baseline = known.unwrap_or_else(Baseline::empty);
        self.catch_up::<D>(boundary, &mut baseline).await?;
        let baseline = Arc::new(baseline);
        self.baselines.keep(boundary, Arc::clone(&baseline));
        Ok(baseline)
    }

    /// The state to decide on, and whether it was just read from the log.
    async fn baseline<D: Decider>(
        &self,
        boundary: &Boundary,
    ) -> Result<(Baseline<D::State>, bool), ReadError> {
        if let Some(baseline) = self.baselines.take(boundary) {
            return Ok((baseline, false));
        }
        let mut baseline = Baseline::empty();
        if self.hints.is_new(boundary) {
            return Ok((baseline, false));
        }
        self.catch_up::<D>(boundary, &mut baseline).await?;
        Ok((baseline, true))
    }

    /// Folds what happened on a boundary since; tells whether anything did.
    async fn catch_up<D: Decider>(
        &self,
        boundary: &Boundary,
        baseline: &mut Baseline<D::State>,
    ) -> Result<bool, ReadError> {
        let newer = self.log.load_after(boundary, baseline.tail).await?;
        for recorded in &newer {
            baseline.fold::<D>(recorded)?;
        }
        Ok(!newer.is_empty())
    }

    /// The answer that a command was given before, from the commit that answered it.
    async fn answer_again<D: Decider>(
        &self,
        position: Position,
        envelope: &Envelope,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Refusal>> {
        let recorded = self.log.read(position).await?;
        let command = &recorded.commit.command;
        if command.digest != envelope.digest || command.type_ != envelope.type_ {
            return Err(ExecuteError::KeyReused);
        }
        let events = baseline::decode::<D::Event>(&recorded)?;
        let tail = Some(recorded.tail());
        Ok(Executed {
            tail,
            at: recorded.commit.at,
            events,
            replayed: true,
        })
    }

    /// The commit to be, but for what it follows; and about how many bytes its events have.
    fn draft<D: Decider>(
        &self,
        boundary: &Boundary,
        envelope: &Envelope,
        (at, facts): (Moment, Position),
        actor: Actor,
        events: &[D::Event],
    ) -> Result<(Draft, u64), ExecuteError<D::Refusal>> {
        let events = events
            .iter()
            .map(DomainEvent::encode)
            .collect::<Result<Vec<_>, _>>()?;
        let bytes = events
            .iter()
            .map(|event| event.data.get().len() as u64)
            .sum();
        let draft = Draft {
            commit: CommitId::from_bits(random_bits().map_err(ExecuteError::Random)?),
            boundary: boundary.clone(),
            command: CommandRecord {
                id: envelope.id.clone(),
                type_: envelope.type_.to_owned(),
                digest: envelope.digest,
            },
            actor,
            at,
            clock: self.clock.simulated(),
            facts,
            follows: None,
            events,
        };
        Ok((draft, bytes))
    }
}

/// 80 random bits for a new id.
pub(crate) fn random_bits() -> Result<[u8; 10], String> {
    let mut bits = [0; 10];
    getrandom::fill(&mut bits).map_err(|error| error.to_string())?;
    Ok(bits)
}
