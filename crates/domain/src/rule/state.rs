//! What a rule says, checked; when it holds; the fold of all rules; the decider.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveTime, Timelike};

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::{ClassId, RuleId};
use crate::place::PointError;
use crate::refusal::{Language, Refuse, RefusalKind};
use crate::time::{Moment, SchoolDate, Zone};

use super::{CreateRule, RetireRule, ReviseRule, RuleClasses, RuleEvent, RuleTerms, create, retire, revise};

/// The longest name of a rule, in characters.
pub const RULE_NAME_CHARS_MAX: usize = 60;
/// The largest radius, in metres: beyond it a circle says nothing about a school.
pub const RADIUS_M_MAX: f64 = 100_000.0;
/// The most rules in force at once.
pub const RULES_MAX: usize = 1_000;

/// A rule's window on one date. Every edge belongs to it, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first second at which a check-in counts.
    pub opens: Moment,
    /// The last second at which it is on time.
    pub on_time_until: Moment,
    /// The last second at which it counts.
    pub closes: Moment,
}

impl Window {
    /// True if a check-in at this instant counts; fractions of a second are dropped first.
    pub fn contains(&self, at: Moment) -> bool {
        (self.opens.unix_ms()..=self.closes.unix_ms()).contains(&whole_second_ms(at))
    }

    /// Seconds after `on_time_until`; 0 when on time.
    pub fn late_s(&self, at: Moment) -> u32 {
        u32::try_from((whole_second_ms(at) - self.on_time_until.unix_ms()).max(0) / 1_000).unwrap_or(u32::MAX)
    }

    /// True once no check-in can count any more: the second of `closes` is over.
    pub fn is_over(&self, now: Moment) -> bool {
        whole_second_ms(now) > self.closes.unix_ms()
    }
}

fn whole_second_ms(at: Moment) -> i64 {
    at.unix_ms().div_euclid(1_000) * 1_000
}

impl RuleTerms {
    /// The window on a date, in the school's zone.
    pub fn window(&self, date: SchoolDate, zone: Zone) -> Window {
        Window {
            opens: Moment::at(date, self.opens, zone),
            on_time_until: Moment::at(date, self.on_time_until, zone),
            closes: Moment::at(date, self.closes, zone),
        }
    }

    /// True if the rule holds on this date.
    pub fn holds_on(&self, date: SchoolDate) -> bool {
        self.weekdays.contains(&date.weekday())
    }

    /// True if the rule binds this class.
    pub fn binds(&self, class: &ClassId) -> bool {
        match &self.classes {
            RuleClasses::All => true,
            RuleClasses::Only(classes) => classes.contains(class),
        }
    }

    /// Checks that the terms make sense by themselves.
    ///
    /// # Errors
    /// Names the first field at fault.
    pub fn check(&self) -> Result<(), RuleRefused> {
        let invalid = |field, problem| Err(RuleRefused::Invalid { field, problem });
        if self.name.trim().is_empty() || self.name.chars().count() > RULE_NAME_CHARS_MAX {
            return invalid("name", RuleProblem::Name);
        }
        if matches!(&self.classes, RuleClasses::Only(classes) if classes.is_empty()) {
            return invalid("classes", RuleProblem::NoClass);
        }
        if matches!(&self.classes, RuleClasses::Only(classes) if has_repeated(classes)) {
            return invalid("classes", RuleProblem::Repeated);
        }
        if self.weekdays.is_empty() {
            return invalid("weekdays", RuleProblem::NoWeekday);
        }
        if has_repeated(&self.weekdays.iter().map(chrono::Weekday::num_days_from_monday).collect::<Vec<_>>()) {
            return invalid("weekdays", RuleProblem::Repeated);
        }
        let times = [("opens", self.opens), ("on_time_until", self.on_time_until), ("closes", self.closes)];
        if let Some((field, _)) = times.into_iter().find(|(_, time)| !is_whole_second(*time)) {
            return invalid(field, RuleProblem::Fraction);
        }
        if self.on_time_until <= self.opens {
            return invalid("on_time_until", RuleProblem::OnTimeBeforeOpening);
        }
        if self.closes < self.on_time_until {
            return invalid("closes", RuleProblem::ClosesBeforeOnTime);
        }
        if let Err(error) = self.place.centre.check() {
            return invalid("place.centre", RuleProblem::Centre(error));
        }
        if !(self.place.radius_m.0 > 0.0 && self.place.radius_m.0 <= RADIUS_M_MAX) {
            return invalid("place.radius_m", RuleProblem::Radius);
        }
        Ok(())
    }

    /// True if some student could have to be in both windows at once: a common class, a common weekday, a
    /// common second.
    fn overlaps(&self, other: &RuleTerms) -> bool {
        let days = self.weekdays.iter().any(|day| other.weekdays.contains(day));
        let classes = match (&self.classes, &other.classes) {
            (RuleClasses::Only(ours), RuleClasses::Only(theirs)) => ours.iter().any(|class| theirs.contains(class)),
            _ => true,
        };
        // A rule may close in the very second in which the next one opens.
        days && classes && self.opens < other.closes && other.opens < self.closes
    }
}

fn has_repeated<T: Ord>(values: &[T]) -> bool {
    values.iter().collect::<BTreeSet<_>>().len() < values.len()
}

/// True of a time of day with no fraction and no leap second: windows are judged to the second.
fn is_whole_second(time: NaiveTime) -> bool {
    time.nanosecond() == 0
}

/// One rule as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleState {
    /// Its version.
    pub version: u32,
    /// What it says.
    pub terms: RuleTerms,
    /// False once it is retired.
    pub in_force: bool,
}

/// Every rule of the school.
#[derive(Debug, Clone, Default)]
pub struct RulesState {
    rules: BTreeMap<RuleId, RuleState>,
}

impl RulesState {
    /// One rule, in force or retired.
    pub fn rule(&self, id: &RuleId) -> Option<&RuleState> {
        self.rules.get(id)
    }

    /// How many rules are in force.
    pub(super) fn in_force(&self) -> usize {
        self.rules.values().filter(|rule| rule.in_force).count()
    }

    /// The rule in force that these terms would overlap, the rule itself apart.
    pub(super) fn overlapping(&self, own: Option<&RuleId>, terms: &RuleTerms) -> Option<&RuleState> {
        self.rules
            .iter()
            .find(|(id, rule)| rule.in_force && Some(*id) != own && rule.terms.overlaps(terms))
            .map(|(_, rule)| rule)
    }
}

/// What may be asked of the rules.
#[derive(Debug, Clone)]
pub enum RuleCommand {
    /// A new rule.
    Create(CreateRule),
    /// Other terms.
    Revise(ReviseRule),
    /// An end.
    Retire(RetireRule),
}

/// Decides check-in rules.
#[derive(Debug)]
pub struct RuleDecider;

impl Decider for RuleDecider {
    type Command = RuleCommand;
    type Event = RuleEvent;
    type State = RulesState;
    type Facts = ();
    type Refusal = RuleRefused;

    fn boundary(_: &RuleCommand) -> Boundary {
        Boundary::rules()
    }

    fn evolve(state: &mut RulesState, event: &RuleEvent, _: Moment) {
        match event {
            RuleEvent::Created(e) => {
                let rule = RuleState { version: e.version, terms: e.terms.clone(), in_force: true };
                state.rules.insert(e.rule.clone(), rule);
            }
            RuleEvent::Revised(e) => {
                if let Some(rule) = state.rules.get_mut(&e.rule) {
                    rule.version = e.version;
                    rule.terms = e.terms.clone();
                }
            }
            RuleEvent::Retired(e) => {
                if let Some(rule) = state.rules.get_mut(&e.rule) {
                    rule.in_force = false;
                }
            }
        }
    }

    fn decide(state: &RulesState, command: &RuleCommand, (): &(), _: Moment) -> Result<Vec<RuleEvent>, RuleRefused> {
        match command {
            RuleCommand::Create(command) => create::decide(state, command),
            RuleCommand::Revise(command) => revise::decide(state, command),
            RuleCommand::Retire(command) => retire::decide(state, command),
        }
    }
}

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
            RuleRefused::Overlaps { .. } | RuleRefused::Retired | RuleRefused::VersionMovedOn { .. } => {
                RefusalKind::Conflict
            }
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
            RuleRefused::Unknown => ("没有这条打卡规则。".into(), "There is no such check-in rule.".into()),
            RuleRefused::Retired => ("这条打卡规则已停用。".into(), "This check-in rule is retired.".into()),
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

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
