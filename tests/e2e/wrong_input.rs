//! Whatever a client sends, the answer is a clear 4xx and the log is as it was.

use homeroom_tests::{School, at};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn wrong_input_gets_a_clear_refusal_and_appends_nothing() {
    let school = School::with_rule().await;
    school.clock(&at("07:00")).await.ok();
    let before = school.head().await;
    let student = school.student("2026010101");
    let json = "application/json";

    let place = r#""place":{"lat":30.9123,"lng":113.9212,"datum":"wgs84"}"#;
    for (body, status) in [
        ("".to_owned(), 400),
        ("{".to_owned(), 400),
        ("[]".to_owned(), 400),
        (format!(r#"{{{place},"accuracy_m":"near"}}"#), 400),
        (
            format!(r#"{{{place},"accuracy_m":5,"state":"on_time"}}"#),
            400,
        ),
        (format!(r#"{{{place},"accuracy_m":-5}}"#), 422),
        (
            r#"{"place":{"lat":NaN,"lng":113.9,"datum":"wgs84"},"accuracy_m":5}"#.to_owned(),
            400,
        ),
        (
            r#"{"place":{"lat":1e999,"lng":113.9,"datum":"wgs84"},"accuracy_m":5}"#.to_owned(),
            400,
        ),
        (
            r#"{"place":{"lat":91,"lng":113.9,"datum":"wgs84"},"accuracy_m":5}"#.to_owned(),
            422,
        ),
        (
            r#"{"place":{"lat":0,"lng":0,"datum":"wgs84"},"accuracy_m":5}"#.to_owned(),
            422,
        ),
        (
            r#"{"place":{"lat":30.9,"lng":113.9,"datum":"mars"},"accuracy_m":5}"#.to_owned(),
            400,
        ),
    ] {
        let answer = student
            .post_raw("/v1/check-ins", json, body.as_bytes())
            .await;
        assert_eq!(answer.status, status, "{body}: {:#}", answer.body);
        assert_eq!(
            answer.headers["content-type"], "application/problem+json",
            "{body}"
        );
    }

    let big = format!(
        r#"{{{place},"accuracy_m":5,"device":"{}"}}"#,
        "x".repeat(1 << 20)
    );
    student
        .post_raw("/v1/check-ins", json, big.as_bytes())
        .await
        .refused(413, "body-too-large");
    student
        .post_raw("/v1/check-ins", "text/plain", b"{}")
        .await
        .refused(415, "unsupported-media-type");
    let body =
        json!({"place": {"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": 5.0});
    student
        .send(Method::POST, "/v1/check-ins", Some(&body), &[])
        .await
        .refused(400, "idempotency-key-missing");
    school
        .staff("T1")
        .post("/v1/check-ins", &body)
        .await
        .refused(403, "not-yours");
    student
        .send(Method::DELETE, "/v1/check-ins", None, &[])
        .await
        .refused(405, "method-not-allowed");
    student
        .get("/v1/nothing-here")
        .await
        .refused(404, "no-such-path");

    let officer = school.officer();
    officer
        .get("/v1/classes/26JY1/days/2026-02-30")
        .await
        .refused(400, "malformed-path");
    officer
        .get("/v1/classes/NOPE/days/2026-11-23")
        .await
        .refused(404, "unknown-class");
    officer
        .get("/v1/students/1999999999/days/2026-11-23")
        .await
        .refused(404, "unknown-student");
    assert!((400..500).contains(&officer.get("/v1/slips/..%2F..%2Fetc").await.status));
    assert_eq!(school.head().await, before);
}

#[tokio::test]
async fn impossible_rules_are_refused() {
    let school = School::open().await;
    let before = school.head().await;
    let rule = |field: &str, value: serde_json::Value| {
        let mut rule = School::rule("早点名", "06:50:00", "07:10:00", "07:20:00");
        *rule.pointer_mut(field).unwrap() = value;
        rule
    };
    for (field, value) in [
        ("/place/radius_m", json!(0.0)),
        ("/place/radius_m", json!(-1.0)),
        ("/place/radius_m", json!(1e9)),
        ("/place/centre/lat", json!(123.0)),
        ("/closes", json!("06:00:00")),
        ("/on_time_until", json!("06:00:00")),
        ("/opens", json!("25:00:00")),
        ("/weekdays", json!([])),
        ("/weekdays", json!(["Someday"])),
        ("/name", json!("")),
        ("/name", json!("很".repeat(1_000))),
        ("/classes", json!({"only": ["NOPE"]})),
    ] {
        let answer = school
            .officer()
            .post("/v1/rules", &rule(field, value.clone()))
            .await;
        assert!(
            (400..500).contains(&answer.status),
            "{field} = {value}: {} {:#}",
            answer.status,
            answer.body
        );
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    assert_eq!(school.head().await, before);
}

#[tokio::test]
async fn refusals_speak_the_language_asked_for() {
    let school = School::with_rule().await;
    school.clock(&at("08:00")).await.ok();
    let body =
        json!({"place": {"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": 5.0});
    let student = school.student("2026010101");
    let in_language = |language: &'static str, key: &'static str| {
        let body = body.clone();
        async move {
            let headers = [("Accept-Language", language), ("Idempotency-Key", key)];
            let answer = student
                .send(Method::POST, "/v1/check-ins", Some(&body), &headers)
                .await;
            answer.refused(422, "out-of-window").body["detail"]
                .as_str()
                .unwrap()
                .to_owned()
        }
    };
    assert!(
        in_language("en-GB,en;q=0.9", "language-en")
            .await
            .is_ascii()
    );
    assert!(
        !in_language("zh-CN,zh;q=0.9", "language-zh")
            .await
            .is_ascii()
    );
}

#[tokio::test]
async fn the_clock_moves_by_hand_and_forward_only() {
    let school = School::empty().await;
    let classes = "班级代码,班级,入学年份,专业,班主任工号\n";
    school
        .import(classes, "", "", "")
        .await
        .refused(409, "clock-not-set");
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    school
        .clock("2026-11-23T06:59:59+08:00")
        .await
        .refused(409, "clock-moves-forward-only");
    school
        .clock("yesterday")
        .await
        .refused(400, "malformed-body");
    let clock = school.admin().get("/v1/clock").await.ok().body;
    assert_eq!(
        (&clock["clock"], &clock["now"]),
        (&json!("manual"), &json!("2026-11-23T07:00:00+08:00"))
    );
    assert_eq!(school.admin().get("/healthz").await.body["clock"], "manual");
}
