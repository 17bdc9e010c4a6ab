//! The school's calendar: public holidays and make-up workdays (调休) as the country announces them, and the school's
//! own days over them. One boundary for the school.
//!
//! What is announced later changes what is expected from then on; a session that is closed keeps the duty list it was
//! closed with.

mod refused;

pub use refused::{CalendarProblem, CalendarRefused};

use std::collections::BTreeMap;

use chrono::{Datelike, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::time::{Moment, SchoolDate};

/// The longest name of a day, in characters.
pub const DAY_NAME_CHARS_MAX: usize = 60;
/// The most days of one import: more than ten years of them.
pub const DAYS_MAX: usize = 1_000;

/// What a day is instead of what its weekday says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// 放假: nobody has duty.
    Holiday,
    /// 调休上班: there is duty, whatever the weekday.
    Workday,
}

/// Whose word it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DaySource {
    /// The country's, as imported.
    National,
    /// The school's own, which counts over the country's.
    School,
}

/// A day that is not what its weekday says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CalendarDay {
    /// The date, in the school's zone.
    pub date: SchoolDate,
    /// What it is.
    pub kind: DayKind,
    /// As which weekday a workday is run; as a Monday where nobody says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub as_weekday: Option<Weekday>,
    /// What people call it (国庆节).
    pub name: String,
}

/// As which weekday a date is run: as itself, as the calendar says, or not at all.
pub fn runs_as(date: SchoolDate, day: Option<&CalendarDay>) -> Option<Weekday> {
    match day.map(|day| (day.kind, day.as_weekday)) {
        None => Some(date.weekday()),
        Some((DayKind::Holiday, _)) => None,
        Some((DayKind::Workday, as_weekday)) => Some(as_weekday.unwrap_or(Weekday::Mon)),
    }
}

/// A day of the calendar was set, or set anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalendarDaySet {
    /// Whose word it is.
    pub source: DaySource,
    /// The day.
    #[serde(flatten)]
    pub day: CalendarDay,
}

/// A day of the calendar is what its weekday says again, or what the country says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalendarDayCleared {
    /// Whose word it was.
    pub source: DaySource,
    /// The date.
    pub date: SchoolDate,
}

crate::events! {
    /// What may happen to the calendar.
    pub enum CalendarEvent {
        /// A day was set.
        Set(CalendarDaySet) = "calendar_day_set" v 1;
        /// A day was cleared.
        Cleared(CalendarDayCleared) = "calendar_day_cleared" v 1;
    }
}

/// Every day that is not what its weekday says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar(BTreeMap<(SchoolDate, DaySource), CalendarDay>);

impl Calendar {
    /// What counts on a date: the school's own word over the country's.
    pub fn day(&self, date: SchoolDate) -> Option<&CalendarDay> {
        let word = |source| self.0.get(&(date, source));
        word(DaySource::School).or_else(|| word(DaySource::National))
    }

    /// One more thing that happened.
    pub fn tell(&mut self, event: &CalendarEvent) {
        match event {
            CalendarEvent::Set(e) => {
                self.0.insert((e.day.date, e.source), e.day.clone());
            }
            CalendarEvent::Cleared(e) => {
                self.0.remove(&(e.date, e.source));
            }
        }
    }

    /// Sets a day unless it is so already.
    fn setting(&self, source: DaySource, day: &CalendarDay) -> Option<CalendarEvent> {
        let known = self.0.get(&(day.date, source)) == Some(day);
        (!known).then(|| {
            let day = day.clone();
            CalendarEvent::Set(CalendarDaySet { source, day })
        })
    }

    /// Clears a day if it is set.
    fn clearing(&self, source: DaySource, date: SchoolDate) -> Option<CalendarEvent> {
        let known = self.0.contains_key(&(date, source));
        known.then_some(CalendarEvent::Cleared(CalendarDayCleared { source, date }))
    }
}

/// What may be asked of the calendar.
#[derive(Debug, Clone)]
pub enum CalendarCommand {
    /// Make the country's days of every year that is mentioned what the file says; other years stay.
    Import(Vec<CalendarDay>),
    /// Set a day of the school's own.
    SetDay(CalendarDay),
    /// Take the school's own word on a date back.
    ClearDay(SchoolDate),
}

/// Decides the calendar.
#[derive(Debug)]
pub struct CalendarDecider;

impl Decider for CalendarDecider {
    type Command = CalendarCommand;
    type Event = CalendarEvent;
    type State = Calendar;
    type Facts = ();
    type Refusal = CalendarRefused;

    fn boundary(_: &CalendarCommand) -> Boundary {
        Boundary::calendar()
    }

    fn evolve(state: &mut Calendar, event: &CalendarEvent, _: Moment) {
        state.tell(event);
    }

    fn decide(
        state: &Calendar,
        command: &CalendarCommand,
        (): &(),
        _: Moment,
    ) -> Result<Vec<CalendarEvent>, CalendarRefused> {
        match command {
            CalendarCommand::Import(days) => import(state, days),
            CalendarCommand::SetDay(day) => {
                check(day).map_err(CalendarRefused::in_day)?;
                Ok(state.setting(DaySource::School, day).into_iter().collect())
            }
            CalendarCommand::ClearDay(date) => {
                let cleared = state.clearing(DaySource::School, *date);
                Ok(cleared.into_iter().collect())
            }
        }
    }
}

fn import(state: &Calendar, days: &[CalendarDay]) -> Result<Vec<CalendarEvent>, CalendarRefused> {
    if days.len() > DAYS_MAX {
        return Err(CalendarRefused::TooMany);
    }
    let mut said = BTreeMap::new();
    for (index, day) in days.iter().enumerate() {
        check(day).map_err(|problem| CalendarRefused::in_list(index, problem))?;
        if said.insert(day.date, day).is_some() {
            return Err(CalendarRefused::in_list(index, CalendarProblem::Repeated));
        }
    }
    let is_of_a_year_said = |date: SchoolDate| said.keys().any(|day| day.year() == date.year());
    let known = state.0.keys();
    let known = known.filter(|(_, source)| *source == DaySource::National);
    let gone = known.filter(|(date, _)| !said.contains_key(date) && is_of_a_year_said(*date));
    let cleared = gone.filter_map(|(date, _)| state.clearing(DaySource::National, *date));
    let set = said.values();
    let set = set.filter_map(|day| state.setting(DaySource::National, day));
    Ok(cleared.chain(set).collect())
}

fn check(day: &CalendarDay) -> Result<(), CalendarProblem> {
    let name = day.name.trim();
    if name.is_empty() || day.name.chars().count() > DAY_NAME_CHARS_MAX {
        return Err(CalendarProblem::Name);
    }
    if day.kind == DayKind::Holiday && day.as_weekday.is_some() {
        return Err(CalendarProblem::HolidayRunsAsNothing);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
