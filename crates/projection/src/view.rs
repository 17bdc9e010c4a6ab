//! Reading a view: the generation in use, followed without a restart, never a step back.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use heed::{RoTxn, WithoutTls};
use homeroom_log::{Epoch, Hash, Position};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::generation::{Expected, Generation, Generations, Meta, Refused};
use crate::key::Key;
use crate::row::{Row, Table};

/// How often the pointer to the generation in use is looked at.
const POINTER_INTERVAL: Duration = Duration::from_millis(50);

/// Why a view cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// No generation was ever finished.
    #[error("the view {0} is not built yet")]
    NotBuilt(&'static str),
    /// The generation in use is not fit for it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The view cannot be read.
    #[error("the view {name} cannot be read: {what}")]
    Unreadable {
        /// The view.
        name: &'static str,
        /// Why.
        what: String,
    },
}

/// What a view is, for health.
#[derive(Debug, Clone, Serialize)]
pub struct ViewStatus {
    /// The projection.
    pub name: &'static str,
    /// The generation in use.
    pub generation: Option<String>,
    /// How far it has come.
    pub position: Option<Position>,
    /// Events it did not know and skipped.
    pub unknown_events: u64,
    /// Why it cannot be read, if it cannot.
    pub problem: Option<String>,
}

/// A view as a process reads it. Cheap to clone; opens each generation once.
#[derive(Debug, Clone)]
pub struct View {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    generations: Generations,
    expected: Expected,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    current: Option<Generation>,
    /// What was served so far; a newer generation is taken only once it has come as far.
    served: Position,
    looked_at: Option<Instant>,
}

impl View {
    /// Names a view to read. Nothing is opened before it is asked for.
    pub fn new(views: &Path, name: &'static str, version: u32) -> Self {
        let state = State { current: None, served: Position::START, looked_at: None };
        let inner = Inner {
            generations: Generations::new(views, name),
            expected: Expected { name, version, identity: None },
            state: Mutex::new(state),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The projection's name.
    pub fn name(&self) -> &'static str {
        self.inner.expected.name
    }

    /// A consistent look at the view as it is now. Keep it short: while it lives, pages it sees are not reused.
    ///
    /// # Errors
    /// When there is no generation that is fit for use.
    pub fn read(&self) -> Result<Snapshot, ViewError> {
        let mut state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.follow_pointer(&mut state)?;
        let generation = state.current.clone().ok_or(ViewError::NotBuilt(self.name()))?;
        let snapshot = self.snapshot(&generation)?;
        state.served = state.served.max(snapshot.position());
        Ok(snapshot)
    }

    fn snapshot(&self, generation: &Generation) -> Result<Snapshot, ViewError> {
        let unreadable = |what: String| ViewError::Unreadable { name: self.name(), what };
        let txn = generation.read().map_err(|error| unreadable(error.to_string()))?;
        let meta = generation.meta(&txn).map_err(unreadable)?;
        Ok(Snapshot { name: self.name(), rows: generation.rows(), txn, meta })
    }

    fn follow_pointer(&self, state: &mut State) -> Result<(), ViewError> {
        let recently = state.looked_at.is_some_and(|at| at.elapsed() < POINTER_INTERVAL);
        if recently && state.current.is_some() {
            return Ok(());
        }
        state.looked_at = Some(Instant::now());
        let unreadable = |what: String| ViewError::Unreadable { name: self.name(), what };
        let Some(folder) = self.inner.generations.current().map_err(|error| unreadable(error.to_string()))? else {
            return Ok(());
        };
        if state.current.as_ref().is_some_and(|generation| generation.folder() == folder) {
            return Ok(());
        }
        let opened = match Generation::open(&folder, &self.inner.expected) {
            Ok(opened) => opened,
            // What is being served stays good; a reader that has nothing says why.
            Err(refused) if state.current.is_some() => {
                tracing::warn!(%refused, "going on with the generation before");
                return Ok(());
            }
            Err(refused) => return Err(refused.into()),
        };
        let meta = opened.meta_now().map_err(unreadable)?;
        if meta.position >= state.served {
            state.current = Some(opened);
        }
        Ok(())
    }

    /// What the view is now.
    pub fn status(&self) -> ViewStatus {
        let read = self.read();
        let folder = self.inner.generations.current().ok().flatten();
        ViewStatus {
            name: self.name(),
            generation: folder.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()),
            position: read.as_ref().ok().map(Snapshot::position),
            unknown_events: read.as_ref().map_or(0, |snapshot| snapshot.meta.unknown_events),
            problem: read.err().map(|error| error.to_string()),
        }
    }

    /// The folder of the generation in use.
    pub fn current_folder(&self) -> Option<PathBuf> {
        self.inner.generations.current().ok().flatten()
    }
}

/// A consistent look at a view.
pub struct Snapshot {
    name: &'static str,
    rows: heed::Database<heed::types::Bytes, heed::types::Bytes>,
    txn: RoTxn<'static, WithoutTls>,
    meta: Meta,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("name", &self.name).field("meta", &self.meta).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The position every answer from here is true for.
    pub fn position(&self) -> Position {
        self.meta.position
    }

    /// The log it is of.
    pub fn epoch(&self) -> &Epoch {
        self.meta.epoch()
    }

    fn unreadable(&self, what: &dyn std::fmt::Display) -> ViewError {
        ViewError::Unreadable { name: self.name, what: what.to_string() }
    }

    /// The row under a key, in place.
    ///
    /// # Errors
    /// When it is not a row of that table.
    pub fn get<R: Row>(&self, table: &Table<R>, key: &Key) -> Result<Option<&R::Archived>, ViewError> {
        let bytes = self.rows.get(&self.txn, &table.key(key)).map_err(|error| self.unreadable(&error))?;
        bytes.map(R::access).transpose().map_err(|error| self.unreadable(&error))
    }

    /// The row under a key, taken out.
    ///
    /// # Errors
    /// When it is not a row of that table.
    pub fn load<R: Row>(&self, table: &Table<R>, key: &Key) -> Result<Option<R>, ViewError> {
        let bytes = self.rows.get(&self.txn, &table.key(key)).map_err(|error| self.unreadable(&error))?;
        bytes.map(R::decode).transpose().map_err(|error| self.unreadable(&error))
    }

    /// The rows whose keys begin with a prefix, in the order of their keys; the key is what follows the table's name.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn prefix<'a, R: Row>(
        &'a self,
        table: &Table<R>,
        prefix: &Key,
    ) -> Result<impl Iterator<Item = Result<(&'a [u8], R), ViewError>>, ViewError> {
        let skip = table.prefix_length();
        let rows =
            self.rows.prefix_iter(&self.txn, &table.key(prefix)).map_err(|error| self.unreadable(&error))?;
        Ok(rows.map(move |row| {
            let (key, bytes) = row.map_err(|error| self.unreadable(&error))?;
            let row = R::decode(bytes).map_err(|error| self.unreadable(&error))?;
            Ok((&key[skip..], row))
        }))
    }

    /// SHA-256 over every row in the order of the keys: two folds of the same log have the same digest.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn digest(&self) -> Result<Hash, ViewError> {
        let mut digest = Sha256::new();
        for row in self.rows.iter(&self.txn).map_err(|error| self.unreadable(&error))? {
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
