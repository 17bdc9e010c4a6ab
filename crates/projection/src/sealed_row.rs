//! Sealed fields as rows hold them.

use homeroom_domain::PersonId;
use homeroom_domain::sealed::{Category, Sealed};
use rkyv::{Archive, Deserialize, Serialize};

/// A [`Sealed`] field in a row. It stays sealed: whoever may read it opens it on reading, and erasing a key erases here too.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct SealedRow {
    person: String,
    category: String,
    ciphertext: String,
}

impl SealedRow {
    /// The field; `None` if the row is not one that was written from a field.
    pub fn sealed(&self) -> Option<Sealed> {
        let category = Category::ALL
            .into_iter()
            .find(|category| category.as_str() == self.category)?;
        let person = PersonId::parse(&self.person).ok()?;
        Some(Sealed {
            person,
            category,
            ciphertext: self.ciphertext.clone(),
        })
    }
}

impl From<&Sealed> for SealedRow {
    fn from(sealed: &Sealed) -> Self {
        Self {
            person: sealed.person.to_string(),
            category: sealed.category.as_str().to_owned(),
            ciphertext: sealed.ciphertext.clone(),
        }
    }
}
