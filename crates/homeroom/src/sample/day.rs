//! Each class's day, as tables.

use std::time::{Duration, Instant};

use comfy_table::{CellAlignment, Table};
use serde_json::Value;

use super::files::Sample;
use super::people::People;
use crate::exit::Exit;
use crate::say;

const DATE: &str = "2026-11-23";
/// How long the clock process and the projections may take to close the morning and show it.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(60);
const CLOSING_INTERVAL: Duration = Duration::from_millis(50);

const COUNTS: [(&str, &str); 5] = [
    ("on_time", "on time 准时"),
    ("late", "late 迟到"),
    ("refused_attempts", "refused 无效"),
    ("excused", "excused 请假"),
    ("absent", "absent 缺勤"),
];

/// Waits until every session of the morning is closed, then shows each class's day and who was refused and why.
pub(super) async fn show(people: &mut People, sample: &Sample) -> anyhow::Result<()> {
    let bar = say::bar(
        "waiting for the morning to be closed",
        sample.classes.len() as u64,
        "classes",
    );
    let mut days = Vec::with_capacity(sample.classes.len());
    for class in &sample.classes {
        days.push(closed_day(people, &sample.officer, &class.code).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    say::line(format_args!("\nThe morning of {DATE}"));
    say::line(tallies(&days));
    say::line("\nAttempts that do not count");
    say::line(refused(&days));
    Ok(())
}

async fn closed_day(people: &mut People, reader: &str, class: &str) -> anyhow::Result<Value> {
    let end = Instant::now() + CLOSING_TIMEOUT;
    loop {
        let day = people
            .get(reader, &format!("/v1/classes/{class}/days/{DATE}"))
            .await?;
        let day = day.ok("a class's day")?;
        let sessions = sessions(&day);
        if !sessions.is_empty() && sessions.iter().all(|session| session["closed"] == true) {
            return Ok(day);
        }
        if Instant::now() >= end {
            return Err(Exit::Unavailable.because(format_args!(
                "the morning of {class} was not closed within {CLOSING_TIMEOUT:?}; what the clock logged tells why"
            )));
        }
        tokio::time::sleep(CLOSING_INTERVAL).await;
    }
}

fn sessions(day: &Value) -> &[Value] {
    day["sessions"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn students(session: &Value) -> &[Value] {
    session["students"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn tallies(days: &[Value]) -> Table {
    let names = COUNTS.iter().map(|(_, name)| *name);
    let mut table = say::table(["class 班级", "students 人数"].into_iter().chain(names));
    let mut totals = [0; COUNTS.len() + 1];
    for day in days {
        for session in sessions(day) {
            let mut counts = [0; COUNTS.len() + 1];
            counts[0] = students(session).len() as u64;
            for (count, (name, _)) in counts[1..].iter_mut().zip(COUNTS) {
                *count = session[name].as_u64().unwrap_or_default();
            }
            for (total, count) in totals.iter_mut().zip(counts) {
                *total += count;
            }
            let class = [&day["class"], &day["name"]].map(|text| text.as_str().unwrap_or_default());
            table.add_row(row(class.join(" "), counts));
        }
    }
    table.add_row(row("together 合计".to_owned(), totals));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(name: String, counts: [u64; COUNTS.len() + 1]) -> Vec<String> {
    std::iter::once(name)
        .chain(counts.map(|count| count.to_string()))
        .collect()
}

fn refused(days: &[Value]) -> Table {
    let mut table = say::table(["class", "student", "at", "why", "in the end"]);
    for day in days {
        for student in sessions(day).iter().flat_map(students) {
            for attempt in student["refused"].as_array().into_iter().flatten() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let who = format!("{} {}", text(&student["number"]), text(&student["name"]));
                let at = text(&attempt["at"])
                    .chars()
                    .skip("2026-11-23T".len())
                    .take("07:11:00".len())
                    .collect();
                table.add_row([
                    text(&day["class"]),
                    who,
                    at,
                    why(attempt),
                    text(&student["status"]),
                ]);
            }
        }
    }
    table
}

fn why(attempt: &Value) -> String {
    match attempt["reason"].as_str().unwrap_or_default() {
        "out-of-range" => {
            format!(
                "{} m away, {} m allowed",
                attempt["distance_m"], attempt["radius_m"]
            )
        }
        "out-of-window" => {
            let time = |name: &str| attempt[name].as_str().unwrap_or_default().to_owned();
            format!(
                "outside the window {} to {}",
                time("window_opens"),
                time("window_closes")
            )
        }
        other => other.to_owned(),
    }
}
