//! Any interleaving of appends, conflicts, retries and restarts equals a simple model in memory.

use std::collections::BTreeMap;

use homeroom_log::{AppendError, Batching, Checkpoint, Tail};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::harness::{School, boundary, draft};

#[derive(Debug, Clone)]
enum Step {
    /// Appends at once to these boundaries, each with the tail it has (or, if stale, the one before).
    Append(Vec<(usize, bool)>),
    Restart {
        kill: bool,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let append = prop::collection::vec((0_usize..40, prop::bool::weighted(0.15)), 1..60)
        .prop_map(Step::Append);
    let restart = any::<bool>().prop_map(|kill| Step::Restart { kill });
    prop::collection::vec(prop_oneof![6 => append, 1 => restart], 1..14)
}

#[test]
fn any_interleaving_of_appends_conflicts_retries_and_restarts_equals_the_model() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 8,
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

async fn play(steps: Vec<Step>) {
    let mut school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    // The model: of each boundary, the tails that were acknowledged.
    let mut model: BTreeMap<usize, Vec<Tail>> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Restart { kill } => {
                school = tokio::task::spawn_blocking(move || {
                    if kill {
                        school.kill_and_restart()
                    } else {
                        school.restart()
                    }
                    school
                })
                .await
                .unwrap();
            }
            Step::Append(wanted) => {
                let before = model.clone();
                let appends = wanted.iter().map(|(n, stale)| {
                    let tails = before.get(n).map_or(&[][..], Vec::as_slice);
                    let length = tails.len().saturating_sub(usize::from(*stale));
                    let draft = draft(&boundary(*n), tails[..length].last().copied());
                    let appender = appender.clone();
                    let is_stale = length < tails.len();
                    async move { (*n, is_stale, appender.append(draft).await) }
                });
                for (n, stale, outcome) in futures::future::join_all(appends).await {
                    let tails = model.entry(n).or_default();
                    let moved_on = tails.len() > before.get(&n).map_or(0, Vec::len);
                    match outcome {
                        Ok(tail) => {
                            assert!(
                                !stale && !moved_on,
                                "a stale decision was accepted on boundary {n}"
                            );
                            tails.push(tail);
                        }
                        Err(AppendError::Conflict) => {
                            assert!(stale || wanted.iter().filter(|(m, _)| *m == n).count() > 1)
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
    }
    let total: usize = model.values().map(Vec::len).sum();
    assert_eq!(log.head().await.unwrap().0 as usize, total);
    for (n, tails) in &model {
        let stored: Vec<Tail> = log
            .load(&boundary(*n))
            .await
            .unwrap()
            .iter()
            .map(homeroom_log::Recorded::tail)
            .collect();
        assert_eq!(&stored, tails);
    }
    let mut follower = log.follow(Checkpoint::start(log.identity().epoch.clone()));
    let mut followed = 0;
    while followed < total {
        followed += follower.next().await.unwrap().len();
    }
    assert_eq!(followed, total);
}
