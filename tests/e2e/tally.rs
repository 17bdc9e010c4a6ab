//! Attendance counted: two weeks of a small school, against its days counted again by the test.

use std::collections::BTreeMap;

use homeroom_tests::{School, on};
use serde_json::{Value, json};

const COUNTS: [&str; 6] = ["expected", "on_time", "late", "excused", "absent", "open"];
const CLASSES: [&str; 2] = ["26JY1", "26DS1"];
/// The school days that are played; Wednesday is the school's own holiday, Saturday is worked for it.
const DATES: [&str; 6] = [
    "2026-11-23",
    "2026-11-24",
    "2026-11-25",
    "2026-11-26",
    "2026-11-27",
    "2026-11-28",
];
const SPAN: &str = "from=2026-11-16&to=2026-12-06";

/// Plays the days: everybody's mornings differ, one has leave, one moves to the other class on Thursday.
async fn played() -> School {
    let school = School::with_rule().await;
    for (date, kind) in [("2026-11-25", "holiday"), ("2026-11-28", "workday")] {
        let day = json!({"date": date, "kind": kind, "name": "校庆"});
        let set = school.officer().post("/v1/calendar/set-day", &day).await;
        set.ok();
    }
    let slip = school
        .student("2026010102")
        .submits_slip(on("2026-11-24", "00:00"), on("2026-11-27", "00:00"));
    let slip = slip.await.ok().body["slip"].as_str().unwrap().to_owned();
    school.staff("T1").approves(&slip).await.ok();
    let students = ["2026010101", "2026010103", "2026020101", "2026020102"];
    for (day, date) in DATES.into_iter().enumerate() {
        // On time, late, or not at all, another way each day.
        for (turn, time) in ["07:05", "07:12"].into_iter().enumerate() {
            for (n, student) in students.into_iter().enumerate() {
                if (day + n) % 3 != turn {
                    continue;
                }
                let checked_in = school.student(student).checks_in(on(date, time)).await;
                if date == "2026-11-25" {
                    checked_in.refused(422, "no-session");
                } else {
                    checked_in.ok();
                }
            }
        }
        if date == "2026-11-26" {
            school.clock(&on(date, "09:00")).await.ok();
            let to = json!({"class": "26DS1", "on": "2026-11-27"});
            school.clock(&on("2026-11-27", "00:00")).await.ok();
            let path = "/v1/students/2026010103/move";
            school.officer().post(path, &to).await.ok();
        }
    }
    school.clock(&on("2026-11-29", "06:00")).await.ok();
    for class in CLASSES {
        let last = format!("/v1/classes/{class}/days/2026-11-28");
        school
            .until(&last, |day| day["sessions"][0]["closed"] == true)
            .await;
    }
    school
}

/// What the days themselves say, by class and by student: every status of every student in every session.
async fn recounted(school: &School) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut counts: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for class in CLASSES {
        for day in 16..=29 {
            let path = format!("/v1/classes/{class}/days/2026-11-{day}");
            let told = school.officer().get(&path).await.ok().body;
            for session in told["sessions"].as_array().unwrap() {
                for student in session["students"].as_array().unwrap() {
                    let status = student["status"].as_str().unwrap();
                    if status == "not_on_duty" {
                        continue;
                    }
                    let number = student["number"].as_str().unwrap();
                    for whose in [class, number, &format!("{class} {number}"), "all"] {
                        let of = counts.entry(whose.to_owned()).or_default();
                        *of.entry(status.to_owned()).or_default() += 1;
                        *of.entry("expected".to_owned()).or_default() += 1;
                    }
                }
            }
        }
    }
    counts
}

#[track_caller]
fn agrees(tally: &Value, counts: Option<&BTreeMap<String, u64>>, what: &str) {
    for name in COUNTS {
        let counted = counts.and_then(|counts| counts.get(name)).copied();
        assert_eq!(
            tally[name].as_u64(),
            Some(counted.unwrap_or(0)),
            "{what}: {name} of {tally:#}"
        );
    }
}

#[track_caller]
fn adds_up(parts: &Value, whole: &Value, what: &str) {
    for name in COUNTS.into_iter().chain(["late_s"]) {
        let parts = parts.as_array().unwrap().iter();
        let sum: u64 = parts.map(|part| part[name].as_u64().unwrap()).sum();
        assert_eq!(Some(sum), whole[name].as_u64(), "{what}: {name}");
    }
}

#[tokio::test]
async fn every_tally_is_the_sum_of_its_students_days_and_split_where_one_moved_class() {
    let school = played().await;
    let counts = recounted(&school).await;
    assert!(
        counts["all"]["absent"] > 3 && counts["all"]["late"] > 3,
        "{counts:?}"
    );
    let officer = school.officer();
    for class in CLASSES {
        for (by, periods) in [("day", 5), ("week", 1), ("month", 1)] {
            let path = format!("/v1/classes/{class}/tally?{SPAN}&by={by}");
            let told = officer.get(&path).await.ok().body;
            agrees(&told["total"], counts.get(class), class);
            adds_up(&told["students"], &told["total"], class);
            adds_up(&told["periods"], &told["total"], by);
            assert_eq!(told["periods"].as_array().unwrap().len(), periods, "{by}");
            for student in told["students"].as_array().unwrap() {
                let number = student["number"].as_str().unwrap();
                agrees(student, counts.get(&format!("{class} {number}")), number);
                let missed = student["missed"].as_array().unwrap().len() as u64;
                let settled = ["late", "excused", "absent"];
                let settled: u64 = settled
                    .iter()
                    .map(|name| student[name].as_u64().unwrap())
                    .sum();
                assert_eq!(missed, settled, "the list behind {number}'s numbers");
            }
        }
    }
    let moved = format!("/v1/students/2026010103/tally?{SPAN}");
    let moved = school.student("2026010103").get(&moved).await.ok().body;
    agrees(&moved["total"], counts.get("2026010103"), "moved");
    assert_eq!(moved["total"]["expected"], 5, "under two classes");
    assert_eq!(counts["26JY1 2026010103"]["expected"], 3);
    assert_eq!(counts["26DS1 2026010103"]["expected"], 2);
    let excused = format!("/v1/students/2026010102/tally?{SPAN}");
    let excused = school.staff("T1").get(&excused).await.ok().body;
    assert_eq!(
        excused["total"]["excused"], 2,
        "not the holiday between: {excused:#}"
    );
    let department = officer.get(&format!("/v1/tally?{SPAN}")).await.ok().body;
    agrees(&department["total"], counts.get("all"), "department");
    adds_up(&department["classes"], &department["total"], "department");
    let of_teacher = school
        .staff("T1")
        .get(&format!("/v1/tally?{SPAN}"))
        .await
        .ok();
    assert_eq!(of_teacher.body["classes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_tally_is_a_sheet_to_open_and_belongs_to_whoever_may_read_the_days() {
    let school = School::with_rule().await;
    let officer = school.officer();
    let path = format!("/v1/classes/26JY1/tally?{SPAN}");
    let csv = officer.get(&format!("{path}&as=csv")).await.ok();
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let text = csv.body.as_str().unwrap();
    let head = "学号 number,姓名 name,应到 expected";
    assert!(
        text.trim_start_matches('\u{feff}').starts_with(head),
        "{text}"
    );
    assert!(text.contains("2026010101,赵一,1,0,0,0,0,0,1,"), "{text}");
    for path in [
        format!("{path}&as=xlsx"),
        format!("/v1/tally?{SPAN}&as=xlsx"),
    ] {
        let xlsx = officer.get(&path).await.ok();
        let type_ = xlsx.headers["content-type"].to_str().unwrap();
        assert!(type_.ends_with("spreadsheetml.sheet"), "{type_}");
    }
    for (who, path) in [
        ("T2", path.clone()),
        ("T3", path.clone()),
        ("2026010102", path.clone()),
        ("T3", format!("/v1/tally?{SPAN}")),
        (
            "2026010102",
            format!("/v1/students/2026010101/tally?{SPAN}"),
        ),
    ] {
        let refused = school.staff(who).get(&path).await;
        refused.refused(403, "not-yours");
    }
    for query in [
        "from=2026-11-30&to=2026-11-01",
        "from=2026-01-01&to=2026-12-31",
        "from=2026-11-01",
        "from=2026-11-01&to=2026-11-30&by=fortnight",
        "from=2026-11-01&to=2026-11-30&as=pdf",
    ] {
        let refused = officer
            .get(&format!("/v1/classes/26JY1/tally?{query}"))
            .await;
        refused.refused(400, "malformed-query");
    }
}
