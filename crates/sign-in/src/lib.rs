//! Sign-in: who is at the other end.
//!
//! - [`SignIn`]: signing in, changing a password, giving a first one; sign-in sessions; API keys
//! - [`password`]: argon2id with a bound on how many at once, first passwords, what a new password must be
//! - [`Provider`]: the school's OpenID Connect provider
//! - `guesses`: how whoever guesses is slowed, and nobody locked out
//! - [`Settings`]: what a school may set
//!
//! Everything is kept in one bucket beside the log: `account.<person>`, `key.<id>`, `guesses.<slot>` and `secret`.
//!
//! Architecture invariants: nothing of this is ever in the log; only hashes of passwords and tokens are kept; no function
//! reads a clock, the instant comes in as an argument; nothing secret is shown by `Debug` or written to a log.

mod account;
mod api_key;
mod change;
mod device;
mod error;
mod guesses;
pub mod password;
mod provider;
mod random;
mod records;
mod secret;
mod service;
mod session;
mod settings;
mod token;

pub use api_key::{ApiKey, KEYS_MAX, KeyError, KeyId, KeyInfo, NewKey, NewKeyRefused};
pub use change::{ChangeRefused, CreateAdminError, NewPassword, Standing};
pub use device::DeviceCookie;
pub use error::SignInError;
pub use provider::{Provider, ProviderRefused, ProviderSettings, ProviderStart};
pub use random::RandomError;
pub use records::STALE_MS_MAX;
pub use secrecy::{ExposeSecret, SecretString};
pub use service::{Attempt, Client, SignIn, SignInRefused, SignedIn};
pub use session::{CheckError, SessionId, SessionToken, SignInSession, Via};
pub use settings::{Cost, Group, Hashing, Settings, Slowing, Terms};
pub use token::{BadToken, EndedBy};
