//! Passwords: hashed slowly, with a bound on how many at once; first passwords; what a new one must be.

mod first;
mod hasher;
mod rules;

pub use first::FirstPassword;
pub(crate) use first::FirstPasswordHash;
pub use hasher::{HashError, Hasher, PasswordHash, Verdict};
pub use rules::{About, LENGTH_MAX, PasswordFault, check_new};

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The form in which a password is compared: NFKC, so that a full-width digit of a Chinese keyboard is the digit, and
/// one letter typed in two ways is one letter.
fn normal(password: &str) -> Zeroizing<String> {
    // Room for the longest first: a string that grows leaves its beginning behind in memory.
    let mut normal = Zeroizing::new(String::with_capacity(4 * password.len() + 64));
    normal.extend(password.nfkc());
    normal
}
