//! Importing a roster: the command, its faults, its decision.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId};
use crate::office::Role;
use crate::refusal::{Fault, Language, RefusalKind, Refuse};
use crate::sealed::{Mark, Sealed};
use crate::time::{Moment, Zone};

use super::compare::Comparison;
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

/// A roster as the school office exports it, read and sealed at the edge. Any of the files may be missing (empty).
///
/// A line that is not there changes nothing, but a person who is there is there whole: the lines of `staff.csv` about
/// one person are all the offices that files give that person, and so are the lines of `cadres.csv` about one student.
/// Three exceptions:
///
/// - a class keeps its homeroom teacher until another is named;
/// - nobody leaves the school by an import, nor comes back by one: a student who has left and still stands in a file
///   stays as they are;
/// - what was decided by hand outlives a file, which is as old as its export: an office that somebody was appointed to
///   by hand is not ended because no file lists it, and one that was ended by hand (or whose class has graduated) does
///   not begin again because a file still lists it. Whoever is to hold it again is appointed by hand. A class has one
///   homeroom teacher all the same: naming another in a file replaces one appointed by hand.
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
    /// The person: the one the state knows by `number`, or a new id, the same on every line with this number.
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
            Language::Chinese => {
                format!("名册有 {count} 处错误，没有导入任何内容；请按 faults 逐条改正后重新导入。")
            }
            Language::English => {
                format!(
                    "The roster has {count} faults and nothing was imported; mend each one in faults and import again."
                )
            }
        }
    }
    fn faults(&self) -> Vec<Fault> {
        self.0.clone()
    }
}

impl ImportRoster {
    /// What importing comes to on this roster: the events that make it what the files say, none if it is so already.
    ///
    /// # Errors
    /// When any line is at fault; then all that are.
    pub fn compare(
        &self,
        state: &RosterState,
        zone: Zone,
        at: Moment,
    ) -> Result<Vec<RosterEvent>, RosterRefused> {
        Comparison::of(state, self, zone, at)
    }
}

#[cfg(test)]
#[path = "import_tests/mod.rs"]
mod tests;
