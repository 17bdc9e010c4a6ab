//! The rows of attendance.

use chrono::Datelike;
use homeroom_domain::{ClassId, PersonId, RuleId, SchoolDate, SlipId};
use homeroom_projection::{Key, SealedRow, Table};
use rkyv::{Archive, Deserialize, Serialize};

/// class, date, student → what the student did as a member of that class
pub(crate) const DAYS: Table<DayRow> = Table::new("days");
/// student, date, class → class id: under which classes the student has facts or duty on that date
pub(crate) const STUDENT_DAYS: Table<String> = Table::new("student_days");
/// class, date, rule → the closing of the session
pub(crate) const SESSIONS: Table<SessionRow> = Table::new("sessions");
/// student, number → a slip, as far as it may excuse
pub(crate) const LEAVE: Table<LeaveRow> = Table::new("leave");
/// student, position → what the phone said, sealed; apart from the days, which are read much more often
pub(crate) const EVIDENCE: Table<EvidenceRow> = Table::new("evidence");

/// What a student did on one date as a member of one class, in the order of the log.
#[derive(Debug, Clone, Default, Archive, Serialize, Deserialize)]
pub(crate) struct DayRow {
    pub(crate) check_ins: Vec<CheckInRow>,
    pub(crate) attempts: Vec<AttemptRow>,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct CheckInRow {
    pub(crate) position: u64,
    pub(crate) at_ms: i64,
    pub(crate) rule: String,
    pub(crate) rule_version: u32,
    /// `None` when on time.
    pub(crate) late_s: Option<u32>,
    pub(crate) distance_m: f64,
    pub(crate) flags: Vec<String>,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct AttemptRow {
    pub(crate) position: u64,
    pub(crate) at_ms: i64,
    /// The session that judged it: rule and version.
    pub(crate) judged_by: Option<(String, u32)>,
    /// [`CheckInDenied`](homeroom_domain::attendance::CheckInDenied) as the log has it.
    pub(crate) reason_json: String,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) rule_version: u32,
    pub(crate) opens_ms: i64,
    pub(crate) on_time_until_ms: i64,
    pub(crate) closes_ms: i64,
    pub(crate) position: u64,
    pub(crate) closed_ms: i64,
    /// In order of their ids.
    pub(crate) duty: Vec<String>,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct LeaveRow {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    pub(crate) submitted_position: u64,
    pub(crate) submitted_ms: i64,
    pub(crate) decided: Option<DecidedRow>,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct DecidedRow {
    pub(crate) approved: bool,
    pub(crate) position: u64,
    pub(crate) at_ms: i64,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct EvidenceRow {
    pub(crate) place: SealedRow,
    pub(crate) device: Option<SealedRow>,
}

/// 2026-11-23 is 20261123: sorts as dates do.
fn date_number(date: SchoolDate) -> u64 {
    let year = u64::try_from(date.year()).unwrap_or_default();
    year * 10_000 + u64::from(date.month()) * 100 + u64::from(date.day())
}

pub(crate) fn class_day_key(class: &ClassId, date: SchoolDate) -> Key {
    Key::new().text(class.as_str()).number(date_number(date))
}

pub(crate) fn day_key(class: &ClassId, date: SchoolDate, student: &PersonId) -> Key {
    class_day_key(class, date).text(student.as_str())
}

pub(crate) fn student_day_key(student: &PersonId, date: SchoolDate) -> Key {
    Key::new().text(student.as_str()).number(date_number(date))
}

pub(crate) fn session_key(class: &ClassId, date: SchoolDate, rule: &RuleId) -> Key {
    class_day_key(class, date).text(rule.as_str())
}

pub(crate) fn leave_key(slip: &SlipId) -> Key {
    Key::new()
        .text(slip.student.as_str())
        .number(slip.number.into())
}

pub(crate) fn evidence_key(student: &PersonId, position: u64) -> Key {
    Key::new().text(student.as_str()).number(position)
}
