//! The one question.

use crate::id::PersonId;
use crate::office::{Office, Scope};
use crate::time::Moment;

use super::{Action, HeldOffice, Reach, Target, reach};

/// Under what an action is permitted; what a commit's actor is written from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The office.
    pub office: Office,
    /// For whom the actor stands in, if it is not the actor's own office.
    pub deputises_for: Option<PersonId>,
    /// How far the office reaches in this action.
    pub reach: Reach,
}

/// Whether somebody who holds these offices may do this to that at this instant, and as what. `None`: nobody told
/// them so, and that is a no.
///
/// Of several offices that permit it, the nearest to the matter is the one acted in: one's own affairs before an
/// office, an office of one's own before one deputised for, a class's before a department's.
pub fn grant(action: Action, offices: &[HeldOffice], target: &Target, at: Moment) -> Option<Grant> {
    let permitting = offices.iter().filter(|held| held.counts_at(at));
    let permitting = permitting.filter_map(|held| {
        let reach = reach(action, held.office.role);
        permits(reach, held, target).then_some((reach, held))
    });
    let nearest = permitting.min_by_key(|(reach, held)| {
        let deputises = held.deputises_for.is_some();
        (*reach, deputises, width(&held.office.scope), *held)
    });
    nearest.map(|(reach, held)| Grant {
        office: held.office.clone(),
        deputises_for: held.deputises_for.clone(),
        reach,
    })
}

fn permits(reach: Reach, held: &HeldOffice, target: &Target) -> bool {
    match reach {
        Reach::Never => false,
        Reach::Own => held.is_own(target),
        Reach::Scope => held.office.scope.covers(target),
        Reach::All => true,
    }
}

/// How much lies in a scope, as an order.
fn width(scope: &Scope) -> u8 {
    match scope {
        Scope::Person(_) => 0,
        Scope::Class(_) => 1,
        Scope::DormFloor(_) => 2,
        Scope::Template(_) => 3,
        Scope::Grade(_) => 4,
        Scope::Department(_) => 5,
        Scope::School => 6,
    }
}
