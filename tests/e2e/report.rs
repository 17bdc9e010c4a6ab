//! Inspection reports, thinly: a template, a report on it, one winner.

use homeroom_tests::School;
use serde_json::{Value, json};

fn hygiene() -> Value {
    json!({
        "name": "早间卫生检查", "full_marks_hundredths": 10_000,
        "items": [
            {"key": "floor", "label": "地面", "required": true, "kind": {"deduction": {"max_hundredths": 1_000}}},
            {"key": "windows_open", "label": "开窗通风", "required": true, "kind": "yes_no"},
            {"key": "remark", "label": "备注", "required": false, "kind": {"text": {"chars_max": 100}}},
        ],
    })
}

fn filed(template: &str, floor: i64) -> Value {
    json!({
        "template": template, "class": "26JY1", "date": "2026-11-23", "note": "整体良好",
        "answers": [
            {"item": "floor", "value": {"deduction": floor}},
            {"item": "windows_open", "value": {"yes_no": true}},
        ],
    })
}

async fn published(school: &School) -> String {
    let answer = school
        .staff("T4")
        .post("/v1/templates", &hygiene())
        .await
        .ok();
    answer.body["template"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_cadre_files_a_report_and_the_class_sees_it() {
    let school = School::open().await;
    let template = published(&school).await;
    let report = school
        .student("2026020101")
        .post("/v1/reports", &filed(&template, 250))
        .await
        .ok();
    let path = "/v1/classes/26JY1/reports?date=2026-11-23";
    let seen = school
        .staff("T1")
        .get_after(report.position(), path)
        .await
        .ok()
        .body;
    let report = &seen["reports"][0];
    assert_eq!(report["score_hundredths"], 9_750, "{seen:#}");
    assert_eq!(report["filed_by"]["number"], "2026020101");
    assert_eq!(report["note"], "整体良好");
}

#[tokio::test]
async fn a_report_filed_twice_at_once_has_one_winner() {
    let school = School::open().await;
    let template = published(&school).await;
    let (one, two) = (filed(&template, 100), filed(&template, 200));
    let (a, b) = tokio::join!(
        school.student("2026020101").post("/v1/reports", &one),
        school.staff("T4").post("/v1/reports", &two)
    );
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert!(statuses[0] < 300 && statuses[1] == 409, "{statuses:?}");
}

#[tokio::test]
async fn bad_answers_are_refused_by_the_name_of_their_item() {
    let school = School::open().await;
    let template = published(&school).await;
    let cadre = school.student("2026020101");
    let before = school.head().await;
    let over = cadre.post("/v1/reports", &filed(&template, 1_001)).await;
    assert_eq!(
        (over.status, &over.body["field"]),
        (422, &json!("answers.floor")),
        "{:#}",
        over.body
    );
    let mut unknown = filed(&template, 100);
    unknown["answers"][0]["item"] = json!("ceiling");
    let unknown = cadre.post("/v1/reports", &unknown).await;
    assert_eq!(
        (unknown.status, &unknown.body["field"]),
        (422, &json!("answers.ceiling")),
        "{:#}",
        unknown.body
    );
    let mut missing = filed(&template, 100);
    missing["answers"].as_array_mut().unwrap().remove(1);
    let missing = cadre.post("/v1/reports", &missing).await;
    assert_eq!(
        (missing.status, &missing.body["field"]),
        (422, &json!("answers.windows_open")),
        "{:#}",
        missing.body
    );
    // A student who holds no office inspects nobody.
    assert_eq!(
        school
            .student("2026010103")
            .post("/v1/reports", &filed(&template, 100))
            .await
            .status,
        403
    );
    assert_eq!(school.head().await, before);
}
