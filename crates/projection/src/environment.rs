//! One LMDB environment: opened once in a process, its file never shorter than what it says it holds.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use heed::types::Bytes;
use heed::{Database, Env, EnvFlags, EnvOpenOptions, MdbError, RoTxn, RwTxn, WithoutTls};

use crate::generation::{Refused, Unusable};

/// Address space of one environment, not memory or disk: a view may grow to this size without being opened anew, and
/// a hundred of them still fit the 128 TiB a process has.
const MAP_SIZE: usize = 64 << 30;
/// Read transactions at once, over all processes: one slot each in the lock file.
const READERS_MAX: u32 = 1_024;
/// The file is kept this far ahead of its last page, as a hole. LMDB does not write a page that was taken and freed
/// within one transaction, so a sound file may end before its last page; with the hole it never does, and one that
/// does is torn.
const SLACK: u64 = 32 << 20;
/// How long a finished build may take to be closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long opening waits for another user of the same name in this process.
const RELEASE_TIMEOUT: Duration = Duration::from_millis(50);

/// The file of an environment in its folder.
const DATA: &str = "data.mdb";

/// An open environment with its one unnamed database.
pub(crate) struct Environment {
    env: Env<WithoutTls>,
    rows: Database<Bytes, Bytes>,
    folder: PathBuf,
    /// Which file is mapped.
    file: FileId,
}

/// A file, whatever its name.
type FileId = (u64, u64);

fn file_id(data: &fs::Metadata) -> FileId {
    (data.dev(), data.ino())
}

/// What this process has open. Two maps of one environment in one process break LMDB's locks.
static OPEN: Mutex<BTreeMap<PathBuf, Weak<Environment>>> = Mutex::new(BTreeMap::new());

impl Environment {
    /// Makes an empty environment. No transaction in it is fsynced, until [`Environment::sync_and_close`].
    pub(crate) fn create(folder: &Path) -> heed::Result<Self> {
        fs::create_dir_all(folder)?;
        let env = open_env(folder, EnvFlags::NO_SYNC)?;
        let mut txn = env.write_txn()?;
        let rows = env.create_database::<Bytes, Bytes>(&mut txn, None)?;
        txn.commit()?;
        let file = file_id(&fs::metadata(folder.join(DATA))?);
        Ok(Self {
            env,
            rows,
            folder: folder.to_owned(),
            file,
        })
    }

    /// Opens what is in a folder; the same environment again if this process has it open already.
    pub(crate) fn open(folder: &Path) -> Result<Arc<Self>, Unusable> {
        let torn = |what: &dyn std::fmt::Display| {
            Unusable::from(Refused::Torn(folder.to_owned(), what.to_string()))
        };
        let data = match fs::metadata(folder.join(DATA)) {
            Ok(data) => data,
            Err(error) if is_absent(&error) => return Err(torn(&"it has no data")),
            Err(error) => return Err(Unusable::Failed(error.to_string())),
        };
        // LMDB takes an empty file for a new environment and writes to it.
        if data.len() == 0 {
            return Err(torn(&"its data is empty"));
        }
        let folder =
            fs::canonicalize(folder).map_err(|error| Unusable::Failed(error.to_string()))?;
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(environment) = open.get(&folder).and_then(Weak::upgrade)
            && environment.file == file_id(&data)
        {
            return Ok(environment);
        }
        let opened = Self::open_file(&folder, &data)?;
        let environment = Arc::new(opened);
        open.retain(|_, environment| environment.strong_count() > 0);
        open.insert(folder, Arc::downgrade(&environment));
        Ok(environment)
    }

    fn open_file(folder: &Path, data: &fs::Metadata) -> Result<Self, Unusable> {
        let end = Instant::now() + RELEASE_TIMEOUT;
        let env = loop {
            match open_env(folder, EnvFlags::empty()) {
                // Its last user is just letting go of it, or somebody still reads one that was removed.
                Err(heed::Error::EnvAlreadyOpened) if Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                opened => break opened.map_err(|error| unusable(folder, &error))?,
            }
        };
        // Before any page but the two that were just read: a map read beyond the end of its file is a signal.
        let needed = pages_length(&env);
        if data.len() < needed {
            let what = format!("it has {} bytes and says {needed}", data.len());
            return Err(Refused::Torn(folder.to_owned(), what).into());
        }
        let _ = env.clear_stale_readers();
        let txn = env.read_txn().map_err(|error| unusable(folder, &error))?;
        let rows = env
            .open_database::<Bytes, Bytes>(&txn, None)
            .map_err(|error| unusable(folder, &error))?;
        drop(txn);
        let rows =
            rows.ok_or_else(|| Refused::Torn(folder.to_owned(), "it has no rows".to_owned()))?;
        Ok(Self {
            env,
            rows,
            folder: folder.to_owned(),
            file: file_id(data),
        })
    }

    /// False once the file was removed or replaced under its name: by hand, since we never do.
    pub(crate) fn is_in_place(&self) -> bool {
        fs::metadata(self.folder.join(DATA)).is_ok_and(|data| file_id(&data) == self.file)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn rows(&self) -> Database<Bytes, Bytes> {
        self.rows
    }

    /// A transaction that can go to another thread.
    pub(crate) fn read(&self) -> heed::Result<RoTxn<'static, WithoutTls>> {
        self.env.clone().static_read_txn()
    }

    pub(crate) fn write(&self) -> heed::Result<RwTxn<'_>> {
        self.keep_ahead()?;
        self.env.write_txn()
    }

    pub(crate) fn commit(&self, txn: RwTxn<'_>) -> heed::Result<()> {
        txn.commit()?;
        // Only after a transaction larger than the slack is there anything to do.
        self.keep_ahead()
    }

    /// Keeps the file longer than its last page, whatever one transaction adds.
    fn keep_ahead(&self) -> heed::Result<()> {
        let needed = pages_length(&self.env) + SLACK / 2;
        let data = fs::File::options()
            .write(true)
            .open(self.folder.join(DATA))?;
        if data.metadata()?.len() < needed {
            data.set_len(needed + SLACK / 2)?;
        }
        Ok(())
    }

    /// Frees the slots of readers whose process is gone: each would keep every page it saw.
    pub(crate) fn clear_stale_readers(&self) {
        if let Ok(cleared @ 1..) = self.env.clear_stale_readers() {
            tracing::info!(folder = %self.folder.display(), cleared, "readers of the view died");
        }
    }

    /// Brings everything to the disk and closes; the folder may then be renamed.
    pub(crate) fn sync_and_close(self) -> heed::Result<()> {
        self.env.force_sync()?;
        fs::File::open(&self.folder)?.sync_all()?;
        if self.env.prepare_for_closing().wait_timeout(CLOSE_TIMEOUT) {
            Ok(())
        } else {
            Err(heed::Error::EnvAlreadyOpened)
        }
    }
}

/// The bytes that an environment's pages take, by its own account.
fn pages_length(env: &Env<WithoutTls>) -> u64 {
    (env.info().last_page_number as u64 + 1) * u64::from(env.stat().page_size)
}

fn open_env(folder: &Path, flags: EnvFlags) -> heed::Result<Env<WithoutTls>> {
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(MAP_SIZE).max_readers(READERS_MAX);
    #[allow(unsafe_code, reason = "LMDB maps files into memory")]
    // SAFETY: the files are ours alone, written by one process under `writer.lock` or `build.lock`, only through LMDB,
    // and never shortened; NO_SYNC risks the files of a generation that is not in use yet and is thrown away if its
    // build does not end.
    unsafe {
        options.flags(flags);
        options.open(folder)
    }
}

/// Tells what is wrong with the files from what is wrong with the machine: only the first is put right by building anew.
fn unusable(folder: &Path, error: &heed::Error) -> Unusable {
    match error {
        heed::Error::Mdb(
            MdbError::Invalid
            | MdbError::Corrupted
            | MdbError::VersionMismatch
            | MdbError::PageNotFound,
        ) => Refused::Torn(folder.to_owned(), error.to_string()).into(),
        _ => Unusable::Failed(error.to_string()),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
