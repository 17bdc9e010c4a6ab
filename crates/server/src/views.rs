//! The views that queries and facts are read from, and waiting until one has come far enough.

use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt;
use homeroom_attendance::Attendance;
use homeroom_directory::Directory;
use homeroom_leave::Leave;
use homeroom_log::{Log, Position};
use homeroom_projection::{Snapshot, View, ViewError};
use homeroom_report::Reports;
use tokio::sync::watch;

use crate::error::{self, ApiError};

/// How long an answer waits for its view.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// An announcement may be lost; while somebody waits, look at least this often.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Between two tries to listen to announcements.
const LISTEN_INTERVAL: Duration = Duration::from_secs(1);

/// A view that is followed through its projector's announcements.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) view: View,
    /// When its projector was last heard; at first, when this process began to listen.
    announced: watch::Sender<Instant>,
}

impl Followed {
    fn new(view: &View, log: &Log) -> Self {
        Self {
            view: view.of(log.identity()),
            announced: watch::Sender::new(Instant::now()),
        }
    }

    /// For how long nothing was heard of its projector.
    pub(crate) fn silent(&self) -> Duration {
        self.announced.borrow().elapsed()
    }

    /// A look at the view once it has reached a position; refused after a bounded wait.
    async fn at(&self, position: Position) -> Result<Snapshot, ApiError> {
        let end = Instant::now() + WAIT_MAX;
        let mut announced = self.announced.subscribe();
        loop {
            announced.mark_unchanged();
            let has = match self.view.read() {
                Ok(snapshot) if snapshot.position() >= position => return Ok(snapshot),
                Ok(snapshot) => snapshot.position(),
                Err(ViewError::NotBuilt(_)) => Position::START,
                Err(error) => return Err(error.into()),
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(error::view_behind(self.view.name(), position, has));
            }
            let _ = tokio::time::timeout(left.min(POLL_INTERVAL), announced.changed()).await;
        }
    }
}

/// Every view this process reads.
#[derive(Debug)]
pub(crate) struct Views {
    pub(crate) directory: Followed,
    pub(crate) attendance: Followed,
    pub(crate) leave: Followed,
    pub(crate) report: Followed,
    pub(crate) trail: Followed,
}

impl Views {
    pub(crate) fn new(views: &Path, log: &Log) -> Self {
        let followed = |view: View| Followed::new(&view, log);
        Self {
            directory: followed(homeroom_directory::view(views)),
            attendance: followed(homeroom_attendance::view(views)),
            leave: followed(homeroom_leave::view(views)),
            report: followed(homeroom_report::view(views)),
            trail: followed(homeroom_trail::view(views)),
        }
    }

    pub(crate) fn all(&self) -> [&Followed; 5] {
        [
            &self.directory,
            &self.attendance,
            &self.leave,
            &self.report,
            &self.trail,
        ]
    }

    pub(crate) async fn directory_at(&self, position: Position) -> Result<Directory, ApiError> {
        self.directory.at(position).await.map(Directory)
    }

    pub(crate) async fn attendance_at(&self, position: Position) -> Result<Attendance, ApiError> {
        self.attendance.at(position).await.map(Attendance)
    }

    pub(crate) async fn leave_at(&self, position: Position) -> Result<Leave, ApiError> {
        self.leave.at(position).await.map(Leave)
    }

    pub(crate) async fn reports_at(&self, position: Position) -> Result<Reports, ApiError> {
        self.report.at(position).await.map(Reports)
    }

    /// Hears announcements for as long as this process lives.
    pub(crate) async fn listen(&self, log: &Log) {
        loop {
            let mut announcements = std::pin::pin!(log.view_announcements().await);
            while let Some((name, _)) = announcements.next().await {
                let view = self
                    .all()
                    .into_iter()
                    .find(|followed| followed.view.name() == name);
                if let Some(followed) = view {
                    followed.announced.send_replace(Instant::now());
                }
            }
            tokio::time::sleep(LISTEN_INTERVAL).await;
        }
    }
}
