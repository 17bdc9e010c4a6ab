//! The fold: reports into one row each.

use homeroom_domain::report::ReportEvent;
use homeroom_log::Recorded;
use homeroom_projection::{Poison, Projection, SealedRow, Writer, each_event};

use crate::rows::{REPORTS, ReportRow, report_key};

/// Folds reports.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportProjection;

impl Projection for ReportProjection {
    const NAME: &'static str = "report";
    const VERSION: u32 = 1;

    fn apply(&self, commit: &Recorded, view: &mut Writer<'_>) -> Result<(), Poison> {
        if commit.commit.boundary.kind() != "report" {
            return Ok(());
        }
        each_event(commit, view, |ReportEvent::Filed(e), view| {
            let answers_json = serde_json::to_string(&e.answers).map_err(|error| Poison::Row {
                table: "reports",
                what: error.to_string(),
            })?;
            let row = ReportRow {
                template: e.template.to_string(),
                template_version: e.template_version,
                by: e.by.to_string(),
                office: e.office.as_str().to_owned(),
                answers_json,
                score_hundredths: e.score_hundredths,
                note: e.note.as_ref().map(SealedRow::from),
                position: commit.position.0,
                filed_ms: commit.commit.at.unix_ms(),
            };
            view.put(&REPORTS, &report_key(&e.class, e.date, &e.template), &row)
        })
    }
}
