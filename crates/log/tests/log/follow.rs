use std::time::Duration;

use homeroom_log::{Batching, Checkpoint, Position};

use crate::harness::{School, boundary, draft};

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_survives_restarts_and_kills_of_the_server_without_gap_or_repeat() {
    let mut school = School::open().await;
    let log = school.log("serve").await;
    let reader = school.log("project_trail").await;
    let following = tokio::spawn(async move {
        let mut follower = reader.follow(Checkpoint::start(reader.identity().epoch.clone()));
        let mut seen = Vec::new();
        while seen.len() < 3_000 {
            seen.extend(
                follower
                    .next()
                    .await
                    .unwrap()
                    .into_iter()
                    .map(|recorded| recorded.position),
            );
        }
        seen
    });
    let appender = log.appender(Batching::Adaptive);
    for round in 0..6_usize {
        let all = (0..500).map(|n| {
            let appender = appender.clone();
            async move {
                appender
                    .append(draft(&boundary(round * 500 + n), None))
                    .await
                    .unwrap()
            }
        });
        futures::future::join_all(all).await;
        school = tokio::task::spawn_blocking(move || {
            if round % 2 == 0 {
                school.kill_and_restart();
            } else {
                school.restart();
            }
            school
        })
        .await
        .unwrap();
    }
    let seen = tokio::time::timeout(Duration::from_secs(60), following)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seen, (1..=3_000).map(Position).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_at_the_head_hears_of_a_commit_at_once() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let reader = school.log("project_leave").await;
    let mut follower = reader.follow(Checkpoint::start(reader.identity().epoch.clone()));
    let appender = log.appender(Batching::Adaptive);
    appender.append(draft(&boundary(0), None)).await.unwrap();
    follower.next().await.unwrap();
    let mut waits = Vec::new();
    for n in 1..=50 {
        let appended = {
            let appender = appender.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                appender.append(draft(&boundary(n), None)).await.unwrap();
                std::time::Instant::now()
            })
        };
        let batch = follower.next().await.unwrap();
        let heard = std::time::Instant::now();
        assert_eq!(batch.len(), 1);
        waits.push(heard.saturating_duration_since(appended.await.unwrap()));
    }
    waits.sort();
    // Polling alone would take an eighth of a second in the median.
    assert!(waits[25] < Duration::from_millis(60), "{:?}", waits[25]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_goes_on_from_its_checkpoint() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    for n in 0..20 {
        appender.append(draft(&boundary(n), None)).await.unwrap();
    }
    let seventh = log.read(Position(7)).await.unwrap();
    let at = Checkpoint {
        epoch: log.identity().epoch.clone(),
        position: Position(7),
        hash: Some(seventh.hash),
    };
    let batch = log.follow(at).next().await.unwrap();
    assert_eq!(batch[0].position, Position(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_do_not_fit_one_answer_are_followed_and_loaded_whole() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    let large = |boundary: &_, follows| {
        let mut draft = draft(boundary, follows);
        draft.events[0].data = serde_json::value::to_raw_value(&"x".repeat(1 << 20)).unwrap();
        draft
    };
    // At once, so that they do not fit one batch either.
    let all = (0..30).map(|n| appender.append(large(&boundary(n), None)));
    for outcome in futures::future::join_all(all).await {
        outcome.unwrap();
    }
    let mut tail = None;
    for _ in 0..12 {
        tail = Some(appender.append(large(&boundary(99), tail)).await.unwrap());
    }
    let mut follower = log.follow(Checkpoint::start(log.identity().epoch.clone()));
    let mut seen = Vec::new();
    while seen.len() < 42 {
        seen.extend(
            follower
                .next()
                .await
                .unwrap()
                .into_iter()
                .map(|commit| commit.position),
        );
    }
    assert_eq!(seen, (1..=42).map(Position).collect::<Vec<_>>());
    let history = log.load(&boundary(99)).await.unwrap();
    assert_eq!(history.len(), 12);
    assert_eq!(history.last().map(homeroom_log::Recorded::tail), tail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_the_next_commits_that_is_given_up_loses_none() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    let all = (0..10_000).map(|n| {
        let appender = appender.clone();
        async move { appender.append(draft(&boundary(n), None)).await.unwrap() }
    });
    futures::future::join_all(all).await;
    let mut follower = log.follow(Checkpoint::start(log.identity().epoch.clone()));
    let (mut seen, mut given_up) = (Vec::new(), 0);
    while seen.len() < 10_000 {
        match tokio::time::timeout(Duration::from_micros(500), follower.next()).await {
            Ok(batch) => seen.extend(batch.unwrap().into_iter().map(|recorded| recorded.position)),
            Err(_) => given_up += 1,
        }
        assert!(given_up < 10_000, "it comes no further than {}", seen.len());
    }
    assert!(given_up > 3, "the test gave up {given_up} times only");
    assert_eq!(seen, (1..=10_000).map(Position).collect::<Vec<_>>());
}
