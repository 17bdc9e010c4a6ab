//! People over time: offices that begin, end and are stood in for, students who come and go, guardians, and who may
//! know what of whom.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, OFFICER, School};

/// A subject teacher of both classes, a guard, and what the homeroom teacher T1 teaches besides.
const MORE_STAFF: &str = "工号,姓名,职务,范围,手机号\nT3,丙老师,任课教师,26级计算机应用1班;26级电子商务1班,13000000003\nT5,戊门卫,门卫,综职系,13000000005\nT1,甲老师,任课教师,26级电子商务1班,13000000001\n";

async fn school() -> School {
    let school = School::with_rule().await;
    school
        .import_as("more-staff", [("staff", MORE_STAFF)])
        .await
        .ok();
    school
}

fn homeroom_teacher() -> Value {
    json!({"role": "homeroom_teacher", "scope": {"class": "26JY1"}})
}

/// A student of 26JY1 asks for leave on Tuesday.
async fn slip(school: &School) -> String {
    let slip = json!({
        "type": "sick", "reason": "发烧到三十九度",
        "from": "2026-11-24T08:00:00+08:00", "to": "2026-11-24T18:00:00+08:00",
    });
    let asked = school.by("2026010102").post("/v1/slips", &slip).await.ok();
    asked.body["slip"].as_str().unwrap().to_owned()
}

async fn approve(school: &School, by: &str, slip: &str) -> Answer {
    let path = format!("/v1/slips/{slip}/approve");
    school.by(by).post(&path, &json!({})).await
}

#[tokio::test]
async fn who_is_replaced_loses_power_at_that_instant_and_what_they_decided_stays_theirs() {
    let school = school().await;
    let (first, second) = (slip(&school).await, "2026010102");
    approve(&school, "T1", &first).await.ok();
    let appoint = json!({"person": "T2", "office": homeroom_teacher()});
    let by_student = school
        .by(second)
        .post("/v1/offices/appoint", &appoint)
        .await;
    by_student.refused(403, "not-yours");
    let by_officer = school.by(OFFICER).post("/v1/offices/appoint", &appoint);
    by_officer.await.ok();
    let again = json!({
        "type": "personal", "reason": "家里有事",
        "from": "2026-11-26T08:00:00+08:00", "to": "2026-11-26T18:00:00+08:00",
    });
    let again = school.by(second).post("/v1/slips", &again).await.ok();
    let again = again.body["slip"].as_str().unwrap().to_owned();
    let refused = approve(&school, "T1", &again).await;
    refused.refused(403, "not-the-homeroom-teacher");
    approve(&school, "T2", &again).await.ok();
    let trail = school
        .by(second)
        .get(&format!("/v1/slips/{first}"))
        .await
        .ok();
    assert_eq!(trail.body["trail"][1]["actor"]["number"], "T1");
    let trail = school
        .by(second)
        .get(&format!("/v1/slips/{again}"))
        .await
        .ok();
    let steps: Vec<(&str, &str)> = trail.body["trail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let text = |value: &'_ Value| value.as_str().unwrap().to_owned();
            (
                text(&step["event"]).leak() as &str,
                text(&step["actor"]["number"]).leak() as &str,
            )
        })
        .collect();
    assert_eq!(
        steps,
        [
            ("slip_submitted", "2026010102"),
            ("slip_decision_refused", "T1"),
            ("slip_approved", "T2"),
        ]
    );
}

#[tokio::test]
async fn a_cadre_who_approves_a_slip_is_refused_and_stands_in_the_trail() {
    let school = school().await;
    let slip = slip(&school).await;
    let refused = approve(&school, "2026010101", &slip).await;
    let refused = refused.refused(403, "not-the-homeroom-teacher");
    let trail = school
        .by("T1")
        .get(&format!("/v1/slips/{slip}"))
        .await
        .ok()
        .body;
    let attempt = &trail["trail"][1];
    assert_eq!(attempt["position"], refused.body["position"]);
    assert_eq!(attempt["actor"]["number"], "2026010101");
    assert_eq!(trail["status"], "waiting");
}

#[tokio::test]
async fn a_deputy_stands_in_from_one_instant_to_another_and_it_ends_by_itself() {
    let school = school().await;
    let slip = slip(&school).await;
    let delegate = json!({
        "holder": "T1", "office": homeroom_teacher(), "deputy": "T2",
        "from": "2026-11-23T12:00:00+08:00", "to": "2026-11-23T18:00:00+08:00",
    });
    let by_another = school
        .by("T3")
        .post("/v1/offices/delegate", &delegate)
        .await;
    by_another.refused(403, "not-yours");
    let by_holder = school.by("T1").post("/v1/offices/delegate", &delegate);
    by_holder.await.ok();
    let day = "/v1/classes/26JY1/days/2026-11-23";
    let deputy = school.by("T2");
    deputy.get(day).await.refused(403, "not-yours");
    approve(&school, "T2", &slip)
        .await
        .refused(403, "not-the-homeroom-teacher");
    school.clock("2026-11-23T12:00:00+08:00").await.ok();
    deputy.get(day).await.ok();
    school.by("T1").get(day).await.ok();
    approve(&school, "T2", &slip).await.ok();
    let me = deputy.get("/v1/me").await.ok().body;
    let stands_in = me["offices"]
        .as_array()
        .unwrap()
        .iter()
        .find(|office| office["deputises_for"] == "T1");
    assert_eq!(stands_in.unwrap()["to"], "2026-11-23T18:00:00+08:00");
    school.clock("2026-11-23T18:00:00+08:00").await.ok();
    deputy.get(day).await.refused(403, "not-yours");
    let me = deputy.get("/v1/me").await.ok().body;
    assert_eq!(me["offices"].as_array().unwrap().len(), 1, "{me:#}");
}

#[tokio::test]
async fn who_is_excused_is_known_to_whoever_teaches_them_and_why_is_not() {
    let school = school().await;
    let slip = slip(&school).await;
    let excused = "/v1/classes/26JY1/excused/2026-11-24";
    let teacher = school.by("T3");
    assert_eq!(teacher.get(excused).await.ok().body["excused"], json!([]));
    let approved = approve(&school, "T1", &slip).await.ok().position();
    let told = teacher.get_after(approved, excused).await.ok().body;
    let expected = json!([{
        "number": "2026010102", "name": "钱二",
        "from": "2026-11-24T08:00:00+08:00", "to": "2026-11-24T18:00:00+08:00",
    }]);
    assert_eq!(told["excused"], expected);
    // The attendance cadre of the class knows the same, one without an office does not.
    let cadre = school.by("2026010101").get(excused).await.ok().body;
    assert_eq!(cadre["excused"], expected);
    for path in [
        format!("/v1/slips/{slip}"),
        "/v1/students/2026010102/slips".to_owned(),
        "/v1/students/2026010102/days/2026-11-23".to_owned(),
        "/v1/students/2026010102/days/2026-11-23/places".to_owned(),
        "/v1/classes/26JY1/days/2026-11-23".to_owned(),
    ] {
        for reader in ["T3", "2026010101", "T5"] {
            let refused = school.by(reader).get(&path).await;
            refused.refused(403, "not-yours");
        }
    }
    let guard = school.by("T5");
    guard.get(excused).await.refused(403, "not-yours");
    let at_gate = guard.get("/v1/on-leave").await.ok().body;
    assert_eq!(at_gate["on_leave"], json!([]));
    school.clock("2026-11-24T09:00:00+08:00").await.ok();
    let at_gate = guard.get("/v1/on-leave").await.ok().body;
    assert_eq!(at_gate["on_leave"][0]["number"], "2026010102");
    assert_eq!(at_gate["on_leave"][0]["class"], "26JY1");
    assert_eq!(at_gate["on_leave"][0].get("reason"), None);
}

#[tokio::test]
async fn reading_a_reason_or_a_place_is_recorded_and_the_student_sees_who_read() {
    let school = school().await;
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let student = school.by("2026010102");
    let gate = School::at_the_gate();
    student.post("/v1/check-ins", &gate).await.ok();
    let slip = slip(&school).await;
    let head = school.head().await;
    let (path, places) = (
        format!("/v1/slips/{slip}"),
        "/v1/students/2026010102/days/2026-11-23/places",
    );
    // The student's own reading is nobody's business.
    let own = student.get(&path).await.ok().body;
    assert_eq!(own["reason"], "发烧到三十九度");
    student.get(places).await.ok();
    assert_eq!(school.head().await, head);
    // A list does not show the reason to anybody else, and reading it is not reading the reason.
    let listed = school.by("T1").get("/v1/students/2026010102/slips").await;
    assert_eq!(listed.ok().body["slips"][0].get("reason"), None);
    assert_eq!(school.head().await, head);
    let told = school.by("T1").get(&path).await.ok().body;
    assert_eq!(told["reason"], "发烧到三十九度");
    assert_eq!(told["trail"][0]["data"]["reason"], "发烧到三十九度");
    let place = school.by(OFFICER).get(places).await.ok().body;
    assert_eq!(place["places"][0]["place"]["lat"], 30.9123);
    for _ in 0..3 {
        school.by("T1").get(&path).await.ok();
    }
    assert_eq!(school.head().await.0, head.0 + 2, "once a day is enough");
    let readings = student
        .get("/v1/students/2026010102/readings?month=2026-11")
        .await
        .ok()
        .body;
    let said: Vec<Value> = readings["readings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            json!([
                one["by"]["number"],
                one["office"],
                one["detail"],
                one["slip"],
                one["date"]
            ])
        })
        .collect();
    assert_eq!(
        said,
        [
            json!(["T1", "homeroom_teacher", "reason", slip, null]),
            json!(["T4", "student_affairs_officer", "place", null, "2026-11-23"]),
        ]
    );
    // Who has read is the student's to know, not the readers'.
    let readers = school
        .by("T1")
        .get("/v1/students/2026010102/readings?month=2026-11");
    readers.await.refused(403, "not-yours");
    let nothing = student
        .get("/v1/students/2026010102/readings?month=2026-10")
        .await;
    assert_eq!(nothing.ok().body["readings"], json!([]));
    let wrong = student
        .get("/v1/students/2026010102/readings?month=soon")
        .await;
    wrong.refused(400, "malformed-query");
}

#[tokio::test]
async fn a_suspended_student_has_no_duty_until_back_and_stays_on_record() {
    let school = school().await;
    let path = |what: &str| format!("/v1/students/2026010102/{what}");
    let suspend = json!({"from": "2026-11-24"});
    let by_teacher = school.by("T1").post(&path("suspend"), &suspend).await;
    by_teacher.refused(403, "not-yours");
    let officer = school.by(OFFICER);
    officer.post(&path("suspend"), &suspend).await.ok();
    officer
        .post(&path("suspend"), &suspend)
        .await
        .refused(409, "not-enrolled");
    school.clock("2026-11-24T07:00:00+08:00").await.ok();
    let standing = officer.get("/v1/people/2026010102").await.ok().body;
    assert_eq!(
        (&standing["standing"], &standing["class"]),
        (&json!("suspended"), &json!("26JY1"))
    );
    let gate = School::at_the_gate();
    let refused = school.by("2026010102").post("/v1/check-ins", &gate).await;
    refused.refused(422, "no-session");
    let on_duty = async |date: &str| {
        let day = officer
            .get(&format!("/v1/classes/26JY1/days/{date}"))
            .await
            .ok();
        let students = day.body["sessions"][0]["students"]
            .as_array()
            .unwrap()
            .clone();
        let numbers = students
            .iter()
            .map(|student| student["number"].as_str().unwrap().to_owned());
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(on_duty("2026-11-24").await, ["2026010101"]);
    assert_eq!(on_duty("2026-11-23").await, ["2026010101", "2026010102"]);
    let resume = json!({"from": "2026-11-25"});
    officer.post(&path("resume"), &resume).await.ok();
    assert_eq!(on_duty("2026-11-25").await, ["2026010101", "2026010102"]);
    for (what, body, status, problem) in [
        (
            "suspend",
            json!({"from": "2031-01-01"}),
            422,
            "date-too-far",
        ),
        (
            "resume",
            json!({"from": "2026-11-26"}),
            409,
            "not-suspended",
        ),
        (
            "move",
            json!({"class": "26JY1", "on": "2026-11-24"}),
            409,
            "already-in-the-class",
        ),
        (
            "move",
            json!({"class": "NOPE", "on": "2026-11-24"}),
            422,
            "unknown-class",
        ),
        (
            "move",
            json!({"class": "26DS1", "on": "2026-12-24"}),
            422,
            "moves-in-the-future",
        ),
    ] {
        let refused = officer.post(&path(what), &body).await;
        refused.refused(status, problem);
    }
}

#[tokio::test]
async fn a_student_comes_moves_and_a_class_graduates_and_nothing_is_rewritten() {
    let school = school().await;
    let officer = school.by(OFFICER);
    let enrol = json!({
        "number": "2026010146", "name": "郑七", "sex": "女", "phone": "13100000046",
        "class": "26JY1", "on": "2026-11-23",
    });
    let key = school.fresh_key();
    let first = officer.post_as(&key, "/v1/students", &enrol).await.ok();
    let again = officer.post_as(&key, "/v1/students", &enrol).await.ok();
    assert_eq!(
        first.body, again.body,
        "a retry is answered as the first time"
    );
    let taken = officer.post("/v1/students", &enrol).await;
    taken.refused(409, "number-taken");
    let person = officer.get("/v1/people/2026010146").await.ok().body;
    assert_eq!(person["contacts"]["phone"], "13100000046");
    let to = json!({"class": "26DS1", "on": "2026-11-23"});
    officer.post("/v1/students/2026010146/move", &to).await.ok();
    school.by("T2").get("/v1/people/2026010146").await.ok();
    let day = "/v1/students/2026010146/days/2026-11-23";
    school.by("T2").get(day).await.ok();
    school.by("T1").get(day).await.refused(403, "not-yours");
    let graduate = json!({"last_day": "2026-11-24"});
    officer
        .post("/v1/classes/26DS1/graduate", &graduate)
        .await
        .ok();
    school.clock("2026-11-25T06:00:00+08:00").await.ok();
    let person = officer.get("/v1/people/2026010146").await.ok().body;
    assert_eq!(person["standing"], "graduated");
    assert_eq!(person["offices"][0]["to"], "2026-11-25T00:00:00+08:00");
    let day = officer
        .get("/v1/classes/26DS1/days/2026-11-24")
        .await
        .ok()
        .body;
    assert_eq!(day["sessions"][0]["students"].as_array().unwrap().len(), 2);
    let teacher = school
        .by("T2")
        .get("/v1/classes/26DS1/days/2026-11-24")
        .await;
    teacher.refused(403, "not-yours");
}

#[tokio::test]
async fn a_guardian_asks_for_the_child_reads_the_child_and_nobody_else() {
    let school = school().await;
    let guardians = |what: &str| format!("/v1/students/2026010102/guardians/{what}");
    let add = json!({"phone": "13900000001", "name": "钱父"});
    let by_other = school.by("T2").post(&guardians("add"), &add).await;
    by_other.refused(403, "not-yours");
    school.by("T1").post(&guardians("add"), &add).await.ok();
    let guardian = school.by("13900000001");
    let me = guardian.get("/v1/me").await.ok().body;
    assert_eq!(me["offices"][0]["scope"], json!({"student": "2026010102"}));
    let ask = json!({
        "type": "sick", "reason": "孩子发烧",
        "from": "2026-11-24T08:00:00+08:00", "to": "2026-11-24T18:00:00+08:00",
    });
    let asked = guardian.post("/v1/slips", &ask).await.ok().body;
    let slip = asked["slip"].as_str().unwrap();
    let trail = guardian.get(&format!("/v1/slips/{slip}")).await.ok().body;
    assert_eq!(trail["trail"][0]["actor"]["number"], "13900000001");
    assert_eq!(trail["trail"][0]["actor"]["office"], "guardian");
    assert_eq!(trail["reason"], "孩子发烧");
    let refused = approve(&school, "13900000001", slip).await;
    refused.refused(403, "not-the-homeroom-teacher");
    let other = guardian.get("/v1/people/2026010101").await;
    other.refused(403, "not-yours");
    let check_in = guardian.post("/v1/check-ins", &School::at_the_gate()).await;
    check_in.refused(403, "not-yours");
    let remove = json!({"phone": "13900000001"});
    school
        .by("T1")
        .post(&guardians("remove"), &remove)
        .await
        .ok();
    let child = guardian.get("/v1/people/2026010102").await;
    child.refused(403, "not-yours");
    let again = school.by("T1").post(&guardians("remove"), &remove).await;
    again.refused(404, "not-their-guardian");
}

#[tokio::test]
async fn an_office_as_it_cannot_be_is_refused_and_says_why() {
    let school = school().await;
    let head = school.head().await;
    let class = |role: &str| json!({"role": role, "scope": {"class": "26JY1"}});
    for (person, office, more, status, problem) in [
        ("T9", class("counsellor"), json!({}), 422, "unknown-person"),
        ("T3", class("guard"), json!({}), 422, "no-such-office"),
        (
            "T3",
            json!({"role": "counsellor", "scope": {"class": "NOPE"}}),
            json!({}),
            422,
            "unknown-class",
        ),
        (
            "T3",
            json!({"role": "counsellor", "scope": {"grade": 1999}}),
            json!({}),
            422,
            "no-such-scope",
        ),
        (
            "T3",
            json!({"role": "student", "scope": {"student": "2026010101"}}),
            json!({}),
            422,
            "no-such-office",
        ),
        (
            "2026010101",
            class("counsellor"),
            json!({}),
            422,
            "office-not-for-them",
        ),
        (
            "T3",
            class("class_cadre"),
            json!({}),
            422,
            "office-not-for-them",
        ),
        (
            "T1",
            class("homeroom_teacher"),
            json!({}),
            409,
            "office-already-held",
        ),
        (
            "T3",
            class("counsellor"),
            json!({"from": "2026-11-22T00:00:00+08:00"}),
            422,
            "begins-in-the-past",
        ),
        (
            "T3",
            class("counsellor"),
            json!({"to": "2026-11-22T00:00:00+08:00"}),
            422,
            "ends-before-it-begins",
        ),
        (
            "T3",
            json!({"role": "janitor", "scope": "school"}),
            json!({}),
            400,
            "malformed-body",
        ),
        (
            "T4",
            class("counsellor"),
            json!({}),
            403,
            "office-for-oneself",
        ),
        (
            "T3",
            json!({"role": "it_admin", "scope": "school"}),
            json!({}),
            403,
            "not-yours",
        ),
    ] {
        let mut body = json!({"person": person, "office": office});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let refused = school.by(OFFICER).post("/v1/offices/appoint", &body).await;
        refused.refused(status, problem);
    }
    let end = json!({"person": "T3", "office": class("counsellor")});
    let refused = school.by(OFFICER).post("/v1/offices/end", &end).await;
    refused.refused(409, "office-not-held");
    let get = school
        .by(OFFICER)
        .send(Method::GET, "/v1/offices/end", None, &[])
        .await;
    get.refused(405, "method-not-allowed");
    assert_eq!(school.head().await, head);
}
