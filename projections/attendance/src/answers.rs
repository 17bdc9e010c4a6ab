//! What the questions are answered with.

use homeroom_domain::attendance::{CheckInDenied, Duty, DutyFact, RuleInForce};
use homeroom_domain::calendar::CalendarDay;
use homeroom_domain::rule::Window;
use homeroom_domain::sealed::Sealed;
use homeroom_domain::{ClassId, Moment, PersonId, RuleId, SchoolDate, Zone};
use homeroom_log::Position;

/// A session that a rule in force makes on a date, closed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionExpected {
    /// The rule.
    pub rule: RuleId,
    /// Its version now.
    pub version: u32,
    /// Its window on that date.
    pub window: Window,
}

impl SessionExpected {
    /// The sessions that these rules make on a date, which is this day of the calendar, in the school's zone.
    pub fn of(
        rules: &[RuleInForce],
        date: SchoolDate,
        day: Option<&CalendarDay>,
        zone: Zone,
    ) -> Vec<Self> {
        rules
            .iter()
            .filter(|rule| rule.terms.holds_on(date, day))
            .map(|rule| Self {
                rule: rule.rule.clone(),
                version: rule.version,
                window: rule.terms.window(date, zone),
            })
            .collect()
    }
}

/// A class's day.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassDay {
    /// The sessions, in the order in which they open.
    pub sessions: Vec<SessionDay>,
    /// Attempts on a day without any session, in the order of the log.
    pub without_session: Vec<(PersonId, Attempt)>,
}

/// One session of a class's day.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionDay {
    /// The rule.
    pub rule: RuleId,
    /// The version that closed the session; while it is open, the one in force.
    pub rule_version: u32,
    /// Its window; `None` if the rule was retired before it closed.
    pub window: Option<Window>,
    /// How it was closed; `None` while it is open.
    pub closed: Option<Closing>,
    /// Whoever had duty or a fact, in the order of their ids.
    pub students: Vec<StudentDuty>,
}

/// How a session was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub at: Moment,
    /// Where in the log.
    pub position: Position,
}

/// One student in one session.
#[derive(Debug, Clone, PartialEq)]
pub struct StudentDuty {
    /// The student.
    pub student: PersonId,
    /// The verdict.
    pub duty: Duty,
    /// The check-in that counts: where in the log, and the fact.
    pub check_in: Option<Explained>,
    /// The attempts that do not count, in the order of the log.
    pub refused: Vec<Attempt>,
}

/// An attempt that does not count.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Where in the log.
    pub position: Position,
    /// When.
    pub at: Moment,
    /// Why not.
    pub reason: CheckInDenied,
}

/// A student's day.
#[derive(Debug, Clone, PartialEq)]
pub struct StudentDay {
    /// The sessions the student had duty or facts in, in the order in which they open.
    pub sessions: Vec<SessionOfStudent>,
    /// Attempts on a day without any session, in the order of the log.
    pub without_session: Vec<Attempt>,
}

/// One session of a student's day, with everything that explains the verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionOfStudent {
    /// The class it was for.
    pub class: ClassId,
    /// The rule.
    pub rule: RuleId,
    /// The version that closed the session; while it is open, the one in force.
    pub rule_version: u32,
    /// Its window; `None` if the rule was retired before it closed.
    pub window: Option<Window>,
    /// How it was closed; `None` while it is open.
    pub closed: Option<Closing>,
    /// The verdict.
    pub duty: Duty,
    /// The facts, in the order of the log: attempts, slips that reach into the window, the closing.
    pub facts: Vec<Explained>,
}

/// A fact, and where it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Where in the log.
    pub position: Position,
    /// The fact.
    pub fact: DutyFact,
}

/// What a phone said of itself, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// [`Evidence`](homeroom_domain::attendance::Evidence), sealed.
    pub place: Sealed,
    /// The device's name for itself, sealed.
    pub device: Option<Sealed>,
}
