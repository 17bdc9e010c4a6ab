//! The commit: what one command decided, as one message in the log.

use std::fmt;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use homeroom_domain::office::Actor;
use homeroom_domain::{Boundary, CommandId, CommitId, EventRecord, Moment, SchoolId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A commit's sequence number in the log. The first commit is at 1; 0 is before any.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first commit.
    pub const START: Position = Position(0);

    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// SHA-256, in lower-case hex wherever it is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Hash {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let bytes = HEXLOWER
            .decode(text.as_bytes())
            .map_err(|_| format!("{text:?} is not a SHA-256 in hex"))?;
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| format!("{text:?} is not a SHA-256 in hex"))
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> String {
        hash.to_string()
    }
}

/// The newest commit of a boundary: what the next one must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tail {
    /// Its position.
    pub position: Position,
    /// The SHA-256 of its raw bytes.
    pub hash: Hash,
}

/// The command a commit answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommandRecord {
    /// The command's id: the same id is the same command, for ever.
    pub id: CommandId,
    /// Its type, in snake case.
    #[serde(rename = "type")]
    pub type_: String,
    /// HMAC-SHA-256 of its body under a key of the school, in hex: tells a retry from another command under the same id,
    /// without telling what the body was.
    pub digest: Hash,
}

/// A clock that is not the real one; said by every commit decided by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SimulatedClock {
    /// Moved by hand.
    Manual,
    /// Running from a given instant at a given speed.
    Scaled,
}

/// What one command decided. Its JSON is the message in the log, and evidence: anyone can read it without this program.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Commit {
    /// The commit's own id.
    pub commit: CommitId,
    /// The school.
    pub school: SchoolId,
    /// The boundary it was decided on.
    pub boundary: Boundary,
    /// The command it answers.
    pub command: CommandRecord,
    /// Who asked.
    pub actor: Actor,
    /// When it was decided, by the server's clock.
    pub at: Moment,
    /// The clock, where it is not the real one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock: Option<SimulatedClock>,
    /// The position up to which the facts from outside the boundary were known.
    pub facts: Position,
    /// The boundary's commit before this one; `None` for its first.
    pub follows: Option<Tail>,
    /// What happened, in order; never empty.
    pub events: Vec<EventRecord>,
}

/// A commit read back from the log.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Where it stands.
    pub position: Position,
    /// The SHA-256 of `raw`.
    pub hash: Hash,
    /// The message as it was stored.
    pub raw: Bytes,
    /// The same, read.
    pub commit: Commit,
}

impl Recorded {
    /// Reads a stored message.
    ///
    /// # Errors
    /// When it is not a commit.
    pub fn read(position: Position, raw: Bytes) -> Result<Self, serde_json::Error> {
        let commit = serde_json::from_slice(&raw)?;
        Ok(Self {
            position,
            hash: Hash::of(&raw),
            raw,
            commit,
        })
    }

    /// This commit as the tail that the next one on its boundary follows.
    pub fn tail(&self) -> Tail {
        Tail {
            position: self.position,
            hash: self.hash,
        }
    }
}
