use homeroom_log::{AppendError, Batching, ReadError};

use crate::harness::{School, boundary, draft};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_racing_on_one_boundary_exactly_one_wins_each_round() {
    let school = School::open().await;
    let mut writers = Vec::new();
    for _ in 0..8 {
        writers.push(school.log("serve").await.appender(Batching::Adaptive));
    }
    let log = school.log("serve").await;
    let contested = boundary(0);
    let mut tail = None;
    for round in 0..30_usize {
        // In every other round each writer's draft travels in a batch with bystanders of its own.
        let bystanders = if round % 2 == 0 { 0 } else { 30 };
        let races = writers.iter().enumerate().map(|(number, writer)| {
            let contested = contested.clone();
            async move {
                let others = (0..bystanders).map(|n| {
                    let boundary = boundary(1_000 + round * 10_000 + number * 100 + n);
                    async move { writer.append(draft(&boundary, None)).await }
                });
                let race = writer.append(draft(&contested, tail));
                let (race, others) = tokio::join!(race, futures::future::join_all(others));
                assert!(
                    others.iter().all(Result::is_ok),
                    "a bystander paid for the conflict: {others:?}"
                );
                race
            }
        });
        let outcomes = futures::future::join_all(races).await;
        let won: Vec<_> = outcomes
            .iter()
            .filter_map(|outcome| outcome.as_ref().ok())
            .collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        let lost = |outcome: &&Result<_, _>| matches!(outcome, Err(AppendError::Conflict));
        assert_eq!(outcomes.iter().filter(lost).count(), 7, "{outcomes:?}");
        tail = Some(*won[0]);
    }
    assert_eq!(log.load(&contested).await.unwrap().len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_holding_one_conflict_fails_only_that_one() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    let taken = boundary(50);
    appender.append(draft(&taken, None)).await.unwrap();
    let all = (0..200).map(|n| {
        let appender = appender.clone();
        async move { (n, appender.append(draft(&boundary(n), None)).await) }
    });
    for (n, outcome) in futures::future::join_all(all).await {
        match outcome {
            Ok(_) => assert_ne!(n, 50),
            Err(error) => assert!(
                n == 50 && matches!(error, AppendError::Conflict),
                "{n}: {error}"
            ),
        }
    }
    assert_eq!(log.head().await.unwrap().0, 200);
}

#[tokio::test]
async fn each_commit_follows_the_one_before_it_on_its_boundary_by_position_and_hash() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    let mut tail = None;
    for n in 0..5 {
        appender
            .append(draft(&boundary(100 + n), None))
            .await
            .unwrap();
        tail = Some(appender.append(draft(&boundary(1), tail)).await.unwrap());
    }
    let history = log.load(&boundary(1)).await.unwrap();
    assert_eq!(history.len(), 5);
    assert_eq!(history[0].commit.follows, None);
    for pair in history.windows(2) {
        assert_eq!(pair[1].commit.follows, Some(pair[0].tail()));
    }
    assert_eq!(history[4].tail(), tail.unwrap());
    assert_eq!(
        log.read(history[2].position).await.unwrap().raw,
        history[2].raw
    );
    assert!(matches!(
        log.read(homeroom_log::Position(99)).await,
        Err(ReadError::NoSuchPosition(_))
    ));
    assert_eq!(log.load(&boundary(77)).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_boundary_of_many_commits_is_loaded_whole() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    let mut tail = None;
    for _ in 0..1_203 {
        tail = Some(appender.append(draft(&boundary(1), tail)).await.unwrap());
    }
    assert_eq!(log.load(&boundary(1)).await.unwrap().len(), 1_203);
}

#[tokio::test]
async fn a_commit_larger_than_the_server_takes_is_refused_before_it_is_sent() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    let mut large = draft(&boundary(1), None);
    large.events[0].data = serde_json::value::to_raw_value(&"x".repeat(9 << 20)).unwrap();
    assert!(matches!(
        appender.append(large).await,
        Err(AppendError::TooLarge { .. })
    ));
    appender.append(draft(&boundary(1), None)).await.unwrap();
}

#[tokio::test]
async fn a_log_is_never_created_twice_and_a_missing_one_is_not_created_by_opening() {
    let school = School::open().await;
    let admin = homeroom_log::connect(&school.url("admin"), "test")
        .await
        .unwrap();
    let again = homeroom_log::create(&admin, &crate::harness::identity(), 1).await;
    assert!(
        matches!(again, Err(homeroom_log::CreateError::Exists(_))),
        "{again:?}"
    );
    let nobody = homeroom_domain::SchoolId::parse("s2").unwrap();
    let missing = homeroom_log::Log::open(admin, &nobody).await;
    assert!(
        matches!(missing, Err(homeroom_log::OpenError::Missing(_))),
        "{missing:?}"
    );
}

#[tokio::test]
async fn the_private_server_says_that_it_fsyncs_before_it_acknowledges() {
    let school = School::open().await;
    let durability = school.log("serve").await.durability().await.unwrap();
    assert_eq!(durability.fsync, homeroom_log::Fsync::Always);
    assert_eq!(
        (durability.storage.as_str(), durability.replicas),
        ("file", 1)
    );
}
