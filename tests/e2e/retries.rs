//! One command, one commit, whatever is sent again.

use homeroom_tests::{School, at};
use serde_json::json;

#[tokio::test]
async fn ck30_the_same_command_ten_times_at_once_is_one_event_and_every_answer_names_it() {
    let school = School::with_rule().await;
    school.clock(&at("07:00")).await.ok();
    let before = school.head().await;
    let body =
        json!({"place": {"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": 5.0});
    let student = school.student("2026010101");
    let answers = futures::future::join_all(
        (0..10).map(|_| student.post_as("one-key-for-all", "/v1/check-ins", &body)),
    )
    .await;
    for answer in &answers {
        assert!(
            (200..300).contains(&answer.status),
            "{} {:#}",
            answer.status,
            answer.body
        );
        assert_eq!(answer.position(), before + 1);
        assert_eq!(answer.body, answers[0].body);
    }
    assert_eq!(school.head().await, before + 1);
}

#[tokio::test]
async fn the_first_answer_is_given_again_after_ten_minutes_and_after_a_restart() {
    let mut school = School::with_rule().await;
    school.clock(&at("07:00")).await.ok();
    let body =
        json!({"place": {"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": 5.0});
    let first = school
        .student("2026010101")
        .post_as("key-of-0700", "/v1/check-ins", &body)
        .await
        .ok();
    school.clock(&at("07:12")).await.ok();
    let again = school
        .student("2026010101")
        .post_as("key-of-0700", "/v1/check-ins", &body)
        .await
        .ok();
    assert_eq!(
        (again.position(), &again.body),
        (first.position(), &first.body)
    );
    school.stop();
    school.start();
    school.clock(&at("09:00")).await.ok();
    let later = school
        .student("2026010101")
        .post_as("key-of-0700", "/v1/check-ins", &body)
        .await
        .ok();
    assert_eq!(
        (later.position(), &later.body),
        (first.position(), &first.body)
    );
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let school = School::with_rule().await;
    school.clock(&at("07:00")).await.ok();
    let body = |accuracy: f64| json!({"place": {"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": accuracy});
    let student = school.student("2026010101");
    student
        .post_as("a-key-reused", "/v1/check-ins", &body(5.0))
        .await
        .ok();
    student
        .post_as("a-key-reused", "/v1/check-ins", &body(6.0))
        .await
        .refused(409, "idempotency-key-reused");
    // Another person's key of the same name is another key.
    school
        .student("2026010102")
        .post_as("a-key-reused", "/v1/check-ins", &body(6.0))
        .await
        .ok();
}

#[tokio::test]
async fn a_refusal_that_was_recorded_is_given_again_too() {
    let school = School::with_rule().await;
    school.clock(&at("08:00")).await.ok();
    let body =
        json!({"place": {"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": 5.0});
    let student = school.student("2026010101");
    let first = student
        .post_as("too-late-key", "/v1/check-ins", &body)
        .await
        .refused(422, "out-of-window");
    let again = student
        .post_as("too-late-key", "/v1/check-ins", &body)
        .await
        .refused(422, "out-of-window");
    assert_eq!(
        (again.position(), &again.body),
        (first.position(), &first.body)
    );
}
