//! What a fold writes into: one transaction of a generation.

use heed::types::Bytes;
use heed::{Database, RwTxn};
use homeroom_domain::event::EventError;

use crate::key::Key;
use crate::row::{Row, Table};

/// Why a commit cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum Poison {
    /// One of its events cannot be read.
    #[error(transparent)]
    Event(#[from] EventError),
    /// A row that should be there cannot be read or written.
    #[error("table {table}: {what}")]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The commit contradicts what was folded before: somebody tampered with the log.
    #[error("integrity: {0}")]
    Integrity(String),
}

/// The rows of a view while they are written.
pub struct Writer<'a> {
    pub(crate) txn: RwTxn<'a>,
    pub(crate) rows: Database<Bytes, Bytes>,
    pub(crate) unknown_events: u64,
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

fn poison<R>(table: &Table<R>, what: impl std::fmt::Display) -> Poison {
    Poison::Row { table: table.name(), what: what.to_string() }
}

impl Writer<'_> {
    /// The row under a key.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn get<R: Row>(&self, table: &Table<R>, key: &Key) -> Result<Option<R>, Poison> {
        let bytes = self.rows.get(&self.txn, &table.key(key)).map_err(|error| poison(table, error))?;
        bytes.map(R::decode).transpose().map_err(|error| poison(table, error))
    }

    /// Writes the row under a key.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put<R: Row>(&mut self, table: &Table<R>, key: &Key, row: &R) -> Result<(), Poison> {
        let bytes = row.encode().map_err(|error| poison(table, error))?;
        self.rows.put(&mut self.txn, &table.key(key), &bytes).map_err(|error| poison(table, error))
    }

    /// Removes the row under a key; it need not exist.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub fn delete<R: Row>(&mut self, table: &Table<R>, key: &Key) -> Result<(), Poison> {
        self.rows.delete(&mut self.txn, &table.key(key)).map(drop).map_err(|error| poison(table, error))
    }

    /// Changes the row under a key, beginning with the default where there is none.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn update<R: Row + Default>(
        &mut self,
        table: &Table<R>,
        key: &Key,
        change: impl FnOnce(&mut R),
    ) -> Result<(), Poison> {
        let mut row = self.get(table, key)?.unwrap_or_default();
        change(&mut row);
        self.put(table, key, &row)
    }

    /// Counts an event that this projection does not know; it is skipped.
    pub fn skip_unknown_event(&mut self) {
        self.unknown_events += 1;
    }
}
