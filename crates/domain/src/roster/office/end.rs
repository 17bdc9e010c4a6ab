//! Ending somebody's office.

use crate::id::PersonId;
use crate::office::Office;
use crate::roster::{OfficeEnded, RosterEvent, RosterFacts, RosterState};
use crate::time::Moment;

use super::{OfficeRefused, may_appoint};

/// Ends an office at this instant, with whoever stands in for its holder; what was to begin later does not begin.
/// What the holder decided stays theirs.
#[derive(Debug, Clone)]
pub struct EndOffice {
    /// Who holds it.
    pub person: PersonId,
    /// What.
    pub office: Office,
    /// For whom the person stands in, where it is a delegation that is to end: whoever delegated may end it too.
    pub deputises_for: Option<PersonId>,
}

pub(in crate::roster) fn decide(
    state: &RosterState,
    command: &EndOffice,
    facts: &RosterFacts,
    at: Moment,
) -> Result<Vec<RosterEvent>, OfficeRefused> {
    let EndOffice {
        person,
        office,
        deputises_for,
    } = command;
    let delegated = deputises_for.is_some() && facts.actor == *deputises_for;
    if !delegated && !may_appoint(state, office, facts, at) {
        return Err(OfficeRefused::NotYours);
    }
    if state.person(person).is_none() {
        return Err(OfficeRefused::UnknownPerson);
    }
    let mut held = state.tenures_of(person).filter(|held| {
        held.office == *office && held.deputises_for == *deputises_for && held.lasts_after(at)
    });
    if held.next().is_none() {
        return Err(OfficeRefused::NotHeld);
    }
    let ends = match deputises_for {
        None => state.ending(person, office, at, false),
        Some(_) => vec![OfficeEnded {
            person: person.clone(),
            office: office.clone(),
            to: at,
            deputises_for: deputises_for.clone(),
            imported: false,
        }],
    };
    Ok(ends.into_iter().map(RosterEvent::OfficeEnded).collect())
}
