//! The fold: rosters, rules and templates into what holds now.

use homeroom_domain::office::Office;
use homeroom_domain::report::TemplateEvent;
use homeroom_domain::roster::RosterEvent;
use homeroom_domain::rule::{RuleEvent, RuleTerms};
use homeroom_domain::{Moment, PersonId, RuleId};
use homeroom_log::Recorded;
use homeroom_projection::{Key, Poison, Projection, Writer, each_event};

use crate::rows::{
    CLASS_BY_CODE, CLASSES, ClassRow, HOLDERS, MEMBERS, NUMBERS, OFFICES, PEOPLE, PersonRow, RULES,
    RuleRow, TEMPLATES, TemplateRow, holders_key,
};

/// Folds the directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct DirectoryProjection;

impl Projection for DirectoryProjection {
    const NAME: &'static str = "directory";
    const VERSION: u32 = 1;

    fn apply(&self, commit: &Recorded, view: &mut Writer<'_>) -> Result<(), Poison> {
        match commit.commit.boundary.kind() {
            "roster" => each_event(commit, view, roster),
            "rules" => each_event(commit, view, |event, view| {
                rule(event, commit.commit.at, view)
            }),
            "template" => each_event(commit, view, template),
            _ => Ok(()),
        }
    }
}

fn person_key(person: &PersonId) -> Key {
    Key::new().text(person.as_str())
}

fn roster(event: &RosterEvent, view: &mut Writer<'_>) -> Result<(), Poison> {
    match event {
        RosterEvent::ClassOpened(e) => {
            let row = ClassRow {
                code: e.code.clone(),
                name: e.name.clone(),
                entered: e.entered,
                major: e.major.clone(),
            };
            view.put(&CLASSES, &Key::new().text(e.class.as_str()), &row)?;
            view.put(
                &CLASS_BY_CODE,
                &Key::new().text(&e.code),
                &e.class.to_string(),
            )
        }
        RosterEvent::ClassCorrected(e) => {
            let key = Key::new().text(e.class.as_str());
            let Some(mut row) = view.get(&CLASSES, &key)? else {
                return Ok(());
            };
            row.name.clone_from(&e.name);
            row.entered = e.entered;
            row.major.clone_from(&e.major);
            view.put(&CLASSES, &key, &row)
        }
        RosterEvent::StudentEnrolled(e) => {
            let row = PersonRow {
                class: Some(e.class.to_string()),
                dorm: e.dorm.clone(),
                sealed_identity: e.sealed.ciphertext.clone(),
            };
            view.put(&PEOPLE, &person_key(&e.student), &row)?;
            view.put(
                &NUMBERS,
                &Key::new().text(e.number.as_str()),
                &e.student.to_string(),
            )?;
            let member = Key::new().text(e.class.as_str()).text(e.student.as_str());
            view.put(&MEMBERS, &member, &e.student.to_string())
        }
        RosterEvent::StudentCorrected(e) => {
            let key = person_key(&e.student);
            let Some(mut row) = view.get(&PEOPLE, &key)? else {
                return Ok(());
            };
            row.dorm.clone_from(&e.dorm);
            row.sealed_identity.clone_from(&e.sealed.ciphertext);
            view.put(&PEOPLE, &key, &row)
        }
        RosterEvent::StudentMoved(e) => {
            let key = person_key(&e.student);
            let Some(mut row) = view.get(&PEOPLE, &key)? else {
                return Ok(());
            };
            row.class = Some(e.to.to_string());
            view.put(&PEOPLE, &key, &row)?;
            view.delete(
                &MEMBERS,
                &Key::new().text(e.from.as_str()).text(e.student.as_str()),
            )?;
            let member = Key::new().text(e.to.as_str()).text(e.student.as_str());
            view.put(&MEMBERS, &member, &e.student.to_string())
        }
        RosterEvent::StaffJoined(e) => {
            let row = PersonRow {
                class: None,
                dorm: None,
                sealed_identity: e.sealed.ciphertext.clone(),
            };
            view.put(&PEOPLE, &person_key(&e.staff), &row)?;
            view.put(
                &NUMBERS,
                &Key::new().text(e.number.as_str()),
                &e.staff.to_string(),
            )
        }
        RosterEvent::StaffCorrected(e) => {
            let key = person_key(&e.staff);
            let Some(mut row) = view.get(&PEOPLE, &key)? else {
                return Ok(());
            };
            row.sealed_identity.clone_from(&e.sealed.ciphertext);
            view.put(&PEOPLE, &key, &row)
        }
        RosterEvent::OfficeAppointed(e) => {
            let (office, holder) = office_keys(&e.person, &e.office);
            view.put(&OFFICES, &office, &office_json(&e.office)?)?;
            view.put(&HOLDERS, &holder, &e.person.to_string())
        }
        RosterEvent::OfficeEnded(e) => {
            let (office, holder) = office_keys(&e.person, &e.office);
            view.delete(&OFFICES, &office)?;
            view.delete(&HOLDERS, &holder)
        }
    }
}

fn office_json(office: &Office) -> Result<String, Poison> {
    serde_json::to_string(office).map_err(|error| Poison::Row {
        table: "offices",
        what: error.to_string(),
    })
}

/// The keys of an office by its person and by its scope.
fn office_keys(person: &PersonId, office: &Office) -> (Key, Key) {
    let title = office.title.as_deref().unwrap_or_default();
    let by_person = Key::new()
        .text(person.as_str())
        .then(&holders_key(office.role, &office.scope))
        .text(title);
    let by_scope = holders_key(office.role, &office.scope)
        .text(person.as_str())
        .text(title);
    (by_person, by_scope)
}

fn rule(event: &RuleEvent, at: Moment, view: &mut Writer<'_>) -> Result<(), Poison> {
    match event {
        RuleEvent::Created(e) => {
            let row = RuleRow {
                id: e.rule.to_string(),
                version: e.version,
                terms_json: terms_json(&e.terms)?,
                created_ms: at.unix_ms(),
                in_force: true,
            };
            view.put(&RULES, &Key::new().text(e.rule.as_str()), &row)
        }
        RuleEvent::Revised(e) => {
            let terms_json = terms_json(&e.terms)?;
            change_rule(view, &e.rule, |row| {
                row.version = e.version;
                row.terms_json = terms_json;
            })
        }
        RuleEvent::Retired(e) => change_rule(view, &e.rule, |row| row.in_force = false),
    }
}

fn terms_json(terms: &RuleTerms) -> Result<String, Poison> {
    serde_json::to_string(terms).map_err(|error| Poison::Row {
        table: "rules",
        what: error.to_string(),
    })
}

fn change_rule(
    view: &mut Writer<'_>,
    rule: &RuleId,
    change: impl FnOnce(&mut RuleRow),
) -> Result<(), Poison> {
    let key = Key::new().text(rule.as_str());
    let Some(mut row) = view.get(&RULES, &key)? else {
        return Ok(());
    };
    change(&mut row);
    view.put(&RULES, &key, &row)
}

fn template(event: &TemplateEvent, view: &mut Writer<'_>) -> Result<(), Poison> {
    let TemplateEvent::Published(e) = event;
    let terms_json = serde_json::to_string(&e.terms).map_err(|error| Poison::Row {
        table: "templates",
        what: error.to_string(),
    })?;
    let row = TemplateRow {
        id: e.template.to_string(),
        version: e.version,
        terms_json,
    };
    view.put(&TEMPLATES, &Key::new().text(e.template.as_str()), &row)
}
