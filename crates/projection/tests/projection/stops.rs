use std::sync::Arc;

use homeroom_log::{FollowError, Position};
use homeroom_projection::{RunError, rebuild};

use crate::harness::{School, copy};
use crate::ledger::{Ledger, Poisoned, assert_whole};

/// A school whose log has `commits` commits, and the view of another log with the same epoch, at position 100.
async fn with_view_of_another_history(commits: usize) -> School {
    let mut first = School::open().await;
    first.append(100).await;
    first.rebuild().await;
    let mut school = School::open().await;
    school.append(commits).await;
    copy(&first.views(), &school.views());
    school
}

async fn stops_and_leaves_the_view_alone(school: &School, at: Position) {
    let before = (
        school.current(),
        school.view().read().unwrap().digest().unwrap(),
    );
    let error = school.project(Ledger::<1>).error().await;
    assert!(error.is_integrity());
    let RunError::Log {
        source: FollowError::Integrity { position, .. },
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(*position, at, "{error}");
    assert_eq!(
        (
            school.current(),
            school.view().read().unwrap().digest().unwrap()
        ),
        before
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_shorter_than_the_view_stops_the_projector_instead_of_being_folded_anew() {
    let school = with_view_of_another_history(40).await;
    stops_and_leaves_the_view_alone(&school, Position(41)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_with_another_commit_at_the_views_position_stops_the_projector() {
    let school = with_view_of_another_history(200).await;
    stops_and_leaves_the_view_alone(&school, Position(100)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_cannot_be_folded_stops_the_projector_before_it_and_the_fix_goes_on_from_there()
 {
    let mut school = School::open().await;
    school.append(50).await;
    school.rebuild().await;
    school.append(50).await;
    let error = school.project(Poisoned(77)).error().await;
    assert!(
        matches!(
            &error,
            RunError::Poison {
                position: Position(77),
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("a test says no"));
    let view = school.view();
    let snapshot = view.read().unwrap();
    assert_eq!(
        snapshot.position(),
        Position(76),
        "what came before it is kept"
    );
    assert_whole(&snapshot);
    drop(snapshot);
    let projector = school.project(Ledger::<1>);
    school.settled(&view).await;
    projector.stop().await;
    assert_eq!(view.status().generation.as_deref(), Some("g000001"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_meets_a_commit_it_cannot_fold_leaves_what_is_in_use() {
    let mut school = School::open().await;
    school.append(100).await;
    school.rebuild().await;
    let error = rebuild(Arc::new(Poisoned(60)), &school.log, &school.views(), |_| {})
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            RunError::Poison {
                position: Position(60),
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(
        school.view().status().generation.as_deref(),
        Some("g000001")
    );
    school.settled(&school.view()).await;
}
