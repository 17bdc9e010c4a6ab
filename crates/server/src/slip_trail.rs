//! One slip with its trail: everything that ever happened to it, read from the log itself.

use axum::extract::{Path, State};
use homeroom_domain::leave::{LeaveDecider, LeaveEvent, LeaveState, SlipSubmitted};
use homeroom_domain::reading::Detail;
use homeroom_domain::rights::Action;
use homeroom_domain::{Boundary, Decider, DomainEvent, EventRecord, SlipId};
use homeroom_log::{Position, ReadError, Recorded};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::people::{self, Named, Opened, Words};
use crate::readings;
use crate::request;
use crate::slips::{LeaveTypeBody, slip_student};

/// One slip with its trail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlipTrailAnswer {
    /// The slip.
    pub slip: String,
    /// Whose it is.
    pub student: Named,
    /// The student's class when it was asked, by its code.
    pub class: String,
    /// The type.
    #[serde(rename = "type")]
    pub type_: LeaveTypeBody,
    /// The first instant of it.
    pub from: String,
    /// The instant at which it is over.
    pub to: String,
    /// Why.
    pub reason: Opened,
    /// `waiting`, `approved` or `rejected`.
    pub status: &'static str,
    /// Everything that happened to it, in order, refused attempts too.
    pub trail: Vec<TrailEntry>,
    /// The position this is true for: the newest commit about this student's leave.
    pub position: u64,
}

/// One thing that happened to a slip.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrailEntry {
    /// Where in the log it stands.
    pub position: u64,
    /// The SHA-256 of the commit as it is stored: the next commit of this student's leave names it.
    pub hash: String,
    /// When it was decided, by the service's clock.
    pub at: String,
    /// Who asked.
    pub actor: TrailActor,
    /// What happened: the event's type.
    #[schema(example = "slip_submitted")]
    pub event: String,
    /// The version of its data.
    pub v: u16,
    /// Its data as the log has it, sealed texts opened.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// Who did something, as what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrailActor {
    /// Who, as they are called now.
    #[serde(flatten)]
    pub who: Named,
    /// The office acted in.
    #[schema(example = "homeroom_teacher")]
    pub office: &'static str,
}

/// Read a slip with its trail.
///
/// Read from the log and not from a view, its chain checked from the first commit on. Reading the reason is recorded
/// before it is answered, and the student sees it.
#[utoipa::path(
    get,
    path = "/v1/slips/{slip}",
    tag = "leave",
    params(("slip" = String, Path, description = "The slip.")),
    responses((status = 200, body = SlipTrailAnswer)),
    extensions(("x-homeroom-action" = json!("read_slip_trail")))
)]
pub(crate) async fn slip(
    State(app): State<App>,
    Path(slip): Path<String>,
    caller: Caller,
) -> Result<Answer<SlipTrailAnswer>, ApiError> {
    let id = request::slip(&slip)?;
    let (grant, reason) = {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        let action = Action::ReadSlipTrail;
        let student = slip_student(&caller, &directory, action, &id, now)?;
        let target = directory.target(&student)?;
        let grant = caller.may(&directory, action, &target, now)?;
        (
            grant,
            caller.may_if_at_all(&directory, Action::ReadReason, &target, now)?,
        )
    };
    let history = app.log.load(&Boundary::leave(&id.student)).await?;
    let story = Story::of(&id, &history)?;
    let words = if reason.is_some() {
        let slip = id.clone();
        readings::record(&app, &caller, &grant, &id.student, Detail::Reason { slip }).await?;
        Words::Opened
    } else {
        Words::Withheld
    };
    let position = history
        .last()
        .map_or(Position::START, |newest| newest.position);
    let mut trail = Vec::with_capacity(story.steps.len());
    for (commit, record) in &story.steps {
        trail.push(entry(&app, commit, record, words).await?);
    }
    let zone = app.zone();
    let submitted = &story.submitted;
    let body = SlipTrailAnswer {
        slip: id.to_string(),
        student: app.named(&id.student).await?,
        class: app.class_code(&submitted.class)?,
        type_: submitted.leave.into(),
        from: submitted.from.rfc3339(zone),
        to: submitted.to.rfc3339(zone),
        reason: people::opened(&app.vault, &submitted.reason, words).await?,
        status: story
            .state
            .slip(&id)
            .ok_or_else(error::unknown_slip)?
            .status
            .as_str(),
        trail,
        position: position.0,
    };
    Ok(Answer::done(position, body))
}

/// What a student's history says of one slip.
struct Story<'a> {
    submitted: SlipSubmitted,
    state: LeaveState,
    steps: Vec<(&'a Recorded, &'a EventRecord)>,
}

impl<'a> Story<'a> {
    fn of(id: &SlipId, history: &'a [Recorded]) -> Result<Self, ApiError> {
        let (mut submitted, mut state, mut steps) = (None, LeaveState::default(), Vec::new());
        for commit in history {
            for record in &commit.commit.events {
                let Some(event) = LeaveEvent::decode(record) else {
                    continue;
                };
                let event = event.map_err(|error| ReadError::Integrity {
                    position: commit.position,
                    what: error.to_string(),
                })?;
                LeaveDecider::evolve(&mut state, &event, commit.commit.at);
                if slip_of(&event) == id {
                    steps.push((commit, record));
                    if let LeaveEvent::Submitted(event) = event {
                        submitted = Some(event);
                    }
                }
            }
        }
        let submitted = submitted.ok_or_else(error::unknown_slip)?;
        Ok(Self {
            submitted,
            state,
            steps,
        })
    }
}

fn slip_of(event: &LeaveEvent) -> &SlipId {
    match event {
        LeaveEvent::Submitted(event) => &event.slip,
        LeaveEvent::Approved(event) => &event.slip,
        LeaveEvent::Rejected(event) => &event.slip,
        LeaveEvent::DecisionRefused(event) => &event.slip,
    }
}

async fn entry(
    app: &App,
    recorded: &Recorded,
    record: &EventRecord,
    words: Words,
) -> Result<TrailEntry, ApiError> {
    let commit = &recorded.commit;
    let who = match &commit.actor.id {
        Some(id) => app.named(id).await?,
        None => Named::default(),
    };
    let data = serde_json::from_str(record.data.get()).unwrap_or_default();
    Ok(TrailEntry {
        position: recorded.position.0,
        hash: recorded.hash.to_string(),
        at: commit.at.rfc3339(app.zone()),
        actor: TrailActor {
            who,
            office: commit.actor.office.as_str(),
        },
        event: record.type_.clone(),
        v: record.v,
        data: people::opened_data(&app.vault, data, words).await?,
    })
}
