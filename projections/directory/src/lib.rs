//! The directory: people, classes, offices, rules and templates as they are now. What every decision asks for facts.
//!
//! Names stay sealed here: whoever may read them opens them on reading, and erasing a key erases here too.

mod fold;
mod rows;

use std::collections::BTreeMap;
use std::path::Path;

use homeroom_domain::attendance::RuleInForce;
use homeroom_domain::calendar::{CalendarDay, DaySource};
use homeroom_domain::office::{Role, Scope};
use homeroom_domain::rights::{HeldOffice, Target};
use homeroom_domain::sealed::Mark;
use homeroom_domain::{ClassId, Moment, PersonId, RuleId, SchoolDate, TemplateId};
use homeroom_projection::{Key, Projection, Snapshot, View, ViewError};

pub use fold::DirectoryProjection;
pub use homeroom_domain::roster::PersonKind;
pub use rows::{Class, Person, Rule, Template};

use rows::{
    CALENDAR, CHILDREN, CLASS_BY_CODE, CLASS_BY_NAME, CLASSES, GUARDIANS, HOLDERS, MEMBERS,
    NUMBERS, OFFICES, PEOPLE, RULES, TEMPLATES, TenureRow,
};

/// Opens the view.
pub fn view(views: &Path) -> View {
    View::new(
        views,
        DirectoryProjection::NAME,
        DirectoryProjection::VERSION,
    )
}

/// The questions the directory answers, at one position.
#[derive(Debug)]
pub struct Directory(pub Snapshot);

impl Directory {
    /// Reads the view as it is now.
    ///
    /// # Errors
    /// When the view cannot be read; so everywhere below.
    pub fn read(view: &View) -> Result<Self, ViewError> {
        view.read().map(Self)
    }

    /// The person a school number belongs to.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn person_by_number(&self, number: &Mark) -> Result<Option<Person>, ViewError> {
        let Some(id) = self.0.load(&NUMBERS, &Key::new().text(number.as_str()))? else {
            return Ok(None);
        };
        let row = self.0.load(&PEOPLE, &Key::new().text(&id))?;
        row.map(|row| self.person_of(&id, &row)).transpose()
    }

    /// One person.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn person(&self, id: &PersonId) -> Result<Option<Person>, ViewError> {
        let row = self.0.load(&PEOPLE, &Key::new().text(id.as_str()))?;
        row.map(|row| self.person_of(id.as_str(), &row)).transpose()
    }

    fn person_of(&self, id: &str, row: &rows::PersonRow) -> Result<Person, ViewError> {
        Person::read(id, row).ok_or_else(|| self.unreadable(id))
    }

    /// One class by the code the school uses for it.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn class_by_code(&self, code: &str) -> Result<Option<Class>, ViewError> {
        let Some(id) = self.0.load(&CLASS_BY_CODE, &Key::new().text(code))? else {
            return Ok(None);
        };
        let id = ClassId::parse(&id).map_err(|_| self.unreadable(&id))?;
        self.class(&id)
    }

    /// One class by its name.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn class_by_name(&self, name: &str) -> Result<Option<Class>, ViewError> {
        let Some(id) = self.0.load(&CLASS_BY_NAME, &Key::new().text(name))? else {
            return Ok(None);
        };
        let id = ClassId::parse(&id).map_err(|_| self.unreadable(&id))?;
        self.class(&id)
    }

    /// One class.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn class(&self, id: &ClassId) -> Result<Option<Class>, ViewError> {
        let row = self.0.load(&CLASSES, &Key::new().text(id.as_str()))?;
        Ok(row.map(|row| Class::read(id.clone(), row)))
    }

    /// Every class, in the order of their codes.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn classes(&self) -> Result<Vec<Class>, ViewError> {
        let mut classes = Vec::new();
        for row in self.0.prefix(&CLASS_BY_CODE, &Key::new())? {
            let (_, id) = row?;
            let id = ClassId::parse(&id).map_err(|_| self.unreadable(&id))?;
            classes.extend(self.class(&id)?);
        }
        Ok(classes)
    }

    /// Who is a member of a class on a date, with duty or suspended, in the order of their ids.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn members(&self, class: &ClassId, date: SchoolDate) -> Result<Vec<Person>, ViewError> {
        let mut members = self.ever_members(class)?;
        members.retain(|person| person.enrolment.class_on(date) == Some(class));
        Ok(members)
    }

    /// Who has duty in a class on a date, in the order of their ids.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn on_duty(&self, class: &ClassId, date: SchoolDate) -> Result<Vec<PersonId>, ViewError> {
        let members = self.ever_members(class)?.into_iter();
        let on_duty = members.filter(|person| person.enrolment.duty_on(date) == Some(class));
        Ok(on_duty.map(|person| person.id).collect())
    }

    fn ever_members(&self, class: &ClassId) -> Result<Vec<Person>, ViewError> {
        let rows = self.0.prefix(&MEMBERS, &Key::new().text(class.as_str()))?;
        self.people(rows)
    }

    /// The guardians of a student, in the order of their ids.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn guardians(&self, student: &PersonId) -> Result<Vec<Person>, ViewError> {
        let rows = self
            .0
            .prefix(&GUARDIANS, &Key::new().text(student.as_str()))?;
        self.people(rows)
    }

    /// The students of a guardian, in the order of their ids.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn children(&self, guardian: &PersonId) -> Result<Vec<Person>, ViewError> {
        let rows = self
            .0
            .prefix(&CHILDREN, &Key::new().text(guardian.as_str()))?;
        self.people(rows)
    }

    fn people<'a>(
        &self,
        ids: impl Iterator<Item = Result<(&'a [u8], String), ViewError>>,
    ) -> Result<Vec<Person>, ViewError> {
        ids.map(|row| {
            let (_, id) = row?;
            let person = self.0.load(&PEOPLE, &Key::new().text(&id))?;
            let person = person.ok_or_else(|| self.unreadable(&id))?;
            self.person_of(&id, &person)
        })
        .collect()
    }

    /// What an action on a person is about: of a student, with the class they were last told to be of.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn target(&self, person: &Person) -> Result<Target, ViewError> {
        let class = match &person.class {
            Some(class) => self.class(class)?,
            None => None,
        };
        let target = class.map_or_else(Target::school, |class| class.target());
        Ok(Target {
            person: Some(person.id.clone()),
            ..target
        })
    }

    /// Every office a person has or ever had, with its dates, as [`grant`](homeroom_domain::rights::grant) takes them:
    /// what they were appointed to, what they stand in for, and what they are as a student or a guardian.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn held(&self, person: &Person) -> Result<Vec<HeldOffice>, ViewError> {
        let mut held: Vec<HeldOffice> = person.as_student().into_iter().collect();
        if person.kind == PersonKind::Guardian {
            let children = self.children(&person.id)?;
            held.extend(children.iter().map(|child| child.as_child_of(&person.id)));
        }
        let person = &person.id;
        for row in self.0.prefix(&OFFICES, &Key::new().text(person.as_str()))? {
            let (_, row) = row?;
            let of_row = row.held(person);
            held.extend(of_row.ok_or_else(|| self.unreadable(&row.office_json))?);
        }
        Ok(held)
    }

    /// The homeroom teacher of a class at an instant; of several, the one with the least id.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn homeroom_teacher(
        &self,
        class: &ClassId,
        at: Moment,
    ) -> Result<Option<PersonId>, ViewError> {
        let scope = Scope::Class(class.clone());
        let holders = self.holders(Role::HomeroomTeacher, &scope, at)?;
        Ok(holders.into_iter().next())
    }

    /// Whoever holds a role over a scope in their own right at an instant, in the order of their ids.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn holders(
        &self,
        role: Role,
        scope: &Scope,
        at: Moment,
    ) -> Result<Vec<PersonId>, ViewError> {
        let mut holders = Vec::new();
        for row in self.0.prefix(&HOLDERS, &rows::holders_key(role, scope))? {
            let (_, row) = row?;
            let own = |tenure: &TenureRow| tenure.deputises_for.is_none() && tenure.counts_at(at);
            if row.tenures.iter().any(own) {
                holders.push(self.person_id(&row.person)?);
            }
        }
        holders.dedup();
        Ok(holders)
    }

    /// Whoever stands in for a holder of a role over a scope at an instant, each with that holder.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn deputies(
        &self,
        role: Role,
        scope: &Scope,
        at: Moment,
    ) -> Result<Vec<(PersonId, PersonId)>, ViewError> {
        let mut deputies = Vec::new();
        for row in self.0.prefix(&HOLDERS, &rows::holders_key(role, scope))? {
            let (_, row) = row?;
            for tenure in row.tenures.iter().filter(|tenure| tenure.counts_at(at)) {
                if let Some(holder) = &tenure.deputises_for {
                    deputies.push((self.person_id(&row.person)?, self.person_id(holder)?));
                }
            }
        }
        deputies.dedup();
        Ok(deputies)
    }

    fn person_id(&self, id: &str) -> Result<PersonId, ViewError> {
        PersonId::parse(id).map_err(|_| self.unreadable(id))
    }

    /// What the calendar says of a date: the school's own word over the country's; `None` where the weekday says it.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn calendar_day(&self, date: SchoolDate) -> Result<Option<CalendarDay>, ViewError> {
        for source in [DaySource::School, DaySource::National] {
            if let Some(day) = self.0.load(&CALENDAR, &rows::day_key(date, source))? {
                return self.calendar_day_of(&day).map(Some);
            }
        }
        Ok(None)
    }

    /// The days of the calendar from one date to another, both included, in order.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn calendar_days(
        &self,
        from: SchoolDate,
        to: SchoolDate,
    ) -> Result<Vec<CalendarDay>, ViewError> {
        let mut days = BTreeMap::new();
        for row in self.0.prefix(&CALENDAR, &Key::new())? {
            let (_, day) = row?;
            let day = self.calendar_day_of(&day)?;
            // The school's own word comes after the country's.
            days.insert(day.date, day);
        }
        Ok(days
            .into_values()
            .filter(|day| (from..=to).contains(&day.date))
            .collect())
    }

    fn calendar_day_of(&self, json: &str) -> Result<CalendarDay, ViewError> {
        serde_json::from_str(json).map_err(|_| self.unreadable(json))
    }

    /// The rules in force that bind a class.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn rules_for(&self, class: &ClassId) -> Result<Vec<RuleInForce>, ViewError> {
        let rules = self.rules()?.into_iter();
        Ok(rules
            .filter(|rule| rule.in_force && rule.terms.binds(class))
            .map(|rule| RuleInForce {
                rule: rule.id,
                version: rule.version,
                terms: rule.terms,
            })
            .collect())
    }

    /// Every rule, retired ones too.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn rules(&self) -> Result<Vec<Rule>, ViewError> {
        let rows = self.0.prefix(&RULES, &Key::new())?;
        rows.map(|row| {
            let (_, row) = row?;
            Rule::read(&row).ok_or_else(|| self.unreadable(&row.id))
        })
        .collect()
    }

    /// One rule.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn rule(&self, id: &RuleId) -> Result<Option<Rule>, ViewError> {
        let row = self.0.load(&RULES, &Key::new().text(id.as_str()))?;
        row.map(|row| Rule::read(&row).ok_or_else(|| self.unreadable(&row.id)))
            .transpose()
    }

    /// One template in its newest version.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn template(&self, id: &TemplateId) -> Result<Option<Template>, ViewError> {
        let row = self.0.load(&TEMPLATES, &Key::new().text(id.as_str()))?;
        row.map(|row| Template::read(&row).ok_or_else(|| self.unreadable(&row.id)))
            .transpose()
    }

    /// Every template in its newest version.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn templates(&self) -> Result<Vec<Template>, ViewError> {
        let rows = self.0.prefix(&TEMPLATES, &Key::new())?;
        rows.map(|row| {
            let (_, row) = row?;
            Template::read(&row).ok_or_else(|| self.unreadable(&row.id))
        })
        .collect()
    }

    fn unreadable(&self, what: &str) -> ViewError {
        ViewError::Unreadable {
            name: DirectoryProjection::NAME,
            what: format!("{what} is not what was written"),
        }
    }
}

#[cfg(test)]
mod tests;
