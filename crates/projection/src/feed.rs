//! Reading ahead of the fold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use homeroom_log::{FollowError, Follower, Position, Recorded};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The most commits of one transaction: one fsync for as many as wait, and still short enough to stop between two.
const COMMITS_MAX: usize = 20_000;
/// The most bytes of one transaction, as stored in the log.
const BYTES_MAX: usize = 32 << 20;
/// Batches that may wait for the fold, besides those on their way from nats-server.
const BATCHES_AHEAD: usize = 3;

type Batch = Result<Vec<Recorded>, FollowError>;

/// Reads the log in a task of its own, so that reading and folding overlap and a wait for it can be given up.
#[derive(Debug)]
pub(crate) struct Feed {
    batches: mpsc::Receiver<Batch>,
    /// An error that came behind commits that could still be folded.
    failed: Option<FollowError>,
    head: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Feed {
    pub(crate) fn start(mut follower: Follower) -> Self {
        let (send, batches) = mpsc::channel(BATCHES_AHEAD);
        let head = Arc::new(AtomicU64::new(0));
        let known = Arc::clone(&head);
        let task = tokio::spawn(async move {
            loop {
                let batch = follower.next().await;
                known.store(follower.head().0, Ordering::Relaxed);
                let failed = batch.is_err();
                if send.send(batch).await.is_err() || failed {
                    return;
                }
            }
        });
        Self {
            batches,
            failed: None,
            head,
            task,
        }
    }

    /// The next commits, at least one, as many as one transaction takes; waits until there are any. `None` when the
    /// reader is gone, which only a panic in it explains. Nothing is lost if the wait is given up.
    pub(crate) async fn next(&mut self) -> Option<Batch> {
        if let Some(failed) = self.failed.take() {
            return Some(Err(failed));
        }
        let mut commits = match self.batches.recv().await? {
            Ok(batch) => batch,
            Err(failed) => return Some(Err(failed)),
        };
        let mut bytes: usize = commits.iter().map(|commit| commit.raw.len()).sum();
        while commits.len() < COMMITS_MAX && bytes < BYTES_MAX {
            match self.batches.try_recv() {
                Ok(Ok(batch)) => {
                    bytes += batch.iter().map(|commit| commit.raw.len()).sum::<usize>();
                    commits.extend(batch);
                }
                Ok(Err(failed)) => {
                    self.failed = Some(failed);
                    break;
                }
                Err(_) => break,
            }
        }
        Some(Ok(commits))
    }

    /// The newest position known to exist.
    pub(crate) fn head(&self) -> Position {
        Position(self.head.load(Ordering::Relaxed))
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}
