use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use homeroom_log::{AppendError, Batching, Checkpoint, Tail};

use crate::harness::{School, boundary, draft, draft_of};

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_commit_of_a_load_survives_a_kill_in_its_middle_in_order_and_once() {
    let mut school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    // 500 writers of 100 commits each, every one on a boundary of its own.
    let count = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..500_usize)
        .map(|n| {
            let (appender, count) = (appender.clone(), count.clone());
            tokio::spawn(async move {
                let boundary = boundary(n);
                let mut acknowledged: Vec<Tail> = Vec::new();
                while acknowledged.len() < 100 {
                    match appender
                        .append(draft(&boundary, acknowledged.last().copied()))
                        .await
                    {
                        Ok(tail) => {
                            acknowledged.push(tail);
                            count.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(error) => return (n, acknowledged, Some(error)),
                    }
                }
                (n, acknowledged, None)
            })
        })
        .collect();
    while count.load(Ordering::Relaxed) < 20_000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let school = tokio::task::spawn_blocking(move || {
        school.kill_and_restart();
        school
    })
    .await
    .unwrap();
    let before = count.load(Ordering::Relaxed);
    assert!(before < 40_000, "the kill came after {before}");
    let mut acknowledged = BTreeMap::new();
    for writer in writers {
        let (n, tails, error) = writer.await.unwrap();
        // An answer may be unknown after a kill; a conflict on a boundary with one writer would be a commit stored twice.
        assert!(
            !matches!(error, Some(AppendError::Conflict | AppendError::Damaged(_))),
            "{error:?}"
        );
        acknowledged.insert(n, tails);
    }
    let total: usize = acknowledged.values().map(Vec::len).sum();
    assert!(total > 45_000, "only {total} were acknowledged");
    let fresh = school.log("serve").await;
    let mut follower = fresh.follow(Checkpoint::start(fresh.identity().epoch.clone()));
    let head = fresh.head().await.unwrap();
    let (mut tails, mut commits) = (
        BTreeMap::<_, Vec<Tail>>::new(),
        std::collections::BTreeSet::new(),
    );
    while follower.checkpoint().position < head {
        for recorded in follower.next().await.unwrap() {
            let chain = tails.entry(recorded.commit.boundary.clone()).or_default();
            assert_eq!(
                recorded.commit.follows,
                chain.last().copied(),
                "the chain is whole"
            );
            chain.push(recorded.tail());
            assert!(
                commits.insert(recorded.commit.commit.clone()),
                "a commit is stored twice"
            );
        }
    }
    for (n, acknowledged) in acknowledged {
        let stored = &tails[&boundary(n)];
        assert_eq!(
            stored[..acknowledged.len()],
            acknowledged[..],
            "boundary {n}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_with_the_server_is_found_or_stored_and_is_there_once() {
    let mut school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    let mut tail = None;
    for round in 0..10_u64 {
        let sent = {
            let (appender, draft) = (appender.clone(), draft(&boundary(1), tail));
            tokio::spawn(async move { appender.append(draft).await })
        };
        // Somewhere between sending and answering.
        tokio::time::sleep(Duration::from_micros(150 * round)).await;
        school = tokio::task::spawn_blocking(move || {
            school.kill_and_restart();
            school
        })
        .await
        .unwrap();
        tail = Some(
            sent.await
                .unwrap()
                .expect("the appender finds out by itself"),
        );
        let history = log.load(&boundary(1)).await.unwrap();
        assert_eq!(history.len() as u64, round + 1);
        assert_eq!(history.last().map(homeroom_log::Recorded::tail), tail);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_sent_twice_is_one_commit_and_the_second_answer_names_the_first() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let first = log
        .appender(Batching::Adaptive)
        .append(draft_of(&boundary(1), None, "k1", "m1"))
        .await
        .unwrap();
    // As a client that never heard the answer would: the same command again, decided on the old state.
    let again = log
        .appender(Batching::Adaptive)
        .append(draft_of(&boundary(1), None, "k1", "m2"))
        .await;
    assert!(matches!(again, Err(AppendError::Conflict)));
    let history = log.load(&boundary(1)).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(
        (history[0].tail(), history[0].commit.command.id.as_str()),
        (first, "k1")
    );
}
