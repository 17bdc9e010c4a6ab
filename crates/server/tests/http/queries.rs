//! Queries: what they say, the position they say it for, and who may ask.

use reqwest::Method;
use serde_json::json;

use crate::harness::{School, answer};

const CLASS_DAY: &str = "/v1/classes/26JY1/days/2026-11-23";

#[tokio::test]
async fn a_class_day_shows_who_was_there_who_was_refused_and_who_is_still_open() {
    let school = School::with_rule().await;
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let far =
        json!({"place": {"lat": 30.95, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": 5.0});
    school
        .by("2026010101")
        .post("/v1/check-ins", &far)
        .await
        .refused(422, "out-of-range");
    school.clock("2026-11-23T07:11:05+08:00").await.ok();
    let late = school
        .by("2026010101")
        .post("/v1/check-ins", &School::at_the_gate())
        .await
        .ok();
    assert_eq!(
        (&late.body["status"], &late.body["late_s"]),
        (&json!("late"), &json!(65))
    );
    assert_eq!(late.body["session"]["class"], "26JY1");
    let day = school
        .by("T1")
        .get_after(late.position(), CLASS_DAY)
        .await
        .ok();
    assert!(day.position() >= late.position());
    assert_eq!(day.body["position"], day.position());
    let session = &day.body["sessions"][0];
    assert_eq!(session["name"], "早点名");
    assert_eq!(
        json!([
            session["on_time"],
            session["late"],
            session["open"],
            session["refused_attempts"]
        ]),
        json!([0, 1, 1, 1])
    );
    let students = session["students"].as_array().unwrap();
    assert_eq!(
        (&students[0]["number"], &students[0]["name"]),
        (&json!("2026010101"), &json!("赵一"))
    );
    assert_eq!(
        (&students[0]["status"], &students[0]["late_s"]),
        (&json!("late"), &json!(65))
    );
    assert_eq!(students[0]["refused"][0]["reason"], "out-of-range");
    assert_eq!(students[0]["refused"][0]["radius_m"], 300.0);
    assert_eq!(students[1]["status"], "open");
    let own = school
        .by("2026010101")
        .get("/v1/students/2026010101/days/2026-11-23")
        .await
        .ok()
        .body;
    let facts: Vec<_> = own["sessions"][0]["facts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| &fact["fact"])
        .collect();
    assert_eq!(facts, ["check_in_refused", "checked_in"]);
}

#[tokio::test]
async fn an_answer_that_has_not_changed_is_not_sent_again() {
    let school = School::with_rule().await;
    let teacher = school.by("T1");
    let head = school.head().await.0;
    let first = teacher.get_after(head, CLASS_DAY).await.ok();
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = teacher.get_after(head, CLASS_DAY).await.ok();
    assert_eq!(
        (again.headers["etag"].to_str().unwrap(), &again.body),
        (tag.as_str(), &first.body)
    );
    let unchanged = teacher
        .send(Method::GET, CLASS_DAY, None, &[("If-None-Match", &tag)])
        .await;
    assert_eq!((unchanged.status, unchanged.body.as_str()), (304, Some("")));
    assert_eq!(unchanged.position(), first.position());
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let checked_in = school
        .by("2026010101")
        .post("/v1/check-ins", &School::at_the_gate())
        .await
        .ok();
    let headers = [
        ("If-None-Match", tag.as_str()),
        ("Homeroom-After", &checked_in.position().to_string()),
    ];
    let changed = teacher
        .send(Method::GET, CLASS_DAY, None, &headers)
        .await
        .ok();
    assert_eq!(changed.body["sessions"][0]["on_time"], 1);
}

#[tokio::test]
async fn a_position_that_no_view_has_reached_is_refused_after_a_bounded_wait() {
    let school = School::open().await;
    let start = std::time::Instant::now();
    let behind = school
        .by("T1")
        .get_after(1_000_000, CLASS_DAY)
        .await
        .refused(503, "view-behind");
    assert!(
        start.elapsed() < std::time::Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
    assert!(behind.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_slip_is_told_with_its_whole_trail() {
    let school = School::open().await;
    let (student, teacher) = (school.by("2026010101"), school.by("T1"));
    let slip = json!({
        "type": "sick", "reason": "发烧",
        "from": "2026-11-23T06:00:00+08:00", "to": "2026-11-23T18:00:00+08:00",
    });
    let slip = student.post("/v1/slips", &slip).await.ok().body["slip"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/slips/{slip}");
    let tried = school
        .by("T2")
        .post(&format!("{path}/approve"), &json!({"comment": "准"}))
        .await;
    let tried = tried.refused(403, "not-the-homeroom-teacher");
    assert_eq!(tried.body["position"], tried.position());
    student
        .post(&format!("{path}/reject"), &json!({"reason": "算了"}))
        .await
        .refused(403, "own-slip");
    let approved = teacher
        .post(&format!("{path}/approve"), &json!({"comment": "好好休息"}))
        .await
        .ok();
    let told = student.get(&path).await.ok().body;
    assert_eq!(
        json!([
            told["status"],
            told["type"],
            told["reason"],
            told["class"],
            told["student"]["number"]
        ]),
        json!(["approved", "sick", "发烧", "26JY1", "2026010101"])
    );
    let trail = told["trail"].as_array().unwrap();
    let events: Vec<_> = trail
        .iter()
        .map(|entry| entry["event"].as_str().unwrap())
        .collect();
    let expected = [
        "slip_submitted",
        "slip_decision_refused",
        "slip_decision_refused",
        "slip_approved",
    ];
    assert_eq!(events, expected);
    assert_eq!(
        trail[1]["actor"],
        json!({"number": "T2", "name": "乙老师", "office": "homeroom_teacher"})
    );
    assert_eq!(trail[1]["data"]["reason"], "not-the-homeroom-teacher");
    assert_eq!(
        (&trail[3]["data"]["comment"], &trail[3]["position"]),
        (&json!("好好休息"), &json!(approved.position()))
    );
    school
        .by("2026010102")
        .get(&path)
        .await
        .refused(403, "not-yours");

    let listed = student
        .get_after(approved.position(), "/v1/students/2026010101/slips")
        .await
        .ok()
        .body;
    assert_eq!(listed["slips"][0]["decided"]["by"]["number"], "T1");
    assert_eq!(listed["slips"][0]["decided"]["words"], "好好休息");
    school
        .by("2026010102")
        .get("/v1/students/2026010101/slips")
        .await
        .refused(403, "not-yours");
}

#[tokio::test]
async fn slips_come_in_pages() {
    let school = School::open().await;
    let student = school.by("2026010101");
    let mut newest = 0;
    for day in 1..=5 {
        let slip = json!({
            "type": "personal", "reason": "办事",
            "from": format!("2026-12-0{day}T08:00:00+08:00"), "to": format!("2026-12-0{day}T09:00:00+08:00"),
        });
        newest = student.post("/v1/slips", &slip).await.ok().position();
    }
    let (mut path, mut seen) = (
        "/v1/students/2026010101/slips?limit=2".to_owned(),
        Vec::new(),
    );
    for _ in 0..3 {
        let page = student.get_after(newest, &path).await.ok().body;
        seen.extend(
            page["slips"]
                .as_array()
                .unwrap()
                .iter()
                .map(|slip| slip["slip"].to_string()),
        );
        match page["next_cursor"].as_u64() {
            Some(cursor) => path = format!("/v1/students/2026010101/slips?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let numbers: Vec<char> = seen
        .iter()
        .filter_map(|slip| slip.trim_matches('"').chars().last())
        .collect();
    assert_eq!(numbers, ['5', '4', '3', '2', '1']);
}

#[tokio::test]
async fn a_report_is_read_with_its_texts_opened() {
    let school = School::open().await;
    let terms = json!({
        "name": "早间卫生", "full_marks_hundredths": 10_000,
        "items": [
            {"key": "floor", "label": "地面", "required": true, "kind": {"deduction": {"max_hundredths": 1_000}}},
            {"key": "remark", "label": "备注", "required": false, "kind": {"text": {"chars_max": 10}}},
            {"key": "windows", "label": "开窗", "required": true, "kind": "yes_no"},
        ],
    });
    let template = school.by("T4").post("/v1/templates", &terms).await.ok();
    let template = template.body["template"].as_str().unwrap().to_owned();
    let mut report = json!({
        "template": template, "class": "26JY1", "date": "2026-11-23", "note": "整体良好",
        "answers": [
            {"item": "windows", "value": {"yes_no": true}},
            {"item": "remark", "value": {"text": "赵一值日"}},
            {"item": "floor", "value": {"deduction": 250}},
        ],
    });
    let cadre = school.by("2026010101");
    let filed = cadre.post("/v1/reports", &report).await.ok();
    assert_eq!(filed.body["score_hundredths"], 9_750);
    school
        .by("T4")
        .post("/v1/reports", &report)
        .await
        .refused(409, "already-filed");
    school
        .by("2026010102")
        .post("/v1/reports", &report)
        .await
        .refused(403, "not-yours");
    school
        .by("admin")
        .post("/v1/reports", &report)
        .await
        .refused(403, "not-a-person");
    report["class"] = json!("26DS1");
    let of_another_class = cadre.post("/v1/reports", &report).await;
    of_another_class.refused(403, "not-yours");
    report["template"] = json!("t0");
    school
        .by("T4")
        .post("/v1/reports", &report)
        .await
        .refused(422, "unknown-template");
    let path = "/v1/classes/26JY1/reports?date=2026-11-23";
    let read = school
        .by("T1")
        .get_after(filed.position(), path)
        .await
        .ok()
        .body;
    let read = &read["reports"][0];
    assert_eq!(
        (&read["note"], &read["template_name"]),
        (&json!("整体良好"), &json!("早间卫生"))
    );
    assert_eq!(read["filed_by"]["name"], "赵一");
    assert_eq!(
        read["answers"][1],
        json!({"item": "remark", "value": {"text": "赵一值日"}})
    );
    // Who inspects the class reads it; a student without an office does not, nor another class's teacher.
    cadre.get(path).await.ok();
    for other in ["2026020101", "T2"] {
        let refused = school.by(other).get(path).await;
        refused.refused(403, "not-yours");
    }
}

#[tokio::test]
async fn health_says_what_is_there_without_signing_in() {
    let school = School::open().await;
    let head = school.head().await.0;
    let asked = || async {
        answer(school.request(Method::GET, "/healthz"))
            .await
            .ok()
            .body
    };
    let mut health = asked().await;
    for _ in 0..100 {
        let behind = |one: &serde_json::Value| one["lag"] != 0;
        if !health["projections"].as_array().unwrap().iter().any(behind) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        health = asked().await;
    }
    assert_eq!(
        (&health["status"], &health["log"]["head"]),
        (&json!("ok"), &json!(head)),
        "{health:#}"
    );
    assert_eq!(
        health["log"]["durability"],
        json!({"storage": "file", "replicas": 1, "fsync": "always"})
    );
    let mut names: Vec<_> = health["projections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["attendance", "directory", "leave", "report", "trail"]
    );
    assert_eq!(health["now"], "2026-11-23T06:00:00+08:00");
}

#[tokio::test]
async fn the_description_and_its_viewer_are_served_without_a_network() {
    let school = School::open().await;
    let openapi = answer(school.request(Method::GET, "/openapi.json"))
        .await
        .ok()
        .body;
    assert_eq!(
        openapi,
        serde_json::to_value(homeroom_server::openapi()).unwrap()
    );
    let viewer = answer(school.request(Method::GET, "/docs/")).await.ok();
    let page = viewer.body.as_str().unwrap();
    assert!(page.contains("swagger-ui"), "{page}");
    assert!(!page.contains("https://"), "{page}");
    answer(school.request(Method::GET, "/docs/swagger-ui-bundle.js"))
        .await
        .ok();
}

#[tokio::test]
async fn a_check_in_that_leaves_something_to_doubt_counts_and_the_teacher_sees_what() {
    let school = School::with_rule().await;
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    // The gate in GCJ-02, by another implementation of it.
    let gate = json!({
        "place": {"lat": 30.909_817_012_982_597, "lng": 113.926_683_488_890_84, "datum": "gcj02"},
        "accuracy_m": 5.0,
    });
    let plain = school.by("2026010101").post("/v1/check-ins", &gate).await;
    let plain = plain.ok().body;
    assert_eq!(
        (&plain["distance_m"], plain.get("flags")),
        (&json!(0.0), None)
    );
    let mut doubtful = gate.clone();
    doubtful["accuracy_m"] = json!(800.0);
    doubtful["fix_age_s"] = json!(1_800.0);
    doubtful["mock"] = json!(true);
    let flags = json!(["place_uncertain", "stale_fix", "mock_location"]);
    let counted = school
        .by("2026010102")
        .post("/v1/check-ins", &doubtful)
        .await
        .ok();
    assert_eq!(counted.body["flags"], flags);
    let path = "/v1/classes/26JY1/days/2026-11-23";
    let day = school
        .by("T1")
        .get_after(counted.position(), path)
        .await
        .ok()
        .body;
    let session = &day["sessions"][0];
    assert_eq!(
        (&session["on_time"], &session["flagged"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(session["students"][1]["flags"], flags);
    let day = school
        .by("T1")
        .get("/v1/students/2026010102/days/2026-11-23")
        .await;
    assert_eq!(day.ok().body["sessions"][0]["facts"][0]["flags"], flags);
    let places = "/v1/students/2026010102/days/2026-11-23/places";
    let place = school.by("T1").get(places).await.ok().body["places"][0].clone();
    assert_eq!(
        (
            &place["fix_age_s"],
            &place["mock"],
            &place["place"]["datum"]
        ),
        (&json!(1_800.0), &json!(true), &json!("gcj02"))
    );
    let mut impossible = gate;
    impossible["fix_age_s"] = json!(-1.0);
    let refused = school
        .by("2026020101")
        .post("/v1/check-ins", &impossible)
        .await;
    let refused = refused.refused(422, "invalid-fix-age");
    assert_eq!(refused.body["field"], "fix_age_s");
}
