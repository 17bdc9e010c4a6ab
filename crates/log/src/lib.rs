//! The log.

mod commit;
pub use commit::*;
