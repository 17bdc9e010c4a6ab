//! A slip, the fold of a student's slips, and the decider.

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::{ClassId, PersonId, SlipId};
use crate::office::Role;
use crate::refusal::{Language, RefusalKind, Refuse};
use crate::rights::{Action, HeldOffice, Target, grant};
use crate::time::{Moment, Zone};

use super::{
    ApproveSlip, Decision, LeaveEvent, LeaveType, RejectSlip, SubmitSlip, approve, reject, submit,
};

/// Where a slip stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlipStatus {
    /// Asked, not decided.
    Waiting,
    /// It excuses.
    Approved,
    /// It excuses nothing and frees its dates.
    Rejected,
}

impl SlipStatus {
    /// The status as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            SlipStatus::Waiting => "waiting",
            SlipStatus::Approved => "approved",
            SlipStatus::Rejected => "rejected",
        }
    }
}

/// One slip.
#[derive(Debug, Clone, PartialEq)]
pub struct Slip {
    /// The slip.
    pub id: SlipId,
    /// The type.
    pub leave: LeaveType,
    /// The first instant of it.
    pub from: Moment,
    /// The instant at which it is over; not part of it.
    pub to: Moment,
    /// Where it stands.
    pub status: SlipStatus,
}

/// All slips of one student, in the order they were asked.
#[derive(Debug, Clone, Default)]
pub struct LeaveState {
    slips: Vec<Slip>,
}

impl LeaveState {
    /// One slip.
    pub fn slip(&self, id: &SlipId) -> Option<&Slip> {
        self.slips.iter().find(|slip| slip.id == *id)
    }

    /// Every slip, in the order they were asked.
    pub fn slips(&self) -> &[Slip] {
        &self.slips
    }

    /// The number the next slip gets.
    pub(super) fn next_number(&self) -> u32 {
        u32::try_from(self.slips.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    fn settle(&mut self, id: &SlipId, status: SlipStatus) {
        if let Some(slip) = self.slips.iter_mut().find(|slip| slip.id == *id) {
            slip.status = status;
        }
    }
}

/// What may be asked on a student's leave boundary.
#[derive(Debug, Clone)]
pub enum LeaveCommand {
    /// Ask for leave.
    Submit(SubmitSlip),
    /// Say yes.
    Approve(ApproveSlip),
    /// Say no.
    Reject(RejectSlip),
}

/// What deciding needs from outside the student's boundary.
#[derive(Debug, Clone)]
pub struct LeaveFacts {
    /// The student's class now.
    pub class: ClassId,
    /// The year in which that class entered.
    pub entered: u16,
    /// The school's zone.
    pub zone: Zone,
    /// Who acts.
    pub actor: PersonId,
    /// The offices of the actor, with their dates.
    pub offices: Vec<HeldOffice>,
}

impl LeaveFacts {
    /// As what the actor may take this decision on a slip at this instant: what the rights table says, and nobody
    /// their own.
    pub(super) fn may(
        &self,
        decision: Decision,
        slip: &SlipId,
        at: Moment,
    ) -> Result<Role, DecisionDenied> {
        if self.actor == slip.student {
            return Err(DecisionDenied::OwnSlip);
        }
        let action = match decision {
            Decision::Approve => Action::ApproveSlip,
            Decision::Reject => Action::RejectSlip,
        };
        let target = Target::student(slip.student.clone(), self.class.clone(), self.entered);
        let granted = grant(action, &self.offices, &target, at);
        let granted = granted.ok_or(DecisionDenied::NotTheHomeroomTeacher)?;
        Ok(granted.office.role)
    }
}

/// Decides slips.
#[derive(Debug)]
pub struct LeaveDecider;

impl Decider for LeaveDecider {
    type Command = LeaveCommand;
    type Event = LeaveEvent;
    type State = LeaveState;
    type Facts = LeaveFacts;
    type Refusal = LeaveRefused;

    fn boundary(command: &LeaveCommand) -> Boundary {
        match command {
            LeaveCommand::Submit(command) => Boundary::leave(&command.student),
            LeaveCommand::Approve(command) => Boundary::leave(&command.slip.student),
            LeaveCommand::Reject(command) => Boundary::leave(&command.slip.student),
        }
    }

    fn evolve(state: &mut LeaveState, event: &LeaveEvent, _: Moment) {
        match event {
            LeaveEvent::Submitted(e) => state.slips.push(Slip {
                id: e.slip.clone(),
                leave: e.leave,
                from: e.from,
                to: e.to,
                status: SlipStatus::Waiting,
            }),
            LeaveEvent::Approved(e) => state.settle(&e.slip, SlipStatus::Approved),
            LeaveEvent::Rejected(e) => state.settle(&e.slip, SlipStatus::Rejected),
            LeaveEvent::DecisionRefused(_) => {}
        }
    }

    fn decide(
        state: &LeaveState,
        command: &LeaveCommand,
        facts: &LeaveFacts,
        at: Moment,
    ) -> Result<Vec<LeaveEvent>, LeaveRefused> {
        match command {
            LeaveCommand::Submit(command) => submit::decide(state, command, facts, at),
            LeaveCommand::Approve(command) => approve::decide(state, command, facts, at),
            LeaveCommand::Reject(command) => reject::decide(state, command, facts, at),
        }
    }
}

/// Why a decision on a slip was not taken, where the attempt itself is recorded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionDenied {
    /// The actor is the student whose slip it is.
    OwnSlip,
    /// The actor is not the homeroom teacher of the student's class.
    NotTheHomeroomTeacher,
}

impl Refuse for super::SlipDecisionRefused {
    fn code(&self) -> &'static str {
        match self.reason {
            DecisionDenied::OwnSlip => "own-slip",
            DecisionDenied::NotTheHomeroomTeacher => "not-the-homeroom-teacher",
        }
    }

    fn kind(&self) -> RefusalKind {
        RefusalKind::Forbidden
    }

    fn sentence(&self, language: Language) -> String {
        let decided = match (self.decision, language) {
            (Decision::Approve, Language::Chinese) => "批准",
            (Decision::Reject, Language::Chinese) => "驳回",
            (Decision::Approve, Language::English) => "approve",
            (Decision::Reject, Language::English) => "reject",
        };
        match (self.reason, language) {
            (DecisionDenied::OwnSlip, Language::Chinese) => {
                format!("不能{decided}自己的假条；这次尝试已留痕。")
            }
            (DecisionDenied::OwnSlip, Language::English) => {
                format!("Nobody may {decided} a slip of their own; the attempt is recorded.")
            }
            (DecisionDenied::NotTheHomeroomTeacher, Language::Chinese) => {
                format!("只有该生的班主任可以{decided}；这次尝试已留痕。")
            }
            (DecisionDenied::NotTheHomeroomTeacher, Language::English) => {
                format!(
                    "Only the student's homeroom teacher may {decided} it; the attempt is recorded."
                )
            }
        }
    }
}

/// Why nothing happened to a slip.
#[derive(Debug, Clone, PartialEq)]
pub enum LeaveRefused {
    /// `to` is not after `from`.
    EndsBeforeItStarts,
    /// Longer than [`LEAVE_DAYS_MAX`](super::LEAVE_DAYS_MAX).
    TooLong,
    /// It starts on a school date before today.
    StartsInThePast,
    /// It overlaps an open slip of the student.
    Overlaps {
        /// That slip.
        other: SlipId,
    },
    /// There is no such slip.
    UnknownSlip,
    /// It is decided already.
    AlreadyDecided {
        /// How.
        status: SlipStatus,
    },
}

impl Refuse for LeaveRefused {
    fn code(&self) -> &'static str {
        match self {
            LeaveRefused::EndsBeforeItStarts => "ends-before-it-starts",
            LeaveRefused::TooLong => "leave-too-long",
            LeaveRefused::StartsInThePast => "starts-in-the-past",
            LeaveRefused::Overlaps { .. } => "slips-overlap",
            LeaveRefused::UnknownSlip => "unknown-slip",
            LeaveRefused::AlreadyDecided { .. } => "already-decided",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            LeaveRefused::EndsBeforeItStarts => RefusalKind::Invalid,
            LeaveRefused::TooLong | LeaveRefused::StartsInThePast => RefusalKind::Denied,
            LeaveRefused::Overlaps { .. } | LeaveRefused::AlreadyDecided { .. } => {
                RefusalKind::Conflict
            }
            LeaveRefused::UnknownSlip => RefusalKind::NotFound,
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            LeaveRefused::EndsBeforeItStarts | LeaveRefused::TooLong => Some("to".into()),
            LeaveRefused::StartsInThePast | LeaveRefused::Overlaps { .. } => Some("from".into()),
            LeaveRefused::UnknownSlip | LeaveRefused::AlreadyDecided { .. } => None,
        }
    }

    fn sentence(&self, language: Language) -> String {
        let days = super::LEAVE_DAYS_MAX;
        let (chinese, english) = match self {
            LeaveRefused::EndsBeforeItStarts => (
                "结束时间须晚于开始时间。".to_owned(),
                "The leave must end after it starts.".to_owned(),
            ),
            LeaveRefused::TooLong => (
                format!("一张假条最长 {days} 天。"),
                format!("One slip covers at most {days} days."),
            ),
            LeaveRefused::StartsInThePast => (
                "不能为今天以前的日期请假。".into(),
                "Leave cannot be asked for a day before today.".into(),
            ),
            LeaveRefused::Overlaps { other } => (
                format!("与假条 {other} 的时间重叠。"),
                format!("It overlaps the slip {other}."),
            ),
            LeaveRefused::UnknownSlip => ("没有这张假条。".into(), "There is no such slip.".into()),
            LeaveRefused::AlreadyDecided {
                status: SlipStatus::Rejected,
            } => (
                "这张假条已被驳回。".into(),
                "The slip has been rejected already.".into(),
            ),
            LeaveRefused::AlreadyDecided { .. } => (
                "这张假条已获批准。".into(),
                "The slip has been approved already.".into(),
            ),
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

#[cfg(test)]
#[path = "leave_tests.rs"]
mod tests;
