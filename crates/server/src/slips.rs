//! Slips: submitted, approved, rejected, listed, and told with their whole trail.

use axum::extract::{Path, State};
use homeroom_domain::leave::{
    ApproveSlip, LeaveCommand, LeaveDecider, LeaveEvent, LeaveFacts, LeaveType, RejectSlip,
    SlipSubmitted, SubmitSlip,
};
use homeroom_domain::office::{Office, Role, Scope};
use homeroom_domain::sealed::{Category, Sealed};
use homeroom_domain::{Boundary, ClassId, Moment, SlipId};
use homeroom_leave::{Decided, SLIPS_PAGE_MAX, Slip};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::{Caller, staff_office};
use crate::error::{self, ApiError};
use crate::execute::Asked;
use crate::people::{self, Named, Opened};
use crate::request::{self, Command};

/// The longest reason or comment, in characters.
const WORDS_CHARS_MAX: usize = 2_000;
/// Slips of one page unless it is said how many.
const SLIPS_PAGE: usize = 50;

/// What kind of leave is asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LeaveTypeBody {
    /// 病假
    Sick,
    /// 事假
    Personal,
    /// 公假
    Official,
    /// 探亲假
    HomeVisit,
}

impl From<LeaveTypeBody> for LeaveType {
    fn from(type_: LeaveTypeBody) -> Self {
        match type_ {
            LeaveTypeBody::Sick => LeaveType::Sick,
            LeaveTypeBody::Personal => LeaveType::Personal,
            LeaveTypeBody::Official => LeaveType::Official,
            LeaveTypeBody::HomeVisit => LeaveType::HomeVisit,
        }
    }
}

impl From<LeaveType> for LeaveTypeBody {
    fn from(type_: LeaveType) -> Self {
        match type_ {
            LeaveType::Sick => LeaveTypeBody::Sick,
            LeaveType::Personal => LeaveTypeBody::Personal,
            LeaveType::Official => LeaveTypeBody::Official,
            LeaveType::HomeVisit => LeaveTypeBody::HomeVisit,
        }
    }
}

/// A student asks for leave.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubmitSlipRequest {
    /// The type.
    #[serde(rename = "type")]
    pub type_: LeaveTypeBody,
    /// The first instant of it: RFC 3339 with an offset.
    #[schema(value_type = String, format = DateTime, example = "2026-11-24T08:00:00+08:00")]
    pub from: Moment,
    /// The instant at which it is over; not part of it.
    #[schema(value_type = String, format = DateTime, example = "2026-11-24T18:00:00+08:00")]
    pub to: Moment,
    /// Why.
    #[schema(example = "发烧", min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Yes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveSlipRequest {
    /// What to say with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = "好好休息", min_length = 1, max_length = 2000)]
    pub comment: Option<String>,
}

/// No.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectSlipRequest {
    /// Why.
    #[schema(example = "没有证明", min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// A slip as a command left it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlipAnswer {
    /// The slip.
    pub slip: String,
    /// `waiting`, `approved` or `rejected`.
    #[schema(example = "waiting")]
    pub status: &'static str,
    /// When this was recorded.
    pub at: String,
    /// Where in the log it stands.
    pub position: u64,
}

/// Submit a slip.
///
/// Only a student, only for themselves.
#[utoipa::path(
    post,
    path = "/v1/slips",
    tag = "leave",
    request_body = SubmitSlipRequest,
    responses((status = 201, body = SlipAnswer))
)]
pub(crate) async fn submit_slip(
    State(app): State<App>,
    command: Command<SubmitSlipRequest>,
) -> Result<Answer<SlipAnswer>, ApiError> {
    let (student, class) = command.caller.student()?;
    let asked = &command.request;
    request::text("reason", &asked.reason, WORDS_CHARS_MAX)?;
    let envelope = command.envelope("submit_slip", command.caller.actor(Role::Student));
    let reason = app
        .vault
        .seal(student, Category::Reason, asked.reason.as_bytes())
        .await?;
    let submit = LeaveCommand::Submit(SubmitSlip {
        student: student.clone(),
        leave: asked.type_.into(),
        from: asked.from,
        to: asked.to,
        reason,
    });
    let boundary = Boundary::leave(student);
    let executed = app.execute::<LeaveDecider>(&boundary, &envelope, |_| {
        let known = app.directory()?.0.position();
        let facts = LeaveFacts {
            class: class.clone(),
            zone: app.zone(),
            actor: student.clone(),
            offices: Vec::new(),
        };
        Ok(Asked {
            command: submit.clone(),
            facts,
            known,
        })
    });
    let executed = executed.await?;
    let Some(LeaveEvent::Submitted(SlipSubmitted { slip, .. })) = executed.events.first() else {
        return Err(error::internal());
    };
    let (at, position) = (executed.at.rfc3339(app.zone()), executed.position());
    let slip = slip.to_string();
    let body = SlipAnswer {
        slip,
        status: "waiting",
        at,
        position: position.0,
    };
    Ok(Answer::created(position, body))
}

/// Approve a slip.
///
/// By the homeroom teacher of the student's class. An attempt by anybody else is refused and recorded.
#[utoipa::path(
    post,
    path = "/v1/slips/{slip}/approve",
    tag = "leave",
    params(("slip" = String, Path, description = "The slip.")),
    request_body = ApproveSlipRequest,
    responses((status = 200, body = SlipAnswer))
)]
pub(crate) async fn approve_slip(
    State(app): State<App>,
    Path(slip): Path<String>,
    command: Command<ApproveSlipRequest>,
) -> Result<Answer<SlipAnswer>, ApiError> {
    let slip = request::slip(&slip)?;
    let comment = match &command.request.comment {
        Some(comment) => Some(words(&app, &slip, "comment", comment).await?),
        None => None,
    };
    let approve = ApproveSlip {
        slip: slip.clone(),
        comment,
    };
    decide(
        &app,
        &command,
        "approve_slip",
        &slip,
        LeaveCommand::Approve(approve),
    )
    .await
}

/// Reject a slip.
///
/// By the homeroom teacher of the student's class. An attempt by anybody else is refused and recorded.
#[utoipa::path(
    post,
    path = "/v1/slips/{slip}/reject",
    tag = "leave",
    params(("slip" = String, Path, description = "The slip.")),
    request_body = RejectSlipRequest,
    responses((status = 200, body = SlipAnswer))
)]
pub(crate) async fn reject_slip(
    State(app): State<App>,
    Path(slip): Path<String>,
    command: Command<RejectSlipRequest>,
) -> Result<Answer<SlipAnswer>, ApiError> {
    let slip = request::slip(&slip)?;
    let reason = words(&app, &slip, "reason", &command.request.reason).await?;
    let reject = RejectSlip {
        slip: slip.clone(),
        reason,
    };
    decide(
        &app,
        &command,
        "reject_slip",
        &slip,
        LeaveCommand::Reject(reject),
    )
    .await
}

/// What is said in deciding a slip, sealed under the student's key; refused where there is no such student.
async fn words(
    app: &App,
    slip: &SlipId,
    field: &'static str,
    words: &str,
) -> Result<Sealed, ApiError> {
    request::text(field, words, WORDS_CHARS_MAX)?;
    class_of(app, slip)?;
    Ok(app
        .vault
        .seal(&slip.student, Category::Reason, words.as_bytes())
        .await?)
}

/// The class of the student whose slip it is.
fn class_of(app: &App, slip: &SlipId) -> Result<ClassId, ApiError> {
    let student = app.directory()?.person(&slip.student)?;
    student
        .and_then(|person| person.class)
        .ok_or_else(error::unknown_slip)
}

async fn decide<T>(
    app: &App,
    command: &Command<T>,
    type_: &'static str,
    slip: &SlipId,
    decision: LeaveCommand,
) -> Result<Answer<SlipAnswer>, ApiError> {
    let actor = command.caller.person()?;
    let class = class_of(app, slip)?;
    let office = deciding_office(
        &app.directory()?.offices(&actor.id, app.clock.now()?)?,
        &class,
    );
    let envelope = command.envelope(type_, command.caller.actor(office));
    let boundary = Boundary::leave(&slip.student);
    let executed = app.execute::<LeaveDecider>(&boundary, &envelope, |at| {
        let directory = app.directory()?;
        let known = directory.0.position();
        let facts = LeaveFacts {
            class: class_of(app, slip)?,
            zone: app.zone(),
            actor: actor.id.clone(),
            offices: directory.offices(&actor.id, at)?,
        };
        Ok(Asked {
            command: decision.clone(),
            facts,
            known,
        })
    });
    let executed = executed.await?;
    let status = match executed.events.first() {
        Some(LeaveEvent::Approved(_)) => "approved",
        Some(LeaveEvent::Rejected(_)) => "rejected",
        _ => return Err(error::internal()),
    };
    let (at, position) = (executed.at.rfc3339(app.zone()), executed.position());
    let body = SlipAnswer {
        slip: slip.to_string(),
        status,
        at,
        position: position.0,
    };
    Ok(Answer::done(position, body))
}

/// As what somebody decides, or tries to: as homeroom teacher of the class, else as what they are.
fn deciding_office(offices: &[Office], class: &ClassId) -> Role {
    let scope = Scope::Class(class.clone());
    let teaches = |office: &Office| office.role == Role::HomeroomTeacher && office.scope == scope;
    if offices.iter().any(teaches) {
        return Role::HomeroomTeacher;
    }
    staff_office(offices).unwrap_or(Role::Student)
}

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
    /// Why.
    pub reason: Opened,
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
    /// What was said with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Opened>,
    /// Where in the log it stands.
    pub position: u64,
}

/// List a student's slips.
///
/// A student reads only their own.
#[utoipa::path(
    get,
    path = "/v1/students/{student}/slips",
    tag = "leave",
    params(
        ("student" = String, Path, description = "The school number."),
        ("limit" = Option<usize>, Query, description = "How many at most: 1 to 200, else 50."),
        ("cursor" = Option<u32>, Query, description = "`next_cursor` of the page before."),
    ),
    responses((status = 200, body = SlipsAnswer))
)]
pub(crate) async fn student_slips(
    State(app): State<App>,
    Path(number): Path<String>,
    caller: Caller,
    request::Asked(asked): request::Asked<SlipsAsked>,
) -> Result<Answer<SlipsAnswer>, ApiError> {
    let student = app.student(request::number(&number)?)?;
    caller.must_read_student(&student.id)?;
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
        slips.push(body(&app, slip).await?);
    }
    let position = seen.position.0;
    Ok(seen.answer(SlipsAnswer {
        slips,
        next_cursor: page.next,
        position,
    }))
}

async fn body(app: &App, slip: &Slip) -> Result<SlipBody, ApiError> {
    let zone = app.zone();
    let decided = match &slip.decided {
        Some(decided) => Some(decided_body(app, decided).await?),
        None => None,
    };
    Ok(SlipBody {
        slip: slip.id.to_string(),
        type_: slip.leave.into(),
        from: slip.from.rfc3339(zone),
        to: slip.to.rfc3339(zone),
        reason: people::opened(&app.vault, &slip.reason).await?,
        class: app.class_code(&slip.class)?,
        status: slip.status.as_str(),
        waits_for: slip.waits_for.map(Role::as_str),
        submitted_at: slip.submitted_at.rfc3339(zone),
        decided,
    })
}

async fn decided_body(app: &App, decided: &Decided) -> Result<DecidedBody, ApiError> {
    Ok(DecidedBody {
        at: decided.at.rfc3339(app.zone()),
        by: app.named(&decided.by).await?,
        office: decided.office.as_str(),
        words: people::opened_if_any(&app.vault, decided.words.as_ref()).await?,
        position: decided.position.0,
    })
}
