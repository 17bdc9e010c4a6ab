//! A nats-server of one's own, commits to fold, and projectors in this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use homeroom_domain::office::{Actor, Role, Via};
use homeroom_domain::{Boundary, CommandId, CommitId, EventRecord, Moment, SchoolId};
use homeroom_log::server_process::{NatsBinary, NatsServer};
use homeroom_log::{
    Appender, Batching, ClockKind, CommandRecord, Draft, Epoch, Hash, Identity, Log, Position,
    Tail, connect, create,
};
use homeroom_projection::{Projection, RunError, View, rebuild, run};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::ledger::{Ledger, NAME, assert_whole};

/// A school with a log, and a folder for its views.
pub(crate) struct School {
    dir: TempDir,
    server: Option<NatsServer>,
    pub(crate) log: Log,
    writer: Appender,
    tails: Vec<Option<Tail>>,
}

impl School {
    pub(crate) async fn open() -> Self {
        Self::open_with("epochone").await
    }

    pub(crate) async fn open_with(epoch: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let binary = NatsBinary::find(None).expect("ops/get-nats gets one");
        let server =
            NatsServer::start(&binary, &dir.path().join("nats"), &school_id(), None).unwrap();
        let admin = connect(&server.url("admin"), "test").await.unwrap();
        create(&admin, &identity(epoch), 1).await.unwrap();
        let serve = Log::open(
            connect(&server.url("serve"), "test").await.unwrap(),
            &school_id(),
        )
        .await
        .unwrap();
        let log = Log::open(
            connect(&server.url("project_trail"), "test").await.unwrap(),
            &school_id(),
        )
        .await;
        let writer = serve.appender(Batching::Adaptive);
        Self {
            dir,
            server: Some(server),
            log: log.unwrap(),
            writer,
            tails: vec![None; 40],
        }
    }

    /// Appends this many commits, over forty boundaries.
    pub(crate) async fn append(&mut self, commits: usize) {
        for from in (0..commits).step_by(self.tails.len()) {
            let round = (commits - from).min(self.tails.len());
            let writer = &self.writer;
            let appended =
                self.tails
                    .iter_mut()
                    .take(round)
                    .enumerate()
                    .map(|(n, tail)| async move {
                        *tail = Some(writer.append(draft(n, *tail)).await.unwrap());
                    });
            futures::future::join_all(appended).await;
        }
    }

    pub(crate) fn url(&self) -> String {
        self.url_of("project_trail")
    }

    pub(crate) fn url_of(&self, user: &str) -> String {
        self.server.as_ref().unwrap().url(user)
    }

    pub(crate) fn views(&self) -> PathBuf {
        self.dir.path().join("views")
    }

    pub(crate) fn view(&self) -> View {
        View::new(&self.views(), NAME, 1)
    }

    /// The folder of the generation in use.
    pub(crate) fn current(&self) -> PathBuf {
        let folder = self.views().join(NAME);
        let name = std::fs::read_to_string(folder.join("current")).unwrap();
        folder.join(name)
    }

    /// Kills nats-server, and starts it again on the same port after a while.
    pub(crate) fn kill_and_restart(&mut self, away: Duration) {
        let server = self.server.take().unwrap();
        let port = server.address().port();
        server.kill();
        std::thread::sleep(away);
        let binary = NatsBinary::find(None).unwrap();
        let dir = self.dir.path().join("nats");
        self.server = Some(NatsServer::start(&binary, &dir, &school_id(), Some(port)).unwrap());
    }

    /// Starts a projector in this process.
    pub(crate) fn project<P: Projection>(&self, projection: P) -> Projector {
        let (log, views, stop) = (self.log.clone(), self.views(), CancellationToken::new());
        let stopping = stop.clone();
        let task =
            tokio::spawn(async move { run(Arc::new(projection), &log, &views, &stopping).await });
        Projector { stop, task }
    }

    /// Builds a generation in this school's folder.
    pub(crate) async fn rebuild(&self) {
        rebuild(Arc::new(Ledger::<1>), &self.log, &self.views(), |_| {})
            .await
            .unwrap();
    }

    /// Waits until the view has come to the log's head, and looks at it.
    pub(crate) async fn settled(&self, view: &View) -> Hash {
        let head = self.log.head().await.unwrap();
        wait_for(view, head).await;
        let snapshot = view.read().unwrap();
        assert_eq!(snapshot.position(), head);
        assert_whole(&snapshot);
        snapshot.digest().unwrap()
    }

    /// The digest of an uninterrupted fold of the log as it is now, in a folder of its own.
    pub(crate) async fn uninterrupted(&self) -> Hash {
        let views = TempDir::new().unwrap();
        rebuild(Arc::new(Ledger::<1>), &self.log, views.path(), |_| {})
            .await
            .unwrap();
        let snapshot = View::new(views.path(), NAME, 1).read().unwrap();
        assert_whole(&snapshot);
        snapshot.digest().unwrap()
    }
}

/// A projector that runs in this process.
pub(crate) struct Projector {
    stop: CancellationToken,
    task: JoinHandle<Result<(), RunError>>,
}

impl Projector {
    /// Stops it; it must have been well.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Waits for it to stop by itself.
    pub(crate) async fn error(self) -> RunError {
        let ended = tokio::time::timeout(Duration::from_secs(20), self.task)
            .await
            .expect("it stops");
        ended.unwrap().expect_err("it stops because it must")
    }
}

pub(crate) async fn wait_for(view: &View, position: Position) {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let reached = view.read().map(|snapshot| snapshot.position());
        if reached.as_ref().is_ok_and(|reached| *reached >= position) {
            return;
        }
        assert!(
            Instant::now() < end,
            "the view stays at {reached:?}, not {position}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn school_id() -> SchoolId {
    SchoolId::parse("s1").unwrap()
}

pub(crate) fn identity(epoch: &str) -> Identity {
    Identity {
        school: school_id(),
        zone: "Asia/Shanghai".parse().unwrap(),
        clock: ClockKind::Simulated,
        epoch: Epoch::from(epoch),
    }
}

/// A draft nobody made before.
pub(crate) fn draft(boundary: usize, follows: Option<Tail>) -> Draft {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let data = serde_json::value::to_raw_value(&serde_json::json!({ "number": n })).unwrap();
    Draft {
        commit: CommitId::parse(&format!("m{n:016}")).unwrap(),
        boundary: Boundary::parse(&format!("leave.p{boundary}")).unwrap(),
        command: CommandRecord {
            id: CommandId::parse(&format!("k{n}")).unwrap(),
            type_: "test".to_owned(),
            digest: Hash::of(&n.to_be_bytes()),
        },
        actor: Actor {
            id: None,
            office: Role::ItAdmin,
            deputises_for: None,
            via: Via::Http,
        },
        at: Moment::parse("2026-11-23T07:00:00+08:00").unwrap(),
        clock: None,
        facts: Position::START,
        follows,
        events: vec![EventRecord {
            type_: "tested".to_owned(),
            v: 1,
            data,
        }],
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
