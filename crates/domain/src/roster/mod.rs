//! People, classes and offices: one boundary for the school, since school numbers are unique across it.
//!
//! A roster arrives as the school office exports it and is imported whole or not at all; importing the same
//! file again changes nothing. What a person is called is sealed: the decision compares [`Mark`](crate::sealed::Mark)s.

mod compare;
mod events;
mod import;
mod state;

pub use events::*;
pub use import::*;
pub use state::*;
