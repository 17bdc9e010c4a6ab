//! Whatever is sent, the answer is a clear refusal and nothing is appended.

use reqwest::Method;
use serde_json::json;

use crate::harness::{OFFICER, School, answer};

#[tokio::test]
async fn a_wrong_body_is_refused_with_the_field_at_fault() {
    let school = School::with_rule().await;
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let before = school.head().await;
    let student = school.by("2026010101");
    let place = r#""place":{"lat":30.9123,"lng":113.9212,"datum":"wgs84"}"#;
    for (body, status, problem, field) in [
        (String::new(), 400, "malformed-body", None),
        ("[]".to_owned(), 400, "malformed-body", None),
        (
            format!("{{{place}}}"),
            400,
            "malformed-body",
            Some("accuracy_m"),
        ),
        (
            format!(r#"{{{place},"accuracy_m":"near"}}"#),
            400,
            "malformed-body",
            Some("accuracy_m"),
        ),
        (
            format!(r#"{{{place},"accuracy_m":5,"state":"on_time"}}"#),
            400,
            "malformed-body",
            Some("state"),
        ),
        (
            format!(r#"{{{place},"accuracy_m":-5}}"#),
            422,
            "invalid-accuracy",
            Some("accuracy_m"),
        ),
        (
            format!(r#"{{{place},"accuracy_m":5,"device":""}}"#),
            422,
            "text-length",
            Some("device"),
        ),
        (
            r#"{"place":{"lat":NaN,"lng":113.9,"datum":"wgs84"},"accuracy_m":5}"#.to_owned(),
            400,
            "malformed-body",
            Some("place.lat"),
        ),
        (
            r#"{"place":{"lat":91,"lng":113.9,"datum":"wgs84"},"accuracy_m":5}"#.to_owned(),
            422,
            "invalid-place",
            Some("place.lat"),
        ),
        (
            r#"{"place":{"lat":30.9,"lng":113.9,"datum":"mars"},"accuracy_m":5}"#.to_owned(),
            400,
            "malformed-body",
            Some("place.datum"),
        ),
    ] {
        let refused = student
            .post_raw("/v1/check-ins", "application/json", &body)
            .await;
        let refused = refused.refused(status, problem);
        assert_eq!(
            refused.body["field"].as_str(),
            field,
            "{body}: {:#}",
            refused.body
        );
    }
    let big = format!(
        r#"{{{place},"accuracy_m":5,"device":"{}"}}"#,
        "x".repeat(70_000)
    );
    student
        .post_raw("/v1/check-ins", "application/json", &big)
        .await
        .refused(413, "body-too-large");
    let plain = student.post_raw("/v1/check-ins", "text/plain", "{}").await;
    plain.refused(415, "unsupported-media-type");
    assert_eq!(school.head().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_reaches_whoever_is_still_sending() {
    let school = School::open().await;
    let student = school.by("2026010101");
    let big = "x".repeat(10 << 20);
    for _ in 0..20 {
        let (json, text) = ("application/json", "text/plain");
        let too_large = student.post_raw("/v1/check-ins", json, &big).await;
        too_large.refused(413, "body-too-large");
        let another_type = student.post_raw("/v1/roster/import", text, &big).await;
        another_type.refused(415, "unsupported-media-type");
        let nowhere = student.post_raw("/v1/nowhere", text, &big).await;
        nowhere.refused(404, "no-such-path");
    }
}

#[tokio::test]
async fn a_request_without_what_it_needs_is_refused_by_name() {
    let school = School::with_rule().await;
    let before = school.head().await;
    let gate = School::at_the_gate();
    let student = school.by("2026010101");
    let no_key = student
        .send(Method::POST, "/v1/check-ins", Some(&gate), &[])
        .await;
    no_key.refused(400, "idempotency-key-missing");
    student
        .post_as("short", "/v1/check-ins", &gate)
        .await
        .refused(400, "idempotency-key-malformed");
    let nobody = school.request(Method::GET, "/v1/classes");
    answer(nobody).await.refused(401, "not-signed-in");
    school
        .by("T1")
        .post("/v1/check-ins", &gate)
        .await
        .refused(403, "not-yours");
    school
        .by("admin")
        .post("/v1/check-ins", &gate)
        .await
        .refused(403, "not-a-person");
    let bad_after = student
        .send(
            Method::GET,
            "/v1/rules",
            None,
            &[("Homeroom-After", "soon")],
        )
        .await;
    assert_eq!(
        bad_after.refused(400, "malformed-header").body["field"],
        "Homeroom-After"
    );
    student
        .send(Method::DELETE, "/v1/check-ins", None, &[])
        .await
        .refused(405, "method-not-allowed");
    student
        .get("/v1/nothing-here")
        .await
        .refused(404, "no-such-path");
    student
        .get("/docs/nothing-here")
        .await
        .refused(404, "no-such-path");
    assert_eq!(school.head().await, before);
}

#[tokio::test]
async fn a_path_or_query_that_names_nothing_is_refused_clearly() {
    let school = School::open().await;
    let (admin, officer) = (school.by("admin"), school.by(OFFICER));
    for (path, status, problem) in [
        ("/v1/classes/26JY1/days/2026-02-30", 400, "malformed-path"),
        ("/v1/classes/26JY1/days/today", 400, "malformed-path"),
        ("/v1/classes/NOPE/days/2026-11-23", 404, "unknown-class"),
        (
            "/v1/classes/26JY1/reports?date=2026-02-30",
            400,
            "malformed-query",
        ),
        ("/v1/classes/26JY1/reports", 400, "malformed-query"),
        (
            "/v1/students/1999999999/days/2026-11-23",
            404,
            "unknown-student",
        ),
        ("/v1/students/T1/days/2026-11-23", 404, "unknown-student"),
        (
            "/v1/students/2026010101/slips?limit=0",
            400,
            "malformed-query",
        ),
        (
            "/v1/students/2026010101/slips?limit=many",
            400,
            "malformed-query",
        ),
        (
            "/v1/students/2026010101/slips?page=2",
            400,
            "malformed-query",
        ),
        ("/v1/slips/..%2F..%2Fetc", 400, "malformed-path"),
        ("/v1/slips/p00000000000000000-1", 404, "unknown-slip"),
        ("/v1/classes/%FF/days/2026-11-23", 400, "bad-request"),
    ] {
        officer.get(path).await.refused(status, problem);
    }
    let approve = json!({});
    school
        .by("T1")
        .post("/v1/slips/p00000000000000000-1/approve", &approve)
        .await
        .refused(403, "not-yours");
    admin
        .post("/v1/slips/p00000000000000000-1/approve", &approve)
        .await
        .refused(403, "not-yours");
    officer
        .post("/v1/rules/r0/retire", &json!({}))
        .await
        .refused(404, "unknown-rule");
    officer
        .post("/v1/rules/r_0/retire", &json!({}))
        .await
        .refused(400, "malformed-path");
}

#[tokio::test]
async fn a_rule_for_a_class_that_is_not_there_names_which() {
    let school = School::open().await;
    let mut rule = School::rule("早点名", "06:50:00", "07:20:00");
    rule["classes"] = json!({"only": ["26JY1", "NOPE"]});
    let refused = school
        .by("T4")
        .post("/v1/rules", &rule)
        .await
        .refused(422, "unknown-class");
    assert_eq!(refused.body["field"], "classes.only[1]");
    rule["classes"] = json!({"only": ["26JY1"]});
    let created = school.by("T4").post("/v1/rules", &rule).await.ok();
    let rules = school
        .by("2026010101")
        .get_after(created.position(), "/v1/rules")
        .await
        .ok()
        .body;
    assert_eq!(
        rules["rules"][0]["terms"]["classes"],
        json!({"only": ["26JY1"]})
    );
    assert_eq!(rules["rules"][0]["terms"]["opens"], "06:50:00");
}

#[tokio::test]
async fn a_refusal_speaks_the_language_asked_for() {
    let school = School::with_rule().await;
    school.clock("2026-11-23T08:00:00+08:00").await.ok();
    let gate = School::at_the_gate();
    for (language, english) in [
        ("en-GB,en;q=0.9", true),
        ("zh-CN,zh;q=0.9", false),
        ("fr", false),
    ] {
        let headers = [
            ("Accept-Language", language),
            ("Idempotency-Key", "too-late-key"),
        ];
        let refused =
            school
                .by("2026010101")
                .send(Method::POST, "/v1/check-ins", Some(&gate), &headers);
        let refused = refused.await.refused(422, "out-of-window");
        assert_eq!(
            refused.body["detail"].as_str().unwrap().is_ascii(),
            english,
            "{:#}",
            refused.body
        );
        assert_eq!(refused.body["title"], "Out of window");
    }
}
