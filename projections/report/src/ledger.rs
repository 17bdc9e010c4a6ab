//! The questions: a class's reports of a day, one report.

use homeroom_domain::office::Role;
use homeroom_domain::report::Answer;
use homeroom_domain::sealed::Sealed;
use homeroom_domain::{ClassId, Moment, PersonId, SchoolDate, TemplateId};
use homeroom_log::Position;
use homeroom_projection::{Projection, Snapshot, View, ViewError};

use crate::ReportProjection;
use crate::rows::{REPORTS, ReportRow, class_day_key, report_key};

/// The questions reports answer, at one position.
#[derive(Debug)]
pub struct Reports(pub Snapshot);

/// One report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The template.
    pub template: TemplateId,
    /// The version the answers are to.
    pub template_version: u32,
    /// The class inspected.
    pub class: ClassId,
    /// The date inspected.
    pub date: SchoolDate,
    /// Who filed it.
    pub by: PersonId,
    /// As what.
    pub office: Role,
    /// One answer an item, in the template's order.
    pub answers: Vec<Answer>,
    /// Full marks less all deductions, in hundredths of a point.
    pub score_hundredths: i64,
    /// What the inspector noted, sealed under the inspector's key.
    pub note: Option<Sealed>,
    /// When it was filed.
    pub filed_at: Moment,
    /// Where in the log.
    pub position: Position,
}

impl Reports {
    /// Reads the view as it is now.
    ///
    /// # Errors
    /// When the view cannot be read; so everywhere below.
    pub fn read(view: &View) -> Result<Self, ViewError> {
        view.read().map(Self)
    }

    /// A class's reports of a day, in the order in which they were filed.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn of_day(&self, class: &ClassId, date: SchoolDate) -> Result<Vec<Report>, ViewError> {
        let rows = self.0.prefix(&REPORTS, &class_day_key(class, date))?;
        let reports: Result<Vec<Report>, ViewError> =
            rows.map(|row| read(class, date, &row?.1)).collect();
        let mut reports = reports?;
        reports.sort_by_key(|report| report.position);
        Ok(reports)
    }

    /// The report on a class by a template for a date.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn report(
        &self,
        class: &ClassId,
        date: SchoolDate,
        template: &TemplateId,
    ) -> Result<Option<Report>, ViewError> {
        let row = self.0.load(&REPORTS, &report_key(class, date, template))?;
        row.map(|row| read(class, date, &row)).transpose()
    }
}

fn read(class: &ClassId, date: SchoolDate, row: &ReportRow) -> Result<Report, ViewError> {
    let read = || {
        let note = match &row.note {
            None => None,
            Some(note) => Some(note.sealed()?),
        };
        Some(Report {
            template: TemplateId::parse(&row.template).ok()?,
            template_version: row.template_version,
            class: class.clone(),
            date,
            by: PersonId::parse(&row.by).ok()?,
            office: Role::from_name(&row.office)?,
            answers: serde_json::from_str(&row.answers_json).ok()?,
            score_hundredths: row.score_hundredths,
            note,
            filed_at: Moment::from_unix_ms(row.filed_ms),
            position: Position(row.position),
        })
    };
    read().ok_or_else(|| ViewError::Unreadable {
        name: ReportProjection::NAME,
        what: format!(
            "the report at position {} is not what was written",
            row.position
        ),
    })
}
