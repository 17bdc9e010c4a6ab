//! A student's slips: type, times and where each stands.

use axum::extract::{Path, State};
use homeroom_domain::office::Role;
use homeroom_domain::rights::Action;
use homeroom_leave::{Decided, SLIPS_PAGE_MAX, Slip};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::people::{self, Named, Opened};
use crate::request;
use crate::slips::LeaveTypeBody;
use crate::students::about_student;

/// Slips of one page unless it is said how many.
const SLIPS_PAGE: usize = 50;

/// Which slips of a student.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlipsAsked {
    limit: Option<usize>,
    cursor: Option<u32>,
}

/// Some of a student's slips.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlipsAnswer {
    /// The slips, newest first.
    pub slips: Vec<SlipBody>,
    /// Ask with this cursor for the next page; null on the last.
    pub next_cursor: Option<u32>,
    /// The position this is true for.
    pub position: u64,
}

/// One slip.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlipBody {
    /// The slip.
    pub slip: String,
    /// The type.
    #[serde(rename = "type")]
    pub type_: LeaveTypeBody,
    /// The first instant of it.
    pub from: String,
    /// The instant at which it is over.
    pub to: String,
    /// Why; only to the student. Anybody else opens the slip itself, and the reading is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Opened>,
    /// The student's class when it was asked, by its code.
    pub class: String,
    /// `waiting`, `approved` or `rejected`.
    pub status: &'static str,
    /// Whose word it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<&'static str>,
    /// When it was asked.
    pub submitted_at: String,
    /// How it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided: Option<DecidedBody>,
}

/// How a slip was decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidedBody {
    /// When.
    pub at: String,
    /// By whom.
    pub by: Named,
    /// As what.
    pub office: &'static str,
    /// What was said with it; only to the student.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Opened>,
    /// Where in the log it stands.
    pub position: u64,
}

/// List a student's slips.
///
/// Type, times and where each stands; the reasons only to the student.
#[utoipa::path(
    get,
    path = "/v1/students/{student}/slips",
    tag = "leave",
    params(
        ("student" = String, Path, description = "The school number."),
        ("limit" = Option<usize>, Query, description = "How many at most: 1 to 200, else 50."),
        ("cursor" = Option<u32>, Query, description = "`next_cursor` of the page before."),
    ),
    responses((status = 200, body = SlipsAnswer)),
    extensions(("x-homeroom-action" = json!("read_slips")))
)]
pub(crate) async fn student_slips(
    State(app): State<App>,
    Path(number): Path<String>,
    caller: Caller,
    request::Asked(asked): request::Asked<SlipsAsked>,
) -> Result<Answer<SlipsAnswer>, ApiError> {
    let (student, own) = {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        let action = Action::ReadSlips;
        let (student, grant) = about_student(&app, &caller, &directory, action, &number, now)?;
        (student, grant.office.role == Role::Student)
    };
    let limit = asked.limit.unwrap_or(SLIPS_PAGE);
    if !(1..=SLIPS_PAGE_MAX).contains(&limit) {
        return Err(error::malformed_query("limit must be 1 to 200").field("limit"));
    }
    let leave = app.views.leave_at(caller.after).await?;
    let seen = Seen::of(&[&leave.0]);
    let page = leave.slips_of(&student.id, asked.cursor, limit)?;
    drop(leave);
    let mut slips = Vec::with_capacity(page.slips.len());
    for slip in &page.slips {
        slips.push(body(&app, slip, own).await?);
    }
    let position = seen.position.0;
    Ok(seen.answer(SlipsAnswer {
        slips,
        next_cursor: page.next,
        position,
    }))
}

async fn body(app: &App, slip: &Slip, own: bool) -> Result<SlipBody, ApiError> {
    let zone = app.zone();
    let decided = match &slip.decided {
        Some(decided) => Some(decided_body(app, decided, own).await?),
        None => None,
    };
    let reason = Some(&slip.reason).filter(|_| own);
    Ok(SlipBody {
        slip: slip.id.to_string(),
        type_: slip.leave.into(),
        from: slip.from.rfc3339(zone),
        to: slip.to.rfc3339(zone),
        reason: people::opened_if_any(&app.vault, reason).await?,
        class: app.class_code(&slip.class)?,
        status: slip.status.as_str(),
        waits_for: slip.waits_for.map(Role::as_str),
        submitted_at: slip.submitted_at.rfc3339(zone),
        decided,
    })
}

async fn decided_body(app: &App, decided: &Decided, own: bool) -> Result<DecidedBody, ApiError> {
    let words = decided.words.as_ref().filter(|_| own);
    Ok(DecidedBody {
        at: decided.at.rfc3339(app.zone()),
        by: app.named(&decided.by).await?,
        office: decided.office.as_str(),
        words: people::opened_if_any(&app.vault, words).await?,
        position: decided.position.0,
    })
}
