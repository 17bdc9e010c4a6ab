//! Where a student's phone was on a date, and which phone it was: the evidence as the log holds it.

use axum::extract::{Path, State};
use homeroom_domain::attendance::{AttendanceEvent, Evidence};
use homeroom_domain::reading::Detail;
use homeroom_domain::rights::Action;
use homeroom_domain::sealed::Sealed;
use homeroom_domain::{Boundary, DomainEvent, Moment, SchoolDate};
use homeroom_log::{Position, ReadError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::people::{self, Named, Opened};
use crate::place::Place;
use crate::readings;
use crate::request;
use crate::students::about_student;

/// Where a student's phone was on a date.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlacesAnswer {
    /// The student.
    pub student: Named,
    /// The date, in the school's zone.
    #[schema(value_type = String, format = Date)]
    pub date: SchoolDate,
    /// One for each attempt to check in, those that did not count too, in order.
    pub places: Vec<PlaceBody>,
    /// The position this is true for: the newest commit about this student's month.
    pub position: u64,
}

/// Where a phone was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceBody {
    /// When.
    pub at: String,
    /// Where it said to be; null where it was erased.
    pub place: Option<Place>,
    /// The radius within which it believed so, in metres; null where it was erased.
    pub accuracy_m: Option<f64>,
    /// How old the fix was, in seconds, where the phone said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_age_s: Option<f64>,
    /// True if the phone said that an app made the place up.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mock: bool,
    /// What the device called itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Opened>,
    /// False of an attempt that did not count.
    pub counted: bool,
    /// Where in the log it stands.
    pub position: u64,
}

/// One attempt, still sealed.
struct Attempt {
    at: Moment,
    position: Position,
    place: Sealed,
    device: Option<Sealed>,
    counted: bool,
}

/// Read where a student's phone was.
///
/// The reading is recorded before it is answered, and the student sees it. Read from the log and not from a view.
#[utoipa::path(
    get,
    path = "/v1/students/{student}/days/{date}/places",
    tag = "attendance",
    params(
        ("student" = String, Path, description = "The school number."),
        ("date" = String, Path, description = "The date, as 2026-11-23."),
    ),
    responses((status = 200, body = PlacesAnswer)),
    extensions(("x-homeroom-action" = json!("read_place")))
)]
pub(crate) async fn student_places(
    State(app): State<App>,
    Path((number, date)): Path<(String, String)>,
    caller: Caller,
) -> Result<Answer<PlacesAnswer>, ApiError> {
    let date = request::date(&date)?;
    let (student, grant) = {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        about_student(&app, &caller, &directory, Action::ReadPlace, &number, now)?
    };
    readings::record(&app, &caller, &grant, &student.id, Detail::Place { date }).await?;
    let history = app
        .log
        .load(&Boundary::attendance(&student.id, date))
        .await?;
    let mut places = Vec::new();
    for commit in &history {
        for record in &commit.commit.events {
            let Some(event) = AttendanceEvent::decode(record) else {
                continue;
            };
            let event = event.map_err(|error| ReadError::Integrity {
                position: commit.position,
                what: error.to_string(),
            })?;
            let (of_date, place, device, counted) = match event {
                AttendanceEvent::CheckedIn(e) => (e.session.date, e.place, e.device, true),
                AttendanceEvent::Refused(e) => (e.date, e.place, e.device, false),
            };
            if of_date == date {
                let attempt = Attempt {
                    at: commit.commit.at,
                    position: commit.position,
                    place,
                    device,
                    counted,
                };
                places.push(body(&app, attempt).await?);
            }
        }
    }
    let position = history.last().map_or(Position::START, |last| last.position);
    let body = PlacesAnswer {
        student: people::named(&app.vault, &student.identity).await?,
        date,
        places,
        position: position.0,
    };
    Ok(Answer::done(position, body))
}

async fn body(app: &App, attempt: Attempt) -> Result<PlaceBody, ApiError> {
    let opened = app.vault.open_sealed(&attempt.place).await?;
    let evidence = opened.map(|text| {
        serde_json::from_slice::<Evidence>(&text).map_err(|error| {
            tracing::error!(%error, "a sealed place is not what was sealed");
            error::internal()
        })
    });
    let evidence = evidence.transpose()?;
    Ok(PlaceBody {
        at: attempt.at.rfc3339(app.zone()),
        place: evidence.map(|evidence| evidence.place.into()),
        accuracy_m: evidence.map(|evidence| evidence.accuracy_m.0),
        fix_age_s: evidence.and_then(|evidence| evidence.fix_age_s),
        mock: evidence.is_some_and(|evidence| evidence.mock),
        device: people::opened_if_any(&app.vault, attempt.device.as_ref()).await?,
        counted: attempt.counted,
        position: attempt.position.0,
    })
}
