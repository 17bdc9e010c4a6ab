//! Who uses a data folder.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Folder, FolderError};

pub(super) const LOCK: &str = "lock";
pub(super) const PARTS_LOCK: &str = "parts.lock";

/// How long parts of an earlier run, whose supervisor was killed, may take to end.
const LINGER_TIMEOUT: Duration = Duration::from_secs(20);
const LINGER_INTERVAL: Duration = Duration::from_millis(50);

/// Whoever holds it runs on the folder. Given back when dropped, and by the system when the process is killed.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

/// Held while a part runs on the folder.
#[derive(Debug)]
pub(crate) struct PartLock {
    _file: File,
}

impl Folder {
    /// Locks the folder; makes it if it does not exist.
    ///
    /// # Errors
    /// When somebody else holds it, or the system says no.
    pub(crate) fn lock(&self) -> Result<FolderLock, FolderError> {
        fs::create_dir_all(self.path()).map_err(|source| self.io(self.path(), source))?;
        let path = self.path().join(LOCK);
        let mut file = open(&path).map_err(|source| self.io(&path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                let holder = match pid.trim().parse::<u32>() {
                    Ok(pid) => format!("another homeroom (process {pid})"),
                    Err(_) => "another homeroom".to_owned(),
                };
                return Err(FolderError::Locked {
                    path: self.path().to_owned(),
                    holder,
                });
            }
            Err(TryLockError::Error(source)) => return Err(self.io(&path, source)),
        }
        // For the sentence above only: the lock itself is the system's.
        let told = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "{}", std::process::id()));
        told.map_err(|source| self.io(&path, source))?;
        Ok(FolderLock { _file: file })
    }

    /// Joins the parts that run on the folder.
    ///
    /// # Errors
    /// When the system says no.
    pub(crate) fn join_parts(&self) -> Result<PartLock, FolderError> {
        let path = self.path().join(PARTS_LOCK);
        let file = open(&path).map_err(|source| self.io(&path, source))?;
        file.lock_shared()
            .map_err(|source| self.io(&path, source))?;
        Ok(PartLock { _file: file })
    }

    /// Waits until no part of an earlier run is left: they end by themselves once their supervisor is gone.
    ///
    /// # Errors
    /// When some do not end.
    pub(crate) fn wait_for_parts(&self) -> Result<(), FolderError> {
        let path = self.path().join(PARTS_LOCK);
        let file = open(&path).map_err(|source| self.io(&path, source))?;
        let end = Instant::now() + LINGER_TIMEOUT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    std::thread::sleep(LINGER_INTERVAL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(FolderError::Lingering(self.path().to_owned()));
                }
                Err(TryLockError::Error(source)) => return Err(self.io(&path, source)),
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}
