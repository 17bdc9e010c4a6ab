//! The shape of what a browser or a program shows: `<prefix>_<school>_<id>_<secret><check>`.
//!
//! `secret` is 256 random bits and `check` the first 30 bits of the SHA-256 of all that stands before it, both in lower-case
//! base32 (`a-z2-7`): 52 and 6 characters. The check can be recomputed by anyone, so a scanner for leaked secrets tells
//! one of ours from a text that looks like it, and a slip of the hand is told from a forgery without asking nats-server.

use std::cmp::Ordering;

use data_encoding::BASE32_NOPAD;
use homeroom_domain::SchoolId;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::random::{self, RandomError};
use crate::secret::hash_hex;

/// No token is longer.
const LENGTH_MAX: usize = 256;
const SECRET: usize = 52;
const CHECK: usize = 6;

/// Why a token opens nothing. It is one thing to whoever shows it ([`BadToken::PUBLIC`]), and told apart in our own logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// It does not look like one.
    #[error("it has not the shape of a token")]
    Shape,
    /// Its end is missing.
    #[error("its end is missing")]
    Truncated,
    /// Its check does not fit: a typing error, or somebody tries.
    #[error("its check does not fit")]
    Mistyped,
    /// Another school made it.
    #[error("it is another school's")]
    OtherSchool,
    /// It looks right, and was never made, or was made long ago.
    #[error("it was never made, or was made too long ago to be remembered")]
    Unknown,
    /// Its time is over.
    #[error("its time is over")]
    Expired,
    /// It was ended.
    #[error("it was ended: {0}")]
    Ended(EndedBy),
}

impl BadToken {
    /// The only thing that is said to whoever shows a bad token, whatever is wrong with it.
    pub const PUBLIC: &'static str = "not signed in, or no longer";
}

/// What ended a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// Signing out.
    SignOut,
    /// Its owner, from a list.
    Owner,
    /// An administrator.
    Admin,
    /// A new password.
    PasswordChange,
    /// A new first password.
    PasswordReset,
    /// A newer one: nobody has more than so many.
    Newer,
    /// Time, as was noticed when another was written.
    Time,
}

impl std::fmt::Display for EndedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            EndedBy::SignOut => "signed out",
            EndedBy::Owner => "its owner ended it",
            EndedBy::Admin => "an administrator ended it",
            EndedBy::PasswordChange => "the password was changed",
            EndedBy::PasswordReset => "a new first password was given",
            EndedBy::Newer => "newer ones took its place",
            EndedBy::Time => "its time was over",
        })
    }
}

/// A token just made.
pub(crate) struct Made {
    pub(crate) text: SecretString,
    /// What is kept of it.
    pub(crate) hash: String,
}

/// A token as it was shown.
pub(crate) struct Shown<'a> {
    pub(crate) id: &'a str,
    pub(crate) hash: String,
}

/// Makes a token.
pub(crate) fn make(prefix: &str, school: &SchoolId, id: &str) -> Result<Made, RandomError> {
    let bits = Zeroizing::new(random::bytes::<32>()?);
    let secret = Zeroizing::new(BASE32_NOPAD.encode(&bits[..]).to_ascii_lowercase());
    let mut text = Zeroizing::new(String::with_capacity(LENGTH_MAX));
    for part in [prefix, "_", school.as_str(), "_", id, "_", &secret] {
        text.push_str(part);
    }
    let check = check(&text);
    text.push_str(&check);
    Ok(Made {
        hash: hash_hex(&text),
        text: SecretString::from(text.as_str()),
    })
}

/// Reads a token as far as can be told from itself.
pub(crate) fn read<'a>(
    prefix: &str,
    school: &SchoolId,
    text: &'a str,
) -> Result<Shown<'a>, BadToken> {
    let is_ours = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if text.len() > LENGTH_MAX || !text.bytes().all(is_ours) {
        return Err(BadToken::Shape);
    }
    let mut parts = text.splitn(4, '_');
    if parts.next() != Some(prefix) {
        return Err(BadToken::Shape);
    }
    let (Some(of_school), Some(id), Some(secret)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(BadToken::Truncated);
    };
    if of_school.is_empty() || id.is_empty() || secret.contains('_') {
        return Err(BadToken::Shape);
    }
    match secret.len().cmp(&(SECRET + CHECK)) {
        Ordering::Less => return Err(BadToken::Truncated),
        Ordering::Equal => {}
        Ordering::Greater => return Err(BadToken::Shape),
    }
    let (all, given) = text.split_at(text.len() - CHECK);
    if check(all) != given {
        return Err(BadToken::Mistyped);
    }
    if of_school != school.as_str() {
        return Err(BadToken::OtherSchool);
    }
    Ok(Shown {
        id,
        hash: hash_hex(text),
    })
}

/// A new id: 80 random bits.
pub(crate) fn new_id() -> Result<String, RandomError> {
    Ok(BASE32_NOPAD
        .encode(&random::bytes::<10>()?)
        .to_ascii_lowercase())
}

fn check(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut check = BASE32_NOPAD.encode(&digest[..5]).to_ascii_lowercase();
    check.truncate(CHECK);
    check
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn school(id: &str) -> SchoolId {
        SchoolId::parse(id).unwrap()
    }

    #[test]
    fn a_token_is_read_back_and_whatever_is_wrong_with_it_has_a_name() {
        let made = make("hrk", &school("s1"), "abc").unwrap();
        let text = made.text.expose_secret();
        let shown = read("hrk", &school("s1"), text).unwrap();
        assert_eq!((shown.id, shown.hash), ("abc", made.hash));
        let fault = |text: &str| read("hrk", &school("s1"), text).err();
        for cut in 4..text.len() {
            assert_eq!(fault(&text[..cut]), Some(BadToken::Truncated), "{cut}");
        }
        for bad in [
            "",
            "hr",
            "hrk",
            "hrs_s1_abc_x",
            "Bearer hrk_s1",
            &format!("{text}a"),
            &format!("{text}\r\n"),
            &format!("{text}{}", "a".repeat(100_000)),
            &text.replace("_abc_", "__"),
            "hrk_学校_abc_x",
        ] {
            let is_known = matches!(fault(bad), Some(BadToken::Shape | BadToken::Truncated));
            assert!(is_known, "{bad:.40}: {:?}", fault(bad));
        }
        // Another character at any one place is noticed.
        for at in 7..text.len() {
            let mut other = text.to_owned().into_bytes();
            other[at] = if other[at] == b'a' { b'b' } else { b'a' };
            let other = String::from_utf8(other).unwrap();
            let fault = fault(&other).unwrap();
            assert!(
                matches!(
                    fault,
                    BadToken::Mistyped | BadToken::Shape | BadToken::Truncated
                ),
                "{at}: {fault:?}"
            );
        }
        assert_eq!(
            read("hrk", &school("s2"), text).err(),
            Some(BadToken::OtherSchool)
        );
    }
}
