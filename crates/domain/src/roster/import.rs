//! Importing a roster: the command, its faults, its decision.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::{ClassId, PersonId};
use crate::office::Role;
use crate::refusal::{Fault, Language, Refuse, RefusalKind};
use crate::sealed::{Mark, Sealed};
use crate::time::Moment;

use super::{RosterEvent, RosterState};

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
