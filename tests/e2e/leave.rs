//! Leave: one slip, one decision, and what it excuses.

use homeroom_tests::{School, at, on};
use serde_json::Value;

use crate::check_in::row;

const CLASS_DAY: &str = "/v1/classes/26JY1/days/2026-11-23";

/// A slip over the whole Monday, submitted by the student before it begins.
async fn monday_slip(school: &School) -> String {
    let slip = school
        .student("2026010101")
        .submits_slip(at("06:00"), at("18:00"))
        .await
        .ok();
    slip.body["slip"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn lv29_leave_approved_after_the_session_closed_turns_absent_into_excused() {
    let school = School::with_rule().await;
    let slip = monday_slip(&school).await;
    school.clock(&at("09:00")).await.ok();
    let closed = school
        .until(CLASS_DAY, |day| day["sessions"][0]["closed"] == true)
        .await
        .body;
    // LV31: a waiting slip excuses nothing.
    assert_eq!(row(&closed, "2026010101")["status"], "absent");
    let approved = school.staff("T1").approves(&slip).await.ok();
    let day = school
        .officer()
        .get_after(approved.position(), CLASS_DAY)
        .await
        .ok()
        .body;
    assert_eq!(row(&day, "2026010101")["status"], "excused");
    let student = school
        .officer()
        .get("/v1/students/2026010101/days/2026-11-23")
        .await
        .ok()
        .body;
    let facts = student.to_string();
    assert!(
        facts.contains("session_closed") || facts.contains("closed"),
        "the closing stays readable: {student:#}"
    );
}

#[tokio::test]
async fn lv16_a_decision_by_anyone_but_the_homeroom_teacher_is_refused_and_recorded() {
    let school = School::with_rule().await;
    let slip = monday_slip(&school).await;
    school
        .staff("T2")
        .approves(&slip)
        .await
        .refused(403, "not-the-homeroom-teacher");
    school
        .staff("T3")
        .approves(&slip)
        .await
        .refused(403, "not-the-homeroom-teacher");
    // LV17: nor by the student himself.
    school
        .student("2026010101")
        .approves(&slip)
        .await
        .refused(403, "own-slip");
    let seen = school
        .officer()
        .get(&format!("/v1/slips/{slip}"))
        .await
        .ok()
        .body;
    assert_eq!(seen["status"], "waiting");
    let tried: Vec<&Value> = seen["trail"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["event"] == "slip_decision_refused")
        .collect();
    assert_eq!(tried.len(), 3, "{seen:#}");
}

#[tokio::test]
async fn a_slip_is_decided_once_and_its_trail_tells_who_and_when() {
    let school = School::with_rule().await;
    let slip = monday_slip(&school).await;
    let approved = school.staff("T1").approves(&slip).await.ok();
    school
        .staff("T1")
        .rejects(&slip)
        .await
        .refused(409, "already-decided");
    let seen = school
        .student("2026010101")
        .get_after(approved.position(), &format!("/v1/slips/{slip}"))
        .await
        .ok()
        .body;
    assert_eq!(seen["status"], "approved");
    assert_eq!(seen["reason"], "发烧");
    let trail = seen["trail"].as_array().unwrap();
    assert_eq!(trail.len(), 2, "{seen:#}");
    assert_eq!(trail[1]["actor"]["number"], "T1");
    assert_eq!(trail[1]["actor"]["office"], "homeroom_teacher");
    assert_eq!(trail[1]["position"], approved.position());
}

#[tokio::test]
async fn two_decisions_at_once_have_exactly_one_winner() {
    let school = School::with_rule().await;
    let slip = monday_slip(&school).await;
    let (approve, reject) = tokio::join!(
        school.staff("T1").approves(&slip),
        school.staff("T1").rejects(&slip)
    );
    let mut statuses = [approve.status, reject.status];
    statuses.sort_unstable();
    assert!(statuses[0] < 300 && statuses[1] == 409, "{statuses:?}");
}

#[tokio::test]
async fn lv01_lv21_slips_may_not_overlap_until_one_is_rejected() {
    let school = School::with_rule().await;
    let student = school.student("2026010101");
    let slip = monday_slip(&school).await;
    student
        .submits_slip(at("17:00"), at("19:00"))
        .await
        .refused(409, "slips-overlap");
    student.submits_slip(at("18:00"), at("19:00")).await.ok();
    school.staff("T1").rejects(&slip).await.ok();
    student.submits_slip(at("06:00"), at("18:00")).await.ok();
    let slips = student.get("/v1/students/2026010101/slips").await.ok().body;
    let read = school
        .until("/v1/students/2026010101/slips", |body| {
            body["slips"].as_array().is_some_and(|s| s.len() == 3)
        })
        .await;
    let rejected = read.body["slips"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["status"] == "rejected")
        .count();
    assert_eq!(rejected, 1, "the rejected one stays readable: {slips:#}");
}

#[tokio::test]
async fn lv05_lv12_bad_ranges_and_yesterday_are_refused_and_nothing_is_stored() {
    let school = School::with_rule().await;
    let student = school.student("2026010101");
    let before = school.head().await;
    student
        .submits_slip(at("12:00"), at("11:00"))
        .await
        .refused(422, "ends-before-it-starts");
    student
        .submits_slip(on("2026-11-22", "08:00"), at("11:00"))
        .await
        .refused(422, "starts-in-the-past");
    student
        .submits_slip("2026-02-30T08:00:00+08:00".into(), at("11:00"))
        .await
        .refused(400, "malformed-body");
    assert_eq!(school.head().await, before);
}

#[tokio::test]
async fn lv25_a_student_cannot_read_anothers_slip_or_day() {
    let school = School::with_rule().await;
    let slip = monday_slip(&school).await;
    let other = school.student("2026010102");
    assert_eq!(other.get(&format!("/v1/slips/{slip}")).await.status, 403);
    assert_eq!(
        other
            .get("/v1/students/2026010101/days/2026-11-23")
            .await
            .status,
        403
    );
    assert_eq!(other.get("/v1/students/2026010101/slips").await.status, 403);
}
