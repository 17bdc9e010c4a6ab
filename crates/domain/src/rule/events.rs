//! What may happen to check-in rules, and what a rule says.

use chrono::{NaiveTime, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, RuleId};
use crate::place::{Metres, Point};

/// What a check-in rule says. Times of day are in the school's zone, to the second; every edge is inclusive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTerms {
    /// What people call it (早点名).
    pub name: String,
    /// Who it binds.
    pub classes: RuleClasses,
    /// The days of the week it holds on.
    #[schemars(with = "Vec<String>")]
    pub weekdays: Vec<Weekday>,
    /// What public holidays and make-up workdays mean to it.
    #[serde(default)]
    pub calendar: CalendarUse,
    /// The first second at which a check-in counts.
    pub opens: NaiveTime,
    /// The last second at which it counts as on time.
    pub on_time_until: NaiveTime,
    /// The last second at which it counts as late; after it, not at all.
    pub closes: NaiveTime,
    /// Where the phone must be.
    pub place: Circle,
    /// What an attempt from elsewhere comes to.
    #[serde(default)]
    pub out_of_range: OutOfRangeUse,
}

/// What the calendar means to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CalendarUse {
    /// It holds on no holiday, and on a make-up workday as on the weekday that day is run as.
    #[default]
    Follows,
    /// It holds by its weekdays alone: whoever boards over the holidays is counted every night.
    Ignores,
}

/// Who a rule binds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleClasses {
    /// Every class, those opened later too.
    All,
    /// These classes.
    Only(Vec<ClassId>),
}

/// What an attempt from outside a rule's place comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutOfRangeUse {
    /// It does not count.
    #[default]
    Refuse,
    /// It counts, flagged as made elsewhere (地点异常).
    Flag,
    /// It counts as work elsewhere (外勤).
    Field,
}

/// A circle on the earth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Circle {
    /// Its centre.
    pub centre: Point,
    /// Its radius in metres; a phone exactly this far away is inside.
    pub radius_m: Metres,
}

/// A rule holds from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCreated {
    /// The rule.
    pub rule: RuleId,
    /// Its version: 1.
    pub version: u32,
    /// What it says.
    pub terms: RuleTerms,
}

/// A rule says something else from now on; what it judged before stays judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleRevised {
    /// The rule.
    pub rule: RuleId,
    /// Its version: one more than before.
    pub version: u32,
    /// What it says.
    pub terms: RuleTerms,
}

/// A rule holds no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleRetired {
    /// The rule.
    pub rule: RuleId,
}

crate::events! {
    /// What may happen to check-in rules.
    pub enum RuleEvent {
        /// A rule holds.
        Created(RuleCreated) = "rule_created" v 1;
        /// A rule says something else.
        Revised(RuleRevised) = "rule_revised" v 1;
        /// A rule holds no longer.
        Retired(RuleRetired) = "rule_retired" v 1;
    }
}
