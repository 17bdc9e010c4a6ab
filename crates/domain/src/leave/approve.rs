//! Saying yes to a slip.

use crate::id::SlipId;
use crate::sealed::Sealed;
use crate::time::Moment;

use super::{
    Decision, LeaveEvent, LeaveFacts, LeaveRefused, LeaveState, SlipApproved, SlipDecisionRefused,
    SlipStatus,
};

/// Approves a slip.
#[derive(Debug, Clone)]
pub struct ApproveSlip {
    /// The slip.
    pub slip: SlipId,
    /// What to say with it, sealed under the student's key.
    pub comment: Option<Sealed>,
}

pub(super) fn decide(
    state: &LeaveState,
    command: &ApproveSlip,
    facts: &LeaveFacts,
    at: Moment,
) -> Result<Vec<LeaveEvent>, LeaveRefused> {
    let slip = state.slip(&command.slip).ok_or(LeaveRefused::UnknownSlip)?;
    let office = match facts.may(Decision::Approve, &slip.id, at) {
        Ok(office) => office,
        Err(reason) => {
            return Ok(vec![LeaveEvent::DecisionRefused(SlipDecisionRefused {
                slip: slip.id.clone(),
                by: facts.actor.clone(),
                decision: Decision::Approve,
                reason,
            })]);
        }
    };
    if slip.status != SlipStatus::Waiting {
        return Err(LeaveRefused::AlreadyDecided {
            status: slip.status,
        });
    }
    Ok(vec![LeaveEvent::Approved(SlipApproved {
        slip: slip.id.clone(),
        by: facts.actor.clone(),
        office,
        comment: command.comment.clone(),
    })])
}
