//! Saying no to a slip.

use crate::id::SlipId;
use crate::sealed::Sealed;
use crate::time::Moment;

use super::{
    Decision, LeaveEvent, LeaveFacts, LeaveRefused, LeaveState, SlipDecisionRefused, SlipRejected,
    SlipStatus,
};

/// Rejects a slip.
#[derive(Debug, Clone)]
pub struct RejectSlip {
    /// The slip.
    pub slip: SlipId,
    /// Why, sealed under the student's key.
    pub reason: Sealed,
}

pub(super) fn decide(
    state: &LeaveState,
    command: &RejectSlip,
    facts: &LeaveFacts,
    at: Moment,
) -> Result<Vec<LeaveEvent>, LeaveRefused> {
    let slip = state.slip(&command.slip).ok_or(LeaveRefused::UnknownSlip)?;
    let office = match facts.may(Decision::Reject, &slip.id, at) {
        Ok(office) => office,
        Err(reason) => {
            return Ok(vec![LeaveEvent::DecisionRefused(SlipDecisionRefused {
                slip: slip.id.clone(),
                by: facts.actor.clone(),
                decision: Decision::Reject,
                reason,
            })]);
        }
    };
    if slip.status != SlipStatus::Waiting {
        return Err(LeaveRefused::AlreadyDecided {
            status: slip.status,
        });
    }
    Ok(vec![LeaveEvent::Rejected(SlipRejected {
        slip: slip.id.clone(),
        by: facts.actor.clone(),
        office,
        reason: command.reason.clone(),
    })])
}
