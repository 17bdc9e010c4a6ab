//! Keys whose bytes sort as their parts do.

/// A key of several parts. Text ends with a zero byte, numbers are big-endian, so that a key made of the first parts
/// is a prefix of all that begin with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(Vec<u8>);

impl Key {
    /// The empty key: a prefix of all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text; it holds no zero byte (ours never do).
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Adds all parts of another key.
    #[must_use]
    pub fn then(mut self, other: &Key) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
