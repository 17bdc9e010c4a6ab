//! Who is excused: from when to when, and neither the type of leave nor the reason.

use axum::extract::{Path, State};
use chrono::NaiveTime;
use homeroom_directory::Person;
use homeroom_domain::leave::SlipStatus;
use homeroom_domain::rights::Action;
use homeroom_domain::{Moment, SchoolDate};
use homeroom_leave::{Leave, SLIPS_PAGE_MAX};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::classes::about_class;
use crate::error::{self, ApiError};
use crate::people::{self, Named};
use crate::request;

/// Who of a class is excused on a date.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExcusedAnswer {
    /// The class, by its code.
    pub class: String,
    /// The date, in the school's zone.
    #[schema(value_type = String, format = Date)]
    pub date: SchoolDate,
    /// Everybody with approved leave at any time of that date, in the order of their numbers.
    pub excused: Vec<ExcusedBody>,
    /// The position this is true for.
    pub position: u64,
}

/// Who has leave at this moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnLeaveAnswer {
    /// The moment, by the school's clock.
    pub at: String,
    /// Everybody with approved leave now, by class and number; of the classes that the caller's office reaches.
    pub on_leave: Vec<OnLeaveBody>,
    /// The position this is true for.
    pub position: u64,
}

/// Somebody who is excused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExcusedBody {
    /// Who.
    #[serde(flatten)]
    pub who: Named,
    /// The first instant of the leave.
    pub from: String,
    /// The instant at which it is over.
    pub to: String,
}

/// Somebody who has leave now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnLeaveBody {
    /// The class, by its code.
    pub class: String,
    /// Who, and until when.
    #[serde(flatten)]
    pub excused: ExcusedBody,
}

/// Approved leave of one student.
struct Excused {
    student: Person,
    from: Moment,
    to: Moment,
}

/// Read who of a class is excused on a date.
#[utoipa::path(
    get,
    path = "/v1/classes/{class}/excused/{date}",
    tag = "leave",
    params(
        ("class" = String, Path, description = "The class's code."),
        ("date" = String, Path, description = "The date, as 2026-11-23."),
    ),
    responses((status = 200, body = ExcusedAnswer)),
    extensions(("x-homeroom-action" = json!("read_who_is_excused")))
)]
pub(crate) async fn class_excused(
    State(app): State<App>,
    Path((code, date)): Path<(String, String)>,
    caller: Caller,
) -> Result<Answer<ExcusedAnswer>, ApiError> {
    let date = request::date(&date)?;
    let leave = app.views.leave_at(caller.after).await?;
    let next = date
        .succ_opt()
        .ok_or_else(|| error::malformed_path("date", "2026-11-23"))?;
    let start = |date| Moment::at(date, NaiveTime::MIN, app.zone());
    let (seen, class, found) = {
        let directory = app.directory()?;
        let action = Action::ReadWhoIsExcused;
        let class = about_class(&caller, &directory, action, &code, app.clock.now()?)?;
        let members = directory.members(&class.id, date)?;
        let found = between(&leave, members, start(date), start(next))?;
        (Seen::of(&[&leave.0, &directory.0]), class.code, found)
    };
    drop(leave);
    let mut excused = Vec::with_capacity(found.len());
    for one in &found {
        excused.push(body(&app, one).await?);
    }
    excused.sort_by(|one, other| one.who.number.cmp(&other.who.number));
    let position = seen.position.0;
    Ok(seen.answer(ExcusedAnswer {
        class,
        date,
        excused,
        position,
    }))
}

/// Read who has leave now.
///
/// What the gate asks: who may be outside at this moment, and until when.
#[utoipa::path(
    get,
    path = "/v1/on-leave",
    tag = "leave",
    responses((status = 200, body = OnLeaveAnswer)),
    extensions(("x-homeroom-action" = json!("read_who_has_leave_now")))
)]
pub(crate) async fn on_leave(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<OnLeaveAnswer>, ApiError> {
    let leave = app.views.leave_at(caller.after).await?;
    let now = app.clock.now()?;
    let (position, found) = {
        let directory = app.directory()?;
        let action = Action::ReadWhoHasLeaveNow;
        let (mut found, mut may_any) = (Vec::new(), false);
        for class in directory.classes()? {
            if caller
                .may_if_at_all(&directory, action, &class.target(), now)?
                .is_some()
            {
                may_any = true;
                let members = directory.members(&class.id, now.date(app.zone()))?;
                let of_class = between(&leave, members, now, now.plus_ms(1))?;
                found.extend(of_class.into_iter().map(|one| (class.code.clone(), one)));
            }
        }
        if !may_any {
            return Err(error::forbidden(action));
        }
        (Seen::of(&[&leave.0, &directory.0]).position, found)
    };
    drop(leave);
    let mut on_leave = Vec::with_capacity(found.len());
    for (class, one) in &found {
        let (class, excused) = (class.clone(), body(&app, one).await?);
        on_leave.push(OnLeaveBody { class, excused });
    }
    on_leave.sort_by(|one, other| {
        let key = |of: &OnLeaveBody| (of.class.clone(), of.excused.who.number.clone());
        key(one).cmp(&key(other))
    });
    // It changes with time alone: nothing to keep.
    Ok(Answer::done(
        position,
        OnLeaveAnswer {
            at: now.rfc3339(app.zone()),
            on_leave,
            position: position.0,
        },
    ))
}

/// The approved leave of these students at any instant from one on and before another.
fn between(
    leave: &Leave,
    students: Vec<Person>,
    from: Moment,
    to: Moment,
) -> Result<Vec<Excused>, ApiError> {
    let mut excused = Vec::new();
    for student in students {
        let mut cursor = None;
        loop {
            let page = leave.slips_of(&student.id, cursor, SLIPS_PAGE_MAX)?;
            let approved = page.slips.iter().filter(|slip| {
                slip.status == SlipStatus::Approved && slip.from < to && from < slip.to
            });
            excused.extend(approved.map(|slip| Excused {
                student: student.clone(),
                from: slip.from,
                to: slip.to,
            }));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(excused)
}

async fn body(app: &App, excused: &Excused) -> Result<ExcusedBody, ApiError> {
    Ok(ExcusedBody {
        who: people::named(&app.vault, &excused.student.identity).await?,
        from: excused.from.rfc3339(app.zone()),
        to: excused.to.rfc3339(app.zone()),
    })
}
