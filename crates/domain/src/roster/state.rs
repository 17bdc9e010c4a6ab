//! The fold of the roster.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role, Scope};
use crate::rights::{HeldOffice, Target};
use crate::sealed::Mark;
use crate::time::{Moment, SchoolDate};

use super::tenure::{Tenure, Tenures};
use super::{ClassGraduated, Enrolment, EnrolmentChange, OfficeEnded, RosterEvent};

/// What the next decision must know of the roster so far.
#[derive(Debug, Clone, Default)]
pub struct RosterState {
    people: BTreeMap<PersonId, PersonState>,
    by_number: BTreeMap<Mark, PersonId>,
    classes: BTreeMap<ClassId, ClassState>,
    offices: Tenures,
    /// guardian, student
    guardians: BTreeSet<(PersonId, PersonId)>,
}

/// What a person is to the school, for life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonKind {
    /// A student, of a class.
    Student,
    /// A member of staff.
    Staff,
    /// A guardian of students.
    Guardian,
}

/// One person as the roster knows them.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonState {
    /// Student, staff or guardian.
    pub kind: PersonKind,
    /// The class that a student was last told to be of, also after leaving; `None` for anybody else.
    pub class: Option<ClassId>,
    /// The student's dorm room.
    pub dorm: Option<String>,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// Where a student stands over time; nothing for anybody else.
    pub enrolment: Enrolment,
    /// The first instant after a student's last day, once it is known.
    pub until: Option<Moment>,
}

/// The end of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graduation {
    /// The last day.
    pub last_day: SchoolDate,
    /// The first instant after it.
    pub until: Moment,
}

impl From<&ClassGraduated> for Graduation {
    fn from(e: &ClassGraduated) -> Self {
        Self {
            last_day: e.last_day,
            until: e.until,
        }
    }
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
    /// When it graduates or graduated, once that is known.
    pub graduated: Option<Graduation>,
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

    /// Every student, also those who have left.
    pub fn students(&self) -> impl Iterator<Item = (&PersonId, &PersonState)> {
        let people = self.people.iter();
        people.filter(|(_, person)| person.kind == PersonKind::Student)
    }

    /// The guardians of a student.
    pub fn guardians_of<'a>(&'a self, of: &'a PersonId) -> impl Iterator<Item = &'a PersonId> {
        let pairs = self.guardians.iter();
        pairs.filter_map(move |(guardian, student)| (student == of).then_some(guardian))
    }

    /// The students of a guardian.
    pub fn children_of<'a>(&'a self, of: &'a PersonId) -> impl Iterator<Item = &'a PersonId> {
        let pairs = self.guardians.iter();
        pairs.filter_map(move |(guardian, student)| (guardian == of).then_some(student))
    }

    /// True if this person is a guardian of this student.
    pub fn is_guardian(&self, guardian: &PersonId, student: &PersonId) -> bool {
        self.guardians
            .contains(&(guardian.clone(), student.clone()))
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

    /// What ends when a person stands in for nobody any more.
    pub(super) fn deputising_ends(&self, person: &PersonId, to: Moment) -> Vec<OfficeEnded> {
        self.offices.deputising_ends(person, to)
    }

    /// What ends when a scope is no more.
    pub(super) fn ending_over(&self, scope: &Scope, to: Moment) -> Vec<OfficeEnded> {
        self.offices.ending_over(scope, to)
    }

    /// The instant by which this office would be over with whoever or whatever it is about: the student leaves, the
    /// class graduates. `None` while neither is known.
    pub(super) fn lasts_at_most(&self, person: &PersonId, office: &Office) -> Option<Moment> {
        let of_person = self.person(person).and_then(|person| person.until);
        let of_class = match &office.scope {
            Scope::Class(class) => self.class(class).and_then(|class| class.graduated),
            _ => None,
        };
        let of_class = of_class.map(|graduated| graduated.until);
        of_person.into_iter().chain(of_class).min()
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
                    graduated: None,
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
                    enrolment: self
                        .people
                        .remove(&e.student)
                        .map_or_else(Enrolment::default, |before| before.enrolment),
                    ..person(PersonKind::Student, &e.identity)
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
            RosterEvent::StudentLeft(e) => {
                if let Some(person) = self.people.get_mut(&e.student) {
                    person.until = Some(e.until);
                }
            }
            RosterEvent::StudentSuspended(_) | RosterEvent::StudentResumed(_) => {}
            RosterEvent::ClassGraduated(e) => {
                if let Some(class) = self.classes.get_mut(&e.class) {
                    class.graduated = Some(e.into());
                }
            }
            RosterEvent::StaffJoined(e) => {
                self.people
                    .insert(e.staff.clone(), person(PersonKind::Staff, &e.identity));
                self.by_number.insert(e.number.clone(), e.staff.clone());
            }
            RosterEvent::StaffCorrected(e) => self.correct(&e.staff, &e.identity),
            RosterEvent::GuardianRegistered(e) => {
                self.people.insert(
                    e.guardian.clone(),
                    person(PersonKind::Guardian, &e.identity),
                );
                self.by_number.insert(e.number.clone(), e.guardian.clone());
            }
            RosterEvent::GuardianCorrected(e) => self.correct(&e.guardian, &e.identity),
            RosterEvent::GuardianAdded(e) => {
                self.guardians
                    .insert((e.guardian.clone(), e.student.clone()));
            }
            RosterEvent::GuardianRemoved(e) => {
                self.guardians
                    .remove(&(e.guardian.clone(), e.student.clone()));
            }
            RosterEvent::OfficeAppointed(e) => self.offices.appointed(e),
            RosterEvent::OfficeEnded(e) => self.offices.ended(e),
        }
        if let Some((student, change)) = EnrolmentChange::of(event)
            && let Some(person) = self.people.get_mut(student)
        {
            person.enrolment.tell(change);
        }
    }

    fn correct(&mut self, id: &PersonId, identity: &Mark) {
        if let Some(person) = self.people.get_mut(id) {
            person.identity = identity.clone();
        }
    }
}

fn person(kind: PersonKind, identity: &Mark) -> PersonState {
    PersonState {
        kind,
        class: None,
        dorm: None,
        identity: identity.clone(),
        enrolment: Enrolment::default(),
        until: None,
    }
}
