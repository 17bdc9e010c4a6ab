//! The rows of leave.

use homeroom_domain::SlipId;
use homeroom_projection::{Key, SealedRow, Table};
use rkyv::{Archive, Deserialize, Serialize};

/// student, number counted downwards → a slip: a student's newest slip comes first
pub(crate) const SLIPS: Table<SlipRow> = Table::new("slips");

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct SlipRow {
    pub(crate) number: u32,
    /// The class at the instant of asking.
    pub(crate) class: String,
    /// As the log has it.
    pub(crate) leave: String,
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    pub(crate) reason: SealedRow,
    pub(crate) submitted_position: u64,
    pub(crate) submitted_ms: i64,
    /// As the log has it.
    pub(crate) waits_for: String,
    pub(crate) decided: Option<DecidedRow>,
    /// Decisions by somebody who may not.
    pub(crate) decisions_refused: u32,
}

#[derive(Debug, Clone, Archive, Serialize, Deserialize)]
pub(crate) struct DecidedRow {
    pub(crate) approved: bool,
    pub(crate) position: u64,
    pub(crate) at_ms: i64,
    pub(crate) by: String,
    /// As the log has it.
    pub(crate) office: String,
    /// What was said with it.
    pub(crate) words: Option<SealedRow>,
}

pub(crate) fn slip_key(slip: &SlipId) -> Key {
    Key::new()
        .text(slip.student.as_str())
        .number(u64::from(u32::MAX - slip.number))
}
