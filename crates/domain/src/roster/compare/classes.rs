//! The lines of `classes.csv`.

use std::collections::BTreeMap;

use crate::roster::{ClassCorrected, ClassLine, ClassOpened, RosterEvent};

use super::Comparison;

impl Comparison {
    pub(super) fn classes(&mut self, lines: &[ClassLine]) {
        let (mut codes, mut names) = (BTreeMap::new(), BTreeMap::new());
        for line in lines {
            let cell = |column| ("classes.csv", line.line, column);
            let texts = [
                ("班级代码", &line.code),
                ("班级", &line.name),
                ("专业", &line.major),
            ];
            if !texts
                .map(|(column, text)| self.is_text(cell(column), text))
                .into_iter()
                .all(|sound| sound)
            {
                continue;
            }
            if !(1900..=2200).contains(&line.entered) {
                let english = "The year is not from 1900 to 2200.".into();
                self.fault(
                    cell("入学年份"),
                    "impossible-year",
                    "年份须在 1900 至 2200 之间。".into(),
                    english,
                );
                continue;
            }
            if let Some(first) = codes.insert(&line.code, line.line) {
                self.repeated(cell("班级代码"), first);
                continue;
            }
            if let Some(first) = names.insert(&line.name, line.line) {
                self.repeated(cell("班级"), first);
                continue;
            }
            let known = self
                .state
                .classes()
                .find(|(_, class)| class.code == line.code);
            let known = known.map(|(id, class)| (id.clone(), class.clone()));
            let owner = self.class_by_name.get(&line.name);
            if owner.is_some_and(|owner| known.as_ref().is_none_or(|(id, _)| id != owner)) {
                self.fault(
                    cell("班级"),
                    "class-name-taken",
                    format!("班级名称“{}”已属于另一个班级代码。", line.name),
                    format!(
                        "The class name \"{}\" already belongs to another class code.",
                        line.name
                    ),
                );
                continue;
            }
            match known {
                None => self.happen(RosterEvent::ClassOpened(ClassOpened {
                    class: line.id.clone(),
                    code: line.code.clone(),
                    name: line.name.clone(),
                    entered: line.entered,
                    major: line.major.clone(),
                })),
                Some((_, class))
                    if class.name == line.name
                        && class.entered == line.entered
                        && class.major == line.major => {}
                Some((id, class)) => {
                    self.class_by_name.remove(&class.name);
                    self.happen(RosterEvent::ClassCorrected(ClassCorrected {
                        class: id,
                        name: line.name.clone(),
                        entered: line.entered,
                        major: line.major.clone(),
                    }));
                }
            }
        }
    }
}
