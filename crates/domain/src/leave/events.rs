//! What may happen to a slip.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId, SlipId};
use crate::office::Role;
use crate::sealed::Sealed;
use crate::time::Moment;

use super::DecisionDenied;

/// What kind of leave is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeaveType {
    /// 病假
    Sick,
    /// 事假
    Personal,
    /// 公假
    Official,
    /// 探亲假
    HomeVisit,
}

impl LeaveType {
    /// Every type.
    pub const ALL: [LeaveType; 4] = [
        LeaveType::Sick,
        LeaveType::Personal,
        LeaveType::Official,
        LeaveType::HomeVisit,
    ];

    /// The type as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            LeaveType::Sick => "sick",
            LeaveType::Personal => "personal",
            LeaveType::Official => "official",
            LeaveType::HomeVisit => "home_visit",
        }
    }

    /// The type written so in JSON.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|leave| leave.as_str() == name)
    }
}

/// A student asks for leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlipSubmitted {
    /// The slip.
    pub slip: SlipId,
    /// The student's class at that instant.
    pub class: ClassId,
    /// The type.
    pub leave: LeaveType,
    /// The first instant of the leave.
    pub from: Moment,
    /// The instant at which it is over; not part of it.
    pub to: Moment,
    /// Why, sealed.
    pub reason: Sealed,
    /// Whose word it waits for.
    pub waits_for: Role,
}

/// A slip is approved: it excuses from `from` to `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlipApproved {
    /// The slip.
    pub slip: SlipId,
    /// Who approved.
    pub by: PersonId,
    /// As what.
    pub office: Role,
    /// What they said, sealed under the student's key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comment: Option<Sealed>,
}

/// A slip is rejected: it excuses nothing, and frees its dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlipRejected {
    /// The slip.
    pub slip: SlipId,
    /// Who rejected.
    pub by: PersonId,
    /// As what.
    pub office: Role,
    /// Why, sealed under the student's key.
    pub reason: Sealed,
}

/// Somebody tried to decide a slip who may not; the slip is as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlipDecisionRefused {
    /// The slip.
    pub slip: SlipId,
    /// Who tried.
    pub by: PersonId,
    /// What they tried.
    pub decision: Decision,
    /// Why not.
    pub reason: DecisionDenied,
}

/// The two ways a slip can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Yes.
    Approve,
    /// No.
    Reject,
}

crate::events! {
    /// What may happen on a student's leave boundary.
    pub enum LeaveEvent {
        /// Asked.
        Submitted(SlipSubmitted) = "slip_submitted" v 1;
        /// Approved.
        Approved(SlipApproved) = "slip_approved" v 1;
        /// Rejected.
        Rejected(SlipRejected) = "slip_rejected" v 1;
        /// A decision by somebody who may not.
        DecisionRefused(SlipDecisionRefused) = "slip_decision_refused" v 1, refused;
    }
}
