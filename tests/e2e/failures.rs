//! Processes are killed; nothing acknowledged is lost, and nothing happens twice.

use std::collections::BTreeSet;
use std::time::Duration;

use homeroom_tests::{School, at};
use serde_json::json;

const CLASS_DAY: &str = "/v1/classes/26JY1/days/2026-11-23";

#[tokio::test]
async fn serve_projectors_and_nats_server_killed_one_after_the_other_lose_nothing_acknowledged() {
    let school = School::with_rule().await;
    school.clock(&at("07:00")).await.ok();
    let body =
        json!({"place": {"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": 5.0});
    let mut positions = BTreeSet::new();
    let victims = [
        " project attendance",
        " project directory",
        " serve",
        "nats-server",
        " clock",
    ];
    let students = [
        "2026010101",
        "2026010102",
        "2026010103",
        "2026020101",
        "2026020102",
    ];
    for number in students {
        school.token(number).await;
    }
    for (victim, number) in victims.into_iter().zip(students) {
        assert_eq!(school.homeroom().kill_children(victim), 1, "{victim}");
        let key = format!("kill-{number}");
        // A person retries with the same key until there is an answer.
        let position = 'answered: {
            for _ in 0..200 {
                let request = school.student(number);
                if let Ok(answer) =
                    tokio::time::timeout(Duration::from_secs(10), try_post(&request, &key, &body))
                        .await
                    && let Some(position) = answer
                {
                    break 'answered position;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            panic!("no answer after {victim} was killed");
        };
        assert!(
            positions.insert(position),
            "position {position} was given twice"
        );
    }
    let newest = *positions.last().unwrap();
    let day = school
        .until(CLASS_DAY, |day| day["position"].as_u64() >= Some(newest))
        .await
        .body;
    assert_eq!(day["sessions"][0]["on_time"], 3, "{day:#}");
}

async fn try_post(
    student: &homeroom_tests::Person<'_>,
    key: &str,
    body: &serde_json::Value,
) -> Option<u64> {
    let answer = student.try_post_as(key, "/v1/check-ins", body).await?;
    (200..300)
        .contains(&answer.status)
        .then(|| answer.position())
}

#[tokio::test]
async fn up_killed_with_everything_in_it_goes_on_where_it_was() {
    let mut school = School::with_rule().await;
    let checked_in = school
        .student("2026010101")
        .checks_in(at("07:00"))
        .await
        .ok();
    school.homeroom.take().unwrap().kill();
    school.start();
    let head = school.head().await;
    assert_eq!(head, checked_in.position());
    let day = school.officer().get_after(head, CLASS_DAY).await.ok().body;
    assert_eq!(day["sessions"][0]["on_time"], 1, "{day:#}");
    school
        .student("2026010102")
        .checks_in(at("07:05"))
        .await
        .ok();
}
