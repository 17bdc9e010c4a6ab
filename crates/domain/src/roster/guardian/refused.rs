//! Why a guardian is not as asked.

use crate::refusal::{Language, RefusalKind, Refuse};

use super::GUARDIANS_MAX;

/// Why nothing happened to a student's guardians.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardianRefused {
    /// The actor may not change this student's guardians.
    NotYours,
    /// No student of the roster is this person.
    UnknownStudent,
    /// The number is a student's or a member of staff's.
    NumberTaken,
    /// The command was made on an older roster.
    RosterMovedOn,
    /// The student has [`GUARDIANS_MAX`] guardians, or the guardian as many students.
    TooMany,
    /// The person is no guardian of this student.
    NotTheirGuardian,
}

impl Refuse for GuardianRefused {
    fn code(&self) -> &'static str {
        match self {
            GuardianRefused::NotYours => "guardians-not-yours",
            GuardianRefused::UnknownStudent => "unknown-student",
            GuardianRefused::NumberTaken => "number-taken",
            GuardianRefused::RosterMovedOn => "roster-moved-on",
            GuardianRefused::TooMany => "too-many-guardians",
            GuardianRefused::NotTheirGuardian => "not-their-guardian",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            GuardianRefused::NotYours => RefusalKind::Forbidden,
            GuardianRefused::UnknownStudent | GuardianRefused::NotTheirGuardian => {
                RefusalKind::NotFound
            }
            GuardianRefused::NumberTaken | GuardianRefused::RosterMovedOn => RefusalKind::Conflict,
            GuardianRefused::TooMany => RefusalKind::Denied,
        }
    }

    fn field(&self) -> Option<String> {
        let field = match self {
            GuardianRefused::UnknownStudent => "student",
            GuardianRefused::NumberTaken => "number",
            GuardianRefused::NotTheirGuardian => "guardian",
            _ => return None,
        };
        Some(field.to_owned())
    }

    fn sentence(&self, language: Language) -> String {
        let (chinese, english) = match self {
            GuardianRefused::NotYours => (
                "您无权登记该生的家长。".to_owned(),
                "This student's guardians are not yours to change.".to_owned(),
            ),
            GuardianRefused::UnknownStudent => (
                "名册中没有这名学生。".into(),
                "No student of the roster is this person.".into(),
            ),
            GuardianRefused::NumberTaken => (
                "这个号码已是学生的学号或教职工的工号。".into(),
                "This number is a student's or a member of staff's already.".into(),
            ),
            GuardianRefused::RosterMovedOn => (
                "名册在此期间已被更改，请重试。".into(),
                "The roster was changed meanwhile; try again.".into(),
            ),
            GuardianRefused::TooMany => (
                format!(
                    "一名学生最多登记 {GUARDIANS_MAX} 位家长，一位家长最多登记 {GUARDIANS_MAX} 名学生。"
                ),
                format!(
                    "A student has at most {GUARDIANS_MAX} guardians, and a guardian at most {GUARDIANS_MAX} students."
                ),
            ),
            GuardianRefused::NotTheirGuardian => (
                "此人不是该生的家长。".into(),
                "This person is no guardian of the student.".into(),
            ),
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}
