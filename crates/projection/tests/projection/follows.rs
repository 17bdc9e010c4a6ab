use std::time::Duration;

use futures::StreamExt;
use homeroom_log::{Log, connect};
use homeroom_projection::RunError;

use crate::harness::{School, school_id, wait_for};
use crate::ledger::{Ledger, NAME, assert_whole};
use crate::process::ProjectorProcess;

#[tokio::test(flavor = "multi_thread")]
async fn two_projectors_of_one_view_cannot_both_write() {
    let mut school = School::open().await;
    school.append(10).await;
    let first = ProjectorProcess::project(&school.url(), &school.views());
    let view = school.view();
    school.settled(&view).await;
    let second = school.project(Ledger::<1>).error().await;
    assert!(matches!(second, RunError::Locked(NAME)), "{second}");
    // The lock ends with its holder, however it ends.
    first.kill();
    let second = school.project(Ledger::<1>);
    school.append(10).await;
    school.settled(&view).await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_rows_and_position_of_the_same_transaction_and_never_steps_back() {
    let mut school = School::open().await;
    school.append(100).await;
    let projector = ProjectorProcess::project(&school.url(), &school.views());
    let view = school.view();
    school.settled(&view).await;
    let reader = {
        let view = view.clone();
        std::thread::spawn(move || {
            let (mut before, mut positions) = (view.read().unwrap().position(), 1_u32);
            while before.0 < 10_000 {
                let snapshot = view.read().unwrap();
                assert_whole(&snapshot);
                assert!(snapshot.position() >= before);
                positions += u32::from(snapshot.position() > before);
                before = snapshot.position();
            }
            positions
        })
    };
    school.append(9_900).await;
    assert!(reader.join().unwrap() > 10, "the reader saw the view grow");
    projector.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_announces_its_position_once_the_view_has_it() {
    let mut school = School::open().await;
    let log = school.log.clone();
    let serve = connect(&school.url_of("serve"), "test").await.unwrap();
    let serve = Log::open(serve, &school_id()).await.unwrap();
    let mut announcements = Box::pin(serve.view_announcements().await);
    let projector = school.project(Ledger::<1>);
    wait_for(&school.view(), homeroom_log::Position::START).await;
    school.append(100).await;
    let head = log.head().await.unwrap();
    let (view, mut announced) = (school.view(), homeroom_log::Position::START);
    while announced < head {
        let (name, position) = tokio::time::timeout(Duration::from_secs(10), announcements.next())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(name, NAME);
        assert!(
            view.read().unwrap().position() >= position,
            "announced before it could be read"
        );
        announced = position;
    }
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nats_server_that_is_killed_and_away_for_a_while_stops_no_projector() {
    let mut school = School::open().await;
    school.append(1_000).await;
    let projector = school.project(Ledger::<1>);
    let view = school.view();
    school.settled(&view).await;
    for away in [0, 400, 900] {
        school = tokio::task::spawn_blocking(move || {
            school.kill_and_restart(Duration::from_millis(away));
            school
        })
        .await
        .unwrap();
        school.append(2_500).await;
        school.settled(&view).await;
    }
    projector.stop().await;
    assert_eq!(
        view.read().unwrap().digest().unwrap(),
        school.uninterrupted().await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_was_never_built_says_so_and_an_empty_log_makes_an_empty_view() {
    let school = School::open().await;
    let view = school.view();
    assert!(
        view.read()
            .unwrap_err()
            .to_string()
            .contains("not built yet")
    );
    assert!(view.status().problem.unwrap().contains("not built yet"));
    let projector = school.project(Ledger::<1>);
    wait_for(&view, homeroom_log::Position::START).await;
    let status = view.status();
    assert_eq!(
        (status.generation.as_deref(), status.problem),
        (Some("g000001"), None)
    );
    projector.stop().await;
}
