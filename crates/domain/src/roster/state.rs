//! The fold of the roster.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role, Scope};
use crate::sealed::Mark;

use super::RosterEvent;

/// What importing must know of the roster so far.
#[derive(Debug, Clone, Default)]
pub struct RosterState {
    people: BTreeMap<PersonId, PersonState>,
    by_number: BTreeMap<Mark, PersonId>,
    classes: BTreeMap<ClassId, ClassState>,
    offices: BTreeMap<PersonId, BTreeSet<Office>>,
}

/// One person as the roster knows them.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonState {
    /// The student's class; `None` for staff.
    pub class: Option<ClassId>,
    /// The student's dorm room.
    pub dorm: Option<String>,
    /// The mark of the whole identity.
    pub identity: Mark,
}

/// One class as the roster knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassState {
    /// The code.
    pub code: String,
    /// The name.
    pub name: String,
    /// The year its students entered.
    pub entered: u16,
    /// What they study.
    pub major: String,
}

impl RosterState {
    /// The person a school number belongs to.
    pub fn person_by_number(&self, number: &Mark) -> Option<&PersonId> {
        self.by_number.get(number)
    }

    /// One person.
    pub fn person(&self, id: &PersonId) -> Option<&PersonState> {
        self.people.get(id)
    }

    /// Every class.
    pub fn classes(&self) -> impl Iterator<Item = (&ClassId, &ClassState)> {
        self.classes.iter()
    }

    /// True if this person holds exactly this office.
    pub fn holds(&self, person: &PersonId, office: &Office) -> bool {
        self.offices
            .get(person)
            .is_some_and(|held| held.contains(office))
    }

    /// Every office this person holds.
    pub fn offices_of(&self, person: &PersonId) -> impl Iterator<Item = &Office> {
        self.offices.get(person).into_iter().flatten()
    }

    /// Whoever holds a role over a scope.
    pub fn holders<'a>(
        &'a self,
        role: Role,
        scope: &'a Scope,
    ) -> impl Iterator<Item = &'a PersonId> {
        let holds = move |office: &Office| office.role == role && office.scope == *scope;
        self.offices
            .iter()
            .filter(move |(_, held)| held.iter().any(holds))
            .map(|(person, _)| person)
    }

    pub(super) fn apply(&mut self, event: &RosterEvent) {
        match event {
            RosterEvent::ClassOpened(e) => {
                let state = ClassState {
                    code: e.code.clone(),
                    name: e.name.clone(),
                    entered: e.entered,
                    major: e.major.clone(),
                };
                self.classes.insert(e.class.clone(), state);
            }
            RosterEvent::ClassCorrected(e) => {
                if let Some(class) = self.classes.get_mut(&e.class) {
                    class.name.clone_from(&e.name);
                    class.entered = e.entered;
                    class.major.clone_from(&e.major);
                }
            }
            RosterEvent::StudentEnrolled(e) => {
                let state = PersonState {
                    class: Some(e.class.clone()),
                    dorm: e.dorm.clone(),
                    identity: e.identity.clone(),
                };
                self.people.insert(e.student.clone(), state);
                self.by_number.insert(e.number.clone(), e.student.clone());
            }
            RosterEvent::StudentCorrected(e) => {
                if let Some(person) = self.people.get_mut(&e.student) {
                    person.dorm.clone_from(&e.dorm);
                    person.identity = e.identity.clone();
                }
            }
            RosterEvent::StudentMoved(e) => {
                if let Some(person) = self.people.get_mut(&e.student) {
                    person.class = Some(e.to.clone());
                }
            }
            RosterEvent::StaffJoined(e) => {
                let state = PersonState {
                    class: None,
                    dorm: None,
                    identity: e.identity.clone(),
                };
                self.people.insert(e.staff.clone(), state);
                self.by_number.insert(e.number.clone(), e.staff.clone());
            }
            RosterEvent::StaffCorrected(e) => {
                if let Some(person) = self.people.get_mut(&e.staff) {
                    person.identity = e.identity.clone();
                }
            }
            RosterEvent::OfficeAppointed(e) => {
                self.offices
                    .entry(e.person.clone())
                    .or_default()
                    .insert(e.office.clone());
            }
            RosterEvent::OfficeEnded(e) => {
                if let Some(held) = self.offices.get_mut(&e.person) {
                    held.remove(&e.office);
                }
            }
        }
    }
}
