//! The rows of the directory, and what they are read as.

use chrono::Datelike;
use homeroom_domain::calendar::DaySource;
use homeroom_domain::office::{Office, Role, Scope};
use homeroom_domain::report::TemplateTerms;
use homeroom_domain::rights::{HeldOffice, Target};
use homeroom_domain::roster::{Enrolment, PersonKind};
use homeroom_domain::rule::RuleTerms;
use homeroom_domain::sealed::{Mark, Sealed};
use homeroom_domain::{ClassId, Moment, PersonId, RuleId, SchoolDate, TemplateId};
use homeroom_projection::{Key, SealedRow, Table};
use rkyv::{Archive, Deserialize, Serialize};

/// person → person
pub(crate) const PEOPLE: Table<PersonRow> = Table::new("people");
/// mark of the school number → person id
pub(crate) const NUMBERS: Table<String> = Table::new("numbers");
/// class → class
pub(crate) const CLASSES: Table<ClassRow> = Table::new("classes");
/// code → class id
pub(crate) const CLASS_BY_CODE: Table<String> = Table::new("class_by_code");
/// name → class id
pub(crate) const CLASS_BY_NAME: Table<String> = Table::new("class_by_name");
/// class, person → person id; everybody who was ever told to be of the class
pub(crate) const MEMBERS: Table<String> = Table::new("members");
/// guardian, student → student id
pub(crate) const CHILDREN: Table<String> = Table::new("children");
/// student, guardian → guardian id
pub(crate) const GUARDIANS: Table<String> = Table::new("guardians");
/// person, office → the office and when it was held
pub(crate) const OFFICES: Table<OfficeRow> = Table::new("offices");
/// role, scope, person, title → who held it and when
pub(crate) const HOLDERS: Table<HolderRow> = Table::new("holders");
/// date, source → the day
pub(crate) const CALENDAR: Table<String> = Table::new("calendar");
/// rule → its newest version
pub(crate) const RULES: Table<RuleRow> = Table::new("rules");
/// template → its newest version
pub(crate) const TEMPLATES: Table<TemplateRow> = Table::new("templates");

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct PersonRow {
    pub(crate) kind: u8,
    /// Of a student, also after leaving.
    pub(crate) class: Option<String>,
    pub(crate) dorm: Option<String>,
    /// Of a student: where they stand over time.
    pub(crate) enrolment_json: Option<String>,
    /// The first instant after a student's last day, once it is known.
    pub(crate) until_ms: Option<i64>,
    pub(crate) number: String,
    pub(crate) identity: SealedRow,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct OfficeRow {
    pub(crate) office_json: String,
    pub(crate) tenures: Vec<TenureRow>,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct HolderRow {
    pub(crate) person: String,
    pub(crate) tenures: Vec<TenureRow>,
}

/// From when to when one person held one office, in their own right or for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(crate) struct TenureRow {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: Option<i64>,
    pub(crate) deputises_for: Option<String>,
}

impl TenureRow {
    /// True if the office is held so at this instant.
    pub(crate) fn counts_at(&self, at: Moment) -> bool {
        let at_ms = at.unix_ms();
        self.from_ms <= at_ms && self.to_ms.is_none_or(|to_ms| at_ms < to_ms)
    }
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct ClassRow {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) entered: u16,
    pub(crate) major: String,
    /// The first instant after its last day, once it is known.
    pub(crate) until_ms: Option<i64>,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct RuleRow {
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) terms_json: String,
    pub(crate) created_ms: i64,
    pub(crate) in_force: bool,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct TemplateRow {
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) terms_json: String,
}

/// The key of a day of the calendar.
pub(crate) fn day_key(date: SchoolDate, source: DaySource) -> Key {
    let source = match source {
        DaySource::National => 0,
        DaySource::School => 1,
    };
    date_key(date).number(source)
}

/// The key that all days of a date begin with.
pub(crate) fn date_key(date: SchoolDate) -> Key {
    let days = date.num_days_from_ce().max(0);
    Key::new().number(days.unsigned_abs().into())
}

/// The key of whoever holds a role over a scope.
pub(crate) fn holders_key(role: Role, scope: &Scope) -> Key {
    let key = Key::new().text(role.as_str());
    match scope {
        Scope::Class(class) => key.text("class").text(class.as_str()),
        Scope::Grade(year) => key.text("grade").number((*year).into()),
        Scope::Department(name) => key.text("department").text(name),
        Scope::DormFloor(floor) => key.text("dorm_floor").text(floor),
        Scope::Template(template) => key.text("template").text(template.as_str()),
        Scope::Person(person) => key.text("person").text(person.as_str()),
        Scope::School => key.text("school"),
    }
}

/// A person as the directory knows them.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The person.
    pub id: PersonId,
    /// Student, staff or guardian.
    pub kind: PersonKind,
    /// The class a student was last told to be of, also after leaving; `None` for anybody else.
    pub class: Option<ClassId>,
    /// The dorm room.
    pub dorm: Option<String>,
    /// Where a student stands over time; nothing for anybody else.
    pub enrolment: Enrolment,
    /// The first instant after a student's last day, once it is known.
    pub until: Option<Moment>,
    /// The mark of the school number.
    pub number: Mark,
    /// [`Identity`](homeroom_domain::roster::Identity), sealed.
    pub identity: Sealed,
}

/// A kind as a row keeps it.
pub(crate) fn kind_number(kind: PersonKind) -> u8 {
    match kind {
        PersonKind::Student => 0,
        PersonKind::Staff => 1,
        PersonKind::Guardian => 2,
    }
}

impl Person {
    pub(crate) fn read(id: &str, row: &PersonRow) -> Option<Self> {
        let kinds = [PersonKind::Student, PersonKind::Staff, PersonKind::Guardian];
        let enrolment = row.enrolment_json.as_deref();
        Some(Self {
            id: PersonId::parse(id).ok()?,
            kind: kinds
                .into_iter()
                .find(|kind| kind_number(*kind) == row.kind)?,
            class: row.class.as_deref().map(ClassId::parse).transpose().ok()?,
            dorm: row.dorm.clone(),
            enrolment: enrolment
                .map(serde_json::from_str)
                .transpose()
                .ok()?
                .unwrap_or_default(),
            until: row.until_ms.map(Moment::from_unix_ms),
            number: Mark(row.number.clone()),
            identity: row.identity.sealed()?,
        })
    }

    /// What a student's own office is: of themselves, until they have left.
    pub(crate) fn as_student(&self) -> Option<HeldOffice> {
        (self.kind == PersonKind::Student).then(|| HeldOffice {
            holder: Some(self.id.clone()),
            office: of_person(Role::Student, &self.id),
            from: Moment::MIN,
            to: self.until,
            deputises_for: None,
        })
    }

    /// What this student's guardian may do: for the child, until the child has left.
    pub(crate) fn as_child_of(&self, guardian: &PersonId) -> HeldOffice {
        HeldOffice {
            holder: Some(guardian.clone()),
            office: of_person(Role::Guardian, &self.id),
            from: Moment::MIN,
            to: self.until,
            deputises_for: None,
        }
    }
}

fn of_person(role: Role, person: &PersonId) -> Office {
    Office {
        role,
        scope: Scope::Person(person.clone()),
        title: None,
    }
}

impl OfficeRow {
    /// The office as its holder holds it, once for each time it was given.
    pub(crate) fn held(&self, holder: &PersonId) -> Option<Vec<HeldOffice>> {
        let office: Office = serde_json::from_str(&self.office_json).ok()?;
        let held = |tenure: &TenureRow| {
            let deputises_for = match &tenure.deputises_for {
                None => None,
                Some(person) => Some(PersonId::parse(person).ok()?),
            };
            Some(HeldOffice {
                holder: Some(holder.clone()),
                office: office.clone(),
                from: Moment::from_unix_ms(tenure.from_ms),
                to: tenure.to_ms.map(Moment::from_unix_ms),
                deputises_for,
            })
        };
        self.tenures.iter().map(held).collect()
    }
}

/// A class as the directory knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The class.
    pub id: ClassId,
    /// The code the school uses for it.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The year its students entered.
    pub entered: u16,
    /// What they study.
    pub major: String,
    /// The first instant after its last day, once it is known.
    pub until: Option<Moment>,
}

impl Class {
    /// What an action on this class is about.
    pub fn target(&self) -> Target {
        Target::class(self.id.clone(), self.entered)
    }

    pub(crate) fn read(id: ClassId, row: ClassRow) -> Self {
        Self {
            id,
            code: row.code,
            name: row.name,
            entered: row.entered,
            major: row.major,
            until: row.until_ms.map(Moment::from_unix_ms),
        }
    }
}

/// A rule in its newest version.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The rule.
    pub id: RuleId,
    /// Its version.
    pub version: u32,
    /// What it says.
    pub terms: RuleTerms,
    /// When its first version came into force.
    pub created: Moment,
    /// False once it is retired.
    pub in_force: bool,
}

impl Rule {
    pub(crate) fn read(row: &RuleRow) -> Option<Self> {
        Some(Self {
            id: RuleId::parse(&row.id).ok()?,
            version: row.version,
            terms: serde_json::from_str(&row.terms_json).ok()?,
            created: Moment::from_unix_ms(row.created_ms),
            in_force: row.in_force,
        })
    }
}

/// A template in its newest version.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The template.
    pub id: TemplateId,
    /// Its version.
    pub version: u32,
    /// What it asks.
    pub terms: TemplateTerms,
}

impl Template {
    pub(crate) fn read(row: &TemplateRow) -> Option<Self> {
        Some(Self {
            id: TemplateId::parse(&row.id).ok()?,
            version: row.version,
            terms: serde_json::from_str(&row.terms_json).ok()?,
        })
    }
}
