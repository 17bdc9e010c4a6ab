//! Inspection reports: filed, and read by class and date.

use axum::extract::{Path, State};
use futures::future::try_join_all;
use homeroom_domain::report::{
    Answer as DomainAnswer, AnswerValue, FileFacts, FileReport, GivenAnswer, ReportDecider,
    ReportEvent,
};
use homeroom_domain::rights::Action;
use homeroom_domain::sealed::Category;
use homeroom_domain::{Boundary, PersonId, SchoolDate, TemplateId};
use homeroom_log::Vault;
use homeroom_report::Report;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::classes::about_class;
use crate::error::{self, ApiError};
use crate::execute::Asked;
use crate::people::{self, Named, Opened, Words};
use crate::request::{self, Command};

/// The longest note or text, in characters.
const WORDS_CHARS_MAX: usize = 2_000;
/// The most answers of one report.
const ANSWERS_MAX: usize = 200;

/// Files the report on one class by one template for one date.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileReportRequest {
    /// The template.
    #[schema(value_type = String)]
    pub template: TemplateId,
    /// The class inspected, by its code.
    #[schema(example = "26JY1")]
    pub class: String,
    /// The date inspected.
    #[schema(value_type = String, format = Date, example = "2026-11-23")]
    pub date: SchoolDate,
    /// One answer an item, in any order.
    #[schema(max_items = 200)]
    pub answers: Vec<AnswerBody>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(min_length = 1, max_length = 2000)]
    pub note: Option<String>,
}

/// The answer to one item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerBody {
    /// The item's key.
    #[schema(example = "floor")]
    pub item: String,
    /// What is answered.
    pub value: AnswerValueBody,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnswerValueBody {
    /// Hundredths of a point taken off.
    Deduction(i64),
    /// The option chosen.
    Choice(String),
    /// A whole number.
    Number(i64),
    /// Free text.
    Text(String),
    /// Yes or no.
    YesNo(bool),
}

/// A report as it was filed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportAnswer {
    /// The class inspected, by its code.
    pub class: String,
    /// The template.
    pub template: String,
    /// The version the answers are to.
    pub template_version: u32,
    /// The date inspected.
    #[schema(value_type = String, format = Date)]
    pub date: SchoolDate,
    /// Full marks less all deductions, in hundredths of a point.
    #[schema(example = 9750)]
    pub score_hundredths: i64,
    /// When it was filed.
    pub at: String,
    /// Where in the log it stands.
    pub position: u64,
}

/// File a report.
///
/// By whoever inspects this class by this template. One report on one class by one template for one date.
#[utoipa::path(
    post,
    path = "/v1/reports",
    tag = "report",
    request_body = FileReportRequest,
    responses((status = 201, body = ReportAnswer)),
    extensions(("x-homeroom-action" = json!("file_report")))
)]
pub(crate) async fn file_report(
    State(app): State<App>,
    command: Command<FileReportRequest>,
) -> Result<Answer<ReportAnswer>, ApiError> {
    let (caller, asked) = (&command.caller, &command.request);
    let filer = caller.person().ok_or_else(error::not_a_person)?.id.clone();
    let (class, target) = {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        let action = Action::FileReport;
        let Some(class) = directory.class_by_code(&asked.class)? else {
            let missing = error::unknown_class_in("class");
            return Err(caller.nothing_there(&directory, action, now, missing)?);
        };
        let target = class.target().on(asked.template.clone());
        // Before anything is sealed for somebody who files nothing.
        caller.may(&directory, action, &target, now)?;
        (class, target)
    };
    let entered = class.entered;
    let class = class.id;
    let file = FileReport {
        template: asked.template.clone(),
        class: class.clone(),
        date: asked.date,
        answers: given(&app.vault, &filer, &asked.answers).await?,
        note: match &asked.note {
            Some(note) => {
                request::text("note", note, WORDS_CHARS_MAX)?;
                Some(
                    app.vault
                        .seal(&filer, Category::Note, note.as_bytes())
                        .await?,
                )
            }
            None => None,
        },
    };
    let envelope = command.envelope("file_report");
    let boundary = Boundary::report(&class, &asked.template, asked.date);
    let executed = app.execute::<ReportDecider>(&boundary, &envelope, |at| {
        let directory = app.directory()?;
        let template = directory.template(&asked.template)?;
        let template = template.ok_or_else(error::unknown_template_in_body)?;
        let facts = FileFacts {
            template_version: template.version,
            terms: template.terms,
            filer: filer.clone(),
            offices: caller.held(&directory)?,
            entered,
            zone: app.zone(),
        };
        let grant = caller.may(&directory, Action::FileReport, &target, at)?;
        Ok(Asked {
            command: file.clone(),
            facts,
            actor: caller.actor(&grant),
            known: directory.0.position(),
        })
    });
    let executed = executed.await?;
    let Some(ReportEvent::Filed(filed)) = executed.events.first() else {
        return Err(error::internal());
    };
    let position = executed.position();
    let body = ReportAnswer {
        class: app.class_code(&filed.class)?,
        template: filed.template.to_string(),
        template_version: filed.template_version,
        date: filed.date,
        score_hundredths: filed.score_hundredths,
        at: executed.at.rfc3339(app.zone()),
        position: position.0,
    };
    Ok(Answer::created(position, body))
}

/// The answers with their texts sealed under the inspector's key.
async fn given(
    vault: &Vault,
    filer: &PersonId,
    answers: &[AnswerBody],
) -> Result<Vec<GivenAnswer>, ApiError> {
    if answers.len() > ANSWERS_MAX {
        return Err(error::too_many("answers", ANSWERS_MAX));
    }
    let mut given = Vec::with_capacity(answers.len());
    for AnswerBody { item, value } in answers {
        let mut chars = 0;
        let value = match value {
            AnswerValueBody::Deduction(hundredths) => AnswerValue::Deduction(*hundredths),
            AnswerValueBody::Choice(chosen) => AnswerValue::Choice(chosen.clone()),
            AnswerValueBody::Number(number) => AnswerValue::Number(*number),
            AnswerValueBody::Text(text) => {
                chars = text.chars().count();
                AnswerValue::Text(vault.seal(filer, Category::Note, text.as_bytes()).await?)
            }
            AnswerValueBody::YesNo(yes) => AnswerValue::YesNo(*yes),
        };
        given.push(GivenAnswer {
            answer: DomainAnswer {
                item: item.clone(),
                value,
            },
            chars,
        });
    }
    Ok(given)
}

/// Which reports of a class.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportsAsked {
    date: SchoolDate,
}

/// A class's reports of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportsAnswer {
    /// The class, by its code.
    pub class: String,
    /// The date inspected.
    #[schema(value_type = String, format = Date)]
    pub date: SchoolDate,
    /// The reports, in the order in which they were filed.
    pub reports: Vec<ReportBody>,
    /// The position this is true for.
    pub position: u64,
}

/// One report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportBody {
    /// The template.
    pub template: String,
    /// What it is called now.
    pub template_name: Option<String>,
    /// The version the answers are to.
    pub template_version: u32,
    /// Who filed it.
    pub filed_by: Named,
    /// As what.
    pub office: &'static str,
    /// When.
    pub filed_at: String,
    /// One answer an item, in the template's order.
    pub answers: Vec<OpenedAnswer>,
    /// Full marks less all deductions, in hundredths of a point.
    pub score_hundredths: i64,
    /// The inspector's note.
    pub note: Option<Opened>,
    /// Where in the log it stands.
    pub position: u64,
}

/// The answer to one item, as it is read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenedAnswer {
    /// The item's key.
    pub item: String,
    /// What was answered.
    pub value: OpenedValue,
}

/// What was answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OpenedValue {
    /// Hundredths of a point taken off.
    Deduction(i64),
    /// The option chosen.
    Choice(String),
    /// A whole number.
    Number(i64),
    /// Free text.
    Text(Opened),
    /// Yes or no.
    YesNo(bool),
}

/// Read a class's reports of a day.
#[utoipa::path(
    get,
    path = "/v1/classes/{class}/reports",
    tag = "report",
    params(
        ("class" = String, Path, description = "The class's code."),
        ("date" = String, Query, description = "The date inspected, as 2026-11-23."),
    ),
    responses((status = 200, body = ReportsAnswer)),
    extensions(("x-homeroom-action" = json!("read_reports")))
)]
pub(crate) async fn class_reports(
    State(app): State<App>,
    Path(code): Path<String>,
    caller: Caller,
    request::Asked(asked): request::Asked<ReportsAsked>,
) -> Result<Answer<ReportsAnswer>, ApiError> {
    let reports = app.views.reports_at(caller.after).await?;
    let (seen, found, code) = {
        let directory = app.directory()?;
        let action = Action::ReadReports;
        let class = about_class(&caller, &directory, action, &code, app.clock.now()?)?;
        let mut found = Vec::new();
        for report in reports.of_day(&class.id, asked.date)? {
            let name = directory
                .template(&report.template)?
                .map(|template| template.terms.name);
            found.push((report, name));
        }
        (Seen::of(&[&reports.0, &directory.0]), found, class.code)
    };
    drop(reports);
    let bodies = try_join_all(
        found
            .into_iter()
            .map(|(report, name)| body(&app, report, name)),
    );
    let (reports, position) = (bodies.await?, seen.position.0);
    Ok(seen.answer(ReportsAnswer {
        class: code,
        date: asked.date,
        reports,
        position,
    }))
}

async fn body(
    app: &App,
    report: Report,
    template_name: Option<String>,
) -> Result<ReportBody, ApiError> {
    let mut answers = Vec::with_capacity(report.answers.len());
    for DomainAnswer { item, value } in report.answers {
        let value = match value {
            AnswerValue::Deduction(hundredths) => OpenedValue::Deduction(hundredths),
            AnswerValue::Choice(chosen) => OpenedValue::Choice(chosen),
            AnswerValue::Number(number) => OpenedValue::Number(number),
            AnswerValue::Text(sealed) => {
                OpenedValue::Text(people::opened(&app.vault, &sealed, Words::Opened).await?)
            }
            AnswerValue::YesNo(yes) => OpenedValue::YesNo(yes),
        };
        answers.push(OpenedAnswer { item, value });
    }
    Ok(ReportBody {
        template: report.template.to_string(),
        template_name,
        template_version: report.template_version,
        filed_by: app.named(&report.by).await?,
        office: report.office.as_str(),
        filed_at: report.filed_at.rfc3339(app.zone()),
        answers,
        score_hundredths: report.score_hundredths,
        note: people::opened_if_any(&app.vault, report.note.as_ref()).await?,
        position: report.position.0,
    })
}
