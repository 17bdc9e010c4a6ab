//! Offices: role, scope and dates. Every right and every cc is computed from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId, TemplateId};
use crate::refusal::Language;

/// What a person acts as.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 学生: the person's own affairs.
    Student,
    /// 家长: the affairs of the person's own children.
    Guardian,
    /// 班主任
    HomeroomTeacher,
    /// 辅导员
    Counsellor,
    /// 任课教师
    SubjectTeacher,
    /// 系部书记
    DepartmentSecretary,
    /// 学工干事
    StudentAffairsOfficer,
    /// 校领导
    SchoolLeader,
    /// 班级干部
    ClassCadre,
    /// 学生会干部
    DepartmentCadre,
    /// 门卫
    Guard,
    /// The person who runs the service.
    ItAdmin,
    /// The service itself, on its clock.
    Clock,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 13] = [
        Role::Student,
        Role::Guardian,
        Role::HomeroomTeacher,
        Role::Counsellor,
        Role::SubjectTeacher,
        Role::DepartmentSecretary,
        Role::StudentAffairsOfficer,
        Role::SchoolLeader,
        Role::ClassCadre,
        Role::DepartmentCadre,
        Role::Guard,
        Role::ItAdmin,
        Role::Clock,
    ];

    /// The role written so in JSON.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// The role as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Student => "student",
            Role::Guardian => "guardian",
            Role::HomeroomTeacher => "homeroom_teacher",
            Role::Counsellor => "counsellor",
            Role::SubjectTeacher => "subject_teacher",
            Role::DepartmentSecretary => "department_secretary",
            Role::StudentAffairsOfficer => "student_affairs_officer",
            Role::SchoolLeader => "school_leader",
            Role::ClassCadre => "class_cadre",
            Role::DepartmentCadre => "department_cadre",
            Role::Guard => "guard",
            Role::ItAdmin => "it_admin",
            Role::Clock => "clock",
        }
    }

    /// The role as people call it.
    pub fn name(self, language: Language) -> &'static str {
        let (chinese, english) = match self {
            Role::Student => ("学生", "student"),
            Role::Guardian => ("家长", "guardian"),
            Role::HomeroomTeacher => ("班主任", "homeroom teacher"),
            Role::Counsellor => ("辅导员", "counsellor"),
            Role::SubjectTeacher => ("任课教师", "subject teacher"),
            Role::DepartmentSecretary => ("系部书记", "department secretary"),
            Role::StudentAffairsOfficer => ("学工干事", "student-affairs officer"),
            Role::SchoolLeader => ("校领导", "school leader"),
            Role::ClassCadre => ("班级干部", "class cadre"),
            Role::DepartmentCadre => ("学生会干部", "department cadre"),
            Role::Guard => ("门卫", "guard"),
            Role::ItAdmin => ("系统管理员", "IT admin"),
            Role::Clock => ("系统时钟", "clock"),
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }

    /// True of the offices that only students hold.
    pub fn is_cadre(self) -> bool {
        matches!(self, Role::ClassCadre | Role::DepartmentCadre)
    }

    /// True of what somebody is appointed to. Being a student or a guardian follows from the roster, and the service
    /// itself is nobody.
    pub fn is_appointed(self) -> bool {
        !matches!(self, Role::Student | Role::Guardian | Role::Clock)
    }

    /// True if an office of this role may extend over such a scope.
    pub fn extends_over(self, scope: &Scope) -> bool {
        match self {
            Role::Student | Role::Guardian => matches!(scope, Scope::Person(_)),
            Role::HomeroomTeacher | Role::SubjectTeacher | Role::ClassCadre => {
                matches!(scope, Scope::Class(_))
            }
            Role::DepartmentCadre => matches!(
                scope,
                Scope::Department(_) | Scope::DormFloor(_) | Scope::Template(_)
            ),
            Role::Counsellor
            | Role::DepartmentSecretary
            | Role::StudentAffairsOfficer
            | Role::SchoolLeader => matches!(
                scope,
                Scope::Class(_) | Scope::Grade(_) | Scope::Department(_) | Scope::School
            ),
            Role::Guard | Role::ItAdmin => matches!(scope, Scope::Department(_) | Scope::School),
            Role::Clock => matches!(scope, Scope::School),
        }
    }
}

/// What an office extends over.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One class.
    Class(ClassId),
    /// The classes that entered in one year.
    Grade(u16),
    /// A department, by its name. A school's log is one department today, so it covers every class.
    Department(String),
    /// One floor of a dorm, as [`dorm_floor`] names it (A5).
    DormFloor(String),
    /// Whatever is filed on one report template.
    Template(TemplateId),
    /// One person: a student themselves, or a guardian's child.
    Person(PersonId),
    /// The whole school.
    School,
}

/// The floor of a dorm room: its number without the last two digits. `None` where the room is not so numbered.
///
/// ```
/// use homeroom_domain::office::dorm_floor;
/// assert_eq!(dorm_floor("A505"), Some("A5"));
/// assert_eq!(dorm_floor("3-1012"), Some("3-10"));
/// assert_eq!(dorm_floor("A5"), None);
/// ```
pub fn dorm_floor(room: &str) -> Option<&str> {
    let (floor, number) = room.split_at_checked(room.len().checked_sub(2)?)?;
    let numbered = number.bytes().all(|digit| digit.is_ascii_digit());
    let floor_numbered = floor
        .bytes()
        .last()
        .is_some_and(|digit| digit.is_ascii_digit());
    (numbered && floor_numbered).then_some(floor)
}

/// One office of one person. From and to are given by the events that appoint and end it.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Office {
    /// The role.
    pub role: Role,
    /// What it extends over.
    pub scope: Scope,
    /// The office's own title where the school gives one (考勤委员, 卫生部).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
}

/// Through what a command came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The HTTP API, by somebody who is signed in.
    Http,
    /// The HTTP API, by a program with somebody's API key.
    ApiKey,
    /// The clock process.
    Clock,
}

/// Who did it, as what, through what; written into every commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// The person; `None` for the service itself and for the IT administrator before anyone is enrolled.
    pub id: Option<PersonId>,
    /// The role acted in.
    pub office: Role,
    /// For whom the person stood in, if it was not their own office.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deputises_for: Option<PersonId>,
    /// Through what.
    pub via: Via,
}
