//! Offices: role, scope and dates. Every right and every cc is computed from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId};

/// What a person acts as.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 学生: the person's own affairs.
    Student,
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
    pub const ALL: [Role; 12] = [
        Role::Student,
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
    /// A department, by its name.
    Department(String),
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
    /// The HTTP API.
    Http,
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
    /// Through what.
    pub via: Via,
}
