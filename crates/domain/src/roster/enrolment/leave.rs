//! A student leaves.

use crate::id::PersonId;
use crate::roster::{RosterEvent, StudentLeft};
use crate::time::SchoolDate;

use super::{Case, EnrolmentRefused, Leaving, Standing, end_of};

/// Lets a student leave after a last day, on which there is still duty. The student's offices end with it.
#[derive(Debug, Clone)]
pub struct LetStudentLeave {
    /// The student.
    pub student: PersonId,
    /// The last day.
    pub last_day: SchoolDate,
    /// How.
    pub how: Leaving,
}

pub(super) fn decide(
    case: &Case<'_>,
    command: &LetStudentLeave,
) -> Result<Vec<RosterEvent>, EnrolmentRefused> {
    let (known, _) = case.student(&command.student)?;
    case.check_date(command.last_day)?;
    match known.enrolment.standing(command.last_day) {
        Standing::Enrolled | Standing::Suspended => {}
        standing => return Err(EnrolmentRefused::NotEnrolled { standing }),
    }
    Ok(left(case, &command.student, command.last_day, command.how))
}

/// The student is gone after that day, and so are the student's offices.
pub(super) fn left(
    case: &Case<'_>,
    student: &PersonId,
    last_day: SchoolDate,
    how: Leaving,
) -> Vec<RosterEvent> {
    let until = end_of(last_day, case.zone());
    let mut events = vec![RosterEvent::StudentLeft(StudentLeft {
        student: student.clone(),
        last_day,
        until,
        how,
    })];
    events.extend(case.end_offices(student, until));
    events
}
