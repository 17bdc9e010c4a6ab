//! Letting somebody stand in for a holder.

use crate::id::PersonId;
use crate::office::Office;
use crate::rights::{Action, Target, grant};
use crate::roster::{OfficeAppointed, RosterEvent, RosterFacts, RosterState};
use crate::time::Moment;

use super::{OfficeRefused, check_dates, check_holder, check_limit, may_appoint};

/// Lets a deputy stand in for a holder from one instant to another, after which it ends by itself. The holder keeps
/// the office meanwhile. The holder may delegate, or whoever may appoint to the office.
#[derive(Debug, Clone)]
pub struct DelegateOffice {
    /// Whose office it is.
    pub holder: PersonId,
    /// What.
    pub office: Office,
    /// Who stands in.
    pub deputy: PersonId,
    /// The first instant at which the deputy may; at once, if `None`.
    pub from: Option<Moment>,
    /// The instant from which the deputy may no longer.
    pub to: Moment,
}

pub(in crate::roster) fn decide(
    state: &RosterState,
    command: &DelegateOffice,
    facts: &RosterFacts,
    at: Moment,
) -> Result<Vec<RosterEvent>, OfficeRefused> {
    let DelegateOffice {
        holder,
        office,
        deputy,
        to,
        ..
    } = command;
    if !is_theirs(state, holder, facts, at) && !may_appoint(state, office, facts, at) {
        return Err(OfficeRefused::NotYours);
    }
    let from = check_dates(command.from, Some(*to), at)?;
    let held = || {
        let held = state.tenures_of(holder);
        held.filter(|held| held.office == *office && held.meets(from, Some(*to)))
    };
    if held().next().is_none() {
        return Err(OfficeRefused::NotHeld);
    }
    // Neither for oneself nor by an office of appointing that the deputy holds only for the holder.
    let stands_in = facts.actor.iter().flat_map(|actor| state.tenures_of(actor));
    if stands_in
        .filter(|held| held.office == *office && held.lasts_after(at))
        .any(|held| held.deputises_for.as_ref() == Some(holder))
    {
        return Err(OfficeRefused::CannotBeDelegatedFurther);
    }
    let mut own = held()
        .filter(|held| held.deputises_for.is_none())
        .peekable();
    if own.peek().is_none() {
        return Err(OfficeRefused::CannotBeDelegatedFurther);
    }
    if !own.any(|held| held.spans(from, *to)) {
        return Err(OfficeRefused::OutlastsTheOffice);
    }
    check_holder(state, deputy, office)?;
    if check_limit(state, deputy, office, (from, Some(*to)))? != Some(*to) {
        return Err(OfficeRefused::Gone);
    }
    if deputy == holder || facts.actor.as_ref() == Some(deputy) {
        return Err(OfficeRefused::ForThemselves);
    }
    let mut of_deputy = state.tenures_of(deputy);
    if of_deputy.any(|held| held.office == *office && held.meets(from, Some(*to))) {
        return Err(OfficeRefused::AlreadyHeld);
    }
    Ok(vec![RosterEvent::OfficeAppointed(OfficeAppointed {
        person: deputy.clone(),
        office: office.clone(),
        from,
        to: Some(*to),
        deputises_for: Some(holder.clone()),
        imported: false,
    })])
}

/// True if the holder asks.
fn is_theirs(state: &RosterState, holder: &PersonId, facts: &RosterFacts, at: Moment) -> bool {
    let target = Target::person(holder.clone());
    facts.actor.as_ref().is_some_and(|actor| {
        let offices = state.held(actor);
        grant(Action::DelegateOffice, &offices, &target, at).is_some()
    })
}
