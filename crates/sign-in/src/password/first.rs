//! First passwords: made by the service, printed, handed over, and changed before anything else.

use std::fmt;

use homeroom_domain::PersonId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::random::{self, RandomError};
use crate::secret::{Purpose, SchoolSecret, same};

/// No two of them look alike on paper, in any hand: not `0 o`, `1 i l`, `2 z`, `5 s`, `6 b`, `8 b`, `9 g q`, `u v`, `m rn`.
const LETTERS: &[u8; 20] = b"acdefhjknprtwxy34679";
/// Fifteen of twenty letters are 64.8 bits: out of a guesser's reach, even one who has the hashes.
const LENGTH: usize = 15;
const GROUP: usize = 5;

/// A first password such as `k7an4-xw9rt-4h3pe`. Shown once; never by `Debug`.
#[derive(Debug, Clone)]
pub struct FirstPassword(SecretString);

impl FirstPassword {
    pub(crate) fn make() -> Result<Self, RandomError> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / GROUP));
        let mut made = 0;
        while made < LENGTH {
            for byte in Zeroizing::new(random::bytes::<32>()?).iter() {
                // 240 is a multiple of 20: every letter is as likely as another.
                if made == LENGTH || *byte >= 240 {
                    continue;
                }
                if made > 0 && made.is_multiple_of(GROUP) {
                    text.push('-');
                }
                text.push(char::from(LETTERS[usize::from(byte % 20)]));
                made += 1;
            }
        }
        Ok(Self(SecretString::from(text.as_str())))
    }

    /// The password, to be shown or printed once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(crate) fn hash(&self, secret: &SchoolSecret, person: &PersonId) -> FirstPasswordHash {
        FirstPasswordHash(hash(secret, person, self.expose()))
    }
}

/// A first password as it is kept. It has so many random bits that a fast keyed hash keeps it; a whole grade can be
/// given theirs at once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct FirstPasswordHash(String);

impl fmt::Debug for FirstPasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstPasswordHash([REDACTED])")
    }
}

impl FirstPasswordHash {
    pub(crate) fn is_of(&self, secret: &SchoolSecret, person: &PersonId, password: &str) -> bool {
        same(&self.0, &hash(secret, person, password))
    }
}

/// Typed from paper: capitals, spaces and dashes do not count.
fn hash(secret: &SchoolSecret, person: &PersonId, password: &str) -> String {
    let mut typed = Zeroizing::new(String::with_capacity(4 * LENGTH));
    let letters = password
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_lowercase());
    // One more than there are tells too long from right.
    typed.extend(letters.take(LENGTH + 1));
    secret.keyed_hex(
        Purpose::FirstPassword,
        &[person.as_str().as_bytes(), typed.as_bytes()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_password_has_only_letters_that_cannot_be_mistaken_and_all_of_them_occur() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let made = FirstPassword::make().unwrap();
            let groups: Vec<&str> = made.expose().split('-').collect();
            assert_eq!(
                groups.iter().map(|g| g.len()).collect::<Vec<_>>(),
                [5, 5, 5]
            );
            seen.extend(groups.concat().bytes());
            assert!(!format!("{made:?}").contains(groups[0]));
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), {
            let mut letters = LETTERS.to_vec();
            letters.sort_unstable();
            letters
        });
    }
}
