//! The fold: rosters, rules and templates into what holds now.

use homeroom_domain::calendar::CalendarEvent;
use homeroom_domain::office::Office;
use homeroom_domain::report::TemplateEvent;
use homeroom_domain::roster::{Enrolment, EnrolmentChange, PersonKind, RosterEvent};
use homeroom_domain::rule::RuleEvent;
use homeroom_domain::sealed::{Mark, Sealed};
use homeroom_domain::{ClassId, Moment, PersonId};
use homeroom_log::Recorded;
use homeroom_projection::{Key, Poison, Projection, Row, Table, Writer, each_event};
use serde::Serialize;

use crate::rows::{
    CALENDAR, CHILDREN, CLASS_BY_CODE, CLASS_BY_NAME, CLASSES, ClassRow, GUARDIANS, HOLDERS,
    HolderRow, MEMBERS, NUMBERS, OFFICES, OfficeRow, PEOPLE, PersonRow, RULES, RuleRow, TEMPLATES,
    TemplateRow, TenureRow, day_key, holders_key, kind_number,
};

/// Folds the directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct DirectoryProjection;

impl Projection for DirectoryProjection {
    const NAME: &'static str = "directory";
    const VERSION: u32 = 4;

    fn apply(&self, commit: &Recorded, view: &mut Writer<'_>) -> Result<(), Poison> {
        let at = commit.commit.at;
        match commit.commit.boundary.kind() {
            "roster" => each_event(commit, view, roster),
            "rules" => each_event(commit, view, |event, view| rule(event, at, view)),
            "template" => each_event(commit, view, template),
            "calendar" => each_event(commit, view, calendar),
            _ => Ok(()),
        }
    }
}

fn roster(event: &RosterEvent, view: &mut Writer<'_>) -> Result<(), Poison> {
    told(event, view)?;
    let Some((student, told)) = EnrolmentChange::of(event) else {
        return Ok(());
    };
    let key = Key::new().text(student.as_str());
    let known = view.get(&PEOPLE, &key)?.and_then(|row| row.enrolment_json);
    let known = known.as_deref().map(serde_json::from_str).transpose();
    let mut enrolment: Enrolment = known
        .map_err(|error| poison("people", &error))?
        .unwrap_or_default();
    enrolment.tell(told);
    let enrolment = json("people", &enrolment)?;
    change(view, &PEOPLE, student.as_str(), |row| {
        row.enrolment_json = Some(enrolment);
    })
}

fn told(event: &RosterEvent, view: &mut Writer<'_>) -> Result<(), Poison> {
    match event {
        RosterEvent::ClassOpened(e) => {
            let row = ClassRow {
                code: e.code.clone(),
                name: e.name.clone(),
                entered: e.entered,
                major: e.major.clone(),
                until_ms: None,
            };
            view.put(&CLASSES, &Key::new().text(e.class.as_str()), &row)?;
            view.put(
                &CLASS_BY_CODE,
                &Key::new().text(&e.code),
                &e.class.to_string(),
            )?;
            view.put(
                &CLASS_BY_NAME,
                &Key::new().text(&e.name),
                &e.class.to_string(),
            )
        }
        RosterEvent::ClassCorrected(e) => {
            let mut before = String::new();
            change(view, &CLASSES, e.class.as_str(), |row| {
                before = std::mem::replace(&mut row.name, e.name.clone());
                row.entered = e.entered;
                row.major.clone_from(&e.major);
            })?;
            let before = Key::new().text(&before);
            // Two classes that swap names are corrected one after the other: the name may be the other's by now.
            if view.get(&CLASS_BY_NAME, &before)?.as_deref() == Some(e.class.as_str()) {
                view.delete(&CLASS_BY_NAME, &before)?;
            }
            view.put(
                &CLASS_BY_NAME,
                &Key::new().text(&e.name),
                &e.class.to_string(),
            )
        }
        RosterEvent::StudentEnrolled(e) => {
            let key = Key::new().text(e.student.as_str());
            // Whoever comes back has been here before.
            let before = view.get(&PEOPLE, &key)?;
            let row = PersonRow {
                class: Some(e.class.to_string()),
                dorm: e.dorm.clone(),
                enrolment_json: before.and_then(|before| before.enrolment_json),
                ..person_row(PersonKind::Student, &e.number, &e.sealed)
            };
            add_person(view, &e.student, &row)?;
            add_member(view, &e.class, &e.student)
        }
        RosterEvent::StudentCorrected(e) => change(view, &PEOPLE, e.student.as_str(), |row| {
            row.dorm.clone_from(&e.dorm);
            row.identity = (&e.sealed).into();
        }),
        RosterEvent::StudentMoved(e) => {
            change(view, &PEOPLE, e.student.as_str(), |row| {
                row.class = Some(e.to.to_string());
            })?;
            add_member(view, &e.to, &e.student)
        }
        RosterEvent::StudentSuspended(_) | RosterEvent::StudentResumed(_) => Ok(()),
        RosterEvent::StudentLeft(e) => change(view, &PEOPLE, e.student.as_str(), |row| {
            row.until_ms = Some(e.until.unix_ms());
        }),
        RosterEvent::ClassGraduated(e) => change(view, &CLASSES, e.class.as_str(), |row| {
            row.until_ms = Some(e.until.unix_ms());
        }),
        RosterEvent::StaffJoined(e) => {
            let row = person_row(PersonKind::Staff, &e.number, &e.sealed);
            add_person(view, &e.staff, &row)
        }
        RosterEvent::StaffCorrected(e) => change(view, &PEOPLE, e.staff.as_str(), |row| {
            row.identity = (&e.sealed).into();
        }),
        RosterEvent::GuardianRegistered(e) => {
            let row = person_row(PersonKind::Guardian, &e.number, &e.sealed);
            add_person(view, &e.guardian, &row)
        }
        RosterEvent::GuardianCorrected(e) => change(view, &PEOPLE, e.guardian.as_str(), |row| {
            row.identity = (&e.sealed).into();
        }),
        RosterEvent::GuardianAdded(e) => {
            let (by_guardian, by_student) = guardian_keys(&e.guardian, &e.student);
            view.put(&CHILDREN, &by_guardian, &e.student.to_string())?;
            view.put(&GUARDIANS, &by_student, &e.guardian.to_string())
        }
        RosterEvent::GuardianRemoved(e) => {
            let (by_guardian, by_student) = guardian_keys(&e.guardian, &e.student);
            view.delete(&CHILDREN, &by_guardian)?;
            view.delete(&GUARDIANS, &by_student)
        }
        RosterEvent::OfficeAppointed(e) => {
            let tenure = TenureRow {
                from_ms: e.from.unix_ms(),
                to_ms: e.to.map(Moment::unix_ms),
                deputises_for: e.deputises_for.as_ref().map(ToString::to_string),
            };
            tenures(view, &e.person, &e.office, |held| held.push(tenure))
        }
        RosterEvent::OfficeEnded(e) => {
            let to_ms = e.to.unix_ms();
            let deputises_for = e.deputises_for.as_ref().map(ToString::to_string);
            tenures(view, &e.person, &e.office, |held| {
                // What was to begin later does not begin.
                held.retain(|held| held.deputises_for != deputises_for || held.from_ms < to_ms);
                let ended = held
                    .iter_mut()
                    .filter(|held| held.deputises_for == deputises_for);
                for held in ended {
                    held.to_ms = Some(held.to_ms.map_or(to_ms, |before| before.min(to_ms)));
                }
            })
        }
    }
}

/// Changes when a person held an office, where it is known by person and where by scope.
fn tenures(
    view: &mut Writer<'_>,
    person: &PersonId,
    office: &Office,
    change: impl FnOnce(&mut Vec<TenureRow>),
) -> Result<(), Poison> {
    let (by_person, by_scope) = office_keys(person, office);
    let known = view.get(&OFFICES, &by_person)?;
    let mut tenures = known.map(|row| row.tenures).unwrap_or_default();
    change(&mut tenures);
    if tenures.is_empty() {
        view.delete(&OFFICES, &by_person)?;
        return view.delete(&HOLDERS, &by_scope);
    }
    let row = HolderRow {
        person: person.to_string(),
        tenures: tenures.clone(),
    };
    view.put(&HOLDERS, &by_scope, &row)?;
    let row = OfficeRow {
        office_json: json("offices", office)?,
        tenures,
    };
    view.put(&OFFICES, &by_person, &row)
}

fn person_row(kind: PersonKind, number: &Mark, sealed: &Sealed) -> PersonRow {
    PersonRow {
        kind: kind_number(kind),
        class: None,
        dorm: None,
        enrolment_json: None,
        until_ms: None,
        number: number.as_str().to_owned(),
        identity: sealed.into(),
    }
}

fn add_person(view: &mut Writer<'_>, person: &PersonId, row: &PersonRow) -> Result<(), Poison> {
    view.put(&NUMBERS, &Key::new().text(&row.number), &person.to_string())?;
    view.put(&PEOPLE, &Key::new().text(person.as_str()), row)
}

fn member_key(class: &ClassId, student: &PersonId) -> Key {
    Key::new().text(class.as_str()).text(student.as_str())
}

fn add_member(view: &mut Writer<'_>, class: &ClassId, student: &PersonId) -> Result<(), Poison> {
    view.put(&MEMBERS, &member_key(class, student), &student.to_string())
}

/// Changes the row of an id. The roster's and the rules' deciders let nothing happen to what does not exist.
fn change<R: Row>(
    view: &mut Writer<'_>,
    table: &Table<R>,
    id: &str,
    change: impl FnOnce(&mut R),
) -> Result<(), Poison> {
    let key = Key::new().text(id);
    let Some(mut row) = view.get(table, &key)? else {
        return Err(Poison::Row {
            table: table.name(),
            what: format!("{id} is changed and never began"),
        });
    };
    change(&mut row);
    view.put(table, &key, &row)
}

/// The keys of a guardian's child, and of a child's guardian.
fn guardian_keys(guardian: &PersonId, student: &PersonId) -> (Key, Key) {
    let by_guardian = Key::new().text(guardian.as_str()).text(student.as_str());
    let by_student = Key::new().text(student.as_str()).text(guardian.as_str());
    (by_guardian, by_student)
}

/// The keys of an office by its person and by its scope.
fn office_keys(person: &PersonId, office: &Office) -> (Key, Key) {
    let title = office.title.as_deref().unwrap_or_default();
    let scope = holders_key(office.role, &office.scope);
    let by_person = Key::new().text(person.as_str()).then(&scope).text(title);
    (by_person, scope.text(person.as_str()).text(title))
}

fn rule(event: &RuleEvent, at: Moment, view: &mut Writer<'_>) -> Result<(), Poison> {
    match event {
        RuleEvent::Created(e) => {
            let row = RuleRow {
                id: e.rule.to_string(),
                version: e.version,
                terms_json: json("rules", &e.terms)?,
                created_ms: at.unix_ms(),
                in_force: true,
            };
            view.put(&RULES, &Key::new().text(e.rule.as_str()), &row)
        }
        RuleEvent::Revised(e) => {
            let terms_json = json("rules", &e.terms)?;
            change(view, &RULES, e.rule.as_str(), |row| {
                row.version = e.version;
                row.terms_json = terms_json;
            })
        }
        RuleEvent::Retired(e) => change(view, &RULES, e.rule.as_str(), |row| row.in_force = false),
    }
}

fn calendar(event: &CalendarEvent, view: &mut Writer<'_>) -> Result<(), Poison> {
    match event {
        CalendarEvent::Set(e) => {
            let key = day_key(e.day.date, e.source);
            view.put(&CALENDAR, &key, &json("calendar", &e.day)?)
        }
        CalendarEvent::Cleared(e) => view.delete(&CALENDAR, &day_key(e.date, e.source)),
    }
}

fn template(event: &TemplateEvent, view: &mut Writer<'_>) -> Result<(), Poison> {
    let TemplateEvent::Published(e) = event;
    let terms_json = json("templates", &e.terms)?;
    let row = TemplateRow {
        id: e.template.to_string(),
        version: e.version,
        terms_json,
    };
    view.put(&TEMPLATES, &Key::new().text(e.template.as_str()), &row)
}

/// What the domain may still change is kept as the log writes it, so that there is no second definition of it.
fn json(table: &'static str, value: &impl Serialize) -> Result<String, Poison> {
    serde_json::to_string(value).map_err(|error| poison(table, &error))
}

fn poison(table: &'static str, error: &serde_json::Error) -> Poison {
    Poison::Row {
        table,
        what: error.to_string(),
    }
}
