//! The rows of the trail.

use homeroom_domain::Moment;
use homeroom_log::{Hash, Position, Tail};
use homeroom_projection::Table;
use rkyv::{Archive, Deserialize, Serialize};

/// boundary, position → the commit there; a boundary's last is its tail
pub(crate) const STEPS: Table<StepRow> = Table::new("steps");
/// slip, position → nothing more: the commit is in the log
pub(crate) const STORIES: Table<()> = Table::new("stories");

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct StepRow {
    hash: [u8; 32],
    at_ms: i64,
}

impl StepRow {
    pub(crate) fn of(hash: Hash, at: Moment) -> Self {
        Self {
            hash: hash.0,
            at_ms: at.unix_ms(),
        }
    }

    pub(crate) fn tail(&self, position: Position) -> Tail {
        Tail {
            position,
            hash: Hash(self.hash),
        }
    }

    pub(crate) fn step(&self, position: Position) -> Step {
        Step {
            position,
            hash: Hash(self.hash),
            at: Moment::from_unix_ms(self.at_ms),
        }
    }
}

/// The position that a key of [`STEPS`] or [`STORIES`] ends with.
pub(crate) fn step_position(key: &[u8]) -> Option<Position> {
    key.last_chunk()
        .map(|bytes| Position(u64::from_be_bytes(*bytes)))
}

/// One commit of a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Where it stands in the log.
    pub position: Position,
    /// The SHA-256 of its raw bytes.
    pub hash: Hash,
    /// When it was decided.
    pub at: Moment,
}
