//! The fold of the roster.

use std::collections::BTreeMap;

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role, Scope};
use crate::rights::{HeldOffice, Target};
use crate::sealed::Mark;
use crate::time::Moment;

use super::tenure::{Tenure, Tenures};
use super::{OfficeEnded, RosterEvent};

/// What the next decision must know of the roster so far.
#[derive(Debug, Clone, Default)]
pub struct RosterState {
    people: BTreeMap<PersonId, PersonState>,
    by_number: BTreeMap<Mark, PersonId>,
    classes: BTreeMap<ClassId, ClassState>,
    offices: Tenures,
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

    /// One class.
    pub fn class(&self, id: &ClassId) -> Option<&ClassState> {
        self.classes.get(id)
    }

    /// True if this person holds exactly this office in their own right at this instant, or will.
    pub fn holds(&self, person: &PersonId, office: &Office, at: Moment) -> bool {
        self.own_offices_of(person, at)
            .any(|held| held.office == *office)
    }

    /// The offices that this person holds in their own right at this instant, or will.
    pub fn own_offices_of(&self, person: &PersonId, at: Moment) -> impl Iterator<Item = &Tenure> {
        self.tenures_of(person)
            .filter(move |held| held.deputises_for.is_none() && held.lasts_after(at))
    }

    /// Every office that was ever given to this person, those deputised for too.
    pub fn tenures_of(&self, person: &PersonId) -> impl Iterator<Item = &Tenure> {
        self.offices.of(person).iter()
    }

    /// The same as [`grant`](crate::rights::grant) takes it.
    pub fn held(&self, person: &PersonId) -> Vec<HeldOffice> {
        self.offices.held(person)
    }

    /// Whoever holds a role over a scope in their own right at this instant, or will.
    pub fn holders<'a>(
        &'a self,
        role: Role,
        scope: &'a Scope,
        at: Moment,
    ) -> impl Iterator<Item = (&'a PersonId, &'a Tenure)> {
        self.offices.all().filter(move |(_, held)| {
            let own = held.deputises_for.is_none() && held.lasts_after(at);
            own && held.office.role == role && held.office.scope == *scope
        })
    }

    /// True if the person's own office ended by hand and has not begun again.
    pub(super) fn was_ended_by_hand(&self, person: &PersonId, office: &Office) -> bool {
        self.offices.was_ended_by_hand(person, office)
    }

    /// What ends when a person's own office ends at an instant: the office, and whoever stands in for them in it.
    pub(super) fn ending(
        &self,
        person: &PersonId,
        office: &Office,
        to: Moment,
        imported: bool,
    ) -> Vec<OfficeEnded> {
        self.offices.ending(person, office, to, imported)
    }

    /// What a matter of this scope is about, as far as the roster knows.
    pub(super) fn target(&self, scope: &Scope) -> Target {
        let mut target = Target::school();
        match scope {
            Scope::Class(class) => {
                target.grade = self.class(class).map(|class| class.entered);
                target.class = Some(class.clone());
            }
            Scope::Grade(entered) => target.grade = Some(*entered),
            Scope::Department(name) => target.department = Some(name.clone()),
            Scope::DormFloor(floor) => target.dorm_floor = Some(floor.clone()),
            Scope::Template(template) => target.template = Some(template.clone()),
            Scope::Person(person) => target.person = Some(person.clone()),
            Scope::School => {}
        }
        target
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
            RosterEvent::OfficeAppointed(e) => self.offices.appointed(e),
            RosterEvent::OfficeEnded(e) => self.offices.ended(e),
        }
    }
}
