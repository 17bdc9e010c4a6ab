//! What a student's duty in one session came to: a pure function of its facts, in whatever order they arrived.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::SlipId;
use crate::time::Moment;

use super::Punctuality;

/// What a student's duty came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum DutyStatus {
    /// Checked in on time.
    OnTime,
    /// Checked in late.
    Late {
        /// Seconds after the rule's `on_time_until`.
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

/// Leave over some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaveInterval {
    /// The slip.
    pub slip: SlipId,
    /// The first instant of it.
    pub from: Moment,
    /// The instant at which it is over; not part of it.
    pub to: Moment,
}

/// Everything known of one student's duty in one session.
#[derive(Debug, Clone, Default)]
pub struct DutyFacts {
    /// The check-ins that counted, in any order; the earliest stands.
    pub check_ins: Vec<(Moment, Punctuality)>,
    /// Approved leave, in any order; waiting and rejected slips excuse nothing.
    pub approved_leave: Vec<LeaveInterval>,
    /// The instant by which one had to be there.
    pub on_time_until: Moment,
    /// `None` while the session is open; else whether the student stood on its duty list.
    pub closed: Option<bool>,
}

/// Folds the facts.
///
/// A check-in that counts wins: whoever was there was there. Else approved leave excuses if it covers the instant
/// by which one had to be there. Else a closed session makes those on its duty list absent.
pub fn duty(facts: &DutyFacts) -> DutyStatus {
    if let Some((_, punctuality)) = facts.check_ins.iter().min_by_key(|(at, _)| *at) {
        return match punctuality {
            Punctuality::OnTime => DutyStatus::OnTime,
            Punctuality::Late { by_s } => DutyStatus::Late { by_s: *by_s },
        };
    }
    if facts.closed == Some(false) {
        return DutyStatus::NotOnDuty;
    }
    let covering = facts
        .approved_leave
        .iter()
        .filter(|leave| leave.from <= facts.on_time_until && facts.on_time_until < leave.to)
        .min_by_key(|leave| &leave.slip);
    match (covering, facts.closed) {
        (Some(leave), _) => DutyStatus::Excused { slip: leave.slip.clone() },
        (None, Some(_)) => DutyStatus::Absent,
        (None, None) => DutyStatus::Open,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minute(m: i64) -> Moment {
        Moment::from_unix_ms(1_800_000_000_000 + m * 60_000)
    }

    fn slip(number: u32) -> SlipId {
        SlipId::parse(&format!("p1-{number}")).unwrap()
    }

    /// The rule of the school, read aloud.
    fn naive(facts: &DutyFacts) -> DutyStatus {
        let mut check_ins = facts.check_ins.clone();
        check_ins.sort_by_key(|(at, _)| *at);
        if let Some((_, first)) = check_ins.first() {
            return match first {
                Punctuality::OnTime => DutyStatus::OnTime,
                Punctuality::Late { by_s } => DutyStatus::Late { by_s: *by_s },
            };
        }
        let mut excusing = Vec::new();
        for leave in &facts.approved_leave {
            if leave.from <= facts.on_time_until && leave.to > facts.on_time_until {
                excusing.push(leave.slip.clone());
            }
        }
        excusing.sort();
        match (facts.closed, excusing.first()) {
            (Some(false), _) => DutyStatus::NotOnDuty,
            (_, Some(slip)) => DutyStatus::Excused { slip: slip.clone() },
            (Some(true), None) => DutyStatus::Absent,
            (None, None) => DutyStatus::Open,
        }
    }

    prop_compose! {
        fn facts()(
            check_ins in prop::collection::btree_map(0_i64..60, 0_u32..3, 0..3),
            leave in prop::collection::vec((0_i64..60, 1_i64..60), 0..4),
            closed in prop::option::of(any::<bool>()),
        ) -> DutyFacts {
            let late = |by_s| if by_s == 0 { Punctuality::OnTime } else { Punctuality::Late { by_s } };
            DutyFacts {
                check_ins: check_ins.into_iter().map(|(m, by_s)| (minute(m), late(by_s))).collect(),
                approved_leave: leave.iter().zip(1..).map(|((from, long), number)| LeaveInterval {
                    slip: slip(number), from: minute(*from), to: minute(from + long),
                }).collect(),
                on_time_until: minute(30),
                closed,
            }
        }
    }

    proptest! {
        #[test]
        fn the_verdict_is_the_naive_one_in_whatever_order_the_facts_arrive(facts in facts(), turn in 0_usize..4) {
            let verdict = duty(&facts);
            prop_assert_eq!(&verdict, &naive(&facts));
            let mut shuffled = facts.clone();
            shuffled.check_ins.reverse();
            let length = shuffled.approved_leave.len().max(1);
            shuffled.approved_leave.rotate_left(turn % length);
            prop_assert_eq!(duty(&shuffled), verdict);
        }
    }

    #[test]
    fn leave_excuses_from_its_first_instant_to_just_before_its_last() {
        let facts = |from, to| DutyFacts {
            approved_leave: vec![LeaveInterval { slip: slip(1), from: minute(from), to: minute(to) }],
            on_time_until: minute(30),
            closed: Some(true),
            ..DutyFacts::default()
        };
        assert_eq!(duty(&facts(30, 40)), DutyStatus::Excused { slip: slip(1) });
        assert_eq!(duty(&facts(20, 30)), DutyStatus::Absent);
        assert_eq!(duty(&facts(31, 40)), DutyStatus::Absent);
    }
}
