//! Any interleaving of appends, conflicts, retries and restarts equals a simple model in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use homeroom_log::{AppendError, Appender, Batching, Checkpoint, Draft, Log, Recorded, Tail};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::harness::{School, boundary, draft};

#[derive(Debug, Clone)]
enum Step {
    /// Appends at once to these boundaries, each after the newest commit or, if stale, after the one before;
    /// meanwhile the server may be restarted.
    Append {
        wanted: Vec<(usize, bool)>,
        restart: Option<Restart>,
    },
    /// Sends the newest commit of a boundary again, as one who never heard the answer.
    Retry(usize),
}

#[derive(Debug, Clone)]
struct Restart {
    kill: bool,
    /// After the appends began.
    after_us: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let restart =
        (any::<bool>(), 0_u64..20_000).prop_map(|(kill, after_us)| Restart { kill, after_us });
    let wanted = prop::collection::vec((0_usize..40, prop::bool::weighted(0.15)), 1..60);
    let append = (wanted, prop::option::weighted(0.25, restart))
        .prop_map(|(wanted, restart)| Step::Append { wanted, restart });
    let retry = (0_usize..40).prop_map(Step::Retry);
    prop::collection::vec(prop_oneof![2 => append, 1 => retry], 1..16)
}

#[test]
fn any_interleaving_of_appends_conflicts_retries_and_restarts_equals_the_model() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&steps(), |steps| {
            runtime.block_on(play(steps));
            Ok(())
        })
        .unwrap();
}

/// The model: of each boundary, the commits that were acknowledged, in order.
type Model = BTreeMap<usize, Vec<(Tail, Draft)>>;

async fn play(steps: Vec<Step>) {
    let mut school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Append { wanted, restart } => {
                let appends = append(&appender, &mut model, &wanted);
                school = tokio::join!(appends, restarted(school, restart)).1;
            }
            Step::Retry(n) => retry(&log, &appender, &model, n).await,
        }
    }
    compare(&log, &model).await;
}

async fn restarted(mut school: School, restart: Option<Restart>) -> School {
    let Some(Restart { kill, after_us }) = restart else {
        return school;
    };
    tokio::time::sleep(Duration::from_micros(after_us)).await;
    let restarted = tokio::task::spawn_blocking(move || {
        if kill {
            school.kill_and_restart();
        } else {
            school.restart();
        }
        school
    });
    restarted.await.unwrap()
}

async fn append(appender: &Appender, model: &mut Model, wanted: &[(usize, bool)]) {
    let before = model.clone();
    let lengths = |n: &usize| before.get(n).map_or(0, Vec::len);
    let is_stale = |(n, stale): &(usize, bool)| *stale && lengths(n) > 0;
    let appends = wanted.iter().map(|want| {
        let (n, stale) = (want.0, is_stale(want));
        let decided_on = lengths(&n) - usize::from(stale);
        let newest = decided_on.checked_sub(1).map(|last| before[&n][last].0);
        let draft = draft(&boundary(n), newest);
        async move { (n, stale, draft.clone(), appender.append(draft).await) }
    });
    for (n, stale, draft, outcome) in futures::future::join_all(appends).await {
        let commits = model.entry(n).or_default();
        match outcome {
            Ok(tail) => {
                let moved_on = commits.len() > lengths(&n);
                assert!(
                    !stale && !moved_on,
                    "a stale decision on boundary {n} was taken"
                );
                commits.push((tail, draft));
            }
            Err(AppendError::Conflict) => {
                let rivals = wanted
                    .iter()
                    .filter(|want| want.0 == n && !is_stale(want))
                    .count();
                assert!(
                    stale || rivals > 1,
                    "a conflict with nobody on boundary {n}"
                );
            }
            Err(error) => panic!("{error}"),
        }
    }
    // Of rivals, one wins.
    for (n, _) in wanted.iter().filter(|want| !is_stale(want)) {
        assert_eq!(model[n].len(), lengths(n) + 1, "nobody won on boundary {n}");
    }
}

async fn retry(log: &Log, appender: &Appender, model: &Model, n: usize) {
    let Some((tail, draft)) = model.get(&n).and_then(|commits| commits.last()) else {
        return;
    };
    let again = appender.append(draft.clone()).await;
    assert!(matches!(again, Err(AppendError::Conflict)), "{again:?}");
    // What the server does then: the command is in the boundary's history, with its first answer.
    let history = log.load(&boundary(n)).await.unwrap();
    let mut found = history
        .iter()
        .filter(|commit| commit.commit.command.id == draft.command.id);
    assert_eq!(found.next().map(Recorded::tail), Some(*tail));
    assert!(found.next().is_none(), "the command stands twice");
}

async fn compare(log: &Log, model: &Model) {
    let total: usize = model.values().map(Vec::len).sum();
    assert_eq!(log.head().await.unwrap().0 as usize, total);
    let expected = |n: &usize| model[n].iter().map(|(tail, _)| *tail).collect::<Vec<_>>();
    for n in model.keys() {
        let history = log.load(&boundary(*n)).await.unwrap();
        let stored: Vec<Tail> = history.iter().map(Recorded::tail).collect();
        assert_eq!(stored, expected(n));
    }
    let mut follower = log.follow(Checkpoint::start(log.identity().epoch.clone()));
    let mut followed: BTreeMap<_, Vec<Tail>> = BTreeMap::new();
    while (follower.checkpoint().position.0 as usize) < total {
        for commit in follower.next().await.unwrap() {
            let boundary = followed.entry(commit.commit.boundary.clone()).or_default();
            boundary.push(commit.tail());
        }
    }
    for n in model.keys().filter(|n| !model[n].is_empty()) {
        assert_eq!(followed[&boundary(*n)], expected(n));
    }
}
