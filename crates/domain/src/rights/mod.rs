//! Who may do what: one table, one question.
//!
//! - [`Action`]: what there is to do, and to know
//! - the table itself is `table.rs`: one row an action, one column a role, readable without knowing Rust
//! - [`HeldOffice`]: an office with its dates; [`Target`]: what an action is about
//! - [`grant()`]: the only way to ask; commands and queries are decided by the same table
//! - [`plain`] and [`markdown`]: the table as people read it
//!
//! Architecture invariant: nothing else in the program decides from a role or a scope who may do what.

mod action;
mod grant;
mod held;
mod render;
mod table;

pub use action::Action;
pub use grant::{Grant, grant};
pub use held::{HeldOffice, Target};
pub use render::{markdown, plain};
pub use table::{Reach, reach};

#[cfg(test)]
mod tests;
