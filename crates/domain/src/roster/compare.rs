//! What a roster import comes to: its lines against the roster as it is, line by line, into events and faults.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role, Scope};
use crate::refusal::Fault;
use crate::sealed::Mark;

use super::{
    CadreLine, ClassCorrected, ClassLine, ClassOpened, ImportRoster, OfficeAppointed, OfficeEnded, RosterEvent,
    RosterRefused, RosterState, StaffCorrected, StaffJoined, StaffLine, StudentCorrected, StudentEnrolled, StudentLine,
    StudentMoved,
};

/// The longest name of a class, a scope or an office, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 60;

/// A cell: file, line (the header being 1), column.
type Cell = (&'static str, u32, &'static str);

/// A comparison under way: the state moves along with the events, so that later lines see earlier ones.
pub(super) struct Comparison {
    state: RosterState,
    class_by_name: BTreeMap<String, ClassId>,
    events: Vec<RosterEvent>,
    faults: Vec<Fault>,
}

/// Whom a line is about.
enum Whom {
    /// Somebody new.
    New,
    /// Somebody the roster knows.
    Known(PersonId),
    /// Nobody it could be about; the fault is written.
    Fault,
}

impl Comparison {
    /// Compares: the events that make the roster what the import says, or every fault of the import.
    pub(super) fn of(state: &RosterState, import: &ImportRoster) -> Result<Vec<RosterEvent>, RosterRefused> {
        let class_by_name = state.classes().map(|(id, class)| (class.name.clone(), id.clone())).collect();
        let mut comparison = Self { state: state.clone(), class_by_name, events: Vec::new(), faults: Vec::new() };
        comparison.classes(&import.classes);
        let claims = comparison.staff(&import.staff);
        comparison.students(&import.students);
        comparison.homeroom_teachers(&import.classes, claims);
        comparison.cadres(&import.cadres);
        if comparison.faults.is_empty() { Ok(comparison.events) } else { Err(RosterRefused(comparison.faults)) }
    }

    fn classes(&mut self, lines: &[ClassLine]) {
        let (mut codes, mut names) = (BTreeMap::new(), BTreeMap::new());
        for line in lines {
            let cell = |column| ("classes.csv", line.line, column);
            let texts = [("班级代码", &line.code), ("班级", &line.name), ("专业", &line.major)];
            if !texts.map(|(column, text)| self.is_text(cell(column), text)).into_iter().all(|sound| sound) {
                continue;
            }
            if !(1900..=2200).contains(&line.entered) {
                let english = "The year is not from 1900 to 2200.".into();
                self.fault(cell("入学年份"), "impossible-year", "年份须在 1900 至 2200 之间。".into(), english);
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
            let known = self.state.classes().find(|(_, class)| class.code == line.code);
            let known = known.map(|(id, class)| (id.clone(), class.clone()));
            let owner = self.class_by_name.get(&line.name);
            if owner.is_some_and(|owner| known.as_ref().is_none_or(|(id, _)| id != owner)) {
                self.fault(
                    cell("班级"),
                    "class-name-taken",
                    format!("班级名称“{}”已属于另一个班级代码。", line.name),
                    format!("The class name \"{}\" already belongs to another class code.", line.name),
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
                    if class.name == line.name && class.entered == line.entered && class.major == line.major => {}
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

    /// Gives back which staff lines claim to be homeroom teacher of which class: (line, class, person).
    fn staff(&mut self, lines: &[StaffLine]) -> Vec<(u32, ClassId, PersonId)> {
        let mut identities = BTreeMap::new();
        let mut offices_seen = BTreeMap::new();
        let mut told: BTreeMap<PersonId, BTreeSet<Office>> = BTreeMap::new();
        let mut claims = Vec::new();
        for line in lines {
            let cell = |column| ("staff.csv", line.line, column);
            if is_cadre(line.role) || matches!(line.role, Role::Student | Role::Clock) {
                let english = "This is no office of staff.".into();
                self.fault(cell("职务"), "unknown-office", "这不是教职工的职务。".into(), english);
                continue;
            }
            let (first, identity) = *identities.entry(&line.number).or_insert((line.line, &line.identity));
            if *identity != line.identity {
                // One person may stand on several lines, an office each; but not under two names.
                self.fault(
                    cell("工号"),
                    "same-number-two-people",
                    format!("与第 {first} 行工号相同，姓名或手机号却不同。"),
                    format!("The same staff number as on line {first}, with another name or phone."),
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
                    if self.state.person(&person).is_some_and(|known| known.identity != line.identity) {
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
                self.fault(cell("范围"), "scope-missing", "没有写明范围。".into(), english);
            }
            for text in &line.scopes {
                let Some(scope) = self.staff_scope(line.role, cell("范围"), text) else { continue };
                if let Some(first) = offices_seen.insert((&line.number, line.role, scope.clone()), line.line) {
                    self.repeated(cell("范围"), first);
                    continue;
                }
                match scope {
                    // Who is homeroom teacher is settled together with classes.csv, in one place.
                    Scope::Class(class) if line.role == Role::HomeroomTeacher => {
                        claims.push((line.line, class, person.clone()));
                    }
                    scope => {
                        offices.insert(Office { role: line.role, scope, title: None });
                    }
                }
            }
        }
        for (person, offices) in told {
            self.settle(&person, &offices, |role| !is_cadre(role) && role != Role::HomeroomTeacher);
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
            let year = grade(text).filter(|year| self.state.classes().any(|(_, class)| class.entered == *year));
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
        self.is_text(cell, text).then(|| Scope::Department(text.to_owned()))
    }

    fn students(&mut self, lines: &[StudentLine]) {
        let mut seen = BTreeMap::new();
        for line in lines {
            let cell = |column| ("students.csv", line.line, column);
            if let Some(first) = seen.insert(&line.number, line.line) {
                self.repeated(cell("学号"), first);
                continue;
            }
            if line.dorm.as_ref().is_some_and(|dorm| !self.is_text(cell("宿舍"), dorm)) {
                continue;
            }
            let Some(class) = self.class_by_name.get(&line.class).cloned() else {
                self.unknown_class(cell("班级"), &line.class);
                continue;
            };
            match self.whom(cell("学号"), &line.number, &line.person, true) {
                Whom::Fault => {}
                Whom::New => self.happen(RosterEvent::StudentEnrolled(StudentEnrolled {
                    student: line.person.clone(),
                    class,
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
        let Some(known) = self.state.person(student).cloned() else { return };
        if let Some(from) = known.class.filter(|from| *from != class) {
            let moved = StudentMoved { student: student.clone(), from: from.clone(), to: class };
            self.happen(RosterEvent::StudentMoved(moved));
            // A cadre of a class is one of its own students.
            let left = Scope::Class(from);
            let ended: Vec<Office> = self.state.offices_of(student).filter(|held| held.scope == left).cloned().collect();
            for office in ended {
                self.happen(RosterEvent::OfficeEnded(OfficeEnded { person: student.clone(), office }));
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

    /// Homeroom teachers stand twice in what a school office exports: by number in `classes.csv`, by class name in
    /// `staff.csv`. The two must agree, and a class has one.
    fn homeroom_teachers(&mut self, classes: &[ClassLine], claims: Vec<(u32, ClassId, PersonId)>) {
        let mut said: BTreeMap<ClassId, (Cell, PersonId)> = BTreeMap::new();
        for line in classes {
            let cell = ("classes.csv", line.line, "班主任工号");
            let Some(class) = self.class_by_name.get(&line.name).cloned() else { continue };
            let teacher = self.state.person_by_number(&line.homeroom_teacher).cloned();
            let staff = teacher.filter(|id| self.state.person(id).is_some_and(|person| person.class.is_none()));
            let Some(teacher) = staff else {
                let english = "No member of staff has this number.".into();
                self.fault(cell, "unknown-homeroom-teacher", "教职工名册里没有这个工号。".into(), english);
                continue;
            };
            said.insert(class, (cell, teacher));
        }
        for (line, class, person) in claims {
            let cell = ("staff.csv", line, "范围");
            match said.get(&class) {
                Some(((file, first, _), teacher)) if *teacher != person => {
                    let chinese = format!("{file} 第 {first} 行为同一个班写了另一位班主任。");
                    let english = format!("Line {first} of {file} names another homeroom teacher of the same class.");
                    self.fault(cell, "two-homeroom-teachers", chinese, english);
                }
                Some(_) => {}
                None => {
                    said.insert(class, (cell, person));
                }
            }
        }
        for (class, (_, teacher)) in said {
            let office = Office { role: Role::HomeroomTeacher, scope: Scope::Class(class), title: None };
            let holders = self.state.holders(Role::HomeroomTeacher, &office.scope);
            let before: Vec<PersonId> = holders.filter(|person| **person != teacher).cloned().collect();
            for person in before {
                self.happen(RosterEvent::OfficeEnded(OfficeEnded { person, office: office.clone() }));
            }
            self.appoint(&teacher, office);
        }
    }

    fn cadres(&mut self, lines: &[CadreLine]) {
        let mut seen = BTreeMap::new();
        let mut told: BTreeMap<PersonId, BTreeSet<Office>> = BTreeMap::new();
        for line in lines {
            let cell = |column| ("cadres.csv", line.line, column);
            if let Some(first) = seen.insert((&line.student, line.role, &line.scope, &line.title), line.line) {
                self.repeated(cell("学号"), first);
                continue;
            }
            let student = self.state.person_by_number(&line.student).cloned();
            let class = student.as_ref().and_then(|id| self.state.person(id)).and_then(|person| person.class.clone());
            let (Some(student), Some(own)) = (student, class) else {
                let english = "No student has this school number.".into();
                self.fault(cell("学号"), "unknown-student", "学生名册里没有这个学号。".into(), english);
                continue;
            };
            if !is_cadre(line.role) {
                let english = "This is no student office.".into();
                self.fault(cell("类别"), "unknown-cadre", "这不是学生干部的类别。".into(), english);
                continue;
            }
            if !self.is_text(cell("职务"), &line.title) {
                continue;
            }
            if let Some(scope) = self.cadre_scope(line, own) {
                let office = Office { role: line.role, scope, title: Some(line.title.clone()) };
                told.entry(student).or_default().insert(office);
            }
        }
        for (student, offices) in told {
            self.settle(&student, &offices, is_cadre);
        }
    }

    fn cadre_scope(&mut self, line: &CadreLine, own: ClassId) -> Option<Scope> {
        let cell = ("cadres.csv", line.line, "范围");
        if line.role == Role::DepartmentCadre {
            return self.is_text(cell, &line.scope).then(|| Scope::Department(line.scope.clone()));
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
                    format!("The student is not in \"{}\" and cannot be its cadre.", line.scope),
                );
                None
            }
            Some(_) => Some(Scope::Class(own)),
        }
    }

    /// Whom a line is about: numbers are unique in the school, and a person is a student or staff for life.
    fn whom(&mut self, cell: Cell, number: &Mark, id: &PersonId, student: bool) -> Whom {
        let Some(known) = self.state.person_by_number(number).cloned() else {
            if self.state.person(id).is_none() {
                return Whom::New;
            }
            return self.moved_on(cell);
        };
        let is_student = self.state.person(&known).is_some_and(|person| person.class.is_some());
        match (is_student, student) {
            (true, false) => {
                let english = "This staff number is already a student's school number.".into();
                self.fault(cell, "number-of-a-student", "这个工号已是某位学生的学号。".into(), english);
                Whom::Fault
            }
            (false, true) => {
                let english = "This school number is already a member of staff's.".into();
                self.fault(cell, "number-of-staff", "这个学号已是某位教职工的工号。".into(), english);
                Whom::Fault
            }
            // What is sealed in the line would open under another person's key.
            _ if known != *id => self.moved_on(cell),
            _ => Whom::Known(known),
        }
    }

    /// The line was read against an older roster than the one that decides.
    fn moved_on(&mut self, cell: Cell) -> Whom {
        let english = "The roster was changed meanwhile; import again.".into();
        self.fault(cell, "roster-moved-on", "名册在导入期间已被更改，请重新导入。".into(), english);
        Whom::Fault
    }

    /// Ends the offices of these roles that are told no longer, and begins those that are told anew.
    fn settle(&mut self, person: &PersonId, told: &BTreeSet<Office>, of: impl Fn(Role) -> bool) {
        let held = self.state.offices_of(person);
        let ended: Vec<Office> = held.filter(|held| of(held.role) && !told.contains(held)).cloned().collect();
        for office in ended {
            self.happen(RosterEvent::OfficeEnded(OfficeEnded { person: person.clone(), office }));
        }
        for office in told {
            self.appoint(person, office.clone());
        }
    }

    fn appoint(&mut self, person: &PersonId, office: Office) {
        if !self.state.holds(person, &office) {
            self.happen(RosterEvent::OfficeAppointed(OfficeAppointed { person: person.clone(), office }));
        }
    }

    fn happen(&mut self, event: RosterEvent) {
        match &event {
            RosterEvent::ClassOpened(e) => self.class_by_name.insert(e.name.clone(), e.class.clone()),
            RosterEvent::ClassCorrected(e) => self.class_by_name.insert(e.name.clone(), e.class.clone()),
            _ => None,
        };
        self.state.apply(&event);
        self.events.push(event);
    }

    fn fault(&mut self, (file, line, column): Cell, code: &'static str, chinese: String, english: String) {
        self.faults.push(Fault { at: format!("{file}:{line}:{column}"), code, chinese, english });
    }

    fn repeated(&mut self, cell: Cell, first: u32) {
        let chinese = format!("与第 {first} 行重复。");
        self.fault(cell, "repeated", chinese, format!("The same as on line {first}."));
    }

    fn unknown_class(&mut self, cell: Cell, name: &str) {
        let name: String = name.chars().take(TEXT_CHARS_MAX).collect();
        let english = format!("There is no class named \"{name}\".");
        self.fault(cell, "unknown-class", format!("没有名为“{name}”的班级。"), english);
    }

    /// True of 1 to [`TEXT_CHARS_MAX`] characters, none of them a control character, not all of them blank; a fault else.
    fn is_text(&mut self, cell: Cell, text: &str) -> bool {
        let sound = !text.trim().is_empty() && !text.chars().any(char::is_control);
        let sound = sound && text.chars().count() <= TEXT_CHARS_MAX;
        if !sound {
            let chinese = format!("须为 1 至 {TEXT_CHARS_MAX} 个字。");
            self.fault(cell, "text-length", chinese, format!("Must have 1 to {TEXT_CHARS_MAX} characters."));
        }
        sound
    }
}

/// These offices are held by students.
fn is_cadre(role: Role) -> bool {
    matches!(role, Role::ClassCadre | Role::DepartmentCadre)
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
