//! Students coming, moving, staying away and going, each on a date.
//!
//! Whatever is said of dates before today changes what is shown and decided from now on; sessions that are closed stay
//! closed with the duty list they had: nothing is rewritten.

mod enrol;
mod graduate;
mod leave;
mod moves;
mod refused;
mod suspend;
mod timeline;

pub use enrol::EnrolStudent;
pub use graduate::GraduateClass;
pub use leave::LetStudentLeave;
pub use moves::MoveStudent;
pub use refused::EnrolmentRefused;
pub use suspend::{ResumeStudent, SuspendStudent};
pub use timeline::{Enrolment, EnrolmentChange, Leaving, Standing};

use chrono::NaiveTime;

use crate::id::{ClassId, PersonId};
use crate::rights::{Action, Target, grant};
use crate::time::{Moment, SchoolDate, Zone};

use super::{PersonState, RosterEvent, RosterFacts, RosterState};

/// How far a date may lie from today, either way, in days: a school year and its holidays.
pub const ENROLMENT_DAYS_MAX: i64 = 400;

/// What may be asked of enrolment.
#[derive(Debug, Clone)]
pub enum EnrolmentCommand {
    /// A student comes, or comes back.
    Enrol(EnrolStudent),
    /// A student changes class.
    Move(MoveStudent),
    /// A student is away for months.
    Suspend(SuspendStudent),
    /// A student is back.
    Resume(ResumeStudent),
    /// A student leaves.
    Leave(LetStudentLeave),
    /// A class has come to its end.
    Graduate(GraduateClass),
}

/// What every decision on enrolment looks at.
struct Case<'a> {
    state: &'a RosterState,
    facts: &'a RosterFacts,
    at: Moment,
}

pub(super) fn decide(
    state: &RosterState,
    command: &EnrolmentCommand,
    facts: &RosterFacts,
    at: Moment,
) -> Result<Vec<RosterEvent>, EnrolmentRefused> {
    let case = Case { state, facts, at };
    match command {
        EnrolmentCommand::Enrol(command) => enrol::decide(&case, command),
        EnrolmentCommand::Move(command) => moves::decide(&case, command),
        EnrolmentCommand::Suspend(command) => suspend::suspend(&case, command),
        EnrolmentCommand::Resume(command) => suspend::resume(&case, command),
        EnrolmentCommand::Leave(command) => leave::decide(&case, command),
        EnrolmentCommand::Graduate(command) => graduate::decide(&case, command),
    }
}

impl<'a> Case<'a> {
    fn today(&self) -> SchoolDate {
        self.at.date(self.facts.zone)
    }

    fn zone(&self) -> Zone {
        self.facts.zone
    }

    fn check_date(&self, date: SchoolDate) -> Result<(), EnrolmentRefused> {
        let away = (date - self.today()).num_days().abs();
        if away > ENROLMENT_DAYS_MAX {
            return Err(EnrolmentRefused::DateTooFar);
        }
        Ok(())
    }

    /// The actor may change who is in this class.
    fn check_rights(&self, class: &ClassId) -> Result<(), EnrolmentRefused> {
        let Some(actor) = &self.facts.actor else {
            return Ok(());
        };
        let entered = self.state.class(class).map(|class| class.entered);
        let target = Target {
            class: Some(class.clone()),
            grade: entered,
            ..Target::school()
        };
        let offices = self.state.held(actor);
        let granted = grant(Action::ChangeEnrolment, &offices, &target, self.at);
        granted.map(drop).ok_or(EnrolmentRefused::NotYours)
    }

    /// A class that somebody can be in on a date.
    fn check_class(&self, class: &ClassId, on: SchoolDate) -> Result<(), EnrolmentRefused> {
        let known = self.state.class(class);
        let known = known.ok_or(EnrolmentRefused::UnknownClass)?;
        match known.graduated {
            Some(graduated) if graduated.last_day < on => Err(EnrolmentRefused::ClassGraduated),
            _ => Ok(()),
        }
    }

    /// A student whom the actor may change, with the class.
    fn student(
        &self,
        student: &PersonId,
    ) -> Result<(&'a PersonState, &'a ClassId), EnrolmentRefused> {
        let known = self.state.person(student);
        let known = known.and_then(|known| Some((known, known.class.as_ref()?)));
        let Some((known, class)) = known else {
            // Whoever may change nobody learns nothing of who there is.
            let nobodys = self.facts.actor.is_some();
            return Err(if nobodys && !self.may_any() {
                EnrolmentRefused::NotYours
            } else {
                EnrolmentRefused::UnknownStudent
            });
        };
        self.check_rights(class)?;
        Ok((known, class))
    }

    fn may_any(&self) -> bool {
        let mut classes = self.state.classes();
        classes.any(|(class, _)| self.check_rights(class).is_ok())
    }

    /// The student's offices end with the student's presence; not before now, since what was done in them was right.
    fn end_offices(&self, student: &PersonId, to: Moment) -> Vec<RosterEvent> {
        let to = to.max(self.at);
        let held = self.state.own_offices_of(student, to);
        let offices = held.map(|held| held.office.clone());
        let mut ends = self.state.deputising_ends(student, to);
        for office in offices {
            for end in self.state.ending(student, &office, to, false) {
                if !ends.contains(&end) {
                    ends.push(end);
                }
            }
        }
        ends.into_iter().map(RosterEvent::OfficeEnded).collect()
    }
}

/// The first instant of a date.
fn start_of(date: SchoolDate, zone: Zone) -> Moment {
    Moment::at(date, NaiveTime::MIN, zone)
}

/// The first instant after a date.
fn end_of(date: SchoolDate, zone: Zone) -> Moment {
    start_of(date.succ_opt().unwrap_or(date), zone)
}

#[cfg(test)]
mod tests;
