//! What may happen around a session.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId, RuleId};
use crate::place::Metres;
use crate::sealed::Sealed;
use crate::time::{Moment, SchoolDate};

use super::CheckInDenied;

/// The session that judged an attempt: the rule, in the version then in force, on one date for one class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SessionKey {
    /// The rule.
    pub rule: RuleId,
    /// Its version at that instant.
    pub rule_version: u32,
    /// The class.
    pub class: ClassId,
    /// The date, in the school's zone.
    pub date: SchoolDate,
}

/// On time or late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Punctuality {
    /// At or before the rule's `on_time_until`.
    OnTime,
    /// After it, by so many seconds.
    Late {
        /// Seconds after `on_time_until`.
        by_s: u32,
    },
}

/// A student checked in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedIn {
    /// The student.
    pub student: PersonId,
    /// The session.
    pub session: SessionKey,
    /// On time or late.
    pub punctuality: Punctuality,
    /// How far from the centre of the rule's place, to 0.1 m.
    pub distance_m: Metres,
    /// What there is to doubt about it, or to know; nothing of most.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub flags: Vec<Flag>,
    /// [`Evidence`](crate::attendance::Evidence), sealed.
    pub place: Sealed,
    /// The device's name for itself, sealed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<Sealed>,
}

/// What there is to doubt about a check-in that counts, or to know: for the homeroom teacher to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// 地点异常: outside the place, by a rule that counts it all the same.
    OutOfRange,
    /// 外勤: outside the place, by a rule that takes it as work elsewhere.
    FieldWork,
    /// The phone's accuracy is coarser than the place is wide: it may be in it or not.
    PlaceUncertain,
    /// The fix was too old to show where the phone is.
    StaleFix,
    /// The phone says that an app made the place up.
    MockLocation,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Flag; 5] = [
        Flag::OutOfRange,
        Flag::FieldWork,
        Flag::PlaceUncertain,
        Flag::StaleFix,
        Flag::MockLocation,
    ];

    /// The flag as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Flag::OutOfRange => "out_of_range",
            Flag::FieldWork => "field_work",
            Flag::PlaceUncertain => "place_uncertain",
            Flag::StaleFix => "stale_fix",
            Flag::MockLocation => "mock_location",
        }
    }

    /// The flag written so in JSON.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.as_str() == name)
    }
}

/// An attempt that did not count, and why; the day is as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckInRefused {
    /// The student.
    pub student: PersonId,
    /// The student's class at that instant.
    pub class: ClassId,
    /// The school date of the attempt.
    pub date: SchoolDate,
    /// The session it was judged by, if one was near enough to judge it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<SessionKey>,
    /// Why.
    pub reason: CheckInDenied,
    /// [`Evidence`](crate::attendance::Evidence), sealed.
    pub place: Sealed,
    /// The device's name for itself, sealed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<Sealed>,
}

crate::events! {
    /// What may happen on a student's attendance boundary.
    pub enum AttendanceEvent {
        /// A check-in that counts.
        CheckedIn(CheckedIn) = "checked_in" v 1;
        /// A check-in that does not.
        Refused(CheckInRefused) = "check_in_refused" v 1, refused;
    }
}

/// A session is over. Whoever had duty and has neither checked in nor leave was absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionClosed {
    /// The session.
    pub session: SessionKey,
    /// When it opened.
    pub opens: Moment,
    /// The last instant of being on time.
    pub on_time_until: Moment,
    /// The last instant at which a check-in counted.
    pub closes: Moment,
    /// Who had duty when it closed, in order of their ids.
    pub duty: Vec<PersonId>,
}

crate::events! {
    /// What may happen on a session's boundary.
    pub enum SessionEvent {
        /// The session is over.
        Closed(SessionClosed) = "session_closed" v 1;
    }
}
