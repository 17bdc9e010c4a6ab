//! A student comes, or comes back.

use crate::id::{ClassId, PersonId};
use crate::roster::{RosterEvent, StudentEnrolled};
use crate::sealed::{Mark, Sealed};
use crate::time::SchoolDate;

use super::{Case, EnrolmentRefused, Standing};

/// Enrols a student from a date on. Of one who left, the person stays the same, with everything on record.
#[derive(Debug, Clone)]
pub struct EnrolStudent {
    /// The person: the one the state knows by `number`, or a new id.
    pub student: PersonId,
    /// The class.
    pub class: ClassId,
    /// The first day.
    pub on: SchoolDate,
    /// The dorm room, if the student boards.
    pub dorm: Option<String>,
    /// The mark of the school number.
    pub number: Mark,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// The identity, sealed under the person's key.
    pub sealed: Sealed,
}

pub(super) fn decide(
    case: &Case<'_>,
    command: &EnrolStudent,
) -> Result<Vec<RosterEvent>, EnrolmentRefused> {
    case.check_rights(&command.class)?;
    case.check_class(&command.class, command.on)?;
    case.check_date(command.on)?;
    match case.state.person_by_number(&command.number) {
        None if case.state.person(&command.student).is_some() => {
            return Err(EnrolmentRefused::RosterMovedOn);
        }
        None => {}
        Some(known) => {
            let before = case.state.person(known);
            let before = before.filter(|before| before.class.is_some());
            let before = before.ok_or(EnrolmentRefused::NumberTaken)?;
            match before.enrolment.standing(command.on) {
                Standing::Gone(_) if *known != command.student => {
                    return Err(EnrolmentRefused::RosterMovedOn);
                }
                Standing::Gone(_) => {}
                _ => return Err(EnrolmentRefused::NumberTaken),
            }
        }
    }
    Ok(vec![RosterEvent::StudentEnrolled(StudentEnrolled {
        student: command.student.clone(),
        class: command.class.clone(),
        on: command.on,
        dorm: command.dorm.clone(),
        number: command.number.clone(),
        identity: command.identity.clone(),
        sealed: command.sealed.clone(),
    })])
}
