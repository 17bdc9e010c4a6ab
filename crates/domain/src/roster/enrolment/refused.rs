//! Why enrolment is not as asked.

use crate::refusal::{Language, RefusalKind, Refuse};

use super::{ENROLMENT_DAYS_MAX, Leaving, Standing};

/// Why nothing happened to anybody's enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolmentRefused {
    /// The actor may not change who is in this class.
    NotYours,
    /// No student of the roster is this person.
    UnknownStudent,
    /// There is no such class.
    UnknownClass,
    /// The class has graduated by then.
    ClassGraduated,
    /// The school number is somebody's who is here.
    NumberTaken,
    /// The command was made on an older roster.
    RosterMovedOn,
    /// The date lies more than [`ENROLMENT_DAYS_MAX`] days from today.
    DateTooFar,
    /// On that date the student is not here to be suspended, moved or to leave.
    NotEnrolled {
        /// What the student is then.
        standing: Standing,
    },
    /// On that date the student is not suspended.
    NotSuspended {
        /// What the student is then.
        standing: Standing,
    },
    /// The student is in that class.
    AlreadyThere,
    /// Nobody is moved before the day has come.
    MovesInTheFuture,
}

impl Refuse for EnrolmentRefused {
    fn code(&self) -> &'static str {
        match self {
            EnrolmentRefused::NotYours => "enrolment-not-yours",
            EnrolmentRefused::UnknownStudent => "unknown-student",
            EnrolmentRefused::UnknownClass => "unknown-class",
            EnrolmentRefused::ClassGraduated => "class-graduated",
            EnrolmentRefused::NumberTaken => "number-taken",
            EnrolmentRefused::RosterMovedOn => "roster-moved-on",
            EnrolmentRefused::DateTooFar => "date-too-far",
            EnrolmentRefused::NotEnrolled { .. } => "not-enrolled",
            EnrolmentRefused::NotSuspended { .. } => "not-suspended",
            EnrolmentRefused::AlreadyThere => "already-in-the-class",
            EnrolmentRefused::MovesInTheFuture => "moves-in-the-future",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            EnrolmentRefused::NotYours => RefusalKind::Forbidden,
            EnrolmentRefused::UnknownStudent | EnrolmentRefused::UnknownClass => {
                RefusalKind::NotFound
            }
            EnrolmentRefused::DateTooFar => RefusalKind::Invalid,
            EnrolmentRefused::MovesInTheFuture => RefusalKind::Denied,
            EnrolmentRefused::ClassGraduated
            | EnrolmentRefused::NumberTaken
            | EnrolmentRefused::RosterMovedOn
            | EnrolmentRefused::NotEnrolled { .. }
            | EnrolmentRefused::NotSuspended { .. }
            | EnrolmentRefused::AlreadyThere => RefusalKind::Conflict,
        }
    }

    fn field(&self) -> Option<String> {
        let field = match self {
            EnrolmentRefused::UnknownStudent => "student",
            EnrolmentRefused::UnknownClass | EnrolmentRefused::ClassGraduated => "class",
            EnrolmentRefused::NumberTaken => "number",
            EnrolmentRefused::DateTooFar | EnrolmentRefused::MovesInTheFuture => "date",
            _ => return None,
        };
        Some(field.to_owned())
    }

    fn sentence(&self, language: Language) -> String {
        let (chinese, english) = match self {
            EnrolmentRefused::NotYours => (
                "您无权办理这个班的学籍异动。".to_owned(),
                "Who is in this class is not yours to change.".to_owned(),
            ),
            EnrolmentRefused::UnknownStudent => (
                "名册中没有这名学生。".into(),
                "No student of the roster is this person.".into(),
            ),
            EnrolmentRefused::UnknownClass => {
                ("没有这个班级。".into(), "There is no such class.".into())
            }
            EnrolmentRefused::ClassGraduated => {
                ("这个班已经毕业。".into(), "The class has graduated.".into())
            }
            EnrolmentRefused::NumberTaken => (
                "这个学号已有人使用。".into(),
                "This school number is somebody's already.".into(),
            ),
            EnrolmentRefused::RosterMovedOn => (
                "名册在此期间已被更改，请重试。".into(),
                "The roster was changed meanwhile; try again.".into(),
            ),
            EnrolmentRefused::DateTooFar => (
                format!("日期距今天不能超过 {ENROLMENT_DAYS_MAX} 天。"),
                format!("The date must lie within {ENROLMENT_DAYS_MAX} days of today."),
            ),
            EnrolmentRefused::NotEnrolled { standing }
            | EnrolmentRefused::NotSuspended { standing } => (
                format!("该生当日{}，不能这样办理。", chinese(*standing)),
                format!(
                    "On that date the student {}, so this cannot be done.",
                    english(*standing)
                ),
            ),
            EnrolmentRefused::AlreadyThere => (
                "该生已在这个班。".into(),
                "The student is in this class already.".into(),
            ),
            EnrolmentRefused::MovesInTheFuture => (
                "转班在当天或之后办理。".into(),
                "A move is entered on its day or later.".into(),
            ),
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

fn chinese(standing: Standing) -> &'static str {
    match standing {
        Standing::NotYetEnrolled => "尚未入学",
        Standing::Enrolled => "在读",
        Standing::Suspended => "休学",
        Standing::Gone(Leaving::Left) => "已退学",
        Standing::Gone(Leaving::TransferredOut) => "已转学",
        Standing::Gone(Leaving::Graduated) => "已毕业",
    }
}

fn english(standing: Standing) -> &'static str {
    match standing {
        Standing::NotYetEnrolled => "is not enrolled yet",
        Standing::Enrolled => "is enrolled and here",
        Standing::Suspended => "is suspended",
        Standing::Gone(Leaving::Left) => "has left",
        Standing::Gone(Leaving::TransferredOut) => "has transferred out",
        Standing::Gone(Leaving::Graduated) => "has graduated",
    }
}
