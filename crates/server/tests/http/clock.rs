//! A clock moved by hand, in every process of the school.

use std::time::Duration;

use homeroom_domain::Moment;
use homeroom_server::{ClockError, ClockSetting};

use crate::harness::{CLASSES, School};

fn moment(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

#[tokio::test]
async fn it_is_unset_until_somebody_sets_it_and_moves_forward_only() {
    let school = School::empty().await;
    let import = school
        .import_as("before-the-clock", [("classes", CLASSES)])
        .await;
    import.refused(409, "clock-not-set");
    let unset = school.by("admin").get("/v1/clock").await.ok().body;
    assert_eq!(
        (&unset["clock"], &unset["now"]),
        (&"manual".into(), &serde_json::Value::Null)
    );
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let back = school
        .clock("2026-11-23T06:59:59+08:00")
        .await
        .refused(409, "clock-moves-forward-only");
    assert_eq!(back.body["field"], "now");
    assert_eq!(
        school
            .clock("yesterday")
            .await
            .refused(400, "malformed-body")
            .body["field"],
        "now"
    );
    let set = school.by("admin").get("/v1/clock").await.ok().body;
    assert_eq!(set["now"], "2026-11-23T07:00:00+08:00");
}

#[tokio::test]
async fn another_process_sees_it_move_and_can_wait_for_it() {
    let school = School::empty().await;
    let clock = school.another_clock(ClockSetting::Manual).await.unwrap();
    assert!(matches!(clock.now(), Err(ClockError::NotSet)));
    let due = moment("2026-11-23T07:20:01+08:00");
    let waiting = {
        let clock = clock.clone();
        tokio::spawn(async move { clock.reach(due).await })
    };
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let changed = tokio::time::timeout(Duration::from_secs(5), clock.changed(None)).await;
    assert!(changed.is_ok());
    assert_eq!(clock.now().unwrap(), moment("2026-11-23T07:00:00+08:00"));
    assert!(!waiting.is_finished());
    school.clock("2026-11-23T08:00:00+08:00").await.ok();
    tokio::time::timeout(Duration::from_secs(5), waiting)
        .await
        .unwrap()
        .unwrap();
    assert!(clock.now().unwrap() >= due);
}

#[tokio::test]
async fn a_log_takes_no_other_kind_of_clock_than_it_was_begun_with() {
    let school = School::empty().await;
    let real = school.another_clock(ClockSetting::Real).await;
    assert!(matches!(real, Err(ClockError::Mixed { .. })), "{real:?}");
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let scaled = school
        .another_clock(ClockSetting::parse("2026-11-23T06:30:00+08:00x60").unwrap())
        .await;
    assert!(
        matches!(scaled, Err(ClockError::OtherSetting { .. })),
        "{scaled:?}"
    );
}

#[tokio::test]
async fn every_commit_says_that_the_clock_was_not_real() {
    let school = School::open().await;
    let head = school.head().await;
    let commit = school.log().await.read(head).await.unwrap();
    let raw: serde_json::Value = serde_json::from_slice(&commit.raw).unwrap();
    assert_eq!(
        (&raw["clock"], &raw["at"]),
        (&"manual".into(), &"2026-11-22T22:00:00.000Z".into())
    );
}
