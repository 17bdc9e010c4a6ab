//! A student's day, with the facts that explain it.

use axum::extract::{Path, State};
use homeroom_attendance::{Explained, SessionExpected, SessionOfStudent};
use homeroom_directory::Directory;
use homeroom_domain::attendance::{DutyFact, DutyStatus, Punctuality};
use homeroom_domain::rights::{Action, Grant};
use homeroom_domain::roster::Enrolment;
use homeroom_domain::rule::Window;
use homeroom_domain::sealed::Sealed;
use homeroom_domain::{ClassId, Moment, PersonId, SchoolDate, SlipId, Zone};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::class_day::{AttemptBody, WhyRefused, rule_names};
use crate::error::{self, ApiError};
use crate::people::{self, Named};
use crate::request;

/// A student whom a request names.
pub(crate) struct Student {
    pub(crate) id: PersonId,
    /// The class now, or the last one.
    pub(crate) class: ClassId,
    pub(crate) enrolment: Enrolment,
    pub(crate) identity: Sealed,
}

/// A student by school number, and as what the caller may do this about them. Whoever may do it about nobody learns
/// nothing of who there is.
pub(crate) fn about_student(
    app: &App,
    caller: &Caller,
    directory: &Directory,
    action: Action,
    number: &str,
    at: Moment,
) -> Result<(Student, Grant), ApiError> {
    let mark = people::number_mark(&app.vault, request::number(number)?);
    let person = directory.person_by_number(&mark)?;
    let Some((person, class)) = person.and_then(|person| {
        let class = person.class.clone()?;
        Some((person, class))
    }) else {
        return Err(caller.nothing_there(directory, action, at, error::unknown_student())?);
    };
    let grant = caller.may(directory, action, &directory.target(&person)?, at)?;
    let student = Student {
        id: person.id,
        class,
        enrolment: person.enrolment,
        identity: person.identity,
    };
    Ok((student, grant))
}

/// A student's day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudentDayAnswer {
    /// Who.
    pub student: Named,
    /// The class now, or the last one, by its code.
    pub class: String,
    /// The date, in the school's zone.
    #[schema(value_type = String, format = Date)]
    pub date: SchoolDate,
    /// The sessions with duty or facts, in the order in which they open.
    pub sessions: Vec<StudentSession>,
    /// Attempts at which no rule bound the class.
    pub without_session: Vec<AttemptBody>,
    /// The position this is true for.
    pub position: u64,
}

/// One session of a student's day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudentSession {
    /// The rule.
    pub rule: String,
    /// What people call it now.
    pub name: Option<String>,
    /// The version that closed it; while it is open, the one in force.
    pub rule_version: u32,
    /// The class it was for, by its code.
    pub class: String,
    /// When it opens; null if its rule was retired before it closed.
    pub opens: Option<String>,
    /// The last second of being on time.
    pub on_time_until: Option<String>,
    /// The last second at which a check-in counts.
    pub closes: Option<String>,
    /// True once it is closed.
    pub closed: bool,
    /// `on_time`, `late`, `excused`, `absent`, `open` or `not_on_duty`.
    pub status: &'static str,
    /// Seconds late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_s: Option<u32>,
    /// The slip that excuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slip: Option<String>,
    /// A slip that waits and would excuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_slip: Option<String>,
    /// Everything the verdict follows from, in the order of the log.
    pub facts: Vec<FactBody>,
}

/// One fact about a student's duty.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactBody {
    /// `checked_in`, `check_in_refused`, `leave_submitted`, `leave_approved`, `leave_rejected` or `session_closed`.
    #[schema(example = "checked_in")]
    pub fact: &'static str,
    /// When.
    pub at: String,
    /// Where in the log it stands.
    pub position: u64,
    /// Seconds late, of a check-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_s: Option<u32>,
    /// How far from the centre of the rule's place, in metres, of a check-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// What there is to doubt about a check-in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<&'static str>,
    /// Why an attempt did not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<WhyRefused>,
    /// The slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slip: Option<String>,
    /// The first instant of the leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The instant at which the leave is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Whether the student stood on the duty list, of a closing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_duty: Option<bool>,
}

/// Read a student's day.
///
/// Each session with its verdict and the facts that explain it.
#[utoipa::path(
    get,
    path = "/v1/students/{student}/days/{date}",
    tag = "attendance",
    params(
        ("student" = String, Path, description = "The school number."),
        ("date" = String, Path, description = "The date, as 2026-11-23."),
    ),
    responses((status = 200, body = StudentDayAnswer)),
    extensions(("x-homeroom-action" = json!("read_student_day")))
)]
pub(crate) async fn student_day(
    State(app): State<App>,
    Path((number, date)): Path<(String, String)>,
    caller: Caller,
) -> Result<Answer<StudentDayAnswer>, ApiError> {
    let date = request::date(&date)?;
    let student = {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        let action = Action::ReadStudentDay;
        about_student(&app, &caller, &directory, action, &number, now)?.0
    };
    let attendance = app.views.attendance_at(caller.after).await?;
    let zone = app.zone();
    let (seen, day, names) = {
        let directory = app.directory()?;
        let class = student.enrolment.class_on(date).unwrap_or(&student.class);
        let expected = match student.enrolment.duty_on(date) {
            Some(class) => {
                let calendar = directory.calendar_day(date)?;
                let rules = directory.rules_for(class)?;
                SessionExpected::of(&rules, date, calendar.as_ref(), zone)
            }
            None => Vec::new(),
        };
        let day = attendance.student_day(&student.id, date, class, &expected)?;
        let names = rule_names(&directory, day.sessions.iter().map(|session| &session.rule))?;
        (Seen::of(&[&attendance.0, &directory.0]), day, names)
    };
    drop(attendance);
    let mut sessions = Vec::with_capacity(day.sessions.len());
    for of_student in &day.sessions {
        let class = app.class_code(&of_student.class)?;
        sessions.push(session(
            of_student,
            names.get(&of_student.rule).cloned(),
            class,
            zone,
        ));
    }
    let strays = day
        .without_session
        .iter()
        .map(|attempt| AttemptBody::of(attempt, zone));
    let body = StudentDayAnswer {
        student: people::named(&app.vault, &student.identity).await?,
        class: app.class_code(&student.class)?,
        date,
        sessions,
        without_session: strays.collect(),
        position: seen.position.0,
    };
    Ok(seen.answer(body))
}

fn session(
    day: &SessionOfStudent,
    name: Option<String>,
    class: String,
    zone: Zone,
) -> StudentSession {
    let (late_s, slip) = match &day.duty.status {
        DutyStatus::Late { by_s } => (Some(*by_s), None),
        DutyStatus::Excused { slip } => (None, Some(slip.to_string())),
        _ => (None, None),
    };
    let instant = |edge: fn(Window) -> Moment| day.window.map(|window| edge(window).rfc3339(zone));
    StudentSession {
        rule: day.rule.to_string(),
        name,
        rule_version: day.rule_version,
        class,
        opens: instant(|window| window.opens),
        on_time_until: instant(|window| window.on_time_until),
        closes: instant(|window| window.closes),
        closed: day.closed.is_some(),
        status: day.duty.status.as_str(),
        late_s,
        slip,
        pending_slip: day.duty.pending_slip.as_ref().map(ToString::to_string),
        facts: day
            .facts
            .iter()
            .map(|explained| fact(explained, zone))
            .collect(),
    }
}

fn fact(Explained { position, fact }: &Explained, zone: Zone) -> FactBody {
    let bare = |name| FactBody {
        fact: name,
        at: fact.at().rfc3339(zone),
        position: position.0,
        late_s: None,
        distance_m: None,
        flags: Vec::new(),
        refused: None,
        slip: None,
        from: None,
        to: None,
        on_duty: None,
    };
    let of_slip = |name, slip: &SlipId| {
        let slip = Some(slip.to_string());
        FactBody { slip, ..bare(name) }
    };
    match fact {
        DutyFact::CheckedIn {
            punctuality,
            distance_m,
            flags,
            ..
        } => {
            let late_s = match punctuality {
                Punctuality::OnTime => None,
                Punctuality::Late { by_s } => Some(*by_s),
            };
            FactBody {
                late_s,
                distance_m: Some(distance_m.0),
                flags: flags.iter().map(|flag| flag.as_str()).collect(),
                ..bare("checked_in")
            }
        }
        DutyFact::CheckInRefused { reason, .. } => FactBody {
            refused: Some(WhyRefused::of(reason)),
            ..bare("check_in_refused")
        },
        DutyFact::LeaveSubmitted { slip, from, to, .. } => FactBody {
            from: Some(from.rfc3339(zone)),
            to: Some(to.rfc3339(zone)),
            ..of_slip("leave_submitted", slip)
        },
        DutyFact::LeaveApproved { slip, .. } => of_slip("leave_approved", slip),
        DutyFact::LeaveRejected { slip, .. } => of_slip("leave_rejected", slip),
        DutyFact::SessionClosed { on_duty, .. } => FactBody {
            on_duty: Some(*on_duty),
            ..bare("session_closed")
        },
    }
}
