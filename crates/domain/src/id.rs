//! Opaque identifiers.
//!
//! Everything that may become a subject token in the log is made by us, of `[A-Za-z0-9]` only, and says
//! nothing about the person it stands for: a school number or a name never becomes an identifier.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest identifier accepted, in bytes.
pub const ID_LENGTH_MAX: usize = 64;

/// A string that is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {kind}")]
pub struct IdError {
    /// What was asked for, as a word of the glossary.
    pub kind: &'static str,
    /// What was given, shortened to 64 characters.
    pub given: String,
}

impl IdError {
    fn new(kind: &'static str, given: &str) -> Self {
        Self {
            kind,
            given: given.chars().take(64).collect(),
        }
    }
}

/// True of a non-empty `[A-Za-z0-9]` string that fits [`ID_LENGTH_MAX`].
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= ID_LENGTH_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Makes an identifier of 80 random bits; the bits come from the edge of the program.
            pub fn from_bits(bits: [u8; 10]) -> Self {
                let mut text = String::with_capacity(17);
                text.push_str($prefix);
                text.push_str(&data_encoding::BASE32_NOPAD.encode(&bits).to_ascii_lowercase());
                Self(text.into())
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Reads an identifier.
            ///
            /// # Errors
            /// When the text is empty, too long or holds anything but `[A-Za-z0-9]`.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                if is_token(text) { Ok(Self(text.into())) } else { Err(IdError::new($kind, text)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

opaque_id!(
    /// A school: the first token of every subject. Chosen at initialisation, for example `s1`.
    SchoolId, "school id", "s"
);
opaque_id!(
    /// A person (student or staff), for life; school numbers and names map to it in the directory.
    PersonId, "person id", "p"
);
opaque_id!(
    /// A class.
    ClassId, "class id", "c"
);
opaque_id!(
    /// A check-in rule, over all its versions.
    RuleId, "rule id", "r"
);
opaque_id!(
    /// A report template, over all its versions.
    TemplateId, "template id", "t"
);
opaque_id!(
    /// What identifies one command for ever; derived at the edge from the actor and the `Idempotency-Key`.
    CommandId, "command id", "k"
);
opaque_id!(
    /// One commit.
    CommitId, "commit id", "m"
);

/// A slip: the student's person id and the slip's number among that student's, so that a slip's boundary
/// is known from its id alone and a dispute needs nothing but the log.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct SlipId {
    /// The student whose slip it is.
    pub student: PersonId,
    /// 1 for the student's first slip, and so on.
    pub number: u32,
}

impl SlipId {
    /// Reads `<person id>-<number>`.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let error = || IdError::new("slip id", text);
        let (student, number) = text.split_once('-').ok_or_else(error)?;
        let student = PersonId::parse(student).map_err(|_| error())?;
        // One spelling for each slip: "007" and "+7" are refused.
        let parsed: u32 = number.parse().map_err(|_| error())?;
        if parsed == 0 || parsed.to_string() != number {
            return Err(error());
        }
        Ok(Self {
            student,
            number: parsed,
        })
    }
}

impl fmt::Display for SlipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.student, self.number)
    }
}

impl TryFrom<String> for SlipId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<SlipId> for String {
    fn from(id: SlipId) -> String {
        id.to_string()
    }
}
