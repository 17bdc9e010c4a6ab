//! The language of Homeroom: what may be asked, what may have happened, and how it is decided.
//!
//! - [`roster`]: people, classes and offices
//! - [`rule`]: check-in rules
//! - [`attendance`]: check-ins, sessions, and the duty they add up to
//! - [`leave`]: slips and their decisions
//! - [`report`]: templates and the reports filed on them
//! - [`rights`]: who may do what: one table
//!
//! The rest is shared vocabulary: [`id`], [`time`], [`place`], [`office`], [`boundary`], [`sealed`], and the
//! shape of a decision in [`decider`], [`event`] and [`refusal`].
//!
//! Architecture invariant: nothing here is async, does I/O, reads a clock or draws a random number.

pub mod attendance;
pub mod boundary;
pub mod calendar;
pub mod decider;
pub mod event;
pub mod id;
pub mod leave;
pub mod office;
pub mod place;
pub mod reading;
pub mod refusal;
pub mod report;
pub mod rights;
pub mod roster;
pub mod rule;
pub mod schema;
pub mod sealed;
#[cfg(test)]
mod testing;
pub mod time;

pub use boundary::Boundary;
pub use decider::Decider;
pub use event::{DomainEvent, EventRecord};
pub use id::{ClassId, CommandId, CommitId, PersonId, RuleId, SchoolId, SlipId, TemplateId};
pub use refusal::{Fault, Language, RefusalKind, Refuse};
pub use time::{Moment, SchoolDate, Zone};
