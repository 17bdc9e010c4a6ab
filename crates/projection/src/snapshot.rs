//! A consistent look at a view: one read transaction, its rows and the position they are true for.

use heed::{RoTxn, WithoutTls};
use homeroom_log::{Epoch, Hash, Position};
use sha2::{Digest, Sha256};

use crate::generation::{Generation, Meta};
use crate::key::Key;
use crate::row::{Row, Table};
use crate::view::ViewError;

/// A key, after its table's name, and what is under it.
pub type Entry<'a, T> = Result<(&'a [u8], T), ViewError>;

/// A consistent look at a view. It can go to another thread; keep it short.
pub struct Snapshot {
    name: &'static str,
    meta: Meta,
    // Before the generation, so that the transaction ends before the environment can be closed.
    txn: RoTxn<'static, WithoutTls>,
    generation: Generation,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("name", &self.name)
            .field("meta", &self.meta)
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    pub(crate) fn of(name: &'static str, generation: Generation) -> Result<Self, ViewError> {
        let unreadable = |what: String| ViewError::Unreadable { name, what };
        let txn = generation
            .read()
            .map_err(|error| unreadable(error.to_string()))?;
        let meta = generation.meta(&txn).map_err(unreadable)?;
        Ok(Self {
            name,
            meta,
            txn,
            generation,
        })
    }

    /// The position every answer from here is true for.
    pub fn position(&self) -> Position {
        self.meta.position
    }

    /// The log it is of.
    pub fn epoch(&self) -> &Epoch {
        self.meta.epoch()
    }

    /// Events that the projection did not know and skipped, up to this position.
    pub fn unknown_events(&self) -> u64 {
        self.meta.unknown_events
    }

    fn unreadable(&self, what: &dyn std::fmt::Display) -> ViewError {
        ViewError::Unreadable {
            name: self.name,
            what: what.to_string(),
        }
    }

    fn bytes<R>(&self, table: &Table<R>, key: &Key) -> Result<Option<&[u8]>, ViewError> {
        let rows = self.generation.rows();
        rows.get(&self.txn, &table.key(key))
            .map_err(|error| self.unreadable(&error))
    }

    /// The row under a key, in place: checked, not copied.
    ///
    /// # Errors
    /// When it is not a row of that table.
    pub fn get<R: Row>(
        &self,
        table: &Table<R>,
        key: &Key,
    ) -> Result<Option<&R::Archived>, ViewError> {
        self.bytes(table, key)?
            .map(R::access)
            .transpose()
            .map_err(|error| self.unreadable(&error))
    }

    /// The row under a key, taken out.
    ///
    /// # Errors
    /// When it is not a row of that table.
    pub fn load<R: Row>(&self, table: &Table<R>, key: &Key) -> Result<Option<R>, ViewError> {
        self.bytes(table, key)?
            .map(R::decode)
            .transpose()
            .map_err(|error| self.unreadable(&error))
    }

    fn range<'a, R>(
        &'a self,
        table: &Table<R>,
        prefix: &Key,
    ) -> Result<impl Iterator<Item = Entry<'a, &'a [u8]>> + use<'a, R>, ViewError> {
        let skip = table.prefix_length();
        let rows = self.generation.rows();
        let rows = rows
            .prefix_iter(&self.txn, &table.key(prefix))
            .map_err(|error| self.unreadable(&error))?;
        Ok(rows.map(move |row| {
            let (key, bytes) = row.map_err(|error| self.unreadable(&error))?;
            Ok((&key[skip..], bytes))
        }))
    }

    /// The rows whose keys begin with a prefix, taken out, in the order of their keys; the key is what follows the
    /// table's name.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn prefix<'a, R: Row>(
        &'a self,
        table: &Table<R>,
        prefix: &Key,
    ) -> Result<impl Iterator<Item = Entry<'a, R>> + use<'a, R>, ViewError> {
        let rows = self.range(table, prefix)?;
        Ok(rows.map(|row| {
            let (key, bytes) = row?;
            Ok((
                key,
                R::decode(bytes).map_err(|error| self.unreadable(&error))?,
            ))
        }))
    }

    /// As [`Snapshot::prefix`], but the rows in place: checked, not copied.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn scan<'a, R: Row>(
        &'a self,
        table: &Table<R>,
        prefix: &Key,
    ) -> Result<impl Iterator<Item = Entry<'a, &'a R::Archived>> + use<'a, R>, ViewError> {
        let rows = self.range(table, prefix)?;
        Ok(rows.map(|row| {
            let (key, bytes) = row?;
            Ok((
                key,
                R::access(bytes).map_err(|error| self.unreadable(&error))?,
            ))
        }))
    }

    /// The last row whose key begins with a prefix, taken out; the key is what follows the table's name.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn last<R: Row>(
        &self,
        table: &Table<R>,
        prefix: &Key,
    ) -> Result<Option<(&[u8], R)>, ViewError> {
        let rows = self
            .generation
            .rows()
            .rev_prefix_iter(&self.txn, &table.key(prefix));
        let Some(row) = rows.map_err(|error| self.unreadable(&error))?.next() else {
            return Ok(None);
        };
        let (key, bytes) = row.map_err(|error| self.unreadable(&error))?;
        let row = R::decode(bytes).map_err(|error| self.unreadable(&error))?;
        Ok(Some((&key[table.prefix_length()..], row)))
    }

    /// SHA-256 over every row in the order of the keys: two folds of the same log have the same digest.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn digest(&self) -> Result<Hash, ViewError> {
        let mut digest = Sha256::new();
        let rows = self.generation.rows();
        for row in rows
            .iter(&self.txn)
            .map_err(|error| self.unreadable(&error))?
        {
            let (key, value) = row.map_err(|error| self.unreadable(&error))?;
            if Generation::is_row(key) {
                for part in [key, value] {
                    digest.update((part.len() as u64).to_be_bytes());
                    digest.update(part);
                }
            }
        }
        Ok(Hash(digest.finalize().into()))
    }
}
