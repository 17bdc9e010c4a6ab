//! Offices one by one: appointing, ending, delegating.

pub(super) mod appoint;
pub(super) mod delegate;
pub(super) mod end;
mod refused;

pub use appoint::AppointOffice;
pub use delegate::DelegateOffice;
pub use end::EndOffice;
pub use refused::OfficeRefused;

use crate::id::PersonId;
use crate::office::{Office, Role, Scope};
use crate::rights::{Action, grant};
use crate::time::Moment;

use super::compare::TEXT_CHARS_MAX;
use super::{PersonKind, RosterFacts, RosterState};

/// True if the actor may appoint to this office, and end it.
fn may_appoint(state: &RosterState, office: &Office, facts: &RosterFacts, at: Moment) -> bool {
    let Some(actor) = &facts.actor else {
        return true;
    };
    let action = Action::appointing(office.role);
    grant(action, &state.held(actor), &state.target(&office.scope), at).is_some()
}

/// The office is one that there is: the role extends over such a scope, and the scope exists.
fn check_office(state: &RosterState, office: &Office) -> Result<(), OfficeRefused> {
    let Office { role, scope, title } = office;
    if !role.is_appointed() || !role.extends_over(scope) {
        return Err(OfficeRefused::NoSuchOffice);
    }
    let exists = match scope {
        Scope::Class(class) => state.class(class).is_some(),
        Scope::Grade(entered) => state.classes().any(|(_, class)| class.entered == *entered),
        Scope::Department(name) | Scope::DormFloor(name) => is_text(name),
        // Templates are not of the roster: the edge knows whether this one was published.
        Scope::Template(_) | Scope::School => true,
        Scope::Person(_) => false,
    };
    if !exists {
        return Err(OfficeRefused::NoSuchScope);
    }
    match title {
        Some(title) if !is_text(title) => Err(OfficeRefused::TitleLength),
        _ => Ok(()),
    }
}

/// The person is one who can hold it: staff an office of staff, students one of students, of their own class.
fn check_holder(
    state: &RosterState,
    person: &PersonId,
    office: &Office,
) -> Result<(), OfficeRefused> {
    let Some(known) = state.person(person) else {
        return Err(OfficeRefused::UnknownPerson);
    };
    let fits = match (office.role, &office.scope) {
        (Role::ClassCadre, Scope::Class(class)) => known.class.as_ref() == Some(class),
        (role, _) if role.is_cadre() => known.kind == PersonKind::Student,
        _ => known.kind == PersonKind::Staff,
    };
    fits.then_some(()).ok_or(OfficeRefused::NotForThem)
}

/// When it begins and ends, of what was asked: not before now, and the end after the beginning.
fn check_dates(
    from: Option<Moment>,
    to: Option<Moment>,
    at: Moment,
) -> Result<Moment, OfficeRefused> {
    let from = from.unwrap_or(at);
    if from < at {
        return Err(OfficeRefused::BeginsInThePast);
    }
    if to.is_some_and(|to| to <= from) {
        return Err(OfficeRefused::EndsBeforeItBegins);
    }
    Ok(from)
}

/// When it ends, of what was asked: with whoever or whatever it is about, at the latest.
fn check_limit(
    state: &RosterState,
    person: &PersonId,
    office: &Office,
    (from, to): (Moment, Option<Moment>),
) -> Result<Option<Moment>, OfficeRefused> {
    let limit = state.lasts_at_most(person, office);
    if limit.is_some_and(|limit| limit <= from) {
        return Err(OfficeRefused::Gone);
    }
    Ok(to.into_iter().chain(limit).min())
}

/// 1 to [`TEXT_CHARS_MAX`] characters, none a control character, not all blank.
fn is_text(text: &str) -> bool {
    !text.trim().is_empty()
        && !text.chars().any(char::is_control)
        && text.chars().count() <= TEXT_CHARS_MAX
}

#[cfg(test)]
mod tests;
