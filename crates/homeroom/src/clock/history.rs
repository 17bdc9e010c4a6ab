//! The roster and the rules as they were at any instant, from the log itself: a session may be closed long after its
//! window ended, and is closed for those who had duty then.

use std::collections::BTreeMap;

use homeroom_domain::calendar::{Calendar, CalendarDay, CalendarEvent};
use homeroom_domain::roster::{Enrolment, EnrolmentChange, RosterEvent};
use homeroom_domain::rule::{RuleEvent, RuleTerms};
use homeroom_domain::{Boundary, ClassId, DomainEvent, Moment, PersonId, RuleId, SchoolDate};
use homeroom_log::{Log, Position, ReadError, Recorded, Tail};

/// What the log says of classes, their members and the rules, with the instants.
#[derive(Debug, Default)]
pub(super) struct History {
    classes: BTreeMap<ClassId, Moment>,
    /// Where each student stands, each change with the instant at which it was told, in order.
    students: BTreeMap<PersonId, Vec<(Moment, EnrolmentChange)>>,
    pub(super) rules: BTreeMap<RuleId, RuleHistory>,
    /// What was told of each date of the calendar, with its instant, in order.
    calendar: BTreeMap<SchoolDate, Vec<(Moment, CalendarEvent)>>,
    roster_tail: Option<Tail>,
    rules_tail: Option<Tail>,
    calendar_tail: Option<Tail>,
}

/// One rule over time.
#[derive(Debug, Default)]
pub(super) struct RuleHistory {
    /// Its versions, each with the instant from which it held, in order.
    pub(super) versions: Vec<RuleVersion>,
    pub(super) retired: Option<Moment>,
}

#[derive(Debug)]
pub(super) struct RuleVersion {
    pub(super) from: Moment,
    pub(super) version: u32,
    pub(super) terms: RuleTerms,
}

impl History {
    /// Reads what was added since; true if a rule or the calendar was changed.
    pub(super) async fn refresh(&mut self, log: &Log) -> Result<bool, ReadError> {
        let roster = log
            .load_after(&Boundary::roster(), self.roster_tail)
            .await?;
        for commit in &roster {
            for event in events::<RosterEvent>(commit)? {
                self.roster_event(&event, commit.commit.at);
            }
            self.roster_tail = Some(commit.tail());
        }
        let rules = log.load_after(&Boundary::rules(), self.rules_tail).await?;
        for commit in &rules {
            for event in events::<RuleEvent>(commit)? {
                self.rule_event(event, commit.commit.at);
            }
            self.rules_tail = Some(commit.tail());
        }
        let boundary = Boundary::calendar();
        let calendar = log.load_after(&boundary, self.calendar_tail).await?;
        for commit in &calendar {
            for event in events::<CalendarEvent>(commit)? {
                self.calendar_event(event, commit.commit.at);
            }
            self.calendar_tail = Some(commit.tail());
        }
        Ok(!rules.is_empty() || !calendar.is_empty())
    }

    /// The newest commit that this is told from.
    pub(super) fn known(&self) -> Position {
        let tails = [self.roster_tail, self.rules_tail, self.calendar_tail];
        let tails = tails.into_iter().flatten();
        tails.map(|tail| tail.position).max().unwrap_or_default()
    }

    /// What the calendar said of a date, by what was told until an instant.
    pub(super) fn calendar_day(&self, date: SchoolDate, told_until: Moment) -> Option<CalendarDay> {
        let mut calendar = Calendar::default();
        let told = self.calendar.get(&date)?.iter();
        told.filter(|(at, _)| *at <= told_until)
            .for_each(|(_, event)| calendar.tell(event));
        calendar.day(date).cloned()
    }

    pub(super) fn calendar_event(&mut self, event: CalendarEvent, at: Moment) {
        let told = self.calendar.entry(date_of(&event)).or_default();
        told.push((at, event));
    }

    /// The classes there were at an instant.
    pub(super) fn classes_at(&self, at: Moment) -> impl Iterator<Item = &ClassId> {
        let classes = self.classes.iter();
        classes
            .filter(move |(_, opened)| **opened <= at)
            .map(|(class, _)| class)
    }

    /// Who has duty in every class on a date, by what was told until an instant; in order of their ids.
    pub(super) fn on_duty(
        &self,
        date: SchoolDate,
        told_until: Moment,
    ) -> BTreeMap<ClassId, Vec<PersonId>> {
        let mut on_duty: BTreeMap<ClassId, Vec<PersonId>> = BTreeMap::new();
        for (student, changes) in &self.students {
            let told = changes.iter().filter(|(at, _)| *at <= told_until);
            let enrolment: Enrolment = told.map(|(_, change)| change.clone()).collect();
            if let Some(class) = enrolment.duty_on(date) {
                on_duty
                    .entry(class.clone())
                    .or_default()
                    .push(student.clone());
            }
        }
        on_duty
    }

    pub(super) fn roster_event(&mut self, event: &RosterEvent, at: Moment) {
        if let Some((student, change)) = EnrolmentChange::of(event) {
            let changes = self.students.entry(student.clone()).or_default();
            changes.push((at, change));
        }
        if let RosterEvent::ClassOpened(e) = event {
            self.classes.insert(e.class.clone(), at);
        }
    }

    pub(super) fn rule_event(&mut self, event: RuleEvent, from: Moment) {
        let (rule, version, terms) = match event {
            RuleEvent::Created(e) => (e.rule, e.version, e.terms),
            RuleEvent::Revised(e) => (e.rule, e.version, e.terms),
            RuleEvent::Retired(e) => {
                self.rules.entry(e.rule).or_default().retired = Some(from);
                return;
            }
        };
        let versions = &mut self.rules.entry(rule).or_default().versions;
        versions.push(RuleVersion {
            from,
            version,
            terms,
        });
    }
}

fn date_of(event: &CalendarEvent) -> SchoolDate {
    match event {
        CalendarEvent::Set(e) => e.day.date,
        CalendarEvent::Cleared(e) => e.date,
    }
}

fn events<E: DomainEvent>(commit: &Recorded) -> Result<Vec<E>, ReadError> {
    let events = commit.commit.events.iter().filter_map(E::decode);
    let events: Result<_, _> = events.collect();
    events.map_err(|error| ReadError::Integrity {
        position: commit.position,
        what: error.to_string(),
    })
}
