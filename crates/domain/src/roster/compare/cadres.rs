//! The lines of `cadres.csv`.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role, Scope};
use crate::roster::CadreLine;

use super::Comparison;

impl Comparison {
    pub(super) fn cadres(&mut self, lines: &[CadreLine]) {
        let mut seen = BTreeMap::new();
        let mut told: BTreeMap<PersonId, BTreeSet<Office>> = BTreeMap::new();
        for line in lines {
            let cell = |column| ("cadres.csv", line.line, column);
            if let Some(first) = seen.insert(
                (&line.student, line.role, &line.scope, &line.title),
                line.line,
            ) {
                self.repeated(cell("学号"), first);
                continue;
            }
            let student = self.state.person_by_number(&line.student).cloned();
            let class = student
                .as_ref()
                .and_then(|id| self.state.person(id))
                .and_then(|person| person.class.clone());
            let (Some(student), Some(own)) = (student, class) else {
                let english = "No student has this school number.".into();
                self.fault(
                    cell("学号"),
                    "unknown-student",
                    "学生名册里没有这个学号。".into(),
                    english,
                );
                continue;
            };
            if !line.role.is_cadre() {
                let english = "This is no student office.".into();
                self.fault(
                    cell("类别"),
                    "unknown-cadre",
                    "这不是学生干部的类别。".into(),
                    english,
                );
                continue;
            }
            if !self.is_text(cell("职务"), &line.title) {
                continue;
            }
            if let Some(scope) = self.cadre_scope(line, own) {
                let office = Office {
                    role: line.role,
                    scope,
                    title: Some(line.title.clone()),
                };
                told.entry(student).or_default().insert(office);
            }
        }
        for (student, offices) in told {
            self.settle(&student, &offices, Role::is_cadre);
        }
    }

    fn cadre_scope(&mut self, line: &CadreLine, own: ClassId) -> Option<Scope> {
        let cell = ("cadres.csv", line.line, "范围");
        if line.role == Role::DepartmentCadre {
            return self
                .is_text(cell, &line.scope)
                .then(|| Scope::Department(line.scope.clone()));
        }
        match self.class_by_name.get(&line.scope) {
            None => {
                self.unknown_class(cell, &line.scope);
                None
            }
            Some(class) if *class != own => {
                self.fault(
                    cell,
                    "cadre-of-another-class",
                    format!("该学生不在“{}”，不能任其班级干部。", line.scope),
                    format!(
                        "The student is not in \"{}\" and cannot be its cadre.",
                        line.scope
                    ),
                );
                None
            }
            Some(_) => Some(Scope::Class(own)),
        }
    }
}
