//! Appointing somebody to an office.

use crate::id::PersonId;
use crate::office::{Office, Role};
use crate::roster::{OfficeAppointed, RosterEvent, RosterFacts, RosterState};
use crate::time::Moment;

use super::{OfficeRefused, check_dates, check_holder, check_limit, check_office, may_appoint};

/// Appoints somebody to an office. A class has one homeroom teacher: whoever was it before is replaced, and loses the
/// office, with whoever stands in for them, at the instant at which the new one begins. An office ends, at the latest,
/// with the student who leaves or the class that graduates.
#[derive(Debug, Clone)]
pub struct AppointOffice {
    /// Who.
    pub person: PersonId,
    /// What.
    pub office: Office,
    /// The first instant at which it counts; at once, if `None`.
    pub from: Option<Moment>,
    /// The instant from which it counts no longer; open, if `None`.
    pub to: Option<Moment>,
}

pub(in crate::roster) fn decide(
    state: &RosterState,
    command: &AppointOffice,
    facts: &RosterFacts,
    at: Moment,
) -> Result<Vec<RosterEvent>, OfficeRefused> {
    let AppointOffice { person, office, .. } = command;
    if !may_appoint(state, office, facts, at) {
        return Err(OfficeRefused::NotYours);
    }
    check_office(state, office)?;
    check_holder(state, person, office)?;
    if facts.actor.as_ref() == Some(person) {
        return Err(OfficeRefused::ForThemselves);
    }
    let from = check_dates(command.from, command.to, at)?;
    let to = check_limit(state, person, office, (from, command.to))?;
    let held = state.own_offices_of(person, at);
    if held
        .filter(|held| held.office == *office)
        .any(|held| held.meets(from, to))
    {
        return Err(OfficeRefused::AlreadyHeld);
    }
    let mut events = Vec::new();
    if office.role == Role::HomeroomTeacher {
        for (before, held) in state.holders(office.role, &office.scope, from) {
            let ends = state.ending(before, &held.office, from, false);
            events.extend(ends.into_iter().map(RosterEvent::OfficeEnded));
        }
    }
    events.push(RosterEvent::OfficeAppointed(OfficeAppointed {
        person: person.clone(),
        office: office.clone(),
        from,
        to,
        deputises_for: None,
        imported: false,
    }));
    Ok(events)
}
