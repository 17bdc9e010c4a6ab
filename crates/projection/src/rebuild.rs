//! Building a generation beside the one in use: from the first commit, without fsync, synced once, then switched to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use homeroom_log::{Checkpoint, Log, Position};

use crate::Projection;
use crate::generation::{Generation, Generations};
use crate::run::{self, RunError};

/// How far a build has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The last commit folded.
    pub position: Position,
    /// The newest commit known.
    pub head: Position,
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
/// a live projector goes on with the new one by itself.
///
/// # Errors
/// When another process builds the same view, the log is not whole, a commit cannot be folded, or the disk fails. What
/// was built is thrown away; the one in use stays.
pub async fn rebuild<P: Projection>(
    projection: Arc<P>,
    log: &Log,
    views: &Path,
    mut progress: impl FnMut(Progress),
) -> Result<Rebuilt, RunError> {
    let started = Instant::now();
    let generations = Generations::new(views, P::NAME);
    let lock = generations.lock("build.lock").map_err(RunError::files::<P>)?;
    let _lock = lock.ok_or(RunError::Locked(P::NAME))?;
    let building = generations.next_building().map_err(RunError::files::<P>)?;
    let generation = Generation::create(&building, P::NAME, P::VERSION, log.identity(), false);
    let generation = generation.map_err(RunError::files::<P>)?;
    let mut meta = generation.meta_now().map_err(RunError::files::<P>)?;
    let mut head = log.head().await.map_err(RunError::files::<P>)?;
    let mut follower = log.follow(Checkpoint::start(log.identity().epoch.clone()));
    while meta.position < head {
        let batch = follower.next().await?;
        let (fold, into) = (Arc::clone(&projection), generation.clone());
        let folded = tokio::task::spawn_blocking(move || {
            let outcome = run::fold(&*fold, &into, &mut meta, &batch);
            (outcome, meta)
        });
        let (outcome, after) = folded.await.map_err(RunError::files::<P>)?;
        outcome?;
        meta = after;
        head = head.max(follower.head());
        progress(Progress { position: meta.position, head });
    }
    generation.sync().map_err(RunError::files::<P>)?;
    generation.close();
    let folder = generations.publish(&building).map_err(RunError::files::<P>)?;
    Ok(Rebuilt { folder, position: meta.position, took: started.elapsed() })
}
