//! People, classes, enrolment and offices: one boundary for the school, since school numbers are unique across it.
//!
//! A roster arrives as the school office exports it and is imported whole or not at all; importing the same
//! file again changes nothing. Offices are also appointed, delegated and ended one by one, with dates. What a person is called is sealed: the decision compares [`Mark`](crate::sealed::Mark)s.

mod compare;
mod decide;
mod enrolment;
mod events;
mod guardian;
mod import;
mod office;
mod state;
mod tenure;
#[cfg(test)]
mod testing;

pub use decide::*;
pub use enrolment::*;
pub use events::*;
pub use guardian::*;
pub use import::*;
pub use office::*;
pub use state::*;
pub use tenure::*;
