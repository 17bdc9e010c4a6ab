//! Why a rule was not changed.

use crate::place::PointError;
use crate::refusal::{Language, RefusalKind, Refuse};

use super::{RADIUS_M_MAX, RULE_NAME_CHARS_MAX, RULES_MAX};

/// What is wrong with a rule's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleProblem {
    /// The name is empty or too long.
    Name,
    /// It would bind no class.
    NoClass,
    /// It would hold on no day.
    NoWeekday,
    /// A class or a weekday stands twice.
    Repeated,
    /// A time of day has a fraction of a second, or is a leap second.
    Fraction,
    /// `on_time_until` does not lie after `opens`.
    OnTimeBeforeOpening,
    /// `closes` lies before `on_time_until`.
    ClosesBeforeOnTime,
    /// The centre is not a place.
    Centre(PointError),
    /// The radius is not above 0 and at most [`RADIUS_M_MAX`].
    Radius,
}

/// Why a rule was not changed.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleRefused {
    /// The terms make no sense.
    Invalid {
        /// The field at fault.
        field: &'static str,
        /// What is wrong with it.
        problem: RuleProblem,
    },
    /// Another rule's window overlaps.
    Overlaps {
        /// The other rule's name.
        other: String,
    },
    /// There is no such rule.
    Unknown,
    /// It is retired.
    Retired,
    /// It was revised by somebody else meanwhile.
    VersionMovedOn {
        /// Its version now.
        now: u32,
    },
    /// There are [`RULES_MAX`] rules in force.
    TooMany,
}

impl Refuse for RuleRefused {
    fn code(&self) -> &'static str {
        match self {
            RuleRefused::Invalid { .. } => "invalid-rule",
            RuleRefused::Overlaps { .. } => "rules-overlap",
            RuleRefused::Unknown => "unknown-rule",
            RuleRefused::Retired => "rule-retired",
            RuleRefused::VersionMovedOn { .. } => "rule-version-moved-on",
            RuleRefused::TooMany => "too-many-rules",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            RuleRefused::Invalid { .. } => RefusalKind::Invalid,
            RuleRefused::Unknown => RefusalKind::NotFound,
            RuleRefused::TooMany => RefusalKind::Denied,
            RuleRefused::Overlaps { .. }
            | RuleRefused::Retired
            | RuleRefused::VersionMovedOn { .. } => RefusalKind::Conflict,
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            RuleRefused::Invalid { field, .. } => Some((*field).to_owned()),
            RuleRefused::Overlaps { .. } => Some("opens".to_owned()),
            RuleRefused::VersionMovedOn { .. } => Some("version".to_owned()),
            RuleRefused::Unknown | RuleRefused::Retired | RuleRefused::TooMany => None,
        }
    }

    fn sentence(&self, language: Language) -> String {
        let (chinese, english) = match self {
            RuleRefused::Invalid { problem, .. } => problem.sentences(),
            RuleRefused::Overlaps { other } => (
                format!("与规则“{other}”的时间重叠，同一名学生不能同时打两次卡。"),
                format!("Its window overlaps the rule \"{other}\" for the same students."),
            ),
            RuleRefused::Unknown => (
                "没有这条打卡规则。".into(),
                "There is no such check-in rule.".into(),
            ),
            RuleRefused::Retired => (
                "这条打卡规则已停用。".into(),
                "This check-in rule is retired.".into(),
            ),
            RuleRefused::VersionMovedOn { now } => (
                format!("这条规则已被改为第 {now} 版，请先查看再修改。"),
                format!("The rule is at version {now} by now; look at it before revising it."),
            ),
            RuleRefused::TooMany => (
                format!("生效的规则已达 {RULES_MAX} 条上限，请先停用一些。"),
                format!("{RULES_MAX} rules are in force, which is the limit; retire some first."),
            ),
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

impl RuleProblem {
    fn sentences(self) -> (String, String) {
        match self {
            RuleProblem::Name => (
                format!("规则名称须为 1 至 {RULE_NAME_CHARS_MAX} 个字。"),
                format!("The name must have 1 to {RULE_NAME_CHARS_MAX} characters."),
            ),
            RuleProblem::NoClass => ("至少要选一个班级。".into(), "At least one class is needed.".into()),
            RuleProblem::NoWeekday => ("至少要选一个星期几。".into(), "At least one weekday is needed.".into()),
            RuleProblem::Repeated => ("有一项写了两次。".into(), "One of them stands twice.".into()),
            RuleProblem::Fraction => {
                ("时间只到秒，不能带小数。".into(), "Times are to the whole second, without a fraction.".into())
            }
            RuleProblem::OnTimeBeforeOpening => (
                "准时截止须晚于开始打卡；跨午夜的时段尚不支持。".into(),
                "on_time_until must lie after opens; a window over midnight is not supported yet.".into(),
            ),
            RuleProblem::ClosesBeforeOnTime => (
                "结束打卡不能早于准时截止；跨午夜的时段尚不支持。".into(),
                "closes must not lie before on_time_until; a window over midnight is not supported yet.".into(),
            ),
            RuleProblem::Centre(error) => (format!("地点坐标无效（{error}）。"), format!("The centre is no place: {error}.")),
            RuleProblem::Radius => (
                format!("半径须大于 0 且不超过 {RADIUS_M_MAX} 米。"),
                format!("The radius must be above 0 and at most {RADIUS_M_MAX} metres."),
            ),
        }
    }
}
