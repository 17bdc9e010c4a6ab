//! The rows of reports.

use chrono::Datelike;
use homeroom_domain::{ClassId, SchoolDate, TemplateId};
use homeroom_projection::{Key, SealedRow, Table};
use rkyv::{Archive, Deserialize, Serialize};

/// class, date, template → a report
pub(crate) const REPORTS: Table<ReportRow> = Table::new("reports");

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct ReportRow {
    pub(crate) template: String,
    pub(crate) template_version: u32,
    pub(crate) by: String,
    /// As the log has it.
    pub(crate) office: String,
    /// [`Answer`](homeroom_domain::report::Answer)s as the log has them.
    pub(crate) answers_json: String,
    pub(crate) score_hundredths: i64,
    pub(crate) note: Option<SealedRow>,
    pub(crate) position: u64,
    pub(crate) filed_ms: i64,
}

/// 2026-11-23 is 20261123: sorts as dates do.
pub(crate) fn class_day_key(class: &ClassId, date: SchoolDate) -> Key {
    let year = u64::try_from(date.year()).unwrap_or_default();
    let date = year * 10_000 + u64::from(date.month()) * 100 + u64::from(date.day());
    Key::new().text(class.as_str()).number(date)
}

pub(crate) fn report_key(class: &ClassId, date: SchoolDate, template: &TemplateId) -> Key {
    class_day_key(class, date).text(template.as_str())
}
