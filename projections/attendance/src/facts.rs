//! Rows read as the facts that a duty is judged by.

use std::collections::BTreeSet;

use homeroom_domain::attendance::{DutyFact, Flag, Punctuality};
use homeroom_domain::place::Metres;
use homeroom_domain::rule::Window;
use homeroom_domain::{Moment, SlipId};
use homeroom_log::Position;

use crate::answers::Explained;
use crate::rows::{CheckInRow, LeaveRow};

pub(crate) fn check_in_fact(row: &CheckInRow) -> Explained {
    let punctuality = match row.late_s {
        None => Punctuality::OnTime,
        Some(by_s) => Punctuality::Late { by_s },
    };
    let at = Moment::from_unix_ms(row.at_ms);
    let fact = DutyFact::CheckedIn {
        at,
        punctuality,
        distance_m: Metres(row.distance_m),
        flags: row
            .flags
            .iter()
            .filter_map(|flag| Flag::from_name(flag))
            .collect(),
    };
    Explained {
        position: Position(row.position),
        fact,
    }
}

pub(crate) fn leave_facts(slip: &SlipId, row: &LeaveRow) -> Vec<Explained> {
    let submitted = DutyFact::LeaveSubmitted {
        at: Moment::from_unix_ms(row.submitted_ms),
        slip: slip.clone(),
        from: Moment::from_unix_ms(row.from_ms),
        to: Moment::from_unix_ms(row.to_ms),
    };
    let mut facts = vec![Explained {
        position: Position(row.submitted_position),
        fact: submitted,
    }];
    if let Some(decided) = &row.decided {
        let (at, slip) = (Moment::from_unix_ms(decided.at_ms), slip.clone());
        let fact = if decided.approved {
            DutyFact::LeaveApproved { at, slip }
        } else {
            DutyFact::LeaveRejected { at, slip }
        };
        facts.push(Explained {
            position: Position(decided.position),
            fact,
        });
    }
    facts
}

/// The facts of the slips that reach into a window.
pub(crate) fn reaching_into(window: &Window, slips: &[Explained]) -> Vec<Explained> {
    let reaching: BTreeSet<&SlipId> = slips
        .iter()
        .filter_map(|explained| match &explained.fact {
            DutyFact::LeaveSubmitted { slip, from, to, .. }
                if *from <= window.closes && window.opens < *to =>
            {
                Some(slip)
            }
            _ => None,
        })
        .collect();
    let of_one = |fact: &DutyFact| match fact {
        DutyFact::LeaveSubmitted { slip, .. }
        | DutyFact::LeaveApproved { slip, .. }
        | DutyFact::LeaveRejected { slip, .. } => reaching.contains(slip),
        _ => false,
    };
    slips
        .iter()
        .filter(|explained| of_one(&explained.fact))
        .cloned()
        .collect()
}
