//! The lines of `staff.csv`.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role, Scope};
use crate::roster::{RosterEvent, StaffCorrected, StaffJoined, StaffLine};

use super::{Cell, Comparison, Whom};

impl Comparison {
    /// Gives back which staff lines claim to be homeroom teacher of which class: (line, class, person).
    pub(super) fn staff(&mut self, lines: &[StaffLine]) -> Vec<(u32, ClassId, PersonId)> {
        let mut identities = BTreeMap::new();
        let mut offices_seen = BTreeMap::new();
        let mut told: BTreeMap<PersonId, BTreeSet<Office>> = BTreeMap::new();
        let mut claims = Vec::new();
        for line in lines {
            let cell = |column| ("staff.csv", line.line, column);
            if line.role.is_cadre() || !line.role.is_appointed() {
                let english = "This is no office of staff.".into();
                self.fault(
                    cell("职务"),
                    "unknown-office",
                    "这不是教职工的职务。".into(),
                    english,
                );
                continue;
            }
            let (first, identity) = *identities
                .entry(&line.number)
                .or_insert((line.line, &line.identity));
            if *identity != line.identity {
                // One person may stand on several lines, an office each; but not under two names.
                self.fault(
                    cell("工号"),
                    "same-number-two-people",
                    format!("与第 {first} 行工号相同，姓名或手机号却不同。"),
                    format!(
                        "The same staff number as on line {first}, with another name or phone."
                    ),
                );
                continue;
            }
            let person = match self.whom(cell("工号"), &line.number, &line.person, false) {
                Whom::Fault => continue,
                Whom::New => {
                    self.happen(RosterEvent::StaffJoined(StaffJoined {
                        staff: line.person.clone(),
                        number: line.number.clone(),
                        identity: line.identity.clone(),
                        sealed: line.sealed.clone(),
                    }));
                    line.person.clone()
                }
                Whom::Known(person) => {
                    if self
                        .state
                        .person(&person)
                        .is_some_and(|known| known.identity != line.identity)
                    {
                        self.happen(RosterEvent::StaffCorrected(StaffCorrected {
                            staff: person.clone(),
                            identity: line.identity.clone(),
                            sealed: line.sealed.clone(),
                        }));
                    }
                    person
                }
            };
            let offices = told.entry(person.clone()).or_default();
            if line.scopes.is_empty() {
                let english = "The office extends over nothing.".into();
                self.fault(
                    cell("范围"),
                    "scope-missing",
                    "没有写明范围。".into(),
                    english,
                );
            }
            for text in &line.scopes {
                let Some(scope) = self.staff_scope(line.role, cell("范围"), text) else {
                    continue;
                };
                if let Some(first) =
                    offices_seen.insert((&line.number, line.role, scope.clone()), line.line)
                {
                    self.repeated(cell("范围"), first);
                    continue;
                }
                match scope {
                    // Who is homeroom teacher is settled together with classes.csv, in one place.
                    Scope::Class(class) if line.role == Role::HomeroomTeacher => {
                        claims.push((line.line, class, person.clone()));
                    }
                    scope => {
                        offices.insert(Office {
                            role: line.role,
                            scope,
                            title: None,
                        });
                    }
                }
            }
        }
        for (person, offices) in told {
            self.settle(&person, &offices, |role| {
                !role.is_cadre() && role != Role::HomeroomTeacher
            });
        }
        claims
    }

    fn staff_scope(&mut self, role: Role, cell: Cell, text: &str) -> Option<Scope> {
        if let Some(class) = self.class_by_name.get(text) {
            return Some(Scope::Class(class.clone()));
        }
        // A name that is nearly a class's, or a grade's, is a slip of the pen and no department.
        if needs_class(role) || text.ends_with('班') {
            self.unknown_class(cell, text);
            return None;
        }
        if text.ends_with('级') {
            let year = grade(text).filter(|year| {
                self.state
                    .classes()
                    .any(|(_, class)| class.entered == *year)
            });
            if year.is_none() {
                self.fault(
                    cell,
                    "unknown-grade",
                    format!("没有“{text}”的班级。"),
                    format!("No class belongs to the grade \"{text}\"."),
                );
            }
            return year.map(Scope::Grade);
        }
        self.is_text(cell, text)
            .then(|| Scope::Department(text.to_owned()))
    }
}

/// These offices extend over classes only.
fn needs_class(role: Role) -> bool {
    matches!(role, Role::HomeroomTeacher | Role::SubjectTeacher)
}

/// `24级` is the grade that entered in 2024.
fn grade(text: &str) -> Option<u16> {
    let year: u16 = text.strip_suffix('级')?.parse().ok()?;
    match year {
        0..=99 => Some(2000 + year),
        2000..=2099 => Some(year),
        _ => None,
    }
}
