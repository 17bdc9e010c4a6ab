//! The unit of consistency.

use std::fmt;

use chrono::Datelike;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId, RuleId, SchoolId, TemplateId};
use crate::time::SchoolDate;

/// One boundary: its own history, its own decider state, its own subject in the log.
///
/// Written `<kind>.<id>`, for example `leave.p4f…` or `attendance.p4f….202611`; the subject is
/// `hr.<school>.<boundary>`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Boundary(Box<str>);

/// A string that is not a boundary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a boundary: expected <kind>.<id>, made of letters, digits, '-' and '_'")]
pub struct BoundaryError(String);

impl Boundary {
    /// The longest boundary, in bytes.
    pub const LENGTH_MAX: usize = 160;

    /// Every person, class and office of the school: school numbers are unique across it, so it is one boundary.
    pub fn roster() -> Self {
        Self("roster.school".into())
    }

    /// Every check-in rule of the school: rules may not overlap for one student, so they are one boundary.
    pub fn rules() -> Self {
        Self("rules.school".into())
    }

    /// Every day of the school that is not what its weekday says.
    pub fn calendar() -> Self {
        Self("calendar.school".into())
    }

    /// One student's check-ins of one month.
    pub fn attendance(student: &PersonId, date: SchoolDate) -> Self {
        Self(format!("attendance.{student}.{:04}{:02}", date.year(), date.month()).into())
    }

    /// One session: the rule on one date for one class.
    pub fn session(rule: &RuleId, class: &ClassId, date: SchoolDate) -> Self {
        Self(format!("session.{rule}.{class}.{}", date.format("%Y%m%d")).into())
    }

    /// All slips of one student.
    pub fn leave(student: &PersonId) -> Self {
        Self(format!("leave.{student}").into())
    }

    /// One report template.
    pub fn template(template: &TemplateId) -> Self {
        Self(format!("template.{template}").into())
    }

    /// The report on one class by one template for one date.
    pub fn report(class: &ClassId, template: &TemplateId, date: SchoolDate) -> Self {
        Self(format!("report.{class}.{template}.{}", date.format("%Y%m%d")).into())
    }

    /// Who read a student's details in one month.
    pub fn reading(student: &PersonId, date: SchoolDate) -> Self {
        Self(format!("reading.{student}.{:04}{:02}", date.year(), date.month()).into())
    }

    /// The first token: `roster`, `rules`, `attendance`, `session`, `leave`, `template`, `report`, `reading`
    /// or `calendar`.
    pub fn kind(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// The boundary as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The boundary's exact subject in the log.
    pub fn subject(&self, school: &SchoolId) -> String {
        format!("hr.{school}.{}", self.0)
    }

    /// Reads `<kind>.<id>[.<more>]`.
    ///
    /// # Errors
    /// When a token is missing, empty or holds anything but `[A-Za-z0-9_-]`, or the whole is too long.
    pub fn parse(text: &str) -> Result<Self, BoundaryError> {
        let token = |t: &str| {
            !t.is_empty()
                && t.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        if text.len() <= Self::LENGTH_MAX && text.contains('.') && text.split('.').all(token) {
            Ok(Self(text.into()))
        } else {
            Err(BoundaryError(text.chars().take(Self::LENGTH_MAX).collect()))
        }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Boundary {
    type Error = BoundaryError;
    fn try_from(text: String) -> Result<Self, BoundaryError> {
        Self::parse(&text)
    }
}

impl From<Boundary> for String {
    fn from(boundary: Boundary) -> String {
        boundary.0.into()
    }
}
