//! The lines of `students.csv`.

use std::collections::BTreeMap;

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Scope};
use crate::roster::{
    RosterEvent, Standing, StudentCorrected, StudentEnrolled, StudentLine, StudentMoved,
};

use super::{Comparison, Whom};

impl Comparison {
    pub(super) fn students(&mut self, lines: &[StudentLine]) {
        let mut seen = BTreeMap::new();
        for line in lines {
            let cell = |column| ("students.csv", line.line, column);
            if let Some(first) = seen.insert(&line.number, line.line) {
                self.repeated(cell("学号"), first);
                continue;
            }
            if line
                .dorm
                .as_ref()
                .is_some_and(|dorm| !self.is_text(cell("宿舍"), dorm))
            {
                continue;
            }
            let Some(class) = self.class_by_name.get(&line.class).cloned() else {
                self.unknown_class(cell("班级"), &line.class);
                continue;
            };
            match self.whom(cell("学号"), &line.number, &line.person, true) {
                Whom::Fault => {}
                Whom::New if !self.takes_students(cell("班级"), &class) => {}
                Whom::New => self.happen(RosterEvent::StudentEnrolled(StudentEnrolled {
                    student: line.person.clone(),
                    class,
                    on: self.today,
                    dorm: line.dorm.clone(),
                    number: line.number.clone(),
                    identity: line.identity.clone(),
                    sealed: line.sealed.clone(),
                })),
                Whom::Known(student) => self.student(&student, line, class),
            }
        }
    }

    /// One student whom the roster knows.
    fn student(&mut self, student: &PersonId, line: &StudentLine, class: ClassId) {
        let Some(known) = self.state.person(student).cloned() else {
            return;
        };
        if matches!(known.enrolment.standing(self.today), Standing::Gone(_)) {
            // The file is older than that, or the student is enrolled again by hand.
            return;
        }
        let moves = known.class.as_ref() != Some(&class);
        if moves && !self.takes_students(("students.csv", line.line, "班级"), &class) {
            return;
        }
        if let Some(from) = known.class.filter(|from| *from != class) {
            let moved = StudentMoved {
                student: student.clone(),
                from: from.clone(),
                to: class,
                on: self.today,
            };
            self.happen(RosterEvent::StudentMoved(moved));
            // A cadre of a class is one of its own students.
            let left = Scope::Class(from);
            let held = self.state.own_offices_of(student, self.at);
            let ended: Vec<Office> = held
                .filter(|held| held.office.scope == left)
                .map(|held| held.office.clone())
                .collect();
            for office in ended {
                self.end(student, &office);
            }
        }
        if known.identity != line.identity || known.dorm != line.dorm {
            self.happen(RosterEvent::StudentCorrected(StudentCorrected {
                student: student.clone(),
                dorm: line.dorm.clone(),
                identity: line.identity.clone(),
                sealed: line.sealed.clone(),
            }));
        }
    }
}
