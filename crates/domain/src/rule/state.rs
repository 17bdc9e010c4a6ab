//! What a rule says, checked; when it holds; the fold of all rules; the decider.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveTime, Timelike};

use crate::boundary::Boundary;
use crate::calendar::{CalendarDay, runs_as};
use crate::decider::Decider;
use crate::id::{ClassId, RuleId};
use crate::time::{Moment, SchoolDate, Zone};

use super::{
    CalendarUse, CreateRule, RetireRule, ReviseRule, RuleClasses, RuleEvent, RuleProblem,
    RuleRefused, RuleTerms, create, retire, revise,
};

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
        u32::try_from((whole_second_ms(at) - self.on_time_until.unix_ms()).max(0) / 1_000)
            .unwrap_or(u32::MAX)
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

    /// True if the rule holds on this date, which is this day of the calendar.
    pub fn holds_on(&self, date: SchoolDate, day: Option<&CalendarDay>) -> bool {
        let runs_as = match self.calendar {
            CalendarUse::Follows => runs_as(date, day),
            CalendarUse::Ignores => Some(date.weekday()),
        };
        runs_as.is_some_and(|weekday| self.weekdays.contains(&weekday))
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
        if has_repeated(
            &self
                .weekdays
                .iter()
                .map(chrono::Weekday::num_days_from_monday)
                .collect::<Vec<_>>(),
        ) {
            return invalid("weekdays", RuleProblem::Repeated);
        }
        let times = [
            ("opens", self.opens),
            ("on_time_until", self.on_time_until),
            ("closes", self.closes),
        ];
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

    /// True if some student could have to be in both windows at once: a common class, a common weekday (any, where only
    /// one of the two follows the calendar), a common second.
    fn overlaps(&self, other: &RuleTerms) -> bool {
        let common = self.weekdays.iter().any(|day| other.weekdays.contains(day));
        let days = common || self.calendar != other.calendar;
        let classes = match (&self.classes, &other.classes) {
            (RuleClasses::Only(ours), RuleClasses::Only(theirs)) => {
                ours.iter().any(|class| theirs.contains(class))
            }
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
    pub(super) fn overlapping(
        &self,
        own: Option<&RuleId>,
        terms: &RuleTerms,
    ) -> Option<&RuleState> {
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
                let rule = RuleState {
                    version: e.version,
                    terms: e.terms.clone(),
                    in_force: true,
                };
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

    fn decide(
        state: &RulesState,
        command: &RuleCommand,
        (): &(),
        _: Moment,
    ) -> Result<Vec<RuleEvent>, RuleRefused> {
        match command {
            RuleCommand::Create(command) => create::decide(state, command),
            RuleCommand::Revise(command) => revise::decide(state, command),
            RuleCommand::Retire(command) => retire::decide(state, command),
        }
    }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
