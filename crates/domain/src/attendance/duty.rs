//! What a student's duty in one session came to: a pure function of its facts, in whatever order they arrived.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::SlipId;
use crate::leave::SlipStatus;
use crate::place::Metres;
use crate::time::Moment;

use super::{CheckInDenied, Flag, Punctuality};

/// One fact about a student's duty in one session, as it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum DutyFact {
    /// A check-in that counts.
    CheckedIn {
        /// When.
        at: Moment,
        /// On time or late.
        punctuality: Punctuality,
        /// How far from the centre of the rule's place, to 0.1 m.
        distance_m: Metres,
        /// What there is to doubt about it, or to know.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        flags: Vec<Flag>,
    },
    /// An attempt that does not count.
    CheckInRefused {
        /// When.
        at: Moment,
        /// Why not.
        reason: CheckInDenied,
    },
    /// Leave was asked for.
    LeaveSubmitted {
        /// When.
        at: Moment,
        /// The slip.
        slip: SlipId,
        /// The first instant of the leave.
        from: Moment,
        /// The instant at which it is over; not part of it.
        to: Moment,
    },
    /// A slip was approved.
    LeaveApproved {
        /// When.
        at: Moment,
        /// The slip.
        slip: SlipId,
    },
    /// A slip was rejected.
    LeaveRejected {
        /// When.
        at: Moment,
        /// The slip.
        slip: SlipId,
    },
    /// The session was closed.
    SessionClosed {
        /// When.
        at: Moment,
        /// Whether the student stood on its duty list.
        on_duty: bool,
    },
}

impl DutyFact {
    /// When it happened.
    pub fn at(&self) -> Moment {
        match self {
            DutyFact::CheckedIn { at, .. }
            | DutyFact::CheckInRefused { at, .. }
            | DutyFact::LeaveSubmitted { at, .. }
            | DutyFact::LeaveApproved { at, .. }
            | DutyFact::LeaveRejected { at, .. }
            | DutyFact::SessionClosed { at, .. } => *at,
        }
    }
}

/// What a student's duty came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum DutyStatus {
    /// Checked in on time.
    OnTime,
    /// Checked in late.
    Late {
        /// Seconds after the rule's `on_time_until`.
        #[serde(rename = "late_s")]
        by_s: u32,
    },
    /// Did not check in and need not have: approved leave covers the duty.
    Excused {
        /// The slip.
        slip: SlipId,
    },
    /// Had duty, did not check in, has no leave; the session is closed.
    Absent,
    /// The session is not closed: nothing is settled yet.
    Open,
    /// Was not on the duty list when the session closed.
    NotOnDuty,
}

impl DutyStatus {
    /// The status as it is written in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            DutyStatus::OnTime => "on_time",
            DutyStatus::Late { .. } => "late",
            DutyStatus::Excused { .. } => "excused",
            DutyStatus::Absent => "absent",
            DutyStatus::Open => "open",
            DutyStatus::NotOnDuty => "not_on_duty",
        }
    }
}

/// The verdict on a student's duty in one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Duty {
    /// What it came to.
    #[serde(flatten)]
    pub status: DutyStatus,
    /// A slip that waits and would cover the duty; it excuses nothing yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pending_slip: Option<SlipId>,
}

/// Folds the facts, in any order.
///
/// A check-in that counts wins: whoever was there was there. Else approved leave excuses if it covers
/// `on_time_until`, the instant by which one had to be there. Else a closed session makes those on its duty list absent.
pub fn duty<'a>(on_time_until: Moment, facts: impl IntoIterator<Item = &'a DutyFact>) -> Duty {
    let mut first_check_in: Option<(Moment, Punctuality)> = None;
    let mut closed_with_duty: Option<bool> = None;
    let mut slips: BTreeMap<&SlipId, Slip> = BTreeMap::new();
    for fact in facts {
        match fact {
            DutyFact::CheckedIn {
                at, punctuality, ..
            } => {
                if first_check_in.is_none_or(|(first, _)| *at < first) {
                    first_check_in = Some((*at, *punctuality));
                }
            }
            DutyFact::CheckInRefused { .. } => {}
            DutyFact::LeaveSubmitted { slip, from, to, .. } => {
                slips.entry(slip).or_default().covers =
                    *from <= on_time_until && on_time_until < *to;
            }
            DutyFact::LeaveApproved { slip, .. } => {
                slips.entry(slip).or_default().status = SlipStatus::Approved;
            }
            DutyFact::LeaveRejected { slip, .. } => {
                slips.entry(slip).or_default().status = SlipStatus::Rejected;
            }
            DutyFact::SessionClosed { on_duty, .. } => closed_with_duty = Some(*on_duty),
        }
    }
    let covering = |status| {
        slips
            .iter()
            .find(|(_, slip)| slip.covers && slip.status == status)
            .map(|(id, _)| *id)
    };
    let status = match (
        first_check_in,
        closed_with_duty,
        covering(SlipStatus::Approved),
    ) {
        (Some((_, Punctuality::OnTime)), _, _) => DutyStatus::OnTime,
        (Some((_, Punctuality::Late { by_s })), _, _) => DutyStatus::Late { by_s },
        (None, Some(false), _) => DutyStatus::NotOnDuty,
        (None, _, Some(slip)) => DutyStatus::Excused { slip: slip.clone() },
        (None, Some(true), None) => DutyStatus::Absent,
        (None, None, None) => DutyStatus::Open,
    };
    Duty {
        status,
        pending_slip: covering(SlipStatus::Waiting).cloned(),
    }
}

/// What the facts seen so far say of one slip.
struct Slip {
    covers: bool,
    status: SlipStatus,
}

impl Default for Slip {
    fn default() -> Self {
        Self {
            covers: false,
            status: SlipStatus::Waiting,
        }
    }
}

#[cfg(test)]
#[path = "duty_tests.rs"]
mod tests;
