//! A student is away for months, and is back.

use crate::id::PersonId;
use crate::roster::{RosterEvent, StudentResumed, StudentSuspended};
use crate::time::SchoolDate;

use super::{Case, EnrolmentRefused, Standing, start_of};

/// Suspends a student (休学) from a date on: a member of the class without duty. The student's offices end.
#[derive(Debug, Clone)]
pub struct SuspendStudent {
    /// The student.
    pub student: PersonId,
    /// The first day away.
    pub from: SchoolDate,
}

/// Lets a suspended student have duty again (复学), from a date on.
#[derive(Debug, Clone)]
pub struct ResumeStudent {
    /// The student.
    pub student: PersonId,
    /// The first day back.
    pub from: SchoolDate,
}

pub(super) fn suspend(
    case: &Case<'_>,
    command: &SuspendStudent,
) -> Result<Vec<RosterEvent>, EnrolmentRefused> {
    let (known, _) = case.student(&command.student)?;
    case.check_date(command.from)?;
    match known.enrolment.standing(command.from) {
        Standing::Enrolled => {}
        standing => return Err(EnrolmentRefused::NotEnrolled { standing }),
    }
    let mut events = vec![RosterEvent::StudentSuspended(StudentSuspended {
        student: command.student.clone(),
        from: command.from,
    })];
    let from = start_of(command.from, case.zone());
    events.extend(case.end_offices(&command.student, from));
    Ok(events)
}

pub(super) fn resume(
    case: &Case<'_>,
    command: &ResumeStudent,
) -> Result<Vec<RosterEvent>, EnrolmentRefused> {
    let (known, _) = case.student(&command.student)?;
    case.check_date(command.from)?;
    match known.enrolment.standing(command.from) {
        Standing::Suspended => {}
        standing => return Err(EnrolmentRefused::NotSuspended { standing }),
    }
    Ok(vec![RosterEvent::StudentResumed(StudentResumed {
        student: command.student.clone(),
        from: command.from,
    })])
}
