//! Importing a roster: whole or not at all, and twice as once.

use crate::harness::{CLASSES, STAFF, STUDENTS, School};

#[tokio::test]
async fn the_same_files_again_append_nothing_and_the_same_key_gives_the_first_answer() {
    let school = School::empty().await;
    school.clock("2026-11-23T06:00:00+08:00").await.ok();
    let files = [
        ("classes", CLASSES),
        ("staff", STAFF),
        ("students", STUDENTS),
    ];
    let first = school.import_as("import-first", files).await.ok();
    assert_eq!(
        (
            &first.body["classes_opened"],
            &first.body["students_enrolled"]
        ),
        (&2.into(), &3.into())
    );
    assert_eq!(first.body["offices_appointed"], 3);
    let head = school.head().await;
    let replayed = school.import_as("import-first", files).await.ok();
    assert_eq!(
        (replayed.position(), &replayed.body),
        (first.position(), &first.body)
    );
    let again = school.import_as("import-again", files).await.ok();
    assert_eq!(again.position(), first.position());
    assert_eq!(
        (
            &again.body["students_enrolled"],
            &again.body["students_corrected"]
        ),
        (&0.into(), &0.into())
    );
    assert_eq!(school.head().await, head);
    school
        .import_as("import-first", [("classes", CLASSES)])
        .await
        .refused(409, "idempotency-key-reused");
}

#[tokio::test]
async fn what_changed_is_corrected_and_the_changed_name_is_read_back() {
    let school = School::open().await;
    let students = STUDENTS.replace("赵一", "赵壹").replace(
        "2026010102,钱二,女,26级计算机应用1班",
        "2026010102,钱二,女,26级电子商务1班",
    );
    let changed = school
        .import_as("import-changes", [("students", &students)])
        .await
        .ok();
    assert_eq!(
        (
            &changed.body["students_corrected"],
            &changed.body["students_moved"]
        ),
        (&1.into(), &1.into())
    );
    let student = school
        .by("2026010101")
        .get("/v1/students/2026010101/days/2026-11-23")
        .await
        .ok();
    assert_eq!(student.body["student"]["name"], "赵壹");
    let classes = school.by("T1").get("/v1/classes").await.ok().body;
    assert_eq!(classes["classes"][0]["code"], "26DS1");
    assert_eq!(
        (
            &classes["classes"][0]["students"],
            &classes["classes"][1]["students"]
        ),
        (&2.into(), &1.into())
    );
    assert_eq!(classes["classes"][1]["homeroom_teacher"]["name"], "甲老师");
}

#[tokio::test]
async fn every_fault_is_named_in_order_and_nothing_is_half_imported() {
    let school = School::open().await;
    let head = school.head().await;
    let students = "学号,姓名,性别,班级,宿舍,手机号\n\
        2026010101,赵一,男,26级计算机应用1班,A101,13100000001\n\
        2026010101,钱二,女,26级计算机应用1班,A101,\n\
        2026010103,孙三,男,没有这个班,A101,\n\
        ,李四,男,26级计算机应用1班,A101,\n\
        2026010105,周五,男\n";
    let cadres = "学号,类别,范围,职务\n2026010105,班级干部,26级计算机应用1班,班长\n2026010199,班级干部,26级计算机应用1班,班长\n";
    let refused = school
        .import_as(
            "import-faults",
            [("cadres", cadres), ("students", students)],
        )
        .await;
    let refused = refused.refused(422, "roster-refused");
    let faults = refused.body["faults"].as_array().unwrap();
    let named: Vec<&str> = faults
        .iter()
        .filter_map(|fault| fault["at"].as_str())
        .collect();
    // A line without all its cells may be anybody's, so nobody is called unknown on the cadres' list.
    assert_eq!(
        named,
        [
            "students.csv:3:学号",
            "students.csv:4:班级",
            "students.csv:5:学号",
            "students.csv:6"
        ]
    );
    assert_eq!(school.head().await, head);
}

#[tokio::test]
async fn a_form_that_is_none_is_refused() {
    let school = School::open().await;
    let head = school.head().await;
    school
        .import_as("import-nothing", [])
        .await
        .refused(400, "malformed-body");
    school
        .import_as("import-strange", [("pupils", STUDENTS)])
        .await
        .refused(400, "malformed-body");
    let twice = [("students", STUDENTS), ("students", STUDENTS)];
    school
        .import_as("import-twice", twice)
        .await
        .refused(400, "malformed-body");
    let large = "x".repeat(9 << 20);
    school
        .import_as("import-large", [("students", &large)])
        .await
        .refused(413, "body-too-large");
    let json = school
        .by("admin")
        .post("/v1/roster/import", &serde_json::json!({}))
        .await;
    json.refused(415, "unsupported-media-type");
    school
        .by("2026010101")
        .post("/v1/roster/import", &serde_json::json!({}))
        .await
        .refused(415, "unsupported-media-type");
    assert_eq!(school.head().await, head);
}

#[tokio::test]
async fn students_may_not_change_the_school() {
    let school = School::open().await;
    let head = school.head().await;
    let student = school.by("2026010101");
    student
        .post("/v1/rules", &School::rule("早点名", "06:50:00", "07:20:00"))
        .await
        .refused(403, "not-yours");
    let now = serde_json::json!({"now": "2026-11-24T00:00:00+08:00"});
    for person in ["2026010101", "T4"] {
        let put = school
            .by(person)
            .send(reqwest::Method::PUT, "/v1/clock", Some(&now), &[])
            .await;
        put.refused(403, "not-yours");
    }
    assert_eq!(school.head().await, head);
}
