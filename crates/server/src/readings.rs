//! Who reads a student's place or reason: recorded before anything is shown, and told to the student.

use axum::extract::{Path, State};
use homeroom_domain::office::Role;
use homeroom_domain::reading::{
    Detail, DetailRead, ReadingDecider, ReadingEvent, ReadingFacts, RecordReading,
};
use homeroom_domain::rights::{Action, Grant};
use homeroom_domain::{Boundary, DomainEvent, Moment, PersonId, SchoolDate};
use homeroom_log::{Position, ReadError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::execute::{Asked, Envelope};
use crate::people::{self, Named};
use crate::request;
use crate::students::about_student;

/// Records that the caller, by this grant, reads a detail of a student. What cannot be recorded is not shown.
pub(crate) async fn record(
    app: &App,
    caller: &Caller,
    grant: &Grant,
    student: &PersonId,
    detail: Detail,
) -> Result<(), ApiError> {
    let by = caller.person().ok_or_else(error::not_a_person)?;
    if by.id == *student {
        return Ok(());
    }
    let today = app.clock.now()?.date(app.zone());
    let said = people::json(&(student, &detail, today))?;
    // The same reading on the same date is the same command, whichever `serve` it comes to.
    let envelope = Envelope {
        id: request::command_id(&app.vault, caller.key(), &format!("reading {said}"))?,
        digest: app.vault.digest(said.as_bytes()),
        type_: "record_reading",
    };
    let boundary = Boundary::reading(student, today);
    let recorded = app.execute::<ReadingDecider>(&boundary, &envelope, |_| {
        Ok(Asked {
            command: RecordReading {
                student: student.clone(),
                detail: detail.clone(),
                on: today,
            },
            facts: ReadingFacts {
                by: by.id.clone(),
                office: grant.office.role,
                zone: app.zone(),
            },
            actor: caller.actor(grant),
            known: Position::START,
        })
    });
    recorded.await.map(drop)
}

/// Which readings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadingsAsked {
    month: String,
}

/// Who read a student's places and reasons in a month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingsAnswer {
    /// The student.
    pub student: Named,
    /// The readings, in order. Somebody who reads the same thing twice on one date is told once.
    pub readings: Vec<ReadingBody>,
    /// The position this is true for: the newest of these readings.
    pub position: u64,
}

/// One reading.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingBody {
    /// When.
    pub at: String,
    /// Who read.
    pub by: Named,
    /// As what.
    pub office: &'static str,
    /// `place` or `reason`.
    pub detail: &'static str,
    /// The date whose places were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub date: Option<SchoolDate>,
    /// The slip whose reason was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slip: Option<String>,
    /// Where in the log it stands.
    pub position: u64,
}

/// Read who has read a student's places and reasons.
///
/// Read from the log and not from a view.
#[utoipa::path(
    get,
    path = "/v1/students/{student}/readings",
    tag = "leave",
    params(
        ("student" = String, Path, description = "The school number."),
        ("month" = String, Query, description = "The month in which it was read, as 2026-11."),
    ),
    responses((status = 200, body = ReadingsAnswer)),
    extensions(("x-homeroom-action" = json!("read_who_read")))
)]
pub(crate) async fn student_readings(
    State(app): State<App>,
    Path(number): Path<String>,
    caller: Caller,
    request::Asked(asked): request::Asked<ReadingsAsked>,
) -> Result<Answer<ReadingsAnswer>, ApiError> {
    let student = {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        about_student(&app, &caller, &directory, Action::ReadWhoRead, &number, now)?.0
    };
    let day = request::date(&format!("{}-01", asked.month));
    let day =
        day.map_err(|_| error::malformed_query("month must be like 2026-11").field("month"))?;
    let history = app.log.load(&Boundary::reading(&student.id, day)).await?;
    let mut readings = Vec::new();
    for commit in &history {
        for record in &commit.commit.events {
            let Some(event) = ReadingEvent::decode(record) else {
                continue;
            };
            let ReadingEvent::Read(read) = event.map_err(|error| ReadError::Integrity {
                position: commit.position,
                what: error.to_string(),
            })?;
            readings.push(body(&app, commit.commit.at, commit.position, read).await?);
        }
    }
    let position = history.last().map_or(Position::START, |last| last.position);
    let body = ReadingsAnswer {
        student: people::named(&app.vault, &student.identity).await?,
        readings,
        position: position.0,
    };
    Ok(Answer::done(position, body))
}

async fn body(
    app: &App,
    at: Moment,
    position: Position,
    read: DetailRead,
) -> Result<ReadingBody, ApiError> {
    let (detail, date, slip) = match read.detail {
        Detail::Place { date } => ("place", Some(date), None),
        Detail::Reason { slip } => ("reason", None, Some(slip.to_string())),
    };
    Ok(ReadingBody {
        at: at.rfc3339(app.zone()),
        by: app.named(&read.by).await?,
        office: Role::as_str(read.office),
        detail,
        date,
        slip,
        position: position.0,
    })
}
