//! Answers that are lost, and bytes that arrive later than their sender thinks: each for one commit, which goes out
//! as a single publish, and for many at once, which go out as one batch.

use std::time::Duration;

use futures::future::join_all;
use homeroom_log::{AppendError, Appender, Batching, Log, Position, Tail, connect};
use tokio::task::JoinHandle;

use crate::harness::{School, boundary, draft, school_id};
use crate::proxy::Proxy;

/// More than go out as single publishes. On one thread, so few reach the appender before it takes its first unit.
const MANY: usize = 60;

struct Wire {
    school: School,
    proxy: Proxy,
    /// Beside the wire.
    direct: Log,
    /// Through it.
    appender: Appender,
}

impl Wire {
    async fn open() -> Self {
        let school = School::open().await;
        let proxy = Proxy::to(school.server.as_ref().unwrap().address()).await;
        let direct = school.log("serve").await;
        let connection = connect(&proxy.url(&school.url("serve")), "test")
            .await
            .unwrap();
        let log = Log::open(connection, &school_id()).await.unwrap();
        let appender = log.appender(Batching::Adaptive);
        Self {
            school,
            proxy,
            direct,
            appender,
        }
    }

    /// Appends first commits to so many boundaries.
    fn append(&self, commits: usize) -> JoinHandle<Vec<Result<Tail, AppendError>>> {
        let appends: Vec<_> = (0..commits)
            .map(|n| {
                let appender = self.appender.clone();
                async move { appender.append(draft(&boundary(n), None)).await }
            })
            .collect();
        tokio::spawn(join_all(appends))
    }

    async fn head_is(&self, head: usize) {
        while self.direct.head().await.unwrap() != Position(head as u64) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Every commit was acknowledged where it stands, and stands there alone.
    async fn check(&self, commits: usize, outcomes: Vec<Result<Tail, AppendError>>) {
        for (n, outcome) in outcomes.into_iter().enumerate() {
            let history = self.direct.load(&boundary(n)).await.unwrap();
            assert_eq!(history.len(), 1, "boundary {n}");
            assert_eq!(outcome.unwrap(), history[0].tail(), "boundary {n}");
        }
        assert_eq!(self.direct.head().await.unwrap(), Position(commits as u64));
    }
}

#[tokio::test]
async fn a_commit_that_was_stored_before_its_answer_was_lost_is_acknowledged_where_it_stands() {
    for commits in [1, MANY] {
        let mut wire = Wire::open().await;
        wire.proxy.deafen();
        let appends = wire.append(commits);
        wire.head_is(commits).await;
        let mut school = wire.school;
        wire.school = tokio::task::spawn_blocking(move || {
            school.kill_and_restart();
            school
        })
        .await
        .unwrap();
        wire.proxy.cut();
        wire.proxy.let_in();
        let outcomes = appends.await.unwrap();
        wire.check(commits, outcomes).await;
    }
}

#[tokio::test]
async fn a_commit_that_arrives_after_its_retry_was_acknowledged_is_not_stored_again() {
    for commits in [1, MANY] {
        let wire = Wire::open().await;
        wire.proxy.hold();
        let appends = wire.append(commits);
        wire.proxy.has_held(commits * 400).await;
        wire.proxy.cut();
        wire.proxy.let_in();
        let outcomes = appends.await.unwrap();
        wire.proxy.release(usize::MAX);
        // Long enough to be stored.
        tokio::time::sleep(Duration::from_millis(300)).await;
        wire.check(commits, outcomes).await;
    }
}

#[tokio::test]
async fn a_commit_that_arrives_late_but_before_its_retry_is_acknowledged_where_it_stands() {
    for commits in [1, MANY] {
        let wire = Wire::open().await;
        wire.proxy.hold();
        let appends = wire.append(commits);
        wire.proxy.has_held(commits * 400).await;
        wire.proxy.cut();
        wire.proxy.release(usize::MAX);
        wire.head_is(commits).await;
        wire.proxy.let_in();
        let outcomes = appends.await.unwrap();
        wire.check(commits, outcomes).await;
    }
}

#[tokio::test]
async fn half_a_batch_stores_nothing_and_its_retry_everything_once() {
    let wire = Wire::open().await;
    wire.proxy.hold();
    let appends = wire.append(MANY);
    wire.proxy.has_held(MANY * 400).await;
    wire.proxy.cut();
    wire.proxy.release(MANY / 2 * 400);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(wire.direct.head().await.unwrap(), Position::START);
    wire.proxy.let_in();
    let outcomes = appends.await.unwrap();
    wire.check(MANY, outcomes).await;
}

#[tokio::test]
async fn a_commit_reported_as_a_conflict_does_not_appear_when_its_first_sending_arrives() {
    for commits in [1, MANY] {
        let wire = Wire::open().await;
        wire.proxy.hold();
        let appends = wire.append(commits);
        wire.proxy.has_held(commits * 400).await;
        wire.proxy.cut();
        // Somebody else decides on the first boundary meanwhile.
        let other = wire.direct.appender(Batching::Adaptive);
        let won = other.append(draft(&boundary(0), None)).await.unwrap();
        wire.proxy.let_in();
        let mut outcomes = appends.await.unwrap();
        assert!(
            matches!(outcomes[0], Err(AppendError::Conflict)),
            "{:?}",
            outcomes[0]
        );
        wire.proxy.release(usize::MAX);
        tokio::time::sleep(Duration::from_millis(300)).await;
        outcomes[0] = Ok(won);
        wire.check(commits, outcomes).await;
    }
}

#[tokio::test]
async fn while_the_server_hangs_what_was_sent_is_unknown_and_what_was_not_is_never_stored() {
    let wire = Wire::open().await;
    let hung = wire.school.server.as_ref().unwrap();
    let signal =
        |signal| nix::sys::signal::kill(nix::unistd::Pid::from_raw(hung.pid() as i32), signal);
    signal(nix::sys::signal::Signal::SIGSTOP).unwrap();
    let sent = wire.append(1);
    // Behind it in the queue, and given up only a little later.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let waiting = wire.appender.append(draft(&boundary(7), None)).await;
    let sent = sent.await.unwrap().pop().unwrap();
    signal(nix::sys::signal::Signal::SIGCONT).unwrap();
    assert!(matches!(sent, Err(AppendError::Unknown(_))), "{sent:?}");
    assert!(
        matches!(waiting, Err(AppendError::Unavailable(_))),
        "{waiting:?}"
    );
    // The server awakes and stores what stood in its socket.
    wire.head_is(1).await;
    assert_eq!(wire.direct.load(&boundary(0)).await.unwrap().len(), 1);
    // And all goes on.
    wire.appender
        .append(draft(&boundary(8), None))
        .await
        .unwrap();
    assert_eq!(wire.direct.load(&boundary(7)).await.unwrap().len(), 0);
}
