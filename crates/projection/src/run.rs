//! Following the log, live: one writer, one transaction a batch, fsynced, then announced.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use homeroom_log::{FollowError, Log, Position, Recorded};
use tokio_util::sync::CancellationToken;

use crate::Projection;
use crate::generation::{Expected, Generation, Generations, Meta};
use crate::rebuild::{self, Progress};
use crate::writer::Poison;

/// How often the pointer is looked at while nothing comes.
const POINTER_INTERVAL: Duration = Duration::from_millis(100);

/// Why a projection stops.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another process writes this view.
    #[error("another process writes the view {0}")]
    Locked(&'static str),
    /// The log is not whole; nothing more is folded, and nothing is rebuilt from it.
    #[error(transparent)]
    Log(#[from] FollowError),
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
}

impl RunError {
    pub(crate) fn files<P: Projection>(error: impl std::fmt::Display) -> Self {
        RunError::Files { name: P::NAME, what: error.to_string() }
    }

    /// True when the log itself or the trust in it is broken: starting again cannot help.
    pub fn is_integrity(&self) -> bool {
        matches!(self, RunError::Log(_) | RunError::Poison { .. })
    }
}

impl From<(&'static str, io::Error)> for RunError {
    fn from((name, error): (&'static str, io::Error)) -> Self {
        RunError::Files { name, what: error.to_string() }
    }
}

/// Follows the log into the view until it is told to stop. A generation that is missing, torn, foreign or of another
/// version is built anew first.
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
    let lock = generations.lock("writer.lock").map_err(RunError::files::<P>)?;
    let _lock = lock.ok_or(RunError::Locked(P::NAME))?;
    let expected = Expected { name: P::NAME, version: P::VERSION, identity: Some(log.identity().clone()) };
    loop {
        let current = generations.current().map_err(RunError::files::<P>)?;
        let opened = current.as_deref().map(|folder| Generation::open(folder, &expected));
        let generation = match opened {
            Some(Ok(generation)) => generation,
            refused => {
                let why = refused.and_then(Result::err).map_or("there is none".to_owned(), |refused| refused.to_string());
                tracing::warn!(view = P::NAME, why, "building a new generation");
                let build = rebuild::rebuild(Arc::clone(&projection), log, views, |_: Progress| {});
                tokio::select! {
                    built = build => built?,
                    () = stop.cancelled() => return Ok(()),
                };
                continue;
            }
        };
        let end = follow(&projection, log, &generations, &generation, stop).await?;
        generation.close();
        if end == End::Stopped {
            return Ok(());
        }
    }
}

#[derive(PartialEq, Eq)]
enum End {
    Stopped,
    /// The pointer moved to another generation.
    Moved,
}

async fn follow<P: Projection>(
    projection: &Arc<P>,
    log: &Log,
    generations: &Generations,
    generation: &Generation,
    stop: &CancellationToken,
) -> Result<End, RunError> {
    let mut meta = generation.meta_now().map_err(RunError::files::<P>)?;
    let mut follower = log.follow(meta.checkpoint());
    log.announce_view(P::NAME, meta.position).await;
    loop {
        let batch = tokio::select! {
            batch = follower.next() => Some(batch?),
            () = tokio::time::sleep(POINTER_INTERVAL) => None,
            () = stop.cancelled() => return Ok(End::Stopped),
        };
        if let Some(batch) = batch {
            let (projection, generation) = (Arc::clone(projection), generation.clone());
            let folded = tokio::task::spawn_blocking(move || {
                let outcome = fold(&*projection, &generation, &mut meta, &batch);
                (outcome, meta)
            });
            let (outcome, after) = folded.await.map_err(RunError::files::<P>)?;
            outcome?;
            meta = after;
            log.announce_view(P::NAME, meta.position).await;
        }
        let current = generations.current().map_err(RunError::files::<P>)?;
        if current.as_deref() != Some(generation.folder()) {
            return Ok(End::Moved);
        }
    }
}

/// Folds a batch in one transaction. What cannot be folded leaves everything before it in place.
pub(crate) fn fold<P: Projection>(
    projection: &P,
    generation: &Generation,
    meta: &mut Meta,
    batch: &[Recorded],
) -> Result<(), RunError> {
    match fold_all(projection, generation, meta, batch) {
        Err(RunError::Poison { position, name, poison }) => {
            // Its transaction is dropped, with whatever it wrote; what came before it is folded again and kept.
            let before = batch.iter().take_while(|commit| commit.position < position).count();
            fold_all(projection, generation, meta, &batch[..before])?;
            Err(RunError::Poison { name, position, poison })
        }
        outcome => outcome,
    }
}

fn fold_all<P: Projection>(
    projection: &P,
    generation: &Generation,
    meta: &mut Meta,
    batch: &[Recorded],
) -> Result<(), RunError> {
    let Some(last) = batch.last() else { return Ok(()) };
    let mut writer = generation.write().map_err(RunError::files::<P>)?;
    for commit in batch {
        let position = commit.position;
        projection
            .apply(commit, &mut writer)
            .map_err(|poison| RunError::Poison { name: P::NAME, position, poison })?;
    }
    let after = meta.after(last, writer.unknown_events);
    generation.commit(writer, &after).map_err(RunError::files::<P>)?;
    *meta = after;
    Ok(())
}
