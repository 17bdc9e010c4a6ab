//! A nats-server of one's own, and drafts.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use homeroom_domain::office::{Actor, Role, Via};
use homeroom_domain::{Boundary, CommandId, CommitId, EventRecord, Moment, SchoolId};
use homeroom_log::server_process::{NatsBinary, NatsServer};
use homeroom_log::{
    ClockKind, CommandRecord, Draft, Epoch, Hash, Identity, Log, Position, Tail, connect, create,
};
use tempfile::TempDir;

pub(crate) struct School {
    pub(crate) dir: TempDir,
    pub(crate) server: Option<NatsServer>,
}

impl School {
    pub(crate) async fn open() -> Self {
        let dir = TempDir::new().unwrap();
        let mut school = Self { dir, server: None };
        school.start();
        let admin = connect(&school.url("admin"), "test").await.unwrap();
        create(&admin, &identity(), 1).await.unwrap();
        school
    }

    /// A school on a copy of another's files.
    pub(crate) fn on_copy_of(other: &Path) -> Self {
        let dir = TempDir::new().unwrap();
        copy(other, dir.path());
        Self { dir, server: None }
    }

    pub(crate) fn start(&mut self) {
        self.start_on(None);
    }

    fn start_on(&mut self, port: Option<u16>) {
        let binary = NatsBinary::find(None).expect("ops/get-nats gets one");
        self.server =
            Some(NatsServer::start(&binary, self.dir.path(), &school_id(), port).unwrap());
    }

    /// Kills nats-server with -9 and starts it again on the same port.
    pub(crate) fn kill_and_restart(&mut self) {
        let server = self.server.take().unwrap();
        let port = server.address().port();
        server.kill();
        self.start_on(Some(port));
    }

    pub(crate) fn restart(&mut self) {
        let server = self.server.take().unwrap();
        let port = server.address().port();
        server.stop();
        self.start_on(Some(port));
    }

    pub(crate) fn stop(&mut self) {
        self.server.take().unwrap().stop();
    }

    pub(crate) fn url(&self, user: &str) -> String {
        self.server.as_ref().unwrap().url(user)
    }

    pub(crate) async fn log(&self, user: &str) -> Log {
        Log::open(
            connect(&self.url(user), "test").await.unwrap(),
            &school_id(),
        )
        .await
        .unwrap()
    }
}

pub(crate) fn school_id() -> SchoolId {
    SchoolId::parse("s1").unwrap()
}

pub(crate) fn identity() -> Identity {
    Identity {
        school: school_id(),
        zone: "Asia/Shanghai".parse().unwrap(),
        clock: ClockKind::Simulated,
        epoch: Epoch::from("epochone"),
    }
}

pub(crate) fn boundary(n: usize) -> Boundary {
    Boundary::parse(&format!("leave.p{n}")).unwrap()
}

/// A draft nobody made before, of a command of its own.
pub(crate) fn draft(boundary: &Boundary, follows: Option<Tail>) -> Draft {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    draft_of(boundary, follows, &format!("k{n}"), &format!("m{n}"))
}

pub(crate) fn draft_of(
    boundary: &Boundary,
    follows: Option<Tail>,
    command: &str,
    commit: &str,
) -> Draft {
    let data =
        serde_json::value::to_raw_value(&serde_json::json!({"slip": "p1-1", "said": command}))
            .unwrap();
    Draft {
        commit: CommitId::parse(commit).unwrap(),
        boundary: boundary.clone(),
        command: CommandRecord {
            id: CommandId::parse(command).unwrap(),
            type_: "submit_slip".to_owned(),
            digest: Hash::of(command.as_bytes()),
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
            type_: "slip_submitted".to_owned(),
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
