//! One build of a view: what it is of, how far it goes, and why it may be refused.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use heed::types::Bytes;
use heed::{Database, RoTxn, WithoutTls};
use homeroom_log::{Checkpoint, Epoch, Hash, Identity, Position, Recorded};
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::writer::Writer;

/// The format of a generation, apart from what the projection writes.
const FORMAT: u32 = 1;
/// The key of the generation's own row; no table has an empty name.
const META_KEY: &[u8] = b"\0meta";

/// Why a generation is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Cut short or unreadable.
    #[error("the view in {0} is torn: {1}")]
    Torn(PathBuf, String),
    /// Of another school, log or projection.
    #[error("the view in {0} is foreign: {1}")]
    Foreign(PathBuf, String),
    /// Written by another version of the projection.
    #[error("the view in {0} is of version {1}")]
    OtherVersion(PathBuf, u32),
}

/// Why a generation cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// It is not fit for use: it is built anew.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The machine says no: building anew would not help.
    #[error("{0}")]
    Failed(String),
}

/// What a generation is and how far it has come; written in every transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meta {
    format: u32,
    name: String,
    version: u32,
    school: String,
    epoch: Epoch,
    pub(crate) position: Position,
    pub(crate) hash: Option<Hash>,
    pub(crate) unknown_events: u64,
}

impl Meta {
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            epoch: self.epoch.clone(),
            position: self.position,
            hash: self.hash,
        }
    }

    /// The same generation, one batch further.
    fn after(&self, last: &Recorded, unknown_events: u64) -> Self {
        let unknown_events = self.unknown_events + unknown_events;
        Self {
            position: last.position,
            hash: Some(last.hash),
            unknown_events,
            ..self.clone()
        }
    }

    fn bytes(&self) -> heed::Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| heed::Error::Encoding(error.into()))
    }

    pub(crate) fn epoch(&self) -> &Epoch {
        &self.epoch
    }
}

/// What a generation must be.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
    /// The log it must be of; a reader that has no log at hand takes the view's word for it.
    pub(crate) identity: Option<Identity>,
}

impl Expected {
    fn check(&self, folder: &Path, meta: &Meta) -> Result<(), Refused> {
        let foreign = |what: String| Err(Refused::Foreign(folder.to_owned(), what));
        if meta.format != FORMAT {
            return foreign(format!(
                "it has format {}, this program reads {FORMAT}",
                meta.format
            ));
        }
        if meta.name != self.name {
            return foreign(format!("it is the view {}", meta.name));
        }
        if let Some(identity) = &self.identity
            && (meta.school != identity.school.as_str() || meta.epoch != identity.epoch)
        {
            return foreign(format!(
                "it is of school {}, epoch {}; the log is of school {}, epoch {}",
                meta.school, meta.epoch, identity.school, identity.epoch
            ));
        }
        if meta.version != self.version {
            return Err(Refused::OtherVersion(folder.to_owned(), meta.version));
        }
        Ok(())
    }
}

/// An open generation. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Generation {
    environment: Arc<Environment>,
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Generation")
            .field(&self.environment.folder())
            .finish()
    }
}

impl Generation {
    /// Makes an empty generation that nobody uses yet: nothing in it is fsynced until [`Generation::finish`].
    pub(crate) fn create(
        folder: &Path,
        name: &str,
        version: u32,
        identity: &Identity,
    ) -> heed::Result<Self> {
        let environment = Environment::create(folder)?;
        let meta = Meta {
            format: FORMAT,
            name: name.to_owned(),
            version,
            school: identity.school.to_string(),
            epoch: identity.epoch.clone(),
            position: Position::START,
            hash: None,
            unknown_events: 0,
        };
        let mut txn = environment.write()?;
        environment.rows().put(&mut txn, META_KEY, &meta.bytes()?)?;
        environment.commit(txn)?;
        Ok(Self {
            environment: Arc::new(environment),
        })
    }

    /// Opens a generation and refuses one that is torn, foreign or of another version.
    pub(crate) fn open(folder: &Path, expected: &Expected) -> Result<Self, Unusable> {
        let generation = Self {
            environment: Environment::open(folder)?,
        };
        let txn = generation
            .read()
            .map_err(|error| Unusable::Failed(error.to_string()))?;
        let meta = generation
            .meta(&txn)
            .map_err(|what| Refused::Torn(folder.to_owned(), what))?;
        drop(txn);
        expected.check(folder, &meta)?;
        Ok(generation)
    }

    /// Its folder's name.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        self.environment
            .folder()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
    }

    /// True while the pointer's name is this generation's and its file is still the one that is open.
    pub(crate) fn is_current(&self, name: &str) -> bool {
        self.name() == name && self.environment.is_in_place()
    }

    pub(crate) fn read(&self) -> heed::Result<RoTxn<'static, WithoutTls>> {
        self.environment.read()
    }

    pub(crate) fn rows(&self) -> Database<Bytes, Bytes> {
        self.environment.rows()
    }

    pub(crate) fn meta(&self, txn: &RoTxn<'_>) -> Result<Meta, String> {
        let bytes = self
            .rows()
            .get(txn, META_KEY)
            .map_err(|error| error.to_string())?;
        let bytes = bytes.ok_or("it does not say what it is")?;
        serde_json::from_slice(bytes)
            .map_err(|error| format!("it does not say what it is: {error}"))
    }

    /// What it is now, for a reader.
    pub(crate) fn meta_now(&self) -> Result<Meta, String> {
        let txn = self.read().map_err(|error| error.to_string())?;
        self.meta(&txn)
    }

    /// Begins a transaction, with what the generation is at its beginning.
    ///
    /// Only this knows how far a view goes for whoever goes on writing. A writer killed between its last page and its
    /// last word in the lock file leaves readers at the transaction before, until the next writer has repaired that;
    /// a position read as a reader and rows written as a writer would then repeat a batch.
    pub(crate) fn write(&self) -> Result<Writer<'_>, String> {
        let txn = self
            .environment
            .write()
            .map_err(|error| error.to_string())?;
        let meta = self.meta(&txn)?;
        Ok(Writer {
            txn,
            rows: self.rows(),
            meta,
            unknown_events: 0,
        })
    }

    /// Ends a transaction: the rows and how far they go, together.
    pub(crate) fn commit(&self, writer: Writer<'_>, last: &Recorded) -> heed::Result<Meta> {
        let Writer {
            mut txn,
            rows,
            meta,
            unknown_events,
        } = writer;
        let after = meta.after(last, unknown_events);
        rows.put(&mut txn, META_KEY, &after.bytes()?)?;
        self.environment.commit(txn)?;
        Ok(after)
    }

    pub(crate) fn clear_stale_readers(&self) {
        self.environment.clear_stale_readers();
    }

    /// Ends a build: everything is on the disk and the environment is closed, so that its folder can be renamed.
    pub(crate) fn finish(self) -> heed::Result<()> {
        Arc::into_inner(self.environment)
            .ok_or(heed::Error::EnvAlreadyOpened)?
            .sync_and_close()
    }

    /// True of a key that is a row's, not the generation's own.
    pub(crate) fn is_row(key: &[u8]) -> bool {
        key != META_KEY
    }
}
