//! Attendance counted: a class's, a student's, the department's, by day, ISO week or month.
//!
//! Every number is a sum of the very verdicts that the days show, so the two cannot differ. Of dates that lie ahead
//! nothing is counted.

mod count;
mod sheet;

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use homeroom_attendance::Attendance;
use homeroom_directory::{Class, Directory};
use homeroom_domain::attendance::{DutyStatus, Tally};
use homeroom_domain::rights::Action;
use homeroom_domain::{Moment, RuleId, SchoolDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::class_day::rule_names;
use crate::classes::about_class;
use crate::error::{self, ApiError};
use crate::people::{self, Named};
use crate::request;
use crate::students::about_student;

use count::{By, Counted, Missed, OfStudent, Views};
use sheet::{As, Sheet};

/// The longest span of a class's or a student's tally, in days: a term with its holidays.
const TERM_DAYS_MAX: i64 = 200;
/// The longest span of the department's, in days.
const MONTH_DAYS_MAX: i64 = 31;

/// Which dates, split by what, as what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TallyAsked {
    from: SchoolDate,
    to: SchoolDate,
    #[serde(default)]
    by: By,
    #[serde(default, rename = "as")]
    as_: As,
}

/// Duties, counted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TallyBody {
    /// Duties there were: all of the following together.
    pub expected: u32,
    /// Checked in on time.
    pub on_time: u32,
    /// Checked in late.
    pub late: u32,
    /// Seconds late, together.
    pub late_s: u64,
    /// Excused by approved leave.
    pub excused: u32,
    /// Absent.
    pub absent: u32,
    /// Not settled yet.
    pub open: u32,
    /// 出勤率: of those who had to be there and were not excused, how many were, in percent; null where nothing is settled.
    pub rate_percent: Option<f64>,
}

impl TallyBody {
    fn of(tally: &Tally) -> Self {
        let Tally {
            expected,
            on_time,
            late,
            late_s,
            excused,
            absent,
            open,
        } = *tally;
        Self {
            expected,
            on_time,
            late,
            late_s,
            excused,
            absent,
            open,
            rate_percent: tally.rate_percent(),
        }
    }
}

/// The tally of one period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodTally {
    /// A day, an ISO week or a month.
    #[schema(example = "2026-W48")]
    pub period: String,
    /// What was counted.
    #[serde(flatten)]
    pub tally: TallyBody,
}

/// A duty that did not come out on time: what stands behind the numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MissedBody {
    /// The date.
    #[schema(value_type = String, format = Date)]
    pub date: SchoolDate,
    /// The rule.
    pub rule: String,
    /// What people call it now.
    pub session: Option<String>,
    /// `late`, `excused` or `absent`.
    pub status: &'static str,
    /// Seconds late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_s: Option<u32>,
    /// The slip that excuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slip: Option<String>,
}

/// A student's tally within a class's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudentTally {
    /// Who.
    #[serde(flatten)]
    pub who: Named,
    /// What was counted.
    #[serde(flatten)]
    pub tally: TallyBody,
    /// The duties that did not come out on time, in order.
    pub missed: Vec<MissedBody>,
}

/// A class's tally.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClassTallyAnswer {
    /// The class, by its code.
    pub class: String,
    /// Its name.
    pub name: String,
    /// All of it.
    pub total: TallyBody,
    /// The periods in which there was duty, in order; their sum is `total`.
    pub periods: Vec<PeriodTally>,
    /// Whoever had duty as a student of this class, in the order of their numbers; their sum is `total`.
    pub students: Vec<StudentTally>,
    /// The position this is true for.
    pub position: u64,
}

/// A student's tally.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudentTallyAnswer {
    /// The student.
    pub student: Named,
    /// All of it, under whatever classes.
    pub total: TallyBody,
    /// The periods in which there was duty, in order; their sum is `total`.
    pub periods: Vec<PeriodTally>,
    /// The duties that did not come out on time, in order.
    pub missed: Vec<MissedBody>,
    /// The position this is true for.
    pub position: u64,
}

/// A class's tally within the department's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClassRow {
    /// The class, by its code.
    pub class: String,
    /// Its name.
    pub name: String,
    /// What was counted.
    #[serde(flatten)]
    pub tally: TallyBody,
}

/// The department's tally.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DepartmentTallyAnswer {
    /// All of it.
    pub total: TallyBody,
    /// The classes that the caller may read of, in the order of their codes; their sum is `total`.
    pub classes: Vec<ClassRow>,
    /// The position this is true for.
    pub position: u64,
}

/// Read a class's tally.
///
/// By day, week or month: expected, on time, late, excused, absent, and the list behind every number. As JSON, or as a
/// sheet of its students (`as=csv`, `as=xlsx`).
#[utoipa::path(
    get,
    path = "/v1/classes/{class}/tally",
    tag = "attendance",
    params(
        ("class" = String, Path, description = "The class's code."),
        ("from" = String, Query, description = "The first date, as 2026-11-01."),
        ("to" = String, Query, description = "The last date; at most 200 days."),
        ("by" = Option<String>, Query, description = "`day`, `week` (ISO 8601) or `month`, else `week`."),
        ("as" = Option<String>, Query, description = "`json`, `csv` or `xlsx`, else `json`."),
    ),
    responses((status = 200, body = ClassTallyAnswer)),
    extensions(("x-homeroom-action" = json!("read_class_day")))
)]
pub(crate) async fn class_tally(
    State(app): State<App>,
    Path(code): Path<String>,
    caller: Caller,
    request::Asked(asked): request::Asked<TallyAsked>,
) -> Result<Response, ApiError> {
    let now = app.clock.now()?;
    let class = {
        let directory = app.directory()?;
        about_class(&caller, &directory, Action::ReadClassDay, &code, now)?
    };
    let dates = dates(&app, &asked, TERM_DAYS_MAX, now)?;
    app.views.attendance_at(caller.after).await.map(drop)?;
    let id = class.id.clone();
    let counted = counted(&app, move |views| {
        views.of_class(&id, dates.iter().copied(), asked.by)
    });
    let CountedAt {
        seen,
        counted,
        names,
    } = counted.await?;
    let mut students = Vec::with_capacity(counted.students.len());
    let mut rows = Vec::with_capacity(counted.students.len());
    for (student, of_student) in &counted.students {
        let who = app.named(student).await?;
        let name = [who.number.clone(), who.name.clone()].map(Option::unwrap_or_default);
        rows.push((name.to_vec(), of_student.tally));
        students.push(student_tally(who, of_student, &names));
    }
    students.sort_by(|one, other| one.who.number.cmp(&other.who.number));
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let sheet = Sheet {
        name: format!("{}-{}-{}", class.code, asked.from, asked.to),
        names: vec!["学号 number", "姓名 name"],
        rows,
        total: counted.total,
    };
    match asked.as_ {
        As::Csv => return sheet.csv(),
        As::Xlsx => return sheet.xlsx(),
        As::Json => {}
    }
    let position = seen.position.0;
    let body = ClassTallyAnswer {
        class: class.code,
        name: class.name,
        total: TallyBody::of(&counted.total),
        periods: periods(&counted),
        students,
        position,
    };
    Ok(Answer::done(seen.position, body).into_response())
}

/// Read a student's tally.
///
/// Under whatever classes the student was in.
#[utoipa::path(
    get,
    path = "/v1/students/{student}/tally",
    tag = "attendance",
    params(
        ("student" = String, Path, description = "The school number."),
        ("from" = String, Query, description = "The first date, as 2026-11-01."),
        ("to" = String, Query, description = "The last date; at most 200 days."),
        ("by" = Option<String>, Query, description = "`day`, `week` (ISO 8601) or `month`, else `week`."),
    ),
    responses((status = 200, body = StudentTallyAnswer)),
    extensions(("x-homeroom-action" = json!("read_student_day")))
)]
pub(crate) async fn student_tally_of(
    State(app): State<App>,
    Path(number): Path<String>,
    caller: Caller,
    request::Asked(asked): request::Asked<TallyAsked>,
) -> Result<Answer<StudentTallyAnswer>, ApiError> {
    let now = app.clock.now()?;
    let student = {
        let directory = app.directory()?;
        let action = Action::ReadStudentDay;
        about_student(&app, &caller, &directory, action, &number, now)?.0
    };
    let dates = dates(&app, &asked, TERM_DAYS_MAX, now)?;
    app.views.attendance_at(caller.after).await.map(drop)?;
    let who = people::named(&app.vault, &student.identity).await?;
    let id = student.id.clone();
    let counted = counted(&app, move |views| {
        views.of_student(&student, dates.iter().copied(), asked.by)
    });
    let CountedAt {
        seen,
        counted,
        names,
    } = counted.await?;
    let missed = counted
        .students
        .get(&id)
        .map(|of| missed(&of.missed, &names));
    let body = StudentTallyAnswer {
        student: who,
        total: TallyBody::of(&counted.total),
        periods: periods(&counted),
        missed: missed.unwrap_or_default(),
        position: seen.position.0,
    };
    Ok(Answer::done(seen.position, body))
}

/// Read the department's tally.
///
/// Class by class, of those that the caller may read of. As JSON, or as a sheet (`as=csv`, `as=xlsx`).
#[utoipa::path(
    get,
    path = "/v1/tally",
    tag = "attendance",
    params(
        ("from" = String, Query, description = "The first date, as 2026-11-01."),
        ("to" = String, Query, description = "The last date; at most 31 days."),
        ("as" = Option<String>, Query, description = "`json`, `csv` or `xlsx`, else `json`."),
    ),
    responses((status = 200, body = DepartmentTallyAnswer)),
    extensions(("x-homeroom-action" = json!("read_class_day")))
)]
pub(crate) async fn department_tally(
    State(app): State<App>,
    caller: Caller,
    request::Asked(asked): request::Asked<TallyAsked>,
) -> Result<Response, ApiError> {
    let now = app.clock.now()?;
    let classes = readable_classes(&app, &caller, now)?;
    let dates = dates(&app, &asked, MONTH_DAYS_MAX, now)?;
    app.views.attendance_at(caller.after).await.map(drop)?;
    let (seen, counted) = in_the_background(&app, move |views| {
        let each = classes.into_iter().map(|class| {
            let counted = views.of_class(&class.id, dates.iter().copied(), asked.by)?;
            Ok::<_, ApiError>((class, counted.total))
        });
        each.collect::<Result<Vec<(Class, Tally)>, ApiError>>()
    })
    .await?;
    let mut total = Tally::default();
    counted.iter().for_each(|(_, tally)| total.add(tally));
    let sheet = Sheet {
        name: format!("department-{}-{}", asked.from, asked.to),
        names: vec!["班级代码 code", "班级 class"],
        rows: counted
            .iter()
            .map(|(class, tally)| (vec![class.code.clone(), class.name.clone()], *tally))
            .collect(),
        total,
    };
    match asked.as_ {
        As::Csv => return sheet.csv(),
        As::Xlsx => return sheet.xlsx(),
        As::Json => {}
    }
    let classes = counted.into_iter().map(|(class, tally)| ClassRow {
        class: class.code,
        name: class.name,
        tally: TallyBody::of(&tally),
    });
    let body = DepartmentTallyAnswer {
        total: TallyBody::of(&total),
        classes: classes.collect(),
        position: seen.position.0,
    };
    Ok(Answer::done(seen.position, body).into_response())
}

/// The classes whose days the caller may read; refused if there are none.
fn readable_classes(app: &App, caller: &Caller, now: Moment) -> Result<Vec<Class>, ApiError> {
    let directory = app.directory()?;
    let action = Action::ReadClassDay;
    let mut classes = Vec::new();
    for class in directory.classes()? {
        if caller
            .may_if_at_all(&directory, action, &class.target(), now)?
            .is_some()
        {
            classes.push(class);
        }
    }
    if classes.is_empty() {
        return Err(error::forbidden(action));
    }
    Ok(classes)
}

/// The dates that are counted: none of those that lie ahead.
fn dates(
    app: &App,
    asked: &TallyAsked,
    days_max: i64,
    now: Moment,
) -> Result<Vec<SchoolDate>, ApiError> {
    let days = (asked.to - asked.from).num_days() + 1;
    if !(1..=days_max).contains(&days) {
        let what = format!("from and to must span 1 to {days_max} days");
        return Err(error::malformed_query(&what).field("to"));
    }
    let last = asked.to.min(now.date(app.zone()));
    let dates = asked.from.iter_days();
    Ok(dates.take_while(|date| *date <= last).collect())
}

/// What was counted, what it is true for, and what the rules in it are called now.
struct CountedAt {
    seen: Seen,
    counted: Counted,
    names: BTreeMap<RuleId, String>,
}

async fn counted(
    app: &App,
    count: impl FnOnce(&Views<'_>) -> Result<Counted, ApiError> + Send + 'static,
) -> Result<CountedAt, ApiError> {
    let (seen, (counted, names)) = in_the_background(app, move |views| {
        let counted = count(views)?;
        let missed = counted.students.values().flat_map(|of| &of.missed);
        let names = rule_names(views.directory, missed.map(|missed| &missed.rule))?;
        Ok((counted, names))
    })
    .await?;
    Ok(CountedAt {
        seen,
        counted,
        names,
    })
}

/// Counts on a thread that may take its time.
async fn in_the_background<T: Send + 'static>(
    app: &App,
    count: impl FnOnce(&Views<'_>) -> Result<T, ApiError> + Send + 'static,
) -> Result<(Seen, T), ApiError> {
    let app = app.clone();
    let counting = tokio::task::spawn_blocking(move || {
        let attendance = Attendance::read(&app.views.attendance.view)?;
        let directory: Directory = app.directory()?;
        let views = Views {
            attendance: &attendance,
            directory: &directory,
            zone: app.zone(),
        };
        let counted = count(&views)?;
        Ok((Seen::of(&[&attendance.0, &directory.0]), counted))
    });
    counting.await.unwrap_or_else(|error| {
        tracing::error!(%error, "counting ended");
        Err(error::internal())
    })
}

fn periods(counted: &Counted) -> Vec<PeriodTally> {
    let periods = counted.periods.iter();
    let periods = periods.map(|(period, tally)| PeriodTally {
        period: period.clone(),
        tally: TallyBody::of(tally),
    });
    periods.collect()
}

fn student_tally(
    who: Named,
    of_student: &OfStudent,
    names: &BTreeMap<RuleId, String>,
) -> StudentTally {
    StudentTally {
        who,
        tally: TallyBody::of(&of_student.tally),
        missed: missed(&of_student.missed, names),
    }
}

fn missed(missed: &[Missed], names: &BTreeMap<RuleId, String>) -> Vec<MissedBody> {
    let body = |missed: &Missed| {
        let (late_s, slip) = match &missed.status {
            DutyStatus::Late { by_s } => (Some(*by_s), None),
            DutyStatus::Excused { slip } => (None, Some(slip.to_string())),
            _ => (None, None),
        };
        MissedBody {
            date: missed.date,
            rule: missed.rule.to_string(),
            session: names.get(&missed.rule).cloned(),
            status: missed.status.as_str(),
            late_s,
            slip,
        }
    };
    missed.iter().map(body).collect()
}
