//! One build of a view: an LMDB environment in a folder of its own, and the pointer to the one in use.
//!
//! `views/<name>/g000001/data.mdb`, `views/<name>/current` holding the name of the generation in use, and
//! `views/<name>/g000002.building` while the next one is built.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use heed::types::Bytes;
use heed::{Database, Env, EnvFlags, EnvOpenOptions, RoTxn, WithoutTls};
use homeroom_log::{Checkpoint, Epoch, Hash, Identity, Position, Recorded};
use serde::{Deserialize, Serialize};

use crate::writer::Writer;

/// The format of a generation, apart from what the projection writes.
const FORMAT: u32 = 1;
/// Address space for one environment, not memory or disk: a view can grow to this size without being opened anew.
const MAP_SIZE: usize = 64 << 30;
/// Read transactions at once, over all processes.
const READERS_MAX: u32 = 1_024;
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
        Checkpoint { epoch: self.epoch.clone(), position: self.position, hash: self.hash }
    }

    /// The same generation, one batch further.
    pub(crate) fn after(&self, last: &Recorded, unknown_events: u64) -> Self {
        let unknown_events = self.unknown_events + unknown_events;
        Self { position: last.position, hash: Some(last.hash), unknown_events, ..self.clone() }
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

/// An open generation.
#[derive(Clone)]
pub(crate) struct Generation {
    env: Env<WithoutTls>,
    rows: Database<Bytes, Bytes>,
    folder: PathBuf,
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Generation").field(&self.folder).finish()
    }
}

impl Generation {
    /// Makes an empty generation. `durable`: every transaction is fsynced; else none, until [`Generation::sync`].
    pub(crate) fn create(
        folder: &Path,
        name: &'static str,
        version: u32,
        identity: &Identity,
        durable: bool,
    ) -> heed::Result<Self> {
        fs::create_dir_all(folder)?;
        let env = open_env(folder, durable)?;
        let mut txn = env.write_txn()?;
        let rows = env.create_database::<Bytes, Bytes>(&mut txn, None)?;
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
        rows.put(&mut txn, META_KEY, &meta_bytes(&meta)?)?;
        txn.commit()?;
        Ok(Self { env, rows, folder: folder.to_owned() })
    }

    /// Opens a generation and refuses one that is torn, foreign or of another version.
    pub(crate) fn open(folder: &Path, expected: &Expected) -> Result<Self, Refused> {
        let torn = |what: &dyn std::fmt::Display| Refused::Torn(folder.to_owned(), what.to_string());
        let file = folder.join("data.mdb");
        let length = fs::metadata(&file).map_err(|error| torn(&error))?.len();
        let env = open_env(folder, true).map_err(|error| torn(&error))?;
        // Before any page is touched: reading a map beyond the end of its file is a signal, not an error.
        let info = env.info();
        let pages = info.last_page_number as u64 + 1;
        if length < pages * page_size() {
            return Err(torn(&format!("{length} bytes, {pages} pages")));
        }
        let _ = env.clear_stale_readers();
        let txn = env.read_txn().map_err(|error| torn(&error))?;
        let rows = env
            .open_database::<Bytes, Bytes>(&txn, None)
            .map_err(|error| torn(&error))?
            .ok_or_else(|| torn(&"it has no rows"))?;
        let meta = read_meta(&rows, &txn).map_err(|what| torn(&what))?;
        let foreign = |what: String| Refused::Foreign(folder.to_owned(), what);
        if meta.format != FORMAT {
            return Err(foreign(format!("format {}", meta.format)));
        }
        if meta.name != expected.name {
            return Err(foreign(format!("it is the view {}", meta.name)));
        }
        if let Some(identity) = &expected.identity
            && (meta.school != identity.school.as_str() || meta.epoch != identity.epoch)
        {
            return Err(foreign(format!("school {}, epoch {}", meta.school, meta.epoch)));
        }
        if meta.version != expected.version {
            return Err(Refused::OtherVersion(folder.to_owned(), meta.version));
        }
        drop(txn);
        Ok(Self { env, rows, folder: folder.to_owned() })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn read(&self) -> heed::Result<RoTxn<'static, WithoutTls>> {
        self.env.clone().static_read_txn()
    }

    pub(crate) fn rows(&self) -> Database<Bytes, Bytes> {
        self.rows
    }

    pub(crate) fn meta(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<Meta, String> {
        read_meta(&self.rows, txn)
    }

    /// What it is now.
    pub(crate) fn meta_now(&self) -> Result<Meta, String> {
        let txn = self.read().map_err(|error| error.to_string())?;
        self.meta(&txn)
    }

    pub(crate) fn write(&self) -> heed::Result<Writer<'_>> {
        Ok(Writer { txn: self.env.write_txn()?, rows: self.rows, unknown_events: 0 })
    }

    /// Ends a transaction: the rows and how far they go, together.
    pub(crate) fn commit(&self, writer: Writer<'_>, meta: &Meta) -> heed::Result<()> {
        let Writer { mut txn, rows, .. } = writer;
        rows.put(&mut txn, META_KEY, &meta_bytes(meta)?)?;
        txn.commit()
    }

    /// Brings everything to the disk.
    pub(crate) fn sync(&self) -> heed::Result<()> {
        self.env.force_sync()
    }

    /// Closes the environment, once every reader of this process has let go of it.
    pub(crate) fn close(self) {
        self.env.prepare_for_closing().wait();
    }

    /// True of a key that is a row's, not the generation's own.
    pub(crate) fn is_row(key: &[u8]) -> bool {
        key != META_KEY
    }
}

fn open_env(folder: &Path, durable: bool) -> heed::Result<Env<WithoutTls>> {
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(MAP_SIZE).max_readers(READERS_MAX);
    #[allow(unsafe_code, reason = "LMDB maps files into memory")]
    // SAFETY: the files are ours alone, written by one process under `writer.lock` and only through LMDB; NO_SYNC risks
    // the files of a generation that is not in use yet and is thrown away if its build does not end.
    unsafe {
        if !durable {
            options.flags(EnvFlags::NO_SYNC);
        }
        options.open(folder)
    }
}

fn page_size() -> u64 {
    // LMDB uses the page of the operating system.
    nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
        .ok()
        .flatten()
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or(4_096)
}

fn meta_bytes(meta: &Meta) -> heed::Result<Vec<u8>> {
    serde_json::to_vec(meta).map_err(|error| heed::Error::Encoding(error.into()))
}

fn read_meta(rows: &Database<Bytes, Bytes>, txn: &RoTxn<'_, WithoutTls>) -> Result<Meta, String> {
    let bytes = rows.get(txn, META_KEY).map_err(|error| error.to_string())?;
    let bytes = bytes.ok_or("it does not say what it is")?;
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// The folder of a projection's generations.
#[derive(Debug, Clone)]
pub(crate) struct Generations {
    pub(crate) folder: PathBuf,
}

impl Generations {
    pub(crate) fn new(views: &Path, name: &str) -> Self {
        Self { folder: views.join(name) }
    }

    /// The generation in use, if any ever was.
    pub(crate) fn current(&self) -> io::Result<Option<PathBuf>> {
        match fs::read_to_string(self.folder.join("current")) {
            Ok(name) => Ok(Some(self.folder.join(name.trim()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The folder to build the next generation in. Builds that did not end are thrown away.
    pub(crate) fn next_building(&self) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        let mut newest = 0;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.ends_with(".building") {
                fs::remove_dir_all(&path)?;
            } else if let Some(number) = number(name) {
                newest = newest.max(number);
            }
        }
        Ok(self.folder.join(format!("g{:06}.building", newest + 1)))
    }

    /// Gives a finished build its name and points to it; keeps the one before and removes older ones.
    pub(crate) fn publish(&self, building: &Path) -> io::Result<PathBuf> {
        let finished = building.with_extension("");
        fs::rename(building, &finished)?;
        let before = self.current()?;
        self.point_to(&finished)?;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if number(name).is_some() && path != finished && Some(&path) != before.as_ref() {
                fs::remove_dir_all(&path)?;
            }
        }
        Ok(finished)
    }

    fn point_to(&self, generation: &Path) -> io::Result<()> {
        let name = generation.file_name().unwrap_or_default();
        let next = self.folder.join("current.next");
        let mut file = fs::File::create(&next)?;
        file.write_all(name.as_encoded_bytes())?;
        file.sync_all()?;
        fs::rename(&next, self.folder.join("current"))?;
        fs::File::open(&self.folder)?.sync_all()
    }

    /// Takes a lock of this folder; `None` when another process has it.
    pub(crate) fn lock(&self, name: &str) -> io::Result<Option<fs::File>> {
        fs::create_dir_all(&self.folder)?;
        let file = fs::File::options().create(true).truncate(false).write(true).open(self.folder.join(name))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

/// `g000012` is generation 12.
fn number(name: &str) -> Option<u64> {
    name.strip_prefix('g')?.parse().ok()
}
