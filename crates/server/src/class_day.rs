//! A class's day: what the homeroom teacher looks at, and the question that is asked most.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use chrono::NaiveTime;
use futures::future::try_join_all;
use homeroom_attendance::{
    Attempt, Attendance, ClassDay, SessionDay, SessionExpected, StudentDuty,
};
use homeroom_directory::{Class, Directory, Rule};
use homeroom_domain::attendance::{CheckInDenied, DutyFact, DutyStatus};
use homeroom_domain::calendar::CalendarDay;
use homeroom_domain::rights::Action;
use homeroom_domain::rule::Window;
use homeroom_domain::sealed::Sealed;
use homeroom_domain::{ClassId, Moment, PersonId, Refuse, RuleId, SchoolDate, Zone};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Seen, Written};
use crate::app::App;
use crate::calendar::CalendarDayBody;
use crate::caller::Caller;
use crate::classes::about_class;
use crate::error::ApiError;
use crate::people::{self, Named};
use crate::request;

/// What all days that are kept written may weigh, in bytes.
const BYTES_MAX: u64 = 16 << 20;

/// A class's day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClassDayAnswer {
    /// The class, by its code.
    #[schema(example = "26JY1")]
    pub class: String,
    /// Its name.
    pub name: String,
    /// The date, in the school's zone.
    #[schema(value_type = String, format = Date)]
    pub date: SchoolDate,
    /// What the calendar says of the date; null where the weekday says it.
    pub calendar: Option<CalendarDayBody>,
    /// The sessions, in the order in which they open.
    pub sessions: Vec<SessionBody>,
    /// Attempts at which no rule bound the class.
    pub without_session: Vec<StrayAttempt>,
    /// The position this is true for.
    pub position: u64,
}

/// One session: a rule on that date for that class.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionBody {
    /// The rule.
    pub rule: String,
    /// What people call it now.
    #[schema(example = "早点名")]
    pub name: Option<String>,
    /// The version that closed it; while it is open, the one in force.
    pub rule_version: u32,
    /// When it opens; null if its rule was retired before it closed.
    pub opens: Option<String>,
    /// The last second of being on time.
    pub on_time_until: Option<String>,
    /// The last second at which a check-in counts.
    pub closes: Option<String>,
    /// True once it is closed, and whoever was not there was absent.
    pub closed: bool,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
    /// How many came out how.
    #[serde(flatten)]
    pub numbers: SessionNumbers,
    /// Everybody with duty in it, and whoever did something in it, in the order of their numbers.
    pub students: Vec<StudentBody>,
}

/// How many students of a session came out how.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct SessionNumbers {
    /// Checked in on time.
    pub on_time: usize,
    /// Checked in late.
    pub late: usize,
    /// Excused by approved leave.
    pub excused: usize,
    /// Absent: it is closed, and they were not there.
    pub absent: usize,
    /// Not settled: it is open, and they have not checked in yet.
    pub open: usize,
    /// Check-ins that count and leave something to doubt.
    pub flagged: usize,
    /// Attempts that did not count, of all students together.
    pub refused_attempts: usize,
}

/// One student in a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudentBody {
    /// Who.
    #[serde(flatten)]
    pub who: Named,
    /// `on_time`, `late`, `excused`, `absent`, `open` or `not_on_duty`.
    #[schema(example = "late")]
    pub status: &'static str,
    /// Seconds late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_s: Option<u32>,
    /// When the check-in that counts was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_in_at: Option<String>,
    /// What there is to doubt about the check-in that counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<&'static str>,
    /// The slip that excuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slip: Option<String>,
    /// A slip that waits and would excuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_slip: Option<String>,
    /// The attempts that did not count, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<AttemptBody>,
}

/// An attempt that did not count.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptBody {
    /// When.
    pub at: String,
    /// Why not.
    #[serde(flatten)]
    pub why: WhyRefused,
    /// Where in the log it stands.
    pub position: u64,
}

/// Why an attempt did not count, in numbers; the words are the client's.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct WhyRefused {
    /// The code of the refusal: `out-of-window`, `out-of-range` or `no-session`.
    #[schema(example = "out-of-range")]
    pub reason: &'static str,
    /// How far the phone was from the centre of the rule's place, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// How far it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius_m: Option<f64>,
    /// When the nearest window opens, as time of day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub window_opens: Option<NaiveTime>,
    /// When it closes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub window_closes: Option<NaiveTime>,
}

impl WhyRefused {
    pub(crate) fn of(denied: &CheckInDenied) -> Self {
        let why = Self {
            reason: denied.code(),
            ..Self::default()
        };
        match denied {
            CheckInDenied::NoSession => why,
            CheckInDenied::OutOfWindow { opens, closes, .. } => Self {
                window_opens: Some(*opens),
                window_closes: Some(*closes),
                ..why
            },
            CheckInDenied::OutOfRange {
                distance_m,
                radius_m,
            } => Self {
                distance_m: Some(distance_m.0),
                radius_m: Some(radius_m.0),
                ..why
            },
        }
    }
}

impl AttemptBody {
    pub(crate) fn of(attempt: &Attempt, zone: Zone) -> Self {
        Self {
            at: attempt.at.rfc3339(zone),
            why: WhyRefused::of(&attempt.reason),
            position: attempt.position.0,
        }
    }
}

/// An attempt at which no rule bound the class.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StrayAttempt {
    /// Who.
    #[serde(flatten)]
    pub who: Named,
    /// The attempt.
    #[serde(flatten)]
    pub attempt: AttemptBody,
}

/// Read a class's day.
///
/// Every session with every student: who was there, who was late, who was refused and why, who is excused, who is
/// absent.
#[utoipa::path(
    get,
    path = "/v1/classes/{class}/days/{date}",
    tag = "attendance",
    params(
        ("class" = String, Path, description = "The class's code."),
        ("date" = String, Path, description = "The date, as 2026-11-23."),
    ),
    responses((status = 200, body = ClassDayAnswer)),
    extensions(("x-homeroom-action" = json!("read_class_day")))
)]
pub(crate) async fn class_day(
    State(app): State<App>,
    Path((code, date)): Path<(String, String)>,
    caller: Caller,
) -> Result<Answer<Written>, ApiError> {
    let date = request::date(&date)?;
    let attendance = app.views.attendance_at(caller.after).await?;
    let (seen, class, found) = {
        let directory = app.directory()?;
        let action = Action::ReadClassDay;
        let class = about_class(&caller, &directory, action, &code, app.clock.now()?)?;
        let seen = Seen::of(&[&attendance.0, &directory.0]);
        if let Some(written) = app.class_days.get(&class.id, date, &seen) {
            return Ok(seen.answer(written));
        }
        let found = Found::read(&attendance, &directory, &class, date, app.zone())?;
        (seen, class, found)
    };
    drop(attendance);
    let written = Written::of(&found.body(&app, &class, date, seen.position.0).await?)?;
    app.class_days.keep(&class.id, date, &seen, &written);
    Ok(seen.answer(written))
}

/// What the views say of a class's day.
struct Found {
    day: ClassDay,
    calendar: Option<CalendarDay>,
    identities: BTreeMap<PersonId, Sealed>,
    rule_names: BTreeMap<RuleId, String>,
}

impl Found {
    fn read(
        attendance: &Attendance,
        directory: &Directory,
        class: &Class,
        date: SchoolDate,
        zone: Zone,
    ) -> Result<Self, ApiError> {
        let members = directory.on_duty(&class.id, date)?;
        let calendar = directory.calendar_day(date)?;
        let rules = directory.rules_for(&class.id)?;
        let expected = SessionExpected::of(&rules, date, calendar.as_ref(), zone);
        let day = attendance.class_day(&class.id, date, &members, &expected)?;
        let in_sessions = day.sessions.iter().flat_map(|session| &session.students);
        let in_sessions = in_sessions.map(|duty| &duty.student);
        let strays = day.without_session.iter().map(|(student, _)| student);
        let mut identities = BTreeMap::new();
        for student in in_sessions.chain(strays) {
            if !identities.contains_key(student)
                && let Some(person) = directory.person(student)?
            {
                identities.insert(student.clone(), person.identity);
            }
        }
        let rule_names = rule_names(directory, day.sessions.iter().map(|session| &session.rule))?;
        Ok(Self {
            day,
            calendar,
            identities,
            rule_names,
        })
    }

    async fn body(
        self,
        app: &App,
        class: &Class,
        date: SchoolDate,
        position: u64,
    ) -> Result<ClassDayAnswer, ApiError> {
        let zone = app.zone();
        let open = |(student, sealed): (PersonId, Sealed)| async move {
            Ok::<_, ApiError>((student, people::named(&app.vault, &sealed).await?))
        };
        let names = try_join_all(self.identities.into_iter().map(open)).await?;
        let names: BTreeMap<PersonId, Named> = names.into_iter().collect();
        let who = |student: &PersonId| names.get(student).cloned().unwrap_or_default();
        let rule_names = &self.rule_names;
        let sessions = self.day.sessions.iter();
        let sessions = sessions.map(|day| session(day, rule_names.get(&day.rule), &who, zone));
        let strays = self
            .day
            .without_session
            .iter()
            .map(|(student, attempt)| StrayAttempt {
                who: who(student),
                attempt: AttemptBody::of(attempt, zone),
            });
        Ok(ClassDayAnswer {
            class: class.code.clone(),
            name: class.name.clone(),
            date,
            calendar: self.calendar.map(CalendarDayBody::of),
            sessions: sessions.collect(),
            without_session: strays.collect(),
            position,
        })
    }
}

/// What rules are called now.
pub(crate) fn rule_names<'a>(
    directory: &Directory,
    rules: impl Iterator<Item = &'a RuleId>,
) -> Result<BTreeMap<RuleId, String>, ApiError> {
    let mut names = BTreeMap::new();
    for rule in rules {
        if let Some(Rule { terms, .. }) = directory.rule(rule)? {
            names.insert(rule.clone(), terms.name);
        }
    }
    Ok(names)
}

fn session(
    day: &SessionDay,
    name: Option<&String>,
    who: &impl Fn(&PersonId) -> Named,
    zone: Zone,
) -> SessionBody {
    let mut numbers = SessionNumbers::default();
    for duty in &day.students {
        match duty.duty.status {
            DutyStatus::OnTime => numbers.on_time += 1,
            DutyStatus::Late { .. } => numbers.late += 1,
            DutyStatus::Excused { .. } => numbers.excused += 1,
            DutyStatus::Absent => numbers.absent += 1,
            DutyStatus::Open => numbers.open += 1,
            DutyStatus::NotOnDuty => {}
        }
        let checked_in = duty.check_in.as_ref().map(|check_in| &check_in.fact);
        numbers.flagged += usize::from(!flags_of(checked_in).is_empty());
        numbers.refused_attempts += duty.refused.len();
    }
    let mut students: Vec<StudentBody> = day
        .students
        .iter()
        .map(|duty| student(duty, who(&duty.student), zone))
        .collect();
    students.sort_by(|one, other| one.who.number.cmp(&other.who.number));
    let instant = |edge: fn(Window) -> Moment| day.window.map(|window| edge(window).rfc3339(zone));
    SessionBody {
        rule: day.rule.to_string(),
        name: name.cloned(),
        rule_version: day.rule_version,
        opens: instant(|window| window.opens),
        on_time_until: instant(|window| window.on_time_until),
        closes: instant(|window| window.closes),
        closed: day.closed.is_some(),
        closed_at: day.closed.map(|closing| closing.at.rfc3339(zone)),
        numbers,
        students,
    }
}

fn student(duty: &StudentDuty, who: Named, zone: Zone) -> StudentBody {
    let checked_in = duty.check_in.as_ref().map(|check_in| &check_in.fact);
    let (late_s, slip) = match &duty.duty.status {
        DutyStatus::Late { by_s } => (Some(*by_s), None),
        DutyStatus::Excused { slip } => (None, Some(slip.to_string())),
        _ => (None, None),
    };
    StudentBody {
        who,
        status: duty.duty.status.as_str(),
        late_s,
        checked_in_at: checked_in.map(DutyFact::at).map(|at| at.rfc3339(zone)),
        flags: flags_of(checked_in),
        slip,
        pending_slip: duty.duty.pending_slip.as_ref().map(ToString::to_string),
        refused: duty
            .refused
            .iter()
            .map(|attempt| AttemptBody::of(attempt, zone))
            .collect(),
    }
}

fn flags_of(checked_in: Option<&DutyFact>) -> Vec<&'static str> {
    match checked_in {
        Some(DutyFact::CheckedIn { flags, .. }) => flags.iter().map(|flag| flag.as_str()).collect(),
        _ => Vec::new(),
    }
}

type Key = (ClassId, SchoolDate);

/// Days as they were last written. A whole school looks at few days, most of them many times between two commits.
pub(crate) struct ClassDays(Cache<Key, (Seen, Written), Bytes>);

#[derive(Clone)]
struct Bytes;

impl Weighter<Key, (Seen, Written)> for Bytes {
    fn weight(&self, _: &Key, (_, written): &(Seen, Written)) -> u64 {
        written.len() as u64 + 256
    }
}

impl ClassDays {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(1_000, BYTES_MAX, Bytes))
    }

    /// The day, if it was written from the very views that are read now.
    fn get(&self, class: &ClassId, date: SchoolDate, seen: &Seen) -> Option<Written> {
        let (then, written) = self.0.get(&(class.clone(), date))?;
        (then == *seen).then_some(written)
    }

    fn keep(&self, class: &ClassId, date: SchoolDate, seen: &Seen, written: &Written) {
        self.0
            .insert((class.clone(), date), (seen.clone(), written.clone()));
    }
}
