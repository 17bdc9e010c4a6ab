//! The school's calendar: imported, set by the school itself, read.

use axum::extract::State;
use chrono::Weekday;
use homeroom_domain::calendar::{CalendarCommand, CalendarDay, CalendarDecider, DAYS_MAX, DayKind};
use homeroom_domain::rights::{Action, Target};
use homeroom_domain::{Boundary, SchoolDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::execute::Asked;
use crate::request::{self, Command};

/// The longest span that is read at once, in days: two school years.
const SPAN_DAYS_MAX: i64 = 800;

/// What a day is instead of what its weekday says.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DayKindBody {
    /// 放假: nobody has duty.
    Holiday,
    /// 调休上班: there is duty, whatever the weekday.
    Workday,
}

/// A day that is not what its weekday says.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarDayBody {
    /// The date, in the school's zone.
    #[schema(value_type = String, format = Date, example = "2026-10-10")]
    pub date: SchoolDate,
    /// What it is.
    pub kind: DayKindBody,
    /// As which weekday a workday is run, `Mon` to `Sun`; as a Monday where it is not said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>, example = "Thu")]
    pub as_weekday: Option<Weekday>,
    /// What people call it.
    #[schema(example = "国庆节调休", min_length = 1, max_length = 60)]
    pub name: String,
}

impl CalendarDayBody {
    pub(crate) fn of(day: CalendarDay) -> Self {
        Self {
            date: day.date,
            kind: match day.kind {
                DayKind::Holiday => DayKindBody::Holiday,
                DayKind::Workday => DayKindBody::Workday,
            },
            as_weekday: day.as_weekday,
            name: day.name,
        }
    }

    fn day(&self) -> CalendarDay {
        CalendarDay {
            date: self.date,
            kind: match self.kind {
                DayKindBody::Holiday => DayKind::Holiday,
                DayKindBody::Workday => DayKind::Workday,
            },
            as_weekday: self.as_weekday,
            name: self.name.clone(),
        }
    }
}

/// The country's days.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportCalendarRequest {
    /// Every day of the years that are mentioned.
    #[schema(max_items = 1000)]
    pub days: Vec<CalendarDayBody>,
}

/// A date on which the school takes its own word back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearDayRequest {
    /// The date.
    #[schema(value_type = String, format = Date)]
    pub date: SchoolDate,
}

/// A change of the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarChanged {
    /// How many days it changed; none if it was so already.
    pub days_changed: usize,
    /// Where in the log it stands.
    pub position: u64,
}

/// Days that are not what their weekdays say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarAnswer {
    /// The days, in order; of one on which school and country differ, the school's word.
    pub days: Vec<CalendarDayBody>,
    /// The position this is true for.
    pub position: u64,
}

/// Import public holidays and make-up workdays.
///
/// Every year that is mentioned becomes what is said here; other years, and the school's own days, stay. It counts from
/// now on: a session that is closed stays as it was closed.
#[utoipa::path(
    post,
    path = "/v1/calendar/import",
    tag = "rules",
    request_body = ImportCalendarRequest,
    responses((status = 200, body = CalendarChanged)),
    extensions(("x-homeroom-action" = json!("change_calendar")))
)]
pub(crate) async fn import_calendar(
    State(app): State<App>,
    command: Command<ImportCalendarRequest>,
) -> Result<Answer<CalendarChanged>, ApiError> {
    let days = &command.request.days;
    if days.len() > DAYS_MAX {
        return Err(error::too_many("days", DAYS_MAX));
    }
    let days = days.iter().map(CalendarDayBody::day).collect();
    decide(
        &app,
        &command,
        "import_calendar",
        CalendarCommand::Import(days),
    )
    .await
}

/// Set a day of the school's own.
///
/// It counts over the country's.
#[utoipa::path(
    post,
    path = "/v1/calendar/set-day",
    tag = "rules",
    request_body = CalendarDayBody,
    responses((status = 200, body = CalendarChanged)),
    extensions(("x-homeroom-action" = json!("change_calendar")))
)]
pub(crate) async fn set_calendar_day(
    State(app): State<App>,
    command: Command<CalendarDayBody>,
) -> Result<Answer<CalendarChanged>, ApiError> {
    let day = command.request.day();
    decide(
        &app,
        &command,
        "set_calendar_day",
        CalendarCommand::SetDay(day),
    )
    .await
}

/// Take the school's own word on a date back.
#[utoipa::path(
    post,
    path = "/v1/calendar/clear-day",
    tag = "rules",
    request_body = ClearDayRequest,
    responses((status = 200, body = CalendarChanged)),
    extensions(("x-homeroom-action" = json!("change_calendar")))
)]
pub(crate) async fn clear_calendar_day(
    State(app): State<App>,
    command: Command<ClearDayRequest>,
) -> Result<Answer<CalendarChanged>, ApiError> {
    let clear = CalendarCommand::ClearDay(command.request.date);
    decide(&app, &command, "clear_calendar_day", clear).await
}

async fn decide<T>(
    app: &App,
    command: &Command<T>,
    type_: &'static str,
    asked: CalendarCommand,
) -> Result<Answer<CalendarChanged>, ApiError> {
    let caller = &command.caller;
    let (boundary, envelope) = (Boundary::calendar(), command.envelope(type_));
    let executed = app.execute::<CalendarDecider>(&boundary, &envelope, |at| {
        let directory = app.directory()?;
        let target = Target::school();
        let grant = caller.may(&directory, Action::ChangeCalendar, &target, at)?;
        Ok(Asked {
            command: asked.clone(),
            facts: (),
            actor: caller.actor(&grant),
            known: directory.0.position(),
        })
    });
    let executed = executed.await?;
    let position = executed.position();
    let body = CalendarChanged {
        days_changed: executed.events.len(),
        position: position.0,
    };
    Ok(Answer::done(position, body))
}

/// Which days.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarAsked {
    from: SchoolDate,
    to: SchoolDate,
}

/// Read the calendar.
#[utoipa::path(
    get,
    path = "/v1/calendar",
    tag = "rules",
    params(
        ("from" = String, Query, description = "The first date, as 2026-09-01."),
        ("to" = String, Query, description = "The last date; at most 800 days later."),
    ),
    responses((status = 200, body = CalendarAnswer)),
    extensions(("x-homeroom-action" = json!("read_calendar")))
)]
pub(crate) async fn calendar(
    State(app): State<App>,
    caller: Caller,
    request::Asked(asked): request::Asked<CalendarAsked>,
) -> Result<Answer<CalendarAnswer>, ApiError> {
    let directory = app.directory()?;
    let now = app.clock.now()?;
    caller.may(&directory, Action::ReadCalendar, &Target::school(), now)?;
    let span = (asked.to - asked.from).num_days();
    if !(0..=SPAN_DAYS_MAX).contains(&span) {
        let what = "to must not lie before from, nor more than 800 days after it";
        return Err(error::malformed_query(what).field("to"));
    }
    let days = directory.calendar_days(asked.from, asked.to)?.into_iter();
    let days = days.map(CalendarDayBody::of).collect();
    let seen = Seen::of(&[&directory.0]);
    let position = seen.position.0;
    Ok(seen.answer(CalendarAnswer { days, position }))
}
