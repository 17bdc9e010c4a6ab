//! Check-ins, sessions, and the duty they add up to.
//!
//! A phone's attempt is decided on the student's boundary of that month ([`AttendanceDecider`]); the clock closes a
//! session on a boundary of its own ([`SessionDecider`]); what a student's duty came to is a pure function of those
//! facts and of leave ([`duty()`]), in whatever order they arrived.

mod check_in;
mod close;
mod duty;
mod events;
mod tally;

pub use check_in::*;
pub use close::*;
pub use duty::*;
pub use events::*;
pub use tally::*;
