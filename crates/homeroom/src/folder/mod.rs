//! The data folder: what is where, whose it is, and who uses it now.
//!
//! ```text
//! homeroom.json   what the folder is; written last at initialisation
//! lock            held by whoever runs on the folder
//! parts.lock      shared by the parts that `up` started, so that the next `up` can wait for stragglers
//! run.json        what is running and where
//! nats/           the private nats-server: configuration, passwords, store
//! views/          the views
//! logs/           what each part logged
//! ```

mod lock;
mod run;
mod settings;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use lock::{FolderLock, PartLock};
pub(crate) use run::{Run, SampleState};
pub(crate) use settings::{LogPlace, Settings};

/// Says that an initialisation is under way: nothing was ever served from the folder, so it may be begun again.
const BEGUN: &str = "initialising";

/// Why a data folder is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// Somebody runs on it.
    #[error("the data folder {path} is in use by {holder}; stop that one first, or choose another with --data", path = path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Who, as far as known.
        holder: String,
    },
    /// Parts of an earlier run have not ended.
    #[error("processes of an earlier run still use the data folder {path}; wait, or end them", path = .0.display())]
    Lingering(PathBuf),
    /// It is something else's.
    #[error("{path} is not empty and is not a data folder of Homeroom: it was left as it is; choose another with --data", path = .0.display())]
    Foreign(PathBuf),
    /// It is ours and not whole.
    #[error("the data folder {path} is damaged: {what}; it was left as it is, and is never started over: restore it from a backup", path = path.display())]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The system says no.
    #[error("{path} cannot be used: {source}", path = path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What stands in a folder.
#[derive(Debug)]
pub(crate) enum Found {
    /// Nothing, or an initialisation that did not end.
    Nothing,
    /// A school.
    School(Settings),
}

/// A data folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Names a folder; it need not exist.
    pub(crate) fn new(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The private nats-server's folder.
    pub(crate) fn nats(&self) -> PathBuf {
        self.path.join("nats")
    }

    /// The views.
    pub(crate) fn views(&self) -> PathBuf {
        self.path.join("views")
    }

    /// What the parts log.
    pub(crate) fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// Looks at what stands in the folder and changes nothing.
    ///
    /// # Errors
    /// When it is something else's, or damaged.
    pub(crate) fn look(&self) -> Result<Found, FolderError> {
        if let Some(settings) = self.settings()? {
            if settings.log == LogPlace::Private && !self.nats().join("store").is_dir() {
                return Err(self.damaged("nats/store, which holds the log, is missing"));
            }
            return Ok(Found::School(settings));
        }
        let mut entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(source) => return Err(self.io(&self.path, source)),
        };
        if self.path.join(BEGUN).exists() {
            return Ok(Found::Nothing);
        }
        if self.nats().join("store").exists() {
            return Err(self.damaged("homeroom.json, which says what the folder is, is missing"));
        }
        let ours = [lock::LOCK, lock::PARTS_LOCK].map(std::ffi::OsString::from);
        let foreign =
            entries.find(|entry| !matches!(entry, Ok(entry) if ours.contains(&entry.file_name())));
        match foreign {
            Some(_) => Err(FolderError::Foreign(self.path.clone())),
            None => Ok(Found::Nothing),
        }
    }

    /// What the folder says it is; `None` where nothing says so.
    ///
    /// # Errors
    /// When `homeroom.json` cannot be read.
    pub(crate) fn settings(&self) -> Result<Option<Settings>, FolderError> {
        match fs::read(self.path.join(settings::FILE)) {
            Ok(bytes) => Settings::read(&bytes)
                .map(Some)
                .map_err(|what| self.damaged(format!("homeroom.json cannot be read: {what}"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Err(FolderError::Foreign(self.path.clone()))
            }
            Err(error) => Err(self.damaged(format!("homeroom.json cannot be read: {error}"))),
        }
    }

    /// Begins an initialisation, over the remains of one that did not end.
    ///
    /// # Errors
    /// When the system says no.
    pub(crate) fn begin(&self) -> Result<(), FolderError> {
        let marker = self.path.join(BEGUN);
        fs::write(&marker, "").map_err(|source| self.io(&marker, source))?;
        let nats = self.nats();
        match fs::remove_dir_all(&nats) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.io(&nats, source)),
            _ => Ok(()),
        }
    }

    /// Ends an initialisation: from here on the folder is a school's.
    ///
    /// # Errors
    /// When the system says no.
    pub(crate) fn finish(&self, settings: &Settings) -> Result<(), FolderError> {
        let path = self.path.join(settings::FILE);
        write_whole(&path, &settings.write()).map_err(|source| self.io(&path, source))?;
        self.clear_marker();
        Ok(())
    }

    /// Removes the mark of an initialisation that has ended.
    pub(crate) fn clear_marker(&self) {
        let _ = fs::remove_file(self.path.join(BEGUN));
    }

    pub(crate) fn damaged(&self, what: impl Into<String>) -> FolderError {
        FolderError::Damaged {
            path: self.path.clone(),
            what: what.into(),
        }
    }

    fn io(&self, path: &Path, source: io::Error) -> FolderError {
        FolderError::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// Replaces a file at once and for good: a reader sees the old one or the new one, a power cut leaves one of them.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, text)?;
    fs::File::open(&part)?.sync_all()?;
    fs::rename(&part, path)?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
