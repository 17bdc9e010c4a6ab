//! What a fold writes into: one transaction of a generation.

use heed::types::Bytes;
use heed::{Database, MdbError, RwTxn};
use homeroom_domain::event::EventError;

use crate::generation::Meta;
use crate::key::Key;
use crate::row::{Row, Table};

/// Why a commit cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum Poison {
    /// One of its events cannot be read.
    #[error(transparent)]
    Event(#[from] EventError),
    /// A row it needs or makes cannot be one.
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
    /// Not the commit's fault: the disk or LMDB says no.
    #[error("{0}")]
    Store(String),
}

/// The rows of a view while they are written.
pub struct Writer<'a> {
    pub(crate) txn: RwTxn<'a>,
    pub(crate) rows: Database<Bytes, Bytes>,
    pub(crate) meta: Meta,
    pub(crate) unknown_events: u64,
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

fn bad_row<R>(table: &Table<R>, what: impl std::fmt::Display) -> Poison {
    Poison::Row {
        table: table.name(),
        what: what.to_string(),
    }
}

fn store<R>(table: &Table<R>, error: &heed::Error) -> Poison {
    match error {
        heed::Error::Mdb(MdbError::BadValSize) => bad_row(table, "the key is too long"),
        error => Poison::Store(error.to_string()),
    }
}

impl Writer<'_> {
    /// The row under a key.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn get<R: Row>(&self, table: &Table<R>, key: &Key) -> Result<Option<R>, Poison> {
        let bytes = self
            .rows
            .get(&self.txn, &table.key(key))
            .map_err(|error| store(table, &error))?;
        bytes
            .map(R::decode)
            .transpose()
            .map_err(|error| bad_row(table, error))
    }

    /// The rows whose keys begin with a prefix, in the order of their keys; the key is what follows the table's name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn prefix<R: Row>(
        &self,
        table: &Table<R>,
        prefix: &Key,
    ) -> Result<Vec<(Vec<u8>, R)>, Poison> {
        let skip = table.prefix_length();
        let rows = self
            .rows
            .prefix_iter(&self.txn, &table.key(prefix))
            .map_err(|error| store(table, &error))?;
        rows.map(|row| {
            let (key, bytes) = row.map_err(|error| store(table, &error))?;
            Ok((
                key[skip..].to_vec(),
                R::decode(bytes).map_err(|error| bad_row(table, error))?,
            ))
        })
        .collect()
    }

    /// The last row whose key begins with a prefix; the key is what follows the table's name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn last<R: Row>(
        &self,
        table: &Table<R>,
        prefix: &Key,
    ) -> Result<Option<(Vec<u8>, R)>, Poison> {
        let rows = self.rows.rev_prefix_iter(&self.txn, &table.key(prefix));
        let Some(row) = rows.map_err(|error| store(table, &error))?.next() else {
            return Ok(None);
        };
        let (key, bytes) = row.map_err(|error| store(table, &error))?;
        let row = R::decode(bytes).map_err(|error| bad_row(table, error))?;
        Ok(Some((key[table.prefix_length()..].to_vec(), row)))
    }

    /// Writes the row under a key.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put<R: Row>(&mut self, table: &Table<R>, key: &Key, row: &R) -> Result<(), Poison> {
        let bytes = row.encode().map_err(|error| bad_row(table, error))?;
        self.rows
            .put(&mut self.txn, &table.key(key), &bytes)
            .map_err(|error| store(table, &error))
    }

    /// Removes the row under a key; it need not exist.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub fn delete<R: Row>(&mut self, table: &Table<R>, key: &Key) -> Result<(), Poison> {
        self.rows
            .delete(&mut self.txn, &table.key(key))
            .map(drop)
            .map_err(|error| store(table, &error))
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
