//! What a new password must be, after NIST SP 800-63B: long enough, and not among the first that anybody would guess.
//! No mixture of kinds of characters is asked for, and no change after a time.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::normal;

/// The most characters of a password.
pub const LENGTH_MAX: usize = 128;

/// The commonest, in lower case, one a line.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("common.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// Rows that fingers run along.
const RUNS: [&str; 7] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];

/// What is wrong with a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Too short.
    #[error("a password has at least {0} characters")]
    TooShort(usize),
    /// Too long.
    #[error("a password has at most {LENGTH_MAX} characters")]
    TooLong,
    /// Something that no keyboard types twice in the same way.
    #[error("a password has no control characters")]
    ControlCharacter,
    /// Among the first that anybody would try.
    #[error("this password is among the first that anybody would guess")]
    Common,
    /// The person's own number or name, with little else.
    #[error("a password must not be one's own number or name")]
    OwnDetail,
    /// The one that is to be changed.
    #[error("the new password is the old one")]
    Same,
}

/// What others know of a person, and so try first.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// Numbers and names: school number, name, phone number.
    pub known: &'a [&'a str],
}

/// Checks a new password.
///
/// # Errors
/// What is wrong with it.
pub fn check_new(password: &str, about: About<'_>, length_min: usize) -> Result<(), PasswordFault> {
    // Before anything is made of it: normal forms of long texts take long.
    if password.len() > 4 * LENGTH_MAX {
        return Err(PasswordFault::TooLong);
    }
    let normal = normal(password);
    let length = normal.chars().count();
    if length < length_min {
        return Err(PasswordFault::TooShort(length_min));
    }
    if length > LENGTH_MAX {
        return Err(PasswordFault::TooLong);
    }
    if normal.chars().any(char::is_control) {
        return Err(PasswordFault::ControlCharacter);
    }
    let lower = zeroize::Zeroizing::new(normal.to_lowercase());
    if is_common(&lower) {
        return Err(PasswordFault::Common);
    }
    if about
        .known
        .iter()
        .any(|known| is_little_more(&lower, known))
    {
        return Err(PasswordFault::OwnDetail);
    }
    Ok(())
}

fn is_common(lower: &str) -> bool {
    // `woaini1314!` is no better than `woaini1314`.
    let bare = lower.trim_end_matches(|c: char| !c.is_alphanumeric());
    COMMON.contains(lower) || COMMON.contains(bare) || repeats(bare) || is_run(bare)
}

/// A piece of at most four characters, again and again: `11111111`, `abcabcabc`.
fn repeats(text: &str) -> bool {
    let all: Vec<char> = text.chars().collect();
    (1..=4).any(|piece| {
        let again = all.iter().skip(piece).zip(&all);
        all.len() >= 2 * piece && again.clone().all(|(a, b)| a == b)
    })
}

/// Along a row and no further, either way: `12345678`, `qwertyuiop`, `87654321`.
fn is_run(text: &str) -> bool {
    let backwards: String = text.chars().rev().collect();
    RUNS.iter()
        .any(|run| run.contains(text) || run.contains(&backwards))
}

/// True of what is known, with fewer than four characters besides.
fn is_little_more(lower: &str, known: &str) -> bool {
    let known = normal(known).to_lowercase();
    let known = known.trim();
    if known.is_empty() || !lower.contains(known) {
        return false;
    }
    lower.chars().count() < known.chars().count() + 4
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About<'_> = About {
        known: &["2024010101", "王小明", "Wang Xiaoming"],
    };

    fn fault(password: &str) -> Option<PasswordFault> {
        check_new(password, ABOUT, 8).err()
    }

    #[test]
    fn a_password_is_refused_for_what_is_wrong_with_it() {
        for (password, said) in [
            ("", PasswordFault::TooShort(8)),
            ("k7$fR2x", PasswordFault::TooShort(8)),
            (&"长".repeat(129), PasswordFault::TooLong),
            (&"x9".repeat(5_000_000), PasswordFault::TooLong),
            ("kjh345\u{0}gfd", PasswordFault::ControlCharacter),
            ("woaini1314", PasswordFault::Common),
            ("WoAiNi1314!", PasswordFault::Common),
            ("woaini1314", PasswordFault::Common),
            ("password123", PasswordFault::Common),
            ("12345678", PasswordFault::Common),
            ("87654321", PasswordFault::Common),
            ("11111111", PasswordFault::Common),
            ("abcdabcd", PasswordFault::Common),
            ("qwertyuiop", PasswordFault::Common),
            ("2024010101", PasswordFault::OwnDetail),
            ("a2024010101.", PasswordFault::OwnDetail),
            ("wang xiaoming1", PasswordFault::OwnDetail),
        ] {
            assert_eq!(fault(password), Some(said), "{password:.20}");
        }
    }

    #[test]
    fn a_password_needs_no_mixture_and_may_be_a_sentence_or_as_long_as_the_longest() {
        let longest: String = "今天天气很好我们去操场".chars().cycle().take(128).collect();
        for password in [
            "床前明月光疑是地上霜",
            "correct horse battery staple",
            "hfkwpqnz",
            "84719263",
            "my number is 2024010101",
            &longest,
        ] {
            assert_eq!(fault(password), None, "{password}");
        }
    }

    #[test]
    fn no_common_password_in_the_list_is_there_in_vain() {
        for line in COMMON.iter() {
            assert_eq!(*line, line.to_lowercase(), "is never compared");
            assert!(line.chars().count() >= 8, "{line} is too short already");
            assert_eq!(fault(line), Some(PasswordFault::Common), "{line}");
        }
        assert!(COMMON.len() > 150);
    }
}
