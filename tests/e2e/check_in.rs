//! Check-in: the window, the place, the second attempt, the closing.

use homeroom_tests::{School, at, on};
use serde_json::Value;

const CLASS_DAY: &str = "/v1/classes/26JY1/days/2026-11-23";

/// The row of one student in a class's day.
pub(crate) fn row<'a>(day: &'a Value, number: &str) -> &'a Value {
    let students = day["sessions"][0]["students"].as_array().unwrap();
    students
        .iter()
        .find(|student| student["number"] == number)
        .unwrap()
}

#[tokio::test]
async fn ck01_both_edges_of_the_window_belong_to_it() {
    let school = School::with_rule().await;
    school
        .student("2026010101")
        .checks_in(at("06:49:59"))
        .await
        .refused(422, "out-of-window");
    let first = school
        .student("2026010101")
        .checks_in(at("06:50:00"))
        .await
        .ok();
    assert_eq!(first.body["status"], "on_time");
    let on_time = school
        .student("2026010102")
        .checks_in(at("07:10:00"))
        .await
        .ok();
    assert_eq!(on_time.body["status"], "on_time");
    let late = school
        .student("2026010103")
        .checks_in(at("07:10:01"))
        .await
        .ok();
    assert_eq!(
        (&late.body["status"], &late.body["late_s"]),
        (&"late".into(), &1.into())
    );
    let last = school
        .student("2026020101")
        .checks_in(at("07:20:00"))
        .await
        .ok();
    assert_eq!(last.body["late_s"], 600);
    school
        .student("2026020102")
        .checks_in(at("07:20:01"))
        .await
        .refused(422, "out-of-window");
}

#[tokio::test]
async fn ck02_an_attempt_outside_the_window_is_kept_and_counts_nothing() {
    let school = School::with_rule().await;
    let refused = school
        .student("2026010101")
        .checks_in(at("07:21"))
        .await
        .refused(422, "out-of-window");
    let day = school
        .until(CLASS_DAY, |day| {
            let position = day["position"].as_u64();
            day["sessions"][0]["closed"] == true && position >= Some(refused.position())
        })
        .await
        .body;
    let student = row(&day, "2026010101");
    assert_eq!(student["status"], "absent");
    assert_eq!(student["refused"][0]["reason"], "out-of-window");
}

#[tokio::test]
async fn ck11_nobody_is_absent_before_the_window_truly_ends() {
    let school = School::with_rule().await;
    school
        .student("2026010101")
        .checks_in(at("07:00"))
        .await
        .ok();
    school.clock(&at("07:20:00")).await.ok();
    // A clock process that closed too early would need a moment to do so.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let day = school.officer().get(CLASS_DAY).await.ok().body;
    assert_eq!(row(&day, "2026010102")["status"], "open");
    school.clock(&at("07:20:01")).await.ok();
    let day = school
        .until(CLASS_DAY, |day| day["sessions"][0]["closed"] == true)
        .await
        .body;
    assert_eq!(row(&day, "2026010101")["status"], "on_time");
    assert_eq!(row(&day, "2026010102")["status"], "absent");
}

#[tokio::test]
async fn ck17_the_school_day_is_the_one_in_the_schools_own_zone() {
    let school = School::with_rule().await;
    // 22:55 UTC on Sunday is 06:55 on Monday in Shanghai.
    let checked_in = school
        .student("2026010101")
        .checks_in("2026-11-22T22:55:00Z".into())
        .await
        .ok();
    assert_eq!(checked_in.body["session"]["date"], "2026-11-23");
}

#[tokio::test]
async fn ck19_out_of_range_is_refused_with_the_distance_and_the_limit() {
    let school = School::with_rule().await;
    let refused = school
        .student("2026010101")
        .checks_in_from(at("07:00"), 30.940_341, 113.936_469)
        .await
        .refused(422, "out-of-range");
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("300"), "{detail}");
    school
        .student("2026010101")
        .checks_in(at("07:05"))
        .await
        .ok();
    let day = school
        .officer()
        .get_after(refused.position() + 1, CLASS_DAY)
        .await
        .ok()
        .body;
    assert_eq!(
        row(&day, "2026010101")["status"],
        "on_time",
        "the later right one counts"
    );
}

#[tokio::test]
async fn ck31_a_second_check_in_is_refused_and_the_first_one_stands() {
    let school = School::with_rule().await;
    school
        .student("2026010101")
        .checks_in(at("07:00"))
        .await
        .ok();
    let before = school.head().await;
    school
        .student("2026010101")
        .checks_in(at("07:15"))
        .await
        .refused(409, "already-checked-in");
    assert_eq!(school.head().await, before, "nothing was appended");
}

#[tokio::test]
async fn a_rule_that_was_revised_judges_from_then_on_and_what_it_judged_before_stays() {
    let school = School::with_rule().await;
    let first = school
        .student("2026010101")
        .checks_in(at("07:15"))
        .await
        .ok();
    assert_eq!(
        (
            &first.body["status"],
            &first.body["session"]["rule_version"]
        ),
        (&"late".into(), &1.into())
    );
    let rule = first.body["session"]["rule"].as_str().unwrap().to_owned();
    let mut revised = serde_json::json!({"version": 1});
    revised["terms"] = School::rule("早点名", "06:50:00", "07:16:00", "07:20:00");
    school
        .officer()
        .post(&format!("/v1/rules/{rule}/revise"), &revised)
        .await
        .ok();
    school
        .officer()
        .post(&format!("/v1/rules/{rule}/revise"), &revised)
        .await
        .refused(409, "rule-version-moved-on");
    let second = school
        .student("2026010102")
        .checks_in(at("07:15:30"))
        .await
        .ok();
    assert_eq!(
        (
            &second.body["status"],
            &second.body["session"]["rule_version"]
        ),
        (&"on_time".into(), &2.into())
    );
    let day = school
        .officer()
        .get_after(second.position(), CLASS_DAY)
        .await
        .ok()
        .body;
    assert_eq!(row(&day, "2026010101")["status"], "late");
}

#[tokio::test]
async fn ck06_overlapping_rules_are_refused_and_touching_ones_are_not() {
    let school = School::with_rule().await;
    let overlapping = School::rule("晚点名", "07:19:59", "07:40:00", "08:00:00");
    school
        .officer()
        .post("/v1/rules", &overlapping)
        .await
        .refused(409, "rules-overlap");
    let touching = School::rule("晚点名", "07:20:00", "07:40:00", "08:00:00");
    let created = school.officer().post("/v1/rules", &touching).await.ok();
    let rule = created.body["rule"].as_str().unwrap();
    school
        .officer()
        .post(&format!("/v1/rules/{rule}/retire"), &serde_json::json!({}))
        .await
        .ok();
    school
        .student("2026010101")
        .checks_in(at("07:30"))
        .await
        .refused(422, "out-of-window");
}

#[tokio::test]
async fn a_clock_process_that_was_down_closes_what_it_missed_and_closes_it_once() {
    let mut school = School::with_rule().await;
    school
        .student("2026010101")
        .checks_in(at("07:00"))
        .await
        .ok();
    school.stop();
    school.start();
    // Three mornings pass while nothing closes them one by one.
    school.clock(&on("2026-11-25", "12:00")).await.ok();
    for date in ["2026-11-23", "2026-11-24", "2026-11-25"] {
        let path = format!("/v1/classes/26JY1/days/{date}");
        let day = school
            .until(&path, |day| day["sessions"][0]["closed"] == true)
            .await
            .body;
        assert_eq!(row(&day, "2026010102")["status"], "absent", "{date}");
    }
    let closed = school.head().await;
    assert!(school.homeroom().kill_children(" clock") > 0);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(
        school.head().await,
        closed,
        "a restarted clock process closes nothing twice"
    );
}
