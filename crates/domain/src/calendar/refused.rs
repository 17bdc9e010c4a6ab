//! Why the calendar is not as asked.

use crate::refusal::{Language, RefusalKind, Refuse};

use super::{DAY_NAME_CHARS_MAX, DAYS_MAX};

/// What is wrong with a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarProblem {
    /// The name is blank or too long.
    Name,
    /// A holiday is run as no weekday.
    HolidayRunsAsNothing,
    /// The date stands twice.
    Repeated,
}

/// Why nothing happened to the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarRefused {
    /// More days than [`DAYS_MAX`].
    TooMany,
    /// A day makes no sense.
    Invalid {
        /// Which of the list; `None` of a single day.
        index: Option<usize>,
        /// What is wrong with it.
        problem: CalendarProblem,
    },
}

impl CalendarRefused {
    pub(super) fn in_list(index: usize, problem: CalendarProblem) -> Self {
        let index = Some(index);
        CalendarRefused::Invalid { index, problem }
    }

    pub(super) fn in_day(problem: CalendarProblem) -> Self {
        let index = None;
        CalendarRefused::Invalid { index, problem }
    }
}

impl Refuse for CalendarRefused {
    fn code(&self) -> &'static str {
        match self {
            CalendarRefused::TooMany => "too-many",
            CalendarRefused::Invalid { .. } => "invalid-calendar-day",
        }
    }

    fn kind(&self) -> RefusalKind {
        RefusalKind::Invalid
    }

    fn field(&self) -> Option<String> {
        let CalendarRefused::Invalid { index, problem } = self else {
            return Some("days".to_owned());
        };
        let field = match problem {
            CalendarProblem::Name => "name",
            CalendarProblem::HolidayRunsAsNothing => "as_weekday",
            CalendarProblem::Repeated => "date",
        };
        Some(match index {
            Some(index) => format!("days[{index}].{field}"),
            None => field.to_owned(),
        })
    }

    fn sentence(&self, language: Language) -> String {
        let (chinese, english) = match self {
            CalendarRefused::TooMany => (
                format!("一次最多导入 {DAYS_MAX} 天。"),
                format!("At most {DAYS_MAX} days are imported at once."),
            ),
            CalendarRefused::Invalid { problem, .. } => match problem {
                CalendarProblem::Name => (
                    format!("名称须为 1 至 {DAY_NAME_CHARS_MAX} 个字。"),
                    format!("A day's name must have 1 to {DAY_NAME_CHARS_MAX} characters."),
                ),
                CalendarProblem::HolidayRunsAsNothing => (
                    "放假的日子不按任何一天的作息。".to_owned(),
                    "A holiday is run as no weekday.".to_owned(),
                ),
                CalendarProblem::Repeated => (
                    "同一天出现了两次。".to_owned(),
                    "The date stands twice.".to_owned(),
                ),
            },
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}
