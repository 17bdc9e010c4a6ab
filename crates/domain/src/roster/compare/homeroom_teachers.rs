//! Who is homeroom teacher of which class.

use std::collections::BTreeMap;

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role, Scope};
use crate::roster::{ClassLine, PersonKind};

use super::{Cell, Comparison};

impl Comparison {
    /// Homeroom teachers stand twice in what a school office exports: by number in `classes.csv`, by class name in
    /// `staff.csv`. The two must agree, and a class has one.
    pub(super) fn homeroom_teachers(
        &mut self,
        classes: &[ClassLine],
        claims: Vec<(u32, ClassId, PersonId)>,
    ) {
        let mut said: BTreeMap<ClassId, (Cell, PersonId)> = BTreeMap::new();
        for line in classes {
            let cell = ("classes.csv", line.line, "班主任工号");
            let Some(class) = self.class_by_name.get(&line.name).cloned() else {
                continue;
            };
            let teacher = self.state.person_by_number(&line.homeroom_teacher).cloned();
            let staff = teacher.filter(|id| {
                self.state
                    .person(id)
                    .is_some_and(|person| person.kind == PersonKind::Staff)
            });
            let Some(teacher) = staff else {
                let english = "No member of staff has this number.".into();
                self.fault(
                    cell,
                    "unknown-homeroom-teacher",
                    "教职工名册里没有这个工号。".into(),
                    english,
                );
                continue;
            };
            said.insert(class, (cell, teacher));
        }
        for (line, class, person) in claims {
            let cell = ("staff.csv", line, "范围");
            match said.get(&class) {
                Some(((file, first, _), teacher)) if *teacher != person => {
                    let chinese = format!("{file} 第 {first} 行为同一个班写了另一位班主任。");
                    let english = format!(
                        "Line {first} of {file} names another homeroom teacher of the same class."
                    );
                    self.fault(cell, "two-homeroom-teachers", chinese, english);
                }
                Some(_) => {}
                None => {
                    said.insert(class, (cell, person));
                }
            }
        }
        for (class, (_, teacher)) in said {
            let office = Office {
                role: Role::HomeroomTeacher,
                scope: Scope::Class(class),
                title: None,
            };
            // Ended by hand: the file is older than that.
            if self.state.was_ended_by_hand(&teacher, &office) {
                continue;
            }
            let holders = self
                .state
                .holders(Role::HomeroomTeacher, &office.scope, self.at);
            let before: Vec<(PersonId, Office)> = holders
                .filter(|(person, _)| **person != teacher)
                .map(|(person, held)| (person.clone(), held.office.clone()))
                .collect();
            for (person, held) in before {
                self.end(&person, &held);
            }
            self.appoint(&teacher, office);
        }
    }
}
