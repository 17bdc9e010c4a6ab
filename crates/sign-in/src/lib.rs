//! Sign-in: who is at the other end.
//!
//! - [`password`]: argon2id with a bound on how many at once, first passwords, what a new password must be
//! - [`Settings`]: what a school may set
//!
//! Architecture invariants: nothing of this is ever in the log; only hashes of passwords and tokens are kept; no function
//! reads a clock, the instant comes in as an argument; nothing secret is shown by `Debug` or written to a log.

mod error;
pub mod password;
mod random;
mod secret;
mod settings;

pub use error::SignInError;
pub use random::RandomError;
pub use settings::{Cost, Group, Hashing, Settings, Slowing, Terms};
