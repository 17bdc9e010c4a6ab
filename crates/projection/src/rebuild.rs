//! Building a generation beside the one in use: from the first commit, without fsync, synced once, then switched to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use homeroom_log::{Checkpoint, Log, Position};
use tokio_util::sync::CancellationToken;

use crate::Projection;
use crate::feed::Feed;
use crate::fold::fold;
use crate::generation::Generation;
use crate::generations::Generations;
use crate::run::RunError;

/// Between two questions for the head while nats-server is away.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// How far a build has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The last commit folded.
    pub position: Position,
    /// The newest commit known.
    pub head: Position,
    /// Commits a second, since the build began.
    pub rate: f64,
}

impl Progress {
    fn of(position: Position, head: Position, took: Duration) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "a rate for people to read")]
        let rate = position.0 as f64 / took.as_secs_f64().max(1e-6);
        Self {
            position,
            head: head.max(position),
            rate,
        }
    }

    /// How long the rest will take at this rate; `None` before anything is folded.
    pub fn remaining(&self) -> Option<Duration> {
        #[allow(clippy::cast_precision_loss, reason = "a guess for people to read")]
        let left = (self.head.0 - self.position.0) as f64;
        Duration::try_from_secs_f64(left / self.rate).ok()
    }
}

/// A finished build, in use.
#[derive(Debug, Clone)]
pub struct Rebuilt {
    /// Its folder.
    pub folder: PathBuf,
    /// How far it goes.
    pub position: Position,
    /// How long it took.
    pub took: Duration,
}

/// Builds a new generation from the first commit to the head, then points to it. The one in use serves meanwhile, and
/// a live projector, if one runs, goes on with the new one by itself.
///
/// # Errors
/// When another process builds the same view, the log is not whole, a commit cannot be folded, or the disk fails. What
/// was built is thrown away; the one in use stays.
pub async fn rebuild<P: Projection>(
    projection: Arc<P>,
    log: &Log,
    views: &Path,
    progress: impl FnMut(Progress),
) -> Result<Rebuilt, RunError> {
    let generations = Generations::new(views, P::NAME);
    let built = build(
        &projection,
        log,
        &generations,
        &CancellationToken::new(),
        progress,
    )
    .await?;
    // Nobody can cancel a token that nobody else holds.
    built.ok_or(RunError::ReaderGone(P::NAME))
}

/// Builds; `None` when told to stop.
pub(crate) async fn build<P: Projection>(
    projection: &Arc<P>,
    log: &Log,
    generations: &Generations,
    stop: &CancellationToken,
    mut progress: impl FnMut(Progress),
) -> Result<Option<Rebuilt>, RunError> {
    let started = Instant::now();
    let lock = generations.lock_building().map_err(RunError::files::<P>)?;
    let _lock = lock.ok_or(RunError::Building(P::NAME))?;
    generations
        .discard_unfinished()
        .map_err(RunError::files::<P>)?;
    let Some(mut head) = head::<P>(log, stop).await else {
        return Ok(None);
    };
    let building = generations.next_building().map_err(RunError::files::<P>)?;
    let generation = Generation::create(&building, P::NAME, P::VERSION, log.identity());
    let generation = generation.map_err(RunError::files::<P>)?;
    let mut position = Position::START;
    let mut feed = Feed::start(log.follow(Checkpoint::start(log.identity().epoch.clone())));
    while position < head {
        let batch = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(None),
            batch = feed.next() => batch.ok_or(RunError::ReaderGone(P::NAME))?.map_err(RunError::log::<P>)?,
        };
        position = fold(projection, &generation, batch).await?.position;
        head = head.max(feed.head());
        progress(Progress::of(position, head, started.elapsed()));
    }
    drop(feed);
    let finished = tokio::task::spawn_blocking(move || generation.finish()).await;
    finished
        .map_err(RunError::files::<P>)?
        .map_err(RunError::files::<P>)?;
    let folder = generations
        .publish(&building)
        .map_err(RunError::files::<P>)?;
    Ok(Some(Rebuilt {
        folder,
        position,
        took: started.elapsed(),
    }))
}

/// The log's head; waits while nats-server is away, `None` when told to stop.
async fn head<P: Projection>(log: &Log, stop: &CancellationToken) -> Option<Position> {
    loop {
        let asked = tokio::select! {
            () = stop.cancelled() => return None,
            asked = log.head() => asked,
        };
        match asked {
            Ok(head) => return Some(head),
            Err(error) => tracing::warn!(view = P::NAME, %error, "waiting for the log"),
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(RETRY_INTERVAL) => {}
        }
    }
}
