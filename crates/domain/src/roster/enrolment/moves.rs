//! A student changes class.

use crate::id::{ClassId, PersonId};
use crate::office::Scope;
use crate::roster::{RosterEvent, StudentMoved};
use crate::time::SchoolDate;

use super::{Case, EnrolmentRefused, Standing};

/// Moves a student to another class, from a date on that is not after today: whoever may read and decide about a
/// student follows from the class the student is in now.
#[derive(Debug, Clone)]
pub struct MoveStudent {
    /// The student.
    pub student: PersonId,
    /// The class joined.
    pub to: ClassId,
    /// The first day in it.
    pub on: SchoolDate,
}

pub(super) fn decide(
    case: &Case<'_>,
    command: &MoveStudent,
) -> Result<Vec<RosterEvent>, EnrolmentRefused> {
    let (known, from) = case.student(&command.student)?;
    case.check_rights(&command.to)?;
    case.check_class(&command.to, command.on)?;
    case.check_date(command.on)?;
    if command.on > case.today() {
        return Err(EnrolmentRefused::MovesInTheFuture);
    }
    match known.enrolment.standing(command.on) {
        Standing::Enrolled | Standing::Suspended => {}
        standing => return Err(EnrolmentRefused::NotEnrolled { standing }),
    }
    if *from == command.to {
        return Err(EnrolmentRefused::AlreadyThere);
    }
    let mut events = vec![RosterEvent::StudentMoved(StudentMoved {
        student: command.student.clone(),
        from: from.clone(),
        to: command.to.clone(),
        on: command.on,
    })];
    // A cadre of a class is one of its own students.
    let left = Scope::Class(from.clone());
    let held = case.state.own_offices_of(&command.student, case.at);
    for held in held.filter(|held| held.office.scope == left) {
        let ends = case
            .state
            .ending(&command.student, &held.office, case.at, false);
        events.extend(ends.into_iter().map(RosterEvent::OfficeEnded));
    }
    Ok(events)
}
