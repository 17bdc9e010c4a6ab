//! Counting: verdicts of one date after another, into sums.

use std::collections::BTreeMap;

use chrono::Datelike;
use homeroom_attendance::{Attendance, SessionExpected};
use homeroom_directory::Directory;
use homeroom_domain::attendance::{DutyStatus, RuleInForce, Tally};
use homeroom_domain::{ClassId, PersonId, RuleId, SchoolDate, Zone};
use serde::Deserialize;

use crate::error::ApiError;
use crate::students::Student;

/// By what a span is split.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    Day,
    #[default]
    Week,
    Month,
}

impl By {
    /// The period that a date lies in: `2026-11-23`, `2026-W48` (ISO 8601), `2026-11`.
    fn period(self, date: SchoolDate) -> String {
        match self {
            By::Day => date.to_string(),
            By::Week => {
                let week = date.iso_week();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            By::Month => date.format("%Y-%m").to_string(),
        }
    }
}

/// A verdict that is not on time, for the list behind a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Missed {
    pub(super) date: SchoolDate,
    pub(super) rule: RuleId,
    pub(super) status: DutyStatus,
}

/// What was counted of one student.
#[derive(Debug, Clone, Default)]
pub(super) struct OfStudent {
    pub(super) tally: Tally,
    pub(super) missed: Vec<Missed>,
}

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) total: Tally,
    pub(super) periods: BTreeMap<String, Tally>,
    pub(super) students: BTreeMap<PersonId, OfStudent>,
}

impl Counted {
    fn count(
        &mut self,
        by: By,
        date: SchoolDate,
        student: &PersonId,
        rule: &RuleId,
        status: &DutyStatus,
    ) {
        if *status == DutyStatus::NotOnDuty {
            return;
        }
        self.total.count(status);
        self.periods
            .entry(by.period(date))
            .or_default()
            .count(status);
        let of_student = self.students.entry(student.clone()).or_default();
        of_student.tally.count(status);
        if !matches!(status, DutyStatus::OnTime | DutyStatus::Open) {
            of_student.missed.push(Missed {
                date,
                rule: rule.clone(),
                status: status.clone(),
            });
        }
    }
}

/// What the counting looks at.
pub(super) struct Views<'a> {
    pub(super) attendance: &'a Attendance,
    pub(super) directory: &'a Directory,
    pub(super) zone: Zone,
}

impl Views<'_> {
    /// A class's duties of these dates, of whoever was its student at the time.
    pub(super) fn of_class(
        &self,
        class: &ClassId,
        dates: impl Iterator<Item = SchoolDate>,
        by: By,
    ) -> Result<Counted, ApiError> {
        let rules = self.directory.rules_for(class)?;
        let mut counted = Counted::default();
        for date in dates {
            let members = self.directory.on_duty(class, date)?;
            let expected = self.expected(&rules, date)?;
            let day = self
                .attendance
                .class_day(class, date, &members, &expected)?;
            for session in &day.sessions {
                for duty in &session.students {
                    let status = &duty.duty.status;
                    counted.count(by, date, &duty.student, &session.rule, status);
                }
            }
        }
        Ok(counted)
    }

    /// A student's duties of these dates, under whatever classes.
    pub(super) fn of_student(
        &self,
        student: &Student,
        dates: impl Iterator<Item = SchoolDate>,
        by: By,
    ) -> Result<Counted, ApiError> {
        let mut counted = Counted::default();
        for date in dates {
            let on_duty = student.enrolment.duty_on(date);
            let expected = match on_duty {
                Some(class) => self.expected(&self.directory.rules_for(class)?, date)?,
                None => Vec::new(),
            };
            let class = on_duty.unwrap_or(&student.class);
            let day = self
                .attendance
                .student_day(&student.id, date, class, &expected)?;
            for session in &day.sessions {
                let status = &session.duty.status;
                counted.count(by, date, &student.id, &session.rule, status);
            }
        }
        Ok(counted)
    }

    fn expected(
        &self,
        rules: &[RuleInForce],
        date: SchoolDate,
    ) -> Result<Vec<SessionExpected>, ApiError> {
        let day = self.directory.calendar_day(date)?;
        Ok(SessionExpected::of(rules, date, day.as_ref(), self.zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_lies_in_its_day_its_iso_week_and_its_month() {
        let periods = |date: &str| {
            let date = date.parse().unwrap();
            [By::Day, By::Week, By::Month].map(|by| by.period(date))
        };
        assert_eq!(periods("2026-11-23"), ["2026-11-23", "2026-W48", "2026-11"]);
        // The last days of a year may be of the next one's first week, and the first of the last one's.
        assert_eq!(periods("2024-12-30"), ["2024-12-30", "2025-W01", "2024-12"]);
        assert_eq!(periods("2027-01-01"), ["2027-01-01", "2026-W53", "2027-01"]);
    }
}
