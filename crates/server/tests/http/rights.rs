//! Who may do what, asked of the whole API: what the table names is what every endpoint asks for.

use std::time::Duration;

use homeroom_domain::office::Role;
use homeroom_domain::rights::{Action, Reach, reach};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, OFFICER, School, answer};

/// An operation of the API, with a request that is sound.
struct Operation {
    id: String,
    method: Method,
    path: String,
    action: String,
}

/// A school with one of everything that a path can name.
struct Furnished {
    school: School,
    slip: String,
    rule: String,
    template: String,
}

impl Furnished {
    async fn new() -> Self {
        let school = School::with_rule().await;
        let slip = school.by("2026010102").post("/v1/slips", &slip("28")).await;
        let rules = school.by(OFFICER).get("/v1/rules").await.ok().body;
        let template = school.by(OFFICER).post("/v1/templates", &template()).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            slip: text(&slip.ok().body["slip"]),
            rule: text(&rules["rules"][0]["rule"]),
            template: text(&template.ok().body["template"]),
            school,
        }
    }

    /// Every operation that the description names.
    fn operations(&self) -> Vec<Operation> {
        let openapi = serde_json::to_value(homeroom_server::openapi()).unwrap();
        let mut operations = Vec::new();
        for (path, item) in openapi["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let path = path
                    .replace("{class}", "26JY1")
                    .replace("{date}", "2026-11-23")
                    .replace("{student}", "2026010102")
                    .replace("{number}", "2026010102")
                    .replace("{slip}", &self.slip)
                    .replace("{rule}", &self.rule)
                    .replace("{template}", &self.template)
                    .replace("{session}", "abc")
                    .replace("{key}", "abc");
                assert!(!path.contains('{'), "{path}");
                let id = operation["operationId"].as_str().unwrap().to_owned();
                let query = match id.as_str() {
                    "calendar" => "?from=2026-09-01&to=2027-01-31",
                    "class_tally" | "student_tally_of" | "department_tally" => {
                        "?from=2026-11-01&to=2026-11-30"
                    }
                    "class_reports" => "?date=2026-11-23",
                    "student_readings" => "?month=2026-11",
                    _ => "",
                };
                operations.push(Operation {
                    method: method.to_uppercase().parse().unwrap(),
                    path: path + query,
                    action: operation["x-homeroom-action"].as_str().unwrap().to_owned(),
                    id,
                });
            }
        }
        operations
    }

    /// Asks with what somebody shows, or with nothing; more slowly when told to.
    async fn ask(&self, operation: &Operation, token: Option<&str>) -> Answer {
        loop {
            let answer = self.ask_once(operation, token).await;
            if answer.status != 429 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn ask_once(&self, operation: &Operation, token: Option<&str>) -> Answer {
        let mut request = self
            .school
            .request(operation.method.clone(), &operation.path)
            .header("Idempotency-Key", self.school.fresh_key());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if operation.id == "import_roster" {
            let part = reqwest::multipart::Part::bytes("工号,姓名,职务,范围,手机号\n".as_bytes());
            let form = reqwest::multipart::Form::new().part("staff", part);
            return answer(request.multipart(form)).await;
        }
        if operation.method != Method::GET {
            request = request.json(&self.body(&operation.id));
        }
        answer(request).await
    }

    /// A body that is sound.
    fn body(&self, id: &str) -> Value {
        let office = json!({"role": "guard", "scope": {"department": "综职系"}});
        match id {
            "check_in" => School::at_the_gate(),
            "submit_slip" => slip("29"),
            "reject_slip" => json!({"reason": "没有证明"}),
            "create_rule" => School::rule("晚点名", "18:50:00", "19:20:00"),
            "revise_rule" => {
                json!({"version": 1, "terms": School::rule("早点名", "06:50:00", "07:20:00")})
            }
            "publish_template" | "publish_template_version" => template(),
            "file_report" => json!({
                "template": self.template, "class": "26JY1", "date": "2026-11-23",
                "answers": [{"item": "windows", "value": {"yes_no": true}}],
            }),
            "enrol_student" => {
                json!({"number": "2026010146", "name": "郑七", "class": "26JY1", "on": "2026-11-24"})
            }
            "move_student" => json!({"class": "26DS1", "on": "2026-11-23"}),
            "suspend_student" | "resume_student" => json!({"from": "2026-11-23"}),
            "let_student_leave" => json!({"last_day": "2026-11-30", "how": "left"}),
            "import_calendar" => {
                json!({"days": [{"date": "2026-10-01", "kind": "holiday", "name": "国庆节"}]})
            }
            "set_calendar_day" => json!({"date": "2026-10-10", "kind": "workday", "name": "调休"}),
            "clear_calendar_day" => json!({"date": "2026-10-10"}),
            "graduate_class" => json!({"last_day": "2027-06-30"}),
            "add_guardian" => json!({"phone": "13900000001", "name": "钱父"}),
            "remove_guardian" => json!({"phone": "13900000001"}),
            "appoint_office" | "end_office" => json!({"person": "T1", "office": office}),
            "delegate_office" => {
                json!({"holder": "T1", "office": office, "deputy": "T2", "to": "2026-11-30T00:00:00+08:00"})
            }
            "sign_in" => json!({"number": "T1", "password": "wrong"}),
            "change_password" => json!({"new": "correct horse battery"}),
            "give_first_passwords" => json!({"numbers": ["T1"]}),
            "make_api_key" => {
                json!({"name": "hub", "office": office, "actions": ["read_class_day"]})
            }
            "set_clock" => json!({"now": "2026-11-23T06:00:00+08:00"}),
            _ => json!({}),
        }
    }

    /// The officer's key for these actions.
    async fn key(&self, actions: &[&str]) -> String {
        let body = json!({
            "name": "test", "actions": actions,
            "office": {"role": "student_affairs_officer", "scope": {"department": "综职系"}},
        });
        let made = loop {
            let made = self.school.by(OFFICER).post("/v1/api-keys", &body).await;
            if made.status != 429 {
                break made;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        made.ok().body["key"].as_str().unwrap().to_owned()
    }
}

fn slip(day: &str) -> Value {
    json!({
        "type": "sick", "reason": "发烧",
        "from": format!("2026-11-{day}T08:00:00+08:00"), "to": format!("2026-11-{day}T18:00:00+08:00"),
    })
}

fn template() -> Value {
    json!({
        "name": "开窗", "full_marks_hundredths": 10_000,
        "items": [{"key": "windows", "label": "开窗", "required": true, "kind": "yes_no"}],
    })
}

/// What a program of the officer's may be given to do.
fn for_programs() -> Vec<&'static str> {
    let of_officer =
        |action: &&Action| reach(**action, Role::StudentAffairsOfficer) != Reach::Never;
    let actions = Action::ALL.iter().filter(of_officer);
    let actions = actions.filter(|action| !action.is_a_persons_own());
    actions.map(|action| action.as_str()).collect()
}

#[tokio::test]
async fn every_endpoint_asks_for_its_own_row_of_the_table_and_nothing_else_opens_it() {
    let furnished = Furnished::new().await;
    let all = for_programs();
    let mut opened = Vec::new();
    for operation in furnished.operations() {
        let Operation { action, id, .. } = &operation;
        let nobody = furnished.ask(&operation, None).await;
        if action == "anybody" {
            assert_ne!(nobody.status, 403, "{id}");
            continue;
        }
        nobody.refused(401, "not-signed-in");
        let others: Vec<&str> = all.iter().copied().filter(|one| one != action).collect();
        let refused = furnished
            .ask(&operation, Some(&furnished.key(&others).await))
            .await;
        let password = id == "change_password";
        assert_eq!(
            refused.status,
            if password { 401 } else { 403 },
            "{id} with everything but {action}: {:#}",
            refused.body
        );
        if all.contains(&action.as_str()) {
            let key = furnished.key(&[action]).await;
            let answered = furnished.ask(&operation, Some(&key)).await;
            assert!(
                !matches!(answered.status, 401 | 403 | 500..),
                "{id} with {action} alone: {} {:#}",
                answered.status,
                answered.body
            );
            opened.push(id.clone());
        }
    }
    assert!(opened.len() > 20, "{opened:?}");
}

#[tokio::test]
async fn every_action_of_the_table_is_asked_for_somewhere_or_by_another_part() {
    let furnished = Furnished::new().await;
    let asked: Vec<String> = furnished
        .operations()
        .into_iter()
        .map(|operation| operation.action)
        .collect();
    let unasked = Action::ALL
        .iter()
        .filter(|action| !asked.iter().any(|asked| asked == action.as_str()));
    // Sessions are closed by the clock process; the others are details within an answer.
    let expected = [
        Action::CloseSession,
        Action::ReadReason,
        Action::ReadContacts,
        Action::AppointClassCadre,
        Action::AppointSeniorOffice,
        Action::ReadOffices,
    ];
    assert_eq!(unasked.copied().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_is_not_theirs_to_know_is_refused_alike_whether_it_exists_or_not() {
    let school = School::open().await;
    let student = school.by("2026010101");
    for (there, nowhere) in [
        ("/v1/people/2026010102", "/v1/people/1999999999"),
        (
            "/v1/students/2026010102/days/2026-11-23",
            "/v1/students/1999999999/days/2026-11-23",
        ),
        (
            "/v1/classes/26DS1/days/2026-11-23",
            "/v1/classes/NOPE/days/2026-11-23",
        ),
        (
            "/v1/students/2026010102/readings?month=2026-11",
            "/v1/students/1999999999/readings?month=2026-11",
        ),
    ] {
        let (there, nowhere) = (student.get(there).await, student.get(nowhere).await);
        assert_eq!((there.status, nowhere.status), (403, 403));
        assert_eq!(there.body, nowhere.body);
    }
    let officer = school.by(OFFICER);
    let unknown = officer.get("/v1/people/1999999999").await;
    unknown.refused(404, "unknown-person");
}

#[tokio::test]
async fn a_program_acts_for_whoever_made_its_key_as_long_as_they_hold_the_office() {
    let furnished = Furnished::new().await;
    let school = &furnished.school;
    let teacher = json!({"role": "homeroom_teacher", "scope": {"class": "26JY1"}});
    let wish = |office: &Value, actions: &[&str]| json!({"name": "hub", "office": office, "actions": actions});
    let by = school.by("T1");
    let other = json!({"role": "homeroom_teacher", "scope": {"class": "26DS1"}});
    let made = by
        .post("/v1/api-keys", &wish(&other, &["read_class_day"]))
        .await;
    made.refused(422, "key-office-not-held");
    for actions in [&["approve_slip"][..], &["import_roster"], &["fly"]] {
        let made = by.post("/v1/api-keys", &wish(&teacher, actions)).await;
        assert_eq!(made.refused(422, "key-action").body["field"], "actions[0]");
    }
    let made = by
        .post("/v1/api-keys", &wish(&teacher, &["read_class_day"]))
        .await;
    let key = made.ok().body["key"].as_str().unwrap().to_owned();
    let read = async |class: &str| {
        let path = format!("/v1/classes/{class}/days/2026-11-23");
        answer(school.request(Method::GET, &path).bearer_auth(&key)).await
    };
    read("26JY1").await.ok();
    read("26DS1").await.refused(403, "not-yours");
    let keys = by.get("/v1/api-keys").await.ok().body;
    assert_eq!(keys["keys"][0]["name"], "hub");
    assert!(!keys.to_string().contains(&key), "shown once");
    assert_eq!(
        school.by("T2").get("/v1/api-keys").await.ok().body["keys"],
        json!([]),
        "nobody else's"
    );
    let replaced = json!({"person": "T2", "office": teacher});
    school
        .by("admin")
        .post("/v1/offices/appoint", &replaced)
        .await
        .ok();
    read("26JY1").await.refused(403, "not-yours");
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    let furnished = Furnished::new().await;
    let key = furnished.key(&["read_classes"]).await;
    let ask = || {
        answer(
            furnished
                .school
                .request(Method::GET, "/v1/classes")
                .bearer_auth(&key),
        )
    };
    ask().await.ok();
    let officer = furnished.school.by(OFFICER);
    let keys = officer.get("/v1/api-keys").await.ok().body;
    let id = keys["keys"][0]["id"].as_str().unwrap();
    let path = format!("/v1/api-keys/{id}/revoke");
    let stranger = furnished.school.by("T1").post(&path, &json!({})).await;
    stranger.refused(404, "unknown-key");
    officer.post(&path, &json!({})).await.ok();
    ask().await.refused(401, "not-signed-in");
}
