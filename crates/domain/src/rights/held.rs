//! Offices with their dates, and what an action is about.

use crate::id::{ClassId, PersonId, TemplateId};
use crate::office::{Office, Role, Scope};
use crate::time::Moment;

/// An office as somebody holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldOffice {
    /// Who holds it; `None` for the service itself and for an administrator who is nobody of the roster.
    pub holder: Option<PersonId>,
    /// The office.
    pub office: Office,
    /// The first instant at which it counts.
    pub from: Moment,
    /// The instant from which it counts no longer; `None` while nobody has said.
    pub to: Option<Moment>,
    /// The holder for whom this person stands in, if it is not their own office.
    pub deputises_for: Option<PersonId>,
}

impl HeldOffice {
    /// True if the office counts at this instant.
    pub fn counts_at(&self, at: Moment) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }

    /// True if the target is the holder, or, of a guardian, the child.
    pub(super) fn is_own(&self, target: &Target) -> bool {
        let holder = self.holder.as_ref();
        let own = match (&self.office.scope, self.office.role) {
            (Scope::Person(child), Role::Guardian) => [holder, Some(child)],
            (Scope::Person(student), _) => [None, Some(student)],
            _ => [holder, None],
        };
        let mut own = own.into_iter().flatten();
        own.any(|own| target.person.as_ref() == Some(own))
    }
}

/// What an action is about, as far as it applies: reading a student's day knows person, class and grade; filing a
/// report knows class, grade and template. Nothing at all is the school as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The person it is about.
    pub person: Option<PersonId>,
    /// The class it is about; of a student, the class at the instant that counts.
    pub class: Option<ClassId>,
    /// The year in which the class entered.
    pub grade: Option<u16>,
    /// A department, where one is named.
    pub department: Option<String>,
    /// The floor of the dorm, as [`dorm_floor`](crate::office::dorm_floor) names it.
    pub dorm_floor: Option<String>,
    /// The report template.
    pub template: Option<TemplateId>,
}

impl Target {
    /// The school as a whole.
    pub fn school() -> Self {
        Self::default()
    }

    /// A class that entered in a year.
    pub fn class(class: ClassId, entered: u16) -> Self {
        Self {
            class: Some(class),
            grade: Some(entered),
            ..Self::default()
        }
    }

    /// A person, of whom no class matters.
    pub fn person(person: PersonId) -> Self {
        Self {
            person: Some(person),
            ..Self::default()
        }
    }

    /// A student of a class that entered in a year.
    pub fn student(student: PersonId, class: ClassId, entered: u16) -> Self {
        Self {
            person: Some(student),
            ..Self::class(class, entered)
        }
    }

    /// The same, as filed on a template.
    #[must_use]
    pub fn on(mut self, template: TemplateId) -> Self {
        self.template = Some(template);
        self
    }

    /// The same, on a floor of a dorm.
    #[must_use]
    pub fn on_floor(mut self, floor: impl Into<String>) -> Self {
        self.dorm_floor = Some(floor.into());
        self
    }
}

impl Scope {
    /// True if the target lies in this scope.
    pub fn covers(&self, target: &Target) -> bool {
        match self {
            Scope::Class(class) => target.class.as_ref() == Some(class),
            Scope::Grade(entered) => target.grade == Some(*entered),
            // Every class of the school is in its one department; only another department's name is outside.
            Scope::Department(name) => target.department.as_ref().is_none_or(|of| of == name),
            Scope::DormFloor(floor) => target.dorm_floor.as_ref() == Some(floor),
            Scope::Template(template) => target.template.as_ref() == Some(template),
            Scope::Person(person) => target.person.as_ref() == Some(person),
            Scope::School => true,
        }
    }
}
