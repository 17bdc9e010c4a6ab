//! Importing a roster: the command, its faults, its decision.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role, Scope};
use crate::refusal::{Fault, Language, Refuse, RefusalKind};
use crate::sealed::{Mark, Sealed};
use crate::time::Moment;

use super::{
    ClassCorrected, ClassOpened, OfficeAppointed, OfficeEnded, RosterEvent, RosterState, StaffCorrected, StaffJoined,
    StudentCorrected, StudentEnrolled, StudentMoved,
};

/// What is sealed of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The school number: 学号 or 工号.
    pub number: String,
    /// The name.
    pub name: String,
    /// 男 or 女, as the school office writes it; students only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sex: Option<String>,
    /// The phone number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<String>,
}

/// A roster as the school office exports it, read and sealed at the edge.
#[derive(Debug, Clone, Default)]
pub struct ImportRoster {
    /// The lines of `classes.csv`.
    pub classes: Vec<ClassLine>,
    /// The lines of `staff.csv`.
    pub staff: Vec<StaffLine>,
    /// The lines of `students.csv`.
    pub students: Vec<StudentLine>,
    /// The lines of `cadres.csv`.
    pub cadres: Vec<CadreLine>,
}

/// One line of `classes.csv`.
#[derive(Debug, Clone)]
pub struct ClassLine {
    /// The line in the file, the header being 1.
    pub line: u32,
    /// The class's id if it is new.
    pub id: ClassId,
    /// 班级代码
    pub code: String,
    /// 班级
    pub name: String,
    /// 入学年份
    pub entered: u16,
    /// 专业
    pub major: String,
    /// The mark of 班主任工号.
    pub homeroom_teacher: Mark,
}

/// One line of `staff.csv`.
#[derive(Debug, Clone)]
pub struct StaffLine {
    /// The line in the file, the header being 1.
    pub line: u32,
    /// The person: the one the state knows by `number`, or a new id.
    pub person: PersonId,
    /// The mark of 工号.
    pub number: Mark,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// The identity, sealed under the person's key.
    pub sealed: Sealed,
    /// 职务
    pub role: Role,
    /// 范围, split at `;`: names of classes, of a grade (24级) or of the department.
    pub scopes: Vec<String>,
}

/// One line of `students.csv`.
#[derive(Debug, Clone)]
pub struct StudentLine {
    /// The line in the file, the header being 1.
    pub line: u32,
    /// The person: the one the state knows by `number`, or a new id.
    pub person: PersonId,
    /// The mark of 学号.
    pub number: Mark,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// The identity, sealed under the person's key.
    pub sealed: Sealed,
    /// 班级, by name.
    pub class: String,
    /// 宿舍
    pub dorm: Option<String>,
}

/// One line of `cadres.csv`.
#[derive(Debug, Clone)]
pub struct CadreLine {
    /// The line in the file, the header being 1.
    pub line: u32,
    /// The mark of 学号.
    pub student: Mark,
    /// [`Role::ClassCadre`] or [`Role::DepartmentCadre`] (类别).
    pub role: Role,
    /// 范围: the name of a class or of the department.
    pub scope: String,
    /// 职务
    pub title: String,
}

/// The roster cannot be imported; every bad line is named.
#[derive(Debug, Clone)]
pub struct RosterRefused(pub Vec<Fault>);

impl Refuse for RosterRefused {
    fn code(&self) -> &'static str {
        "roster-refused"
    }
    fn kind(&self) -> RefusalKind {
        RefusalKind::Invalid
    }
    fn field(&self) -> Option<String> {
        self.0.first().map(|fault| fault.at.clone())
    }
    fn sentence(&self, language: Language) -> String {
        let count = self.0.len();
        match language {
            Language::Chinese => format!("名册有 {count} 处错误，没有导入任何内容；请按 faults 逐条改正后重新导入。"),
            Language::English => {
                format!("The roster has {count} faults and nothing was imported; mend each one in faults and import again.")
            }
        }
    }
    fn faults(&self) -> Vec<Fault> {
        self.0.clone()
    }
}

/// Decides roster imports.
#[derive(Debug)]
pub struct RosterDecider;

impl Decider for RosterDecider {
    type Command = ImportRoster;
    type Event = RosterEvent;
    type State = RosterState;
    type Facts = ();
    type Refusal = RosterRefused;

    fn boundary(_: &ImportRoster) -> Boundary {
        Boundary::roster()
    }

    fn evolve(state: &mut RosterState, event: &RosterEvent, _: Moment) {
        state.apply(event);
    }

    fn decide(
        state: &RosterState,
        command: &ImportRoster,
        (): &(),
        _: Moment,
    ) -> Result<Vec<RosterEvent>, RosterRefused> {
        let mut import = Import { state: state.clone(), events: Vec::new(), faults: Vec::new() };
        import.classes(&command.classes);
        import.staff(&command.staff);
        import.students(&command.students);
        import.homeroom_teachers(command);
        import.cadres(&command.cadres);
        if import.faults.is_empty() { Ok(import.events) } else { Err(RosterRefused(import.faults)) }
    }
}

/// An import as it is decided: the state moves along with the events, so that later lines see earlier ones.
struct Import {
    state: RosterState,
    events: Vec<RosterEvent>,
    faults: Vec<Fault>,
}

impl Import {
    fn happen(&mut self, event: RosterEvent) {
        self.state.apply(&event);
        self.events.push(event);
    }

    fn fault(&mut self, at: (&str, u32, &str), code: &'static str, chinese: String, english: String) {
        let (file, line, column) = at;
        self.faults.push(Fault { at: format!("{file}:{line}:{column}"), code, chinese, english });
    }

    fn class_by_name(&self, name: &str) -> Option<ClassId> {
        self.state.classes().find(|(_, class)| class.name == name).map(|(id, _)| id.clone())
    }

    fn classes(&mut self, lines: &[ClassLine]) {
        let (mut codes, mut names) = (BTreeMap::new(), BTreeMap::new());
        for line in lines {
            if let Some(first) = codes.insert(&line.code, line.line) {
                self.repeated(("classes.csv", line.line, "班级代码"), first);
                continue;
            }
            if let Some(first) = names.insert(&line.name, line.line) {
                self.repeated(("classes.csv", line.line, "班级"), first);
                continue;
            }
            let known = self.state.classes().find(|(_, class)| class.code == line.code);
            let known = known.map(|(id, class)| (id.clone(), class.clone()));
            let taken = self.class_by_name(&line.name).filter(|id| Some(id) != known.as_ref().map(|(id, _)| id));
            if taken.is_some() {
                self.fault(
                    ("classes.csv", line.line, "班级"),
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
                Some((id, _)) => self.happen(RosterEvent::ClassCorrected(ClassCorrected {
                    class: id,
                    name: line.name.clone(),
                    entered: line.entered,
                    major: line.major.clone(),
                })),
            }
        }
    }

    fn staff(&mut self, lines: &[StaffLine]) {
        let mut seen = BTreeMap::new();
        for line in lines {
            if let Some((first, _)) = seen.insert(&line.number, (line.line, &line.identity))
                .filter(|(_, identity)| **identity != line.identity)
            {
                // One person may stand on several lines, an office each; but not under two names.
                self.fault(
                    ("staff.csv", line.line, "工号"),
                    "same-number-two-people",
                    format!("与第 {first} 行工号相同，姓名或手机号却不同。"),
                    format!("The same staff number as on line {first}, with another name or phone."),
                );
                continue;
            }
            match self.state.person(&line.person) {
                None => self.happen(RosterEvent::StaffJoined(StaffJoined {
                    staff: line.person.clone(),
                    number: line.number.clone(),
                    identity: line.identity.clone(),
                    sealed: line.sealed.clone(),
                })),
                Some(known) if known.class.is_some() => {
                    self.fault(
                        ("staff.csv", line.line, "工号"),
                        "number-of-a-student",
                        "这个工号已是某位学生的学号。".into(),
                        "This staff number is already a student's school number.".into(),
                    );
                    continue;
                }
                Some(known) if known.identity == line.identity => {}
                Some(_) => self.happen(RosterEvent::StaffCorrected(StaffCorrected {
                    staff: line.person.clone(),
                    identity: line.identity.clone(),
                    sealed: line.sealed.clone(),
                })),
            }
            for scope in &line.scopes {
                self.staff_office(line, scope);
            }
        }
    }

    fn staff_office(&mut self, line: &StaffLine, text: &str) {
        let scope = match (self.class_by_name(text), grade(text)) {
            (Some(class), _) => Scope::Class(class),
            (None, Some(year)) => Scope::Grade(year),
            (None, None) if needs_class(line.role) => {
                let at = ("staff.csv", line.line, "范围");
                return self.unknown_class(at, text);
            }
            (None, None) => Scope::Department(text.to_owned()),
        };
        if needs_class(line.role) && !matches!(scope, Scope::Class(_)) {
            return self.unknown_class(("staff.csv", line.line, "范围"), text);
        }
        // Who is homeroom teacher is settled with classes.csv, in one place.
        if line.role != Role::HomeroomTeacher {
            self.appoint(&line.person, Office { role: line.role, scope, title: None });
        }
    }

    fn students(&mut self, lines: &[StudentLine]) {
        let mut seen = BTreeMap::new();
        for line in lines {
            if let Some(first) = seen.insert(&line.number, line.line) {
                self.repeated(("students.csv", line.line, "学号"), first);
                continue;
            }
            let Some(class) = self.class_by_name(&line.class) else {
                self.unknown_class(("students.csv", line.line, "班级"), &line.class);
                continue;
            };
            let Some(known) = self.state.person(&line.person).cloned() else {
                self.happen(RosterEvent::StudentEnrolled(StudentEnrolled {
                    student: line.person.clone(),
                    class,
                    dorm: line.dorm.clone(),
                    number: line.number.clone(),
                    identity: line.identity.clone(),
                    sealed: line.sealed.clone(),
                }));
                continue;
            };
            let Some(from) = known.class else {
                self.fault(
                    ("students.csv", line.line, "学号"),
                    "number-of-staff",
                    "这个学号已是某位教职工的工号。".into(),
                    "This school number is already a member of staff's.".into(),
                );
                continue;
            };
            if from != class {
                let student = line.person.clone();
                self.happen(RosterEvent::StudentMoved(StudentMoved { student, from, to: class }));
            }
            if known.identity != line.identity || known.dorm != line.dorm {
                self.happen(RosterEvent::StudentCorrected(StudentCorrected {
                    student: line.person.clone(),
                    dorm: line.dorm.clone(),
                    identity: line.identity.clone(),
                    sealed: line.sealed.clone(),
                }));
            }
        }
    }

    /// Homeroom teachers stand twice in what a school office exports: by number in `classes.csv`, by class name in
    /// `staff.csv`. The two must agree.
    fn homeroom_teachers(&mut self, command: &ImportRoster) {
        let mut said: BTreeMap<ClassId, PersonId> = BTreeMap::new();
        for line in &command.classes {
            let Some(class) = self.class_by_name(&line.name) else { continue };
            let teacher = self.state.person_by_number(&line.homeroom_teacher).cloned();
            let staff = teacher.filter(|id| self.state.person(id).is_some_and(|person| person.class.is_none()));
            let Some(teacher) = staff else {
                self.fault(
                    ("classes.csv", line.line, "班主任工号"),
                    "unknown-homeroom-teacher",
                    "教职工名册里没有这个工号。".into(),
                    "No member of staff has this number.".into(),
                );
                continue;
            };
            said.insert(class, teacher);
        }
        for line in command.staff.iter().filter(|line| line.role == Role::HomeroomTeacher) {
            for name in &line.scopes {
                let Some(class) = self.class_by_name(name) else { continue };
                if said.get(&class).is_some_and(|teacher| *teacher != line.person) {
                    self.fault(
                        ("staff.csv", line.line, "范围"),
                        "two-homeroom-teachers",
                        format!("“{name}”已有另一位班主任。"),
                        format!("\"{name}\" has another homeroom teacher already."),
                    );
                    continue;
                }
                said.insert(class, line.person.clone());
            }
        }
        for (class, teacher) in said {
            let office = Office { role: Role::HomeroomTeacher, scope: Scope::Class(class), title: None };
            let before: Vec<PersonId> = self
                .state
                .holders(Role::HomeroomTeacher, &office.scope)
                .filter(|(person, _)| **person != teacher)
                .map(|(person, _)| person.clone())
                .collect();
            for person in before {
                self.happen(RosterEvent::OfficeEnded(OfficeEnded { person, office: office.clone() }));
            }
            self.appoint(&teacher, office);
        }
    }

    fn cadres(&mut self, lines: &[CadreLine]) {
        for line in lines {
            let student = self.state.person_by_number(&line.student).cloned();
            let class = student.as_ref().and_then(|id| self.state.person(id)).and_then(|person| person.class.clone());
            let (Some(student), Some(own)) = (student, class) else {
                self.fault(
                    ("cadres.csv", line.line, "学号"),
                    "unknown-student",
                    "学生名册里没有这个学号。".into(),
                    "No student has this school number.".into(),
                );
                continue;
            };
            let scope = if line.role == Role::ClassCadre {
                let Some(class) = self.class_by_name(&line.scope) else {
                    self.unknown_class(("cadres.csv", line.line, "范围"), &line.scope);
                    continue;
                };
                if class != own {
                    self.fault(
                        ("cadres.csv", line.line, "范围"),
                        "cadre-of-another-class",
                        format!("该学生不在“{}”，不能任其班级干部。", line.scope),
                        format!("The student is not in \"{}\" and cannot be its cadre.", line.scope),
                    );
                    continue;
                }
                Scope::Class(class)
            } else {
                Scope::Department(line.scope.clone())
            };
            self.appoint(&student, Office { role: line.role, scope, title: Some(line.title.clone()) });
        }
    }

    fn appoint(&mut self, person: &PersonId, office: Office) {
        if !self.state.holds(person, &office) {
            self.happen(RosterEvent::OfficeAppointed(OfficeAppointed { person: person.clone(), office }));
        }
    }

    fn repeated(&mut self, at: (&str, u32, &str), first: u32) {
        let chinese = format!("与第 {first} 行重复。");
        self.fault(at, "repeated", chinese, format!("The same as on line {first}."));
    }

    fn unknown_class(&mut self, at: (&str, u32, &str), name: &str) {
        self.fault(
            at,
            "unknown-class",
            format!("没有名为“{name}”的班级。"),
            format!("There is no class named \"{name}\"."),
        );
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

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
