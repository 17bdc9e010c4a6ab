//! A projector in a process of its own: this very binary, started again to run one function.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use homeroom_log::{Log, connect};
use homeroom_projection::{rebuild, run};
use tokio_util::sync::CancellationToken;

use crate::harness::school_id;
use crate::ledger::Ledger;

const URL: &str = "HOMEROOM_TEST_PROJECTOR_URL";
const VIEWS: &str = "HOMEROOM_TEST_PROJECTOR_VIEWS";
const REBUILD: &str = "HOMEROOM_TEST_PROJECTOR_REBUILD";

/// A projector process; killed when dropped.
pub(crate) struct ProjectorProcess(Child);

impl ProjectorProcess {
    /// Follows the log until it is killed.
    pub(crate) fn project(url: &str, views: &Path) -> Self {
        Self::start(url, views, "")
    }

    /// Rebuilds the view once.
    pub(crate) fn rebuild(url: &str, views: &Path) -> Self {
        Self::start(url, views, "yes")
    }

    fn start(url: &str, views: &Path, rebuild: &str) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "process::projector_process",
                "--ignored",
                "--nocapture",
            ])
            .envs([(URL, url), (REBUILD, rebuild)])
            .env(VIEWS, views)
            .stdout(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        assert!(
            self.0.try_wait().unwrap().is_none(),
            "it runs until it is killed"
        );
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Waits for its end; true if it was a good one.
    pub(crate) fn ended_well(mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

impl Drop for ProjectorProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "the projector process that other tests start"]
fn projector_process() {
    let Ok(url) = std::env::var(URL) else { return };
    let views = PathBuf::from(std::env::var_os(VIEWS).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let log = Log::open(connect(&url, "projector").await.unwrap(), &school_id())
            .await
            .unwrap();
        if std::env::var(REBUILD).is_ok_and(|rebuild| !rebuild.is_empty()) {
            rebuild(Arc::new(Ledger::<1>), &log, &views, |_| {})
                .await
                .unwrap();
        } else {
            run(
                Arc::new(Ledger::<1>),
                &log,
                &views,
                &CancellationToken::new(),
            )
            .await
            .unwrap();
        }
    });
}
