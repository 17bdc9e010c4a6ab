//! Asking for leave.

use crate::id::{PersonId, SlipId};
use crate::office::Role;
use crate::sealed::Sealed;
use crate::time::Moment;

use super::{
    LeaveEvent, LeaveFacts, LeaveRefused, LeaveState, LeaveType, SlipStatus, SlipSubmitted,
};

/// The longest leave one slip may ask for, in days.
pub const LEAVE_DAYS_MAX: i64 = 366;

/// A student asks for leave.
#[derive(Debug, Clone)]
pub struct SubmitSlip {
    /// The student.
    pub student: PersonId,
    /// The type.
    pub leave: LeaveType,
    /// The first instant of it.
    pub from: Moment,
    /// The instant at which it is over; not part of it.
    pub to: Moment,
    /// Why, sealed.
    pub reason: Sealed,
}

pub(super) fn decide(
    state: &LeaveState,
    command: &SubmitSlip,
    facts: &LeaveFacts,
    at: Moment,
) -> Result<Vec<LeaveEvent>, LeaveRefused> {
    if command.to <= command.from {
        return Err(LeaveRefused::EndsBeforeItStarts);
    }
    if command.to.unix_ms() - command.from.unix_ms() > LEAVE_DAYS_MAX * 24 * 3_600_000 {
        return Err(LeaveRefused::TooLong);
    }
    if command.from.date(facts.zone) < at.date(facts.zone) {
        return Err(LeaveRefused::StartsInThePast);
    }
    let open = state
        .slips()
        .iter()
        .filter(|slip| slip.status != SlipStatus::Rejected);
    if let Some(other) = open
        .into_iter()
        .find(|slip| slip.from < command.to && command.from < slip.to)
    {
        return Err(LeaveRefused::Overlaps {
            other: other.id.clone(),
        });
    }
    Ok(vec![LeaveEvent::Submitted(SlipSubmitted {
        slip: SlipId {
            student: command.student.clone(),
            number: state.next_number(),
        },
        class: facts.class.clone(),
        leave: command.leave,
        from: command.from,
        to: command.to,
        reason: command.reason.clone(),
        waits_for: Role::HomeroomTeacher,
    })])
}
