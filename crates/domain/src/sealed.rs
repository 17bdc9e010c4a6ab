//! Sealed fields: what the log must be able to forget.
//!
//! An immutable log can take nothing back, so whatever names or describes a person stands in it only as
//! ciphertext under a key of that person and category. Destroying the key erases the field; every hash and
//! every proof still holds. Sealing and opening happen at the edge of the program; the domain only carries
//! the ciphertext, and decides on [`Mark`]s where it must compare.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a sealed field holds; each category of each person has a key of its own.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Name, school number, sex, phone.
    Identity,
    /// Where a phone was.
    Place,
    /// Which phone it was.
    Device,
    /// Why leave was asked, and what was said in deciding it.
    Reason,
    /// Free text of reports.
    Note,
}

impl Category {
    /// Every category, in the order keys are kept.
    pub const ALL: [Category; 5] = [
        Category::Identity,
        Category::Place,
        Category::Device,
        Category::Reason,
        Category::Note,
    ];

    /// The category as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Identity => "identity",
            Category::Place => "place",
            Category::Device => "device",
            Category::Reason => "reason",
            Category::Note => "note",
        }
    }
}

/// A field as the log holds it: base64 of nonce and ciphertext (XChaCha20-Poly1305), bound to its person,
/// category and school.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Sealed {
    /// Whose key opens it.
    pub person: crate::id::PersonId,
    /// Which of that person's keys.
    pub category: Category,
    /// Base64 (URL-safe, no padding) of the 24-byte nonce and the ciphertext with its tag.
    #[serde(rename = "box")]
    pub ciphertext: String,
}

/// A keyed fingerprint (HMAC-SHA-256 under a key of the school, 128 bits, in hex) of a value that is sealed:
/// equal values have equal marks, so that the domain can find and compare without reading.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Mark(pub String);

impl Mark {
    /// The mark as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
