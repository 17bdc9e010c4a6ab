//! The sample's files, carried inside the program.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use homeroom_domain::Moment;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::import_calendar;

const CLASSES: &[u8] = include_bytes!("../../../../sample/roster/classes.csv");
const STAFF: &[u8] = include_bytes!("../../../../sample/roster/staff.csv");
const STUDENTS: &[u8] = include_bytes!("../../../../sample/roster/students.csv");
const CADRES: &[u8] = include_bytes!("../../../../sample/roster/cadres.csv");
const RULE: &[u8] = include_bytes!("../../../../sample/morning/rule.json");
const CHECK_INS: &str = include_str!("../../../../sample/morning/checkins-2026-11-23.ndjson");
const CALENDAR: &[u8] = include_bytes!("../../../../sample/calendar/cn-public-holidays.csv");
const TEMPLATE: &[u8] = include_bytes!("../../../../sample/templates/hygiene-morning.json");

/// The sample, read.
#[derive(Debug)]
pub(super) struct Sample {
    /// The roster's files by the parts they are sent as.
    pub(super) roster: Vec<(&'static str, Vec<u8>)>,
    pub(super) classes: Vec<Class>,
    students: Vec<Student>,
    cadres: Vec<Cadre>,
    /// The student-affairs officer, who sets the rule and publishes the template.
    pub(super) officer: String,
    /// The rule as `POST /v1/rules` takes it.
    pub(super) rule: Value,
    /// The country's holidays as `POST /v1/calendar/import` takes them.
    pub(super) calendar: Value,
    /// The raw check-ins, in the order in which they were made.
    pub(super) check_ins: Vec<CheckIn>,
    /// A report template as `POST /v1/templates` takes it.
    pub(super) template: Value,
}

/// A line of `classes.csv`.
#[derive(Debug, Deserialize)]
pub(super) struct Class {
    #[serde(rename = "班级代码")]
    pub(super) code: String,
    #[serde(rename = "班级")]
    pub(super) name: String,
    #[serde(rename = "班主任工号")]
    pub(super) teacher: String,
}

/// A line of `staff.csv`.
#[derive(Debug, Deserialize)]
struct Staff {
    #[serde(rename = "工号")]
    number: String,
    #[serde(rename = "职务")]
    role: String,
}

/// A line of `students.csv`.
#[derive(Debug, Deserialize)]
struct Student {
    #[serde(rename = "学号")]
    number: String,
    #[serde(rename = "班级")]
    class: String,
}

/// A line of `cadres.csv`.
#[derive(Debug, Deserialize)]
struct Cadre {
    #[serde(rename = "学号")]
    number: String,
    #[serde(rename = "职务")]
    title: String,
}

/// One raw attempt to check in.
#[derive(Debug, Deserialize)]
pub(super) struct CheckIn {
    pub(super) student: String,
    pub(super) at: Moment,
    lat: f64,
    lng: f64,
    accuracy_m: f64,
    device: String,
}

impl CheckIn {
    /// The attempt as `POST /v1/check-ins` takes it.
    pub(super) fn body(&self) -> Value {
        json!({
            "place": {"lat": self.lat, "lng": self.lng, "datum": "wgs84"},
            "accuracy_m": self.accuracy_m, "device": self.device,
        })
    }
}

#[derive(Deserialize)]
struct RuleFile {
    rule: Rule,
}

#[derive(Deserialize)]
struct Rule {
    centre_wgs84: (f64, f64),
    radius_m: f64,
    opens: String,
    on_time_until: String,
    closes: String,
}

impl Sample {
    /// Reads the files.
    ///
    /// # Errors
    /// When one of them is not what it should be, which is a defect of this program.
    pub(super) fn read() -> anyhow::Result<Self> {
        let RuleFile { rule } = serde_json::from_slice(RULE).context("sample/morning/rule.json")?;
        let check_ins = CHECK_INS
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>();
        let (lat, lng) = rule.centre_wgs84;
        Ok(Self {
            roster: [
                ("classes", CLASSES),
                ("staff", STAFF),
                ("students", STUDENTS),
                ("cadres", CADRES),
            ]
            .map(|(name, bytes)| (name, bytes.to_vec()))
            .into(),
            classes: table(CLASSES).context("sample/roster/classes.csv")?,
            students: table(STUDENTS).context("sample/roster/students.csv")?,
            cadres: table(CADRES).context("sample/roster/cadres.csv")?,
            officer: officer()?,
            rule: json!({
                "name": "早点名", "classes": "all", "weekdays": ["Mon", "Tue", "Wed", "Thu", "Fri"],
                "opens": rule.opens, "on_time_until": rule.on_time_until, "closes": rule.closes,
                "place": {"centre": {"lat": lat, "lng": lng, "datum": "wgs84"}, "radius_m": rule.radius_m},
            }),
            calendar: import_calendar::body(
                Path::new("sample/calendar/cn-public-holidays.csv"),
                CALENDAR,
            )?,
            check_ins: check_ins.context("sample/morning/checkins-2026-11-23.ndjson")?,
            template: serde_json::from_slice(TEMPLATE)
                .context("sample/templates/hygiene-morning.json")?,
        })
    }

    /// A student who made no attempt to check in, and the class: the first of the roster.
    pub(super) fn silent_student(&self) -> Option<(&str, &Class)> {
        let seen: BTreeSet<&str> = self
            .check_ins
            .iter()
            .map(|check_in| check_in.student.as_str())
            .collect();
        let silent = self
            .students
            .iter()
            .find(|student| !seen.contains(student.number.as_str()))?;
        let class = self
            .classes
            .iter()
            .find(|class| class.name == silent.class)?;
        Some((&silent.number, class))
    }

    /// A student cadre of the hygiene section, who files hygiene reports.
    pub(super) fn hygiene_cadre(&self) -> Option<&str> {
        let cadre = self.cadres.iter().find(|cadre| cadre.title == "卫生部")?;
        Some(&cadre.number)
    }
}

fn officer() -> anyhow::Result<String> {
    let staff: Vec<Staff> = table(STAFF).context("sample/roster/staff.csv")?;
    let officer = staff.into_iter().find(|staff| staff.role == "学工干事");
    Ok(officer
        .context("no officer in sample/roster/staff.csv")?
        .number)
}

fn table<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, csv::Error> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    csv::Reader::from_reader(bytes).deserialize().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_this_program_expects() {
        let sample = Sample::read().unwrap();
        assert_eq!((sample.classes.len(), sample.students.len()), (24, 1_087));
        assert_eq!(sample.check_ins.len(), 1_063);
        assert!(sample.check_ins.is_sorted_by_key(|check_in| check_in.at));
        let (student, class) = sample.silent_student().unwrap();
        assert_eq!((student, class.code.as_str()), ("2024010110", "24JY1"));
        assert_eq!(sample.hygiene_cadre(), Some("2026040135"));
        let template: homeroom_domain::report::TemplateTerms =
            serde_json::from_value(sample.template).unwrap();
        template.check().unwrap();
    }
}
