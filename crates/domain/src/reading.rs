//! Readings: who has read what is most a student's own, where they were and why they asked for leave.
//!
//! A reading is recorded before anything is shown. The same person reading the same thing again on the same date is
//! one reading; a student reading their own is none.

use std::collections::BTreeMap;
use std::convert::Infallible;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::{PersonId, SlipId};
use crate::office::Role;
use crate::refusal::{Language, RefusalKind, Refuse};
use crate::time::{Moment, SchoolDate, Zone};

/// What is most a student's own.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "detail", rename_all = "snake_case")]
pub enum Detail {
    /// Where the student's phone was on a date, and which phone it was.
    Place {
        /// The date, in the school's zone.
        date: SchoolDate,
    },
    /// Why leave was asked, and what was said in deciding it.
    Reason {
        /// The slip.
        slip: SlipId,
    },
}

/// Somebody read a detail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetailRead {
    /// Whose it is.
    pub student: PersonId,
    /// Who read it.
    pub by: PersonId,
    /// As what.
    pub office: Role,
    /// What they read.
    #[serde(flatten)]
    pub detail: Detail,
}

crate::events! {
    /// What may happen on a student's boundary of readings.
    pub enum ReadingEvent {
        /// A detail was read.
        Read(DetailRead) = "detail_read" v 1;
    }
}

/// Records that somebody is about to read a detail.
#[derive(Debug, Clone)]
pub struct RecordReading {
    /// Whose it is.
    pub student: PersonId,
    /// What is read.
    pub detail: Detail,
    /// The date on which it is read: a month of readings is one boundary.
    pub on: SchoolDate,
}

/// What recording needs from outside.
#[derive(Debug, Clone)]
pub struct ReadingFacts {
    /// Who reads.
    pub by: PersonId,
    /// As what.
    pub office: Role,
    /// The school's zone.
    pub zone: Zone,
}

/// When whoever read what last, of one month.
#[derive(Debug, Clone, Default)]
pub struct ReadingState(BTreeMap<(PersonId, Detail), Moment>);

/// Decides whether a reading is one more.
#[derive(Debug)]
pub struct ReadingDecider;

impl Decider for ReadingDecider {
    type Command = RecordReading;
    type Event = ReadingEvent;
    type State = ReadingState;
    type Facts = ReadingFacts;
    // Whether it may be read is decided before, by the rights table.
    type Refusal = Infallible;

    fn boundary(command: &RecordReading) -> Boundary {
        Boundary::reading(&command.student, command.on)
    }

    fn evolve(state: &mut ReadingState, ReadingEvent::Read(e): &ReadingEvent, at: Moment) {
        state.0.insert((e.by.clone(), e.detail.clone()), at);
    }

    fn decide(
        state: &ReadingState,
        command: &RecordReading,
        facts: &ReadingFacts,
        at: Moment,
    ) -> Result<Vec<ReadingEvent>, Infallible> {
        let read = (facts.by.clone(), command.detail.clone());
        let before = state.0.get(&read);
        let today = at.date(facts.zone);
        let again = before.is_some_and(|before| before.date(facts.zone) == today);
        if facts.by == command.student || again {
            return Ok(Vec::new());
        }
        Ok(vec![ReadingEvent::Read(DetailRead {
            student: command.student.clone(),
            by: facts.by.clone(),
            office: facts.office,
            detail: command.detail.clone(),
        })])
    }
}

impl Refuse for Infallible {
    fn code(&self) -> &'static str {
        match *self {}
    }
    fn kind(&self) -> RefusalKind {
        match *self {}
    }
    fn sentence(&self, _: Language) -> String {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Outcome, at, given_at};

    fn person(text: &str) -> PersonId {
        PersonId::parse(text).unwrap()
    }

    fn reason(number: u32) -> Detail {
        let student = person("p1");
        Detail::Reason {
            slip: SlipId { student, number },
        }
    }

    fn read(by: &str, detail: Detail) -> ReadingEvent {
        ReadingEvent::Read(DetailRead {
            student: person("p1"),
            by: person(by),
            office: Role::HomeroomTeacher,
            detail,
        })
    }

    fn reading(
        before: Vec<ReadingEvent>,
        by: &str,
        detail: Detail,
        when: &str,
    ) -> Outcome<ReadingDecider> {
        let command = RecordReading {
            student: person("p1"),
            detail,
            on: at(when).date(Zone::Asia__Shanghai),
        };
        let facts = ReadingFacts {
            by: person(by),
            office: Role::HomeroomTeacher,
            zone: Zone::Asia__Shanghai,
        };
        given_at(at("00:10:00"), before).when(&command, &facts, at(when))
    }

    #[test]
    fn whoever_reads_a_reason_is_recorded_and_once_a_day_is_enough() {
        let first = reading(vec![], "p9", reason(1), "08:00:00").events();
        assert_eq!(first, [read("p9", reason(1))]);
        let again = |by: &str, detail, when: &str| {
            reading(vec![read("p9", reason(1))], by, detail, when).events()
        };
        assert_eq!(again("p9", reason(1), "08:00:01"), []);
        assert_eq!(again("p9", reason(1), "2026-11-25T08:00:00+08:00").len(), 1);
        assert_eq!(again("p8", reason(1), "08:00:01").len(), 1);
        assert_eq!(again("p9", reason(2), "08:00:01").len(), 1);
        let date = "2026-11-23".parse().unwrap();
        assert_eq!(again("p9", Detail::Place { date }, "08:00:01").len(), 1);
    }

    #[test]
    fn a_student_who_reads_their_own_is_nobody_to_record() {
        assert_eq!(reading(vec![], "p1", reason(1), "08:00:00").events(), []);
    }
}
