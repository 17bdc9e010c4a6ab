//! Guardians: people known by their phone number, each of one or more students.

mod refused;

pub use refused::GuardianRefused;

use crate::id::PersonId;
use crate::rights::{Action, Target, grant};
use crate::sealed::{Mark, Sealed};
use crate::time::Moment;

use super::{
    GuardianAdded, GuardianCorrected, GuardianRegistered, GuardianRemoved, PersonKind, RosterEvent,
    RosterFacts, RosterState,
};

/// The most guardians of one student, and the most students of one guardian.
pub const GUARDIANS_MAX: usize = 8;

/// Says that somebody is a student's guardian: somebody new, or who is known by the number already.
#[derive(Debug, Clone)]
pub struct AddGuardian {
    /// The person: the one the state knows by `number`, or a new id.
    pub guardian: PersonId,
    /// The student.
    pub student: PersonId,
    /// The mark of the number, which is the phone.
    pub number: Mark,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// The identity, sealed under the guardian's own key.
    pub sealed: Sealed,
}

/// Says that somebody is a student's guardian no longer, from this instant on.
#[derive(Debug, Clone)]
pub struct RemoveGuardian {
    /// The guardian.
    pub guardian: PersonId,
    /// The student.
    pub student: PersonId,
}

pub(super) fn add(
    state: &RosterState,
    command: &AddGuardian,
    facts: &RosterFacts,
    at: Moment,
) -> Result<Vec<RosterEvent>, GuardianRefused> {
    let AddGuardian {
        guardian, student, ..
    } = command;
    check_student(state, student, facts, at)?;
    let mut events = Vec::new();
    match state.person_by_number(&command.number) {
        None if state.person(guardian).is_some() => return Err(GuardianRefused::RosterMovedOn),
        None => events.push(RosterEvent::GuardianRegistered(GuardianRegistered {
            guardian: guardian.clone(),
            number: command.number.clone(),
            identity: command.identity.clone(),
            sealed: command.sealed.clone(),
        })),
        Some(known) => {
            let before = state.person(known);
            let before = before.filter(|before| before.kind == PersonKind::Guardian);
            let before = before.ok_or(GuardianRefused::NumberTaken)?;
            if known != guardian {
                return Err(GuardianRefused::RosterMovedOn);
            }
            if before.identity != command.identity {
                events.push(RosterEvent::GuardianCorrected(GuardianCorrected {
                    guardian: guardian.clone(),
                    identity: command.identity.clone(),
                    sealed: command.sealed.clone(),
                }));
            }
        }
    }
    if !state.is_guardian(guardian, student) {
        let too_many = state.guardians_of(student).count() >= GUARDIANS_MAX
            || state.children_of(guardian).count() >= GUARDIANS_MAX;
        if too_many {
            return Err(GuardianRefused::TooMany);
        }
        events.push(RosterEvent::GuardianAdded(GuardianAdded {
            guardian: guardian.clone(),
            student: student.clone(),
        }));
    }
    Ok(events)
}

pub(super) fn remove(
    state: &RosterState,
    command: &RemoveGuardian,
    facts: &RosterFacts,
    at: Moment,
) -> Result<Vec<RosterEvent>, GuardianRefused> {
    let RemoveGuardian { guardian, student } = command;
    check_student(state, student, facts, at)?;
    if !state.is_guardian(guardian, student) {
        return Err(GuardianRefused::NotTheirGuardian);
    }
    Ok(vec![RosterEvent::GuardianRemoved(GuardianRemoved {
        guardian: guardian.clone(),
        student: student.clone(),
    })])
}

/// A student whose guardians the actor may change; to whoever may change nobody's there is no difference.
fn check_student(
    state: &RosterState,
    student: &PersonId,
    facts: &RosterFacts,
    at: Moment,
) -> Result<(), GuardianRefused> {
    let class = state.person(student).and_then(|known| known.class.as_ref());
    if let Some(actor) = &facts.actor {
        let target = Target {
            person: Some(student.clone()),
            class: class.cloned(),
            grade: class.and_then(|class| Some(state.class(class)?.entered)),
            ..Target::school()
        };
        let granted = grant(Action::ChangeGuardians, &state.held(actor), &target, at);
        granted.ok_or(GuardianRefused::NotYours)?;
    }
    class.map(drop).ok_or(GuardianRefused::UnknownStudent)
}

#[cfg(test)]
mod tests;
