//! The life of a command: once, whatever is sent again and whoever else writes.

use serde_json::json;

use crate::harness::School;

#[tokio::test]
async fn the_same_command_ten_times_at_once_is_one_commit_and_one_answer() {
    let school = School::with_rule().await;
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let before = school.head().await;
    let student = school.by("2026010101");
    let body = School::at_the_gate();
    let all = (0..10).map(|_| student.post_as("one-key-for-all", "/v1/check-ins", &body));
    for answer in futures::future::join_all(all).await {
        let answer = answer.ok();
        assert_eq!((answer.status, answer.position()), (201, before.0 + 1));
        assert_eq!(answer.body["status"], "on_time");
    }
    assert_eq!(school.head().await, before.next());
}

#[tokio::test]
async fn a_retry_is_answered_from_the_log_by_a_server_that_never_saw_the_first() {
    let mut school = School::with_rule().await;
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let student = school.by("2026010101");
    let first = student
        .post_as("key-of-0700", "/v1/check-ins", &School::at_the_gate())
        .await
        .ok();
    let refused = school.by("2026010102");
    let far = json!({"place": {"lat": 30.0, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": 5.0});
    let refused = refused
        .post_as("far-key-0700", "/v1/check-ins", &far)
        .await
        .refused(422, "out-of-range");
    school.clock("2026-11-23T09:00:00+08:00").await.ok();
    let other = school.serve().await;
    let student = school.by("2026010101").at(other);
    let again = student
        .post_as("key-of-0700", "/v1/check-ins", &School::at_the_gate())
        .await
        .ok();
    assert_eq!(
        (again.position(), &again.body),
        (first.position(), &first.body)
    );
    let again = school
        .by("2026010102")
        .at(other)
        .post_as("far-key-0700", "/v1/check-ins", &far)
        .await;
    let again = again.refused(422, "out-of-range");
    assert_eq!(
        (again.position(), &again.body),
        (refused.position(), &refused.body)
    );
}

#[tokio::test]
async fn a_retry_after_midnight_of_the_last_day_of_a_month_finds_its_first_answer() {
    let school = School::open().await;
    school.clock("2026-11-30T23:59:59+08:00").await.ok();
    let student = school.by("2026010101");
    let first = student
        .post_as("last-of-november", "/v1/check-ins", &School::at_the_gate())
        .await;
    let first = first.refused(422, "no-session");
    for later in ["2026-12-01T00:00:01+08:00", "2026-12-03T12:00:00+08:00"] {
        school.clock(later).await.ok();
        let again = student
            .post_as("last-of-november", "/v1/check-ins", &School::at_the_gate())
            .await;
        assert_eq!(
            again.refused(422, "no-session").position(),
            first.position(),
            "{later}"
        );
    }
}

#[tokio::test]
async fn a_key_used_again_for_another_command_is_refused_and_spacing_is_no_other_command() {
    let school = School::with_rule().await;
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let student = school.by("2026010101");
    let first = student
        .post_as("a-key-reused", "/v1/check-ins", &School::at_the_gate())
        .await
        .ok();
    let mut other = School::at_the_gate();
    other["accuracy_m"] = json!(6.0);
    student
        .post_as("a-key-reused", "/v1/check-ins", &other)
        .await
        .refused(409, "idempotency-key-reused");
    let spaced =
        r#"{ "accuracy_m" : 5.0, "place": {"datum":"wgs84", "lng":113.9212, "lat":30.9123} }"#;
    let spaced = student
        .post_raw_as("a-key-reused", "/v1/check-ins", spaced)
        .await
        .ok();
    assert_eq!(spaced.position(), first.position());
    // Another person's key of the same name is another key.
    school
        .by("2026010102")
        .post_as("a-key-reused", "/v1/check-ins", &other)
        .await
        .ok();
}

#[tokio::test]
async fn two_servers_that_write_in_turn_see_each_others_commits() {
    let mut school = School::open().await;
    let other = school.serve().await;
    let student = school.by("2026010101");
    for day in 1..=6 {
        let server = if day % 2 == 0 { other } else { 0 };
        let (from, to) = (
            format!("2026-12-0{day}T08:00:00+08:00"),
            format!("2026-12-0{day}T18:00:00+08:00"),
        );
        let slip = json!({"type": "personal", "from": from, "to": to, "reason": "回家"});
        let answer = student.at(server).post("/v1/slips", &slip).await.ok();
        assert!(
            answer.body["slip"]
                .as_str()
                .unwrap()
                .ends_with(&format!("-{day}")),
            "{:#}",
            answer.body
        );
        // The other server's memory is stale by now; it does not refuse by it, nor miss what is there.
        let elsewhere = if server == 0 { other } else { 0 };
        student
            .at(elsewhere)
            .post("/v1/slips", &slip)
            .await
            .refused(409, "slips-overlap");
    }
}

#[tokio::test]
async fn a_command_that_another_server_made_possible_is_not_refused_by_a_stale_memory() {
    let mut school = School::open().await;
    let other = school.serve().await;
    let (student, teacher) = (school.by("2026010101"), school.by("T1"));
    let slip = |day: &str| {
        let (from, to) = (
            format!("{day}T08:00:00+08:00"),
            format!("{day}T18:00:00+08:00"),
        );
        json!({"type": "sick", "from": from, "to": to, "reason": "发烧"})
    };
    let first = student.post("/v1/slips", &slip("2026-12-01")).await.ok();
    let first = first.body["slip"].as_str().unwrap().to_owned();
    let path = |slip: &str| format!("/v1/slips/{slip}/approve");
    teacher.at(other).post(&path(&first), &json!({})).await.ok();
    let second = student.post("/v1/slips", &slip("2026-12-02")).await.ok();
    let second = second.body["slip"].as_str().unwrap().to_owned();
    let approved = teacher
        .at(other)
        .post(&path(&second), &json!({"comment": "好好休息"}))
        .await
        .ok();
    assert_eq!(approved.body["status"], "approved");
    teacher
        .post(&path(&second), &json!({}))
        .await
        .refused(409, "already-decided");
}

#[tokio::test]
async fn many_at_once_on_one_boundary_are_all_answered_and_each_counts_once() {
    let mut school = School::open().await;
    let other = school.serve().await;
    let before = school.head().await;
    let slips = (0..40).map(|index| {
        let (day, hour) = (1 + index / 10, index % 10 + 8);
        let slip = json!({
            "type": "personal", "reason": "办事",
            "from": format!("2026-12-0{day}T{hour:02}:00:00+08:00"),
            "to": format!("2026-12-0{day}T{:02}:00:00+08:00", hour + 1),
        });
        let student = school
            .by("2026010101")
            .at(if index % 2 == 0 { 0 } else { other });
        async move { student.post("/v1/slips", &slip).await }
    });
    let answers = futures::future::join_all(slips).await;
    let mut ids: Vec<String> = answers
        .into_iter()
        .map(|answer| answer.ok().body["slip"].as_str().unwrap().to_owned())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40);
    assert_eq!(school.head().await.0, before.0 + 40);
}

#[tokio::test]
async fn publishing_a_template_again_with_its_key_makes_no_second_one() {
    let school = School::open().await;
    let terms = |name: &str| {
        json!({
            "name": name, "full_marks_hundredths": 10_000,
            "items": [{"key": "floor", "label": "地面", "required": true, "kind": {"deduction": {"max_hundredths": 500}}}],
        })
    };
    let officer = school.by("T4");
    let first = officer
        .post_as("publish-once", "/v1/templates", &terms("卫生"))
        .await
        .ok();
    let again = officer
        .post_as("publish-once", "/v1/templates", &terms("卫生"))
        .await
        .ok();
    assert_eq!(
        (again.position(), &again.body),
        (first.position(), &first.body)
    );
    officer
        .post_as("publish-once", "/v1/templates", &terms("纪律"))
        .await
        .refused(409, "idempotency-key-reused");
    let path = format!(
        "/v1/templates/{}/publish",
        first.body["template"].as_str().unwrap()
    );
    let same = officer.post(&path, &terms("卫生")).await.ok();
    assert_eq!(
        (&same.body["version"], same.position()),
        (&json!(1), first.position())
    );
    let newer = officer.post(&path, &terms("纪律")).await.ok();
    assert_eq!(newer.body["version"], 2);
    officer
        .post("/v1/templates/t0/publish", &terms("纪律"))
        .await
        .refused(404, "unknown-template");
    let listed = officer.get("/v1/templates").await.ok().body;
    assert_eq!(listed["templates"].as_array().unwrap().len(), 1);
    assert_eq!(listed["templates"][0]["terms"]["name"], "纪律");
}
