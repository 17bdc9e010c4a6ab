//! Following the log, live: one writer, one transaction a batch, fsynced, then announced.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use homeroom_log::{FollowError, Log, Position};
use tokio_util::sync::CancellationToken;

use crate::Projection;
use crate::feed::Feed;
use crate::fold::fold;
use crate::generation::{Expected, Generation, Unusable};
use crate::generations::Generations;
use crate::rebuild;
use crate::writer::Poison;

/// How often the pointer is looked at while nothing comes.
const POINTER_INTERVAL: Duration = Duration::from_millis(100);
/// A projector that has nothing to do says so this often: whoever does not is frozen or gone.
pub const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(2);
/// How often the slots of dead readers are freed.
const READERS_INTERVAL: Duration = Duration::from_secs(10);
/// How often it is looked whether another process has finished its build.
const BUILD_INTERVAL: Duration = Duration::from_millis(250);

/// Why a projection stops.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another process writes this view.
    #[error("another process writes the view {0}")]
    Locked(&'static str),
    /// Another process builds this view.
    #[error("another process is building the view {0}")]
    Building(&'static str),
    /// The log is not whole, or not the one this view was folded from; nothing more is folded, and nothing is rebuilt
    /// from it.
    #[error("the view {name} stops: {source}")]
    Log {
        /// The view.
        name: &'static str,
        /// Where and why.
        source: FollowError,
    },
    /// A commit cannot be folded.
    #[error("the view {name} stops before position {position}: {poison}")]
    Poison {
        /// The view.
        name: &'static str,
        /// The commit that cannot be folded.
        position: Position,
        /// Why.
        poison: Poison,
    },
    /// The view's files cannot be used.
    #[error("the view {name} cannot be written: {what}")]
    Files {
        /// The view.
        name: &'static str,
        /// Why.
        what: String,
    },
    /// The reader of the log ended without a reason.
    #[error("the view {0} stops: its reader of the log is gone")]
    ReaderGone(&'static str),
}

impl RunError {
    #[allow(clippy::needless_pass_by_value, reason = "reads better in map_err")]
    pub(crate) fn files<P: Projection>(error: impl std::fmt::Display) -> Self {
        RunError::Files {
            name: P::NAME,
            what: error.to_string(),
        }
    }

    pub(crate) fn log<P: Projection>(source: FollowError) -> Self {
        RunError::Log {
            name: P::NAME,
            source,
        }
    }

    /// True when the log itself or the trust in it is broken: starting again cannot help.
    pub fn is_integrity(&self) -> bool {
        matches!(self, RunError::Log { .. } | RunError::Poison { .. })
    }
}

/// Follows the log into the view until it is told to stop. A generation that is missing, torn, foreign or of another
/// version is built anew first. A log that contradicts the view stops it: rebuilding from a damaged log would only
/// make the view agree with the damage.
///
/// # Errors
/// When another process writes the view, the log is not whole, a commit cannot be folded, or the disk fails.
pub async fn run<P: Projection>(
    projection: Arc<P>,
    log: &Log,
    views: &Path,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    let generations = Generations::new(views, P::NAME);
    let lock = generations.lock_writing().map_err(RunError::files::<P>)?;
    let _lock = lock.ok_or(RunError::Locked(P::NAME))?;
    if let Some(_lock) = generations.lock_building().map_err(RunError::files::<P>)? {
        generations
            .discard_unfinished()
            .map_err(RunError::files::<P>)?;
    }
    let expected = Expected {
        name: P::NAME,
        version: P::VERSION,
        identity: Some(log.identity().clone()),
    };
    while !stop.is_cancelled() {
        match open_current::<P>(&generations, &expected)? {
            Ok(generation) => follow(&projection, log, &generations, &generation, stop).await?,
            Err(why) => build(&projection, log, &generations, &why, stop).await?,
        }
    }
    Ok(())
}

/// The generation in use, or why there is none that can be used.
fn open_current<P: Projection>(
    generations: &Generations,
    expected: &Expected,
) -> Result<Result<Generation, String>, RunError> {
    let opened = match generations.current() {
        Ok(Some(name)) => Generation::open(&generations.folder_of(&name), expected),
        Ok(None) => return Ok(Err("there is none".to_owned())),
        Err(unusable) => Err(unusable),
    };
    match opened {
        Ok(generation) => Ok(Ok(generation)),
        Err(Unusable::Refused(refused)) => Ok(Err(refused.to_string())),
        Err(Unusable::Failed(what)) => Err(RunError::files::<P>(what)),
    }
}

/// Builds the generation to follow with, or waits until another process has.
async fn build<P: Projection>(
    projection: &Arc<P>,
    log: &Log,
    generations: &Generations,
    why: &str,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    tracing::warn!(view = P::NAME, why, "building a new generation");
    match rebuild::build(projection, log, generations, stop, |_| {}).await {
        Err(RunError::Building(_)) => {}
        outcome => return outcome.map(drop),
    }
    // Whatever the other one builds is looked at when it is done; it may end without having built anything.
    while !stop.is_cancelled()
        && generations
            .lock_building()
            .map_err(RunError::files::<P>)?
            .is_none()
    {
        tokio::time::sleep(BUILD_INTERVAL).await;
    }
    Ok(())
}

/// Follows with one generation until it is told to stop, or the pointer names another one.
async fn follow<P: Projection>(
    projection: &Arc<P>,
    log: &Log,
    generations: &Generations,
    generation: &Generation,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    let mut meta = generation
        .write()
        .map_err(RunError::files::<P>)?
        .meta
        .clone();
    let mut feed = Feed::start(log.follow(meta.checkpoint()));
    log.announce_view(P::NAME, meta.position).await;
    let mut announced = Instant::now();
    let mut readers_cleared = Instant::now();
    loop {
        let batch = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            batch = feed.next() => Some(batch.ok_or(RunError::ReaderGone(P::NAME))?.map_err(RunError::log::<P>)?),
            () = tokio::time::sleep(POINTER_INTERVAL) => None,
        };
        let has_moved = batch.is_some();
        if let Some(batch) = batch {
            meta = fold(projection, generation, batch).await?;
        }
        if has_moved || announced.elapsed() > ANNOUNCE_INTERVAL {
            log.announce_view(P::NAME, meta.position).await;
            announced = Instant::now();
        }
        if readers_cleared.elapsed() > READERS_INTERVAL {
            generation.clear_stale_readers();
            readers_cleared = Instant::now();
        }
        let current = match generations.current() {
            Ok(current) => current,
            // Then this one is built anew from what the pointer should say.
            Err(Unusable::Refused(_)) => None,
            Err(Unusable::Failed(what)) => return Err(RunError::files::<P>(what)),
        };
        if !current.is_some_and(|name| generation.is_current(&name)) {
            tracing::info!(view = P::NAME, "going on with the new generation");
            return Ok(());
        }
    }
}
