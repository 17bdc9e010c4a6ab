//! Slips: submitted, approved, rejected.

use axum::extract::{Path, State};
use homeroom_directory::{Directory, Person};
use homeroom_domain::leave::{
    ApproveSlip, LeaveCommand, LeaveDecider, LeaveEvent, LeaveFacts, LeaveType, RejectSlip,
    SlipSubmitted, SubmitSlip,
};
use homeroom_domain::rights::Action;
use homeroom_domain::sealed::{Category, Sealed};
use homeroom_domain::{Boundary, ClassId, Moment, PersonId, SlipId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::execute::Asked;
use crate::people;
use crate::request::{self, Command};
use crate::students::about_student;

/// The longest reason or comment, in characters.
const WORDS_CHARS_MAX: usize = 2_000;

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
    /// For whom a guardian asks, by school number; not needed by a student, or by the guardian of one child.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub student: Option<String>,
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
/// By the student, or by a guardian for their child.
#[utoipa::path(
    post,
    path = "/v1/slips",
    tag = "leave",
    request_body = SubmitSlipRequest,
    responses((status = 201, body = SlipAnswer)),
    extensions(("x-homeroom-action" = json!("submit_slip")))
)]
pub(crate) async fn submit_slip(
    State(app): State<App>,
    command: Command<SubmitSlipRequest>,
) -> Result<Answer<SlipAnswer>, ApiError> {
    let (caller, asked) = (&command.caller, &command.request);
    let action = Action::SubmitSlip;
    let number = own_number(&app, caller, asked.student.as_deref()).await?;
    let student = {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        about_student(&app, caller, &directory, action, &number, now)?.0
    };
    let student = &student.id;
    request::text("reason", &asked.reason, WORDS_CHARS_MAX)?;
    let envelope = command.envelope("submit_slip");
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
    let executed = app.execute::<LeaveDecider>(&boundary, &envelope, |at| {
        let directory = app.directory()?;
        let (student, grant) = about_student(&app, caller, &directory, action, &number, at)?;
        let actor = caller.person().ok_or_else(error::not_a_person)?;
        let facts = facts(&app, caller, &directory, &student.class, &actor.id)?;
        Ok(Asked {
            command: submit.clone(),
            facts,
            actor: caller.actor(&grant),
            known: directory.0.position(),
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
    responses((status = 200, body = SlipAnswer)),
    extensions(("x-homeroom-action" = json!("approve_slip")))
)]
pub(crate) async fn approve_slip(
    State(app): State<App>,
    Path(slip): Path<String>,
    command: Command<ApproveSlipRequest>,
) -> Result<Answer<SlipAnswer>, ApiError> {
    let slip = request::slip(&slip)?;
    {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        slip_student(&command.caller, &directory, Action::ApproveSlip, &slip, now)?;
    }
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
        ("approve_slip", Action::ApproveSlip),
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
    responses((status = 200, body = SlipAnswer)),
    extensions(("x-homeroom-action" = json!("reject_slip")))
)]
pub(crate) async fn reject_slip(
    State(app): State<App>,
    Path(slip): Path<String>,
    command: Command<RejectSlipRequest>,
) -> Result<Answer<SlipAnswer>, ApiError> {
    let slip = request::slip(&slip)?;
    {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        slip_student(&command.caller, &directory, Action::RejectSlip, &slip, now)?;
    }
    let reason = words(&app, &slip, "reason", &command.request.reason).await?;
    let reject = RejectSlip {
        slip: slip.clone(),
        reason,
    };
    decide(
        &app,
        &command,
        ("reject_slip", Action::RejectSlip),
        &slip,
        LeaveCommand::Reject(reject),
    )
    .await
}

/// What is said in deciding a slip, sealed under the student's key.
async fn words(
    app: &App,
    slip: &SlipId,
    field: &'static str,
    words: &str,
) -> Result<Sealed, ApiError> {
    request::text(field, words, WORDS_CHARS_MAX)?;
    Ok(app
        .vault
        .seal(&slip.student, Category::Reason, words.as_bytes())
        .await?)
}

/// The number of whom leave is asked for: said, or the caller's own, or their only child's.
async fn own_number(app: &App, caller: &Caller, said: Option<&str>) -> Result<String, ApiError> {
    if let Some(said) = said {
        return Ok(said.to_owned());
    }
    let person = caller.person().ok_or_else(error::not_a_person)?;
    let children = app.directory()?.children(&person.id)?;
    let of = match children.as_slice() {
        [] => person,
        [only] => only,
        _ => return Err(error::which_child()),
    };
    let named = people::named(&app.vault, &of.identity).await?;
    named.number.ok_or_else(error::unknown_student)
}

fn facts(
    app: &App,
    caller: &Caller,
    directory: &Directory,
    class: &ClassId,
    actor: &PersonId,
) -> Result<LeaveFacts, ApiError> {
    let entered = directory.class(class)?.map(|class| class.entered);
    Ok(LeaveFacts {
        class: class.clone(),
        entered: entered.unwrap_or_default(),
        zone: app.zone(),
        actor: actor.clone(),
        offices: caller.held(directory)?,
    })
}

/// Decides a slip. Whoever may not is refused by the decider, so that the attempt is recorded: as what they are.
async fn decide<T>(
    app: &App,
    command: &Command<T>,
    (type_, action): (&'static str, Action),
    slip: &SlipId,
    decision: LeaveCommand,
) -> Result<Answer<SlipAnswer>, ApiError> {
    let caller = &command.caller;
    let actor = caller.person().ok_or_else(error::not_a_person)?;
    let envelope = command.envelope(type_);
    let boundary = Boundary::leave(&slip.student);
    let executed = app.execute::<LeaveDecider>(&boundary, &envelope, |at| {
        let directory = app.directory()?;
        let student = slip_student(caller, &directory, action, slip, at)?;
        let target = directory.target(&student)?;
        let granted = caller.may_if_at_all(&directory, action, &target, at)?;
        let granted = match granted {
            Some(granted) => granted,
            None => caller.as_whatever_they_are(&directory, action, at)?,
        };
        let class = student.class.as_ref().ok_or_else(error::unknown_slip)?;
        let mut facts = facts(app, caller, &directory, class, &actor.id)?;
        if caller.session().is_none() {
            // A program decides nothing.
            facts.offices.clear();
        }
        Ok(Asked {
            command: decision.clone(),
            facts,
            actor: caller.actor(&granted),
            known: directory.0.position(),
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

/// Whose slip it is. Whoever may do this about nobody learns nothing of who there is.
pub(crate) fn slip_student(
    caller: &Caller,
    directory: &Directory,
    action: Action,
    slip: &SlipId,
    at: Moment,
) -> Result<Person, ApiError> {
    let student = directory.person(&slip.student)?;
    match student.filter(|person| person.class.is_some()) {
        Some(student) => Ok(student),
        None => Err(caller.nothing_there(directory, action, at, error::unknown_slip())?),
    }
}
