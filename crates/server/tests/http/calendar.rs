//! The calendar: imported, over it the school's own days, and what they mean to a class's day.

use serde_json::{Value, json};

use crate::harness::{OFFICER, School};

/// National Day 2026, as the country announced it: seven days off, two weekends worked for it.
fn national_day() -> Value {
    let day = |date: &str, kind: &str| json!({"date": date, "kind": kind, "name": "国庆节"});
    let mut days = vec![day("2026-09-27", "workday")];
    days.extend((1..=7).map(|d| day(&format!("2026-10-0{d}"), "holiday")));
    days.push(day("2026-10-10", "workday"));
    json!({"days": days})
}

/// How many sessions a class has on a date.
async fn sessions(school: &School, date: &str) -> usize {
    let path = format!("/v1/classes/26JY1/days/{date}");
    let day = school.by("T1").get(&path).await.ok().body;
    day["sessions"].as_array().unwrap().len()
}

#[tokio::test]
async fn ck15_a_make_up_workday_has_duty_and_the_holiday_it_is_for_has_none() {
    let school = School::with_rule().await;
    let officer = school.by(OFFICER);
    let thursday = "2026-10-01";
    assert_eq!(sessions(&school, thursday).await, 1, "a Thursday by itself");
    let imported = officer.post("/v1/calendar/import", &national_day()).await;
    assert_eq!(imported.ok().body["days_changed"], 9);
    let again = officer.post("/v1/calendar/import", &national_day()).await;
    assert_eq!(again.ok().body["days_changed"], 0);
    assert_eq!(sessions(&school, thursday).await, 0);
    assert_eq!(
        sessions(&school, "2026-10-10").await,
        1,
        "a Saturday worked"
    );
    assert_eq!(sessions(&school, "2026-10-11").await, 0, "a Sunday");
    let day = school
        .by("T1")
        .get("/v1/classes/26JY1/days/2026-10-01")
        .await;
    assert_eq!(day.ok().body["calendar"]["name"], "国庆节");
    school.clock("2026-11-23T07:00:00+08:00").await.ok();
    let own = json!({"date": "2026-11-23", "kind": "holiday", "name": "校庆"});
    officer.post("/v1/calendar/set-day", &own).await.ok();
    let gate = School::at_the_gate();
    let student = school.by("2026010102");
    student
        .post("/v1/check-ins", &gate)
        .await
        .refused(422, "no-session");
    let clear = json!({"date": "2026-11-23"});
    officer.post("/v1/calendar/clear-day", &clear).await.ok();
    student.post("/v1/check-ins", &gate).await.ok();
}

#[tokio::test]
async fn the_schools_own_day_counts_over_the_countrys_and_is_read_as_what_counts() {
    let school = School::with_rule().await;
    let officer = school.by(OFFICER);
    officer
        .post("/v1/calendar/import", &national_day())
        .await
        .ok();
    let own =
        json!({"date": "2026-10-10", "kind": "workday", "as_weekday": "Sun", "name": "按周日作息"});
    officer.post("/v1/calendar/set-day", &own).await.ok();
    assert_eq!(sessions(&school, "2026-10-10").await, 0, "run as a Sunday");
    let path = "/v1/calendar?from=2026-10-05&to=2026-10-31";
    let read = school.by("2026010102").get(path).await.ok().body;
    let dates: Vec<&str> = read["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| day["date"].as_str().unwrap())
        .collect();
    assert_eq!(
        dates,
        ["2026-10-05", "2026-10-06", "2026-10-07", "2026-10-10"]
    );
    assert_eq!(read["days"][3], own);
}

#[tokio::test]
async fn a_calendar_as_it_cannot_be_is_refused_and_nothing_is_stored() {
    let school = School::open().await;
    let head = school.head().await;
    let officer = school.by(OFFICER);
    let twice = json!({"days": [
        {"date": "2026-10-01", "kind": "holiday", "name": "国庆节"},
        {"date": "2026-10-01", "kind": "workday", "name": "国庆节"},
    ]});
    let refused = officer.post("/v1/calendar/import", &twice).await;
    let refused = refused.refused(422, "invalid-calendar-day");
    assert_eq!(refused.body["field"], "days[1].date");
    for (body, status, problem) in [
        (
            json!({"date": "2026-02-30", "kind": "holiday", "name": "x"}),
            400,
            "malformed-body",
        ),
        (
            json!({"date": "2026-10-01", "kind": "vacation", "name": "x"}),
            400,
            "malformed-body",
        ),
        (
            json!({"date": "2026-10-01", "kind": "holiday", "name": ""}),
            422,
            "invalid-calendar-day",
        ),
    ] {
        let refused = officer.post("/v1/calendar/set-day", &body).await;
        refused.refused(status, problem);
    }
    let sound = json!({"date": "2026-10-01", "kind": "holiday", "name": "国庆节"});
    for number in ["T1", "2026010101"] {
        let refused = school.by(number).post("/v1/calendar/set-day", &sound).await;
        refused.refused(403, "not-yours");
    }
    for query in [
        "from=2026-10-02&to=2026-10-01",
        "from=2020-01-01&to=2026-01-01",
        "from=2026-10-01",
    ] {
        let refused = officer.get(&format!("/v1/calendar?{query}")).await;
        refused.refused(400, "malformed-query");
    }
    assert_eq!(school.head().await, head);
}
