//! `homeroom project`: one projection, following the log.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use homeroom_attendance::AttendanceProjection;
use homeroom_directory::DirectoryProjection;
use homeroom_leave::LeaveProjection;
use homeroom_log::Log;
use homeroom_projection::{Progress, Projection, Rebuilt, RunError};
use homeroom_report::ReportProjection;
use homeroom_trail::TrailProjection;
use tokio_util::sync::CancellationToken;

use crate::cli::Place;
use crate::reach::{Alone, reach};
use crate::serve::Ready;
use crate::stop;

/// Folds the log into one view, and follows it.
///
/// One of the parts that `homeroom up` runs. By hand it needs a cluster (HOMEROOM_NATS) or a running `up`. A view that
/// is missing, torn or of another version is built anew first. Exit code 4 means that the log contradicts what was
/// folded before: starting it again does not help.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The projection.
    #[arg(value_enum)]
    name: ViewName,
    #[command(flatten)]
    place: Place,
}

/// A projection by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ViewName {
    /// People, classes, offices, rules and templates as they are now.
    Directory,
    /// Check-ins, sessions, and the duty they add up to.
    Attendance,
    /// Slips.
    Leave,
    /// Reports.
    Report,
    /// Where every boundary's history stands in the log; verifies every chain.
    Trail,
}

impl ViewName {
    /// Every projection, in the order in which they are started.
    pub(crate) const ALL: [ViewName; 5] = [
        ViewName::Directory,
        ViewName::Attendance,
        ViewName::Leave,
        ViewName::Report,
        ViewName::Trail,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ViewName::Directory => DirectoryProjection::NAME,
            ViewName::Attendance => AttendanceProjection::NAME,
            ViewName::Leave => LeaveProjection::NAME,
            ViewName::Report => ReportProjection::NAME,
            ViewName::Trail => TrailProjection::NAME,
        }
    }

    async fn run(self, log: &Log, views: &Path, stop: &CancellationToken) -> Result<(), RunError> {
        use homeroom_projection::run;
        match self {
            ViewName::Directory => run(Arc::new(DirectoryProjection), log, views, stop).await,
            ViewName::Attendance => run(Arc::new(AttendanceProjection), log, views, stop).await,
            ViewName::Leave => run(Arc::new(LeaveProjection), log, views, stop).await,
            ViewName::Report => run(Arc::new(ReportProjection), log, views, stop).await,
            ViewName::Trail => run(Arc::new(TrailProjection), log, views, stop).await,
        }
    }

    /// Builds a new generation beside the one in use, then switches to it.
    pub(crate) async fn rebuild(
        self,
        log: &Log,
        views: &Path,
        progress: impl FnMut(Progress),
    ) -> Result<Rebuilt, RunError> {
        use homeroom_projection::rebuild;
        match self {
            ViewName::Directory => {
                rebuild(Arc::new(DirectoryProjection), log, views, progress).await
            }
            ViewName::Attendance => {
                rebuild(Arc::new(AttendanceProjection), log, views, progress).await
            }
            ViewName::Leave => rebuild(Arc::new(LeaveProjection), log, views, progress).await,
            ViewName::Report => rebuild(Arc::new(ReportProjection), log, views, progress).await,
            ViewName::Trail => rebuild(Arc::new(TrailProjection), log, views, progress).await,
        }
    }
}

impl fmt::Display for ViewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let stop = stop::told()?;
    let name = args.name;
    let reached = reach(&args.place, &format!("project_{name}"), Alone::Refuse).await?;
    Ready::default().tell(&format!(
        "folding {name} into {}",
        reached.folder.views().display()
    ));
    name.run(&reached.log, &reached.folder.views(), &stop)
        .await?;
    Ok(())
}
