//! The folder of a view: its generations, the pointer to the one in use, its locks.
//!
//! `views/<name>/g000001/data.mdb`, `views/<name>/current` holding the name of the generation in use, and
//! `views/<name>/g000002.building` while the next one is built.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::generation::{Refused, Unusable};

/// The pointer: a file that holds the name of the generation in use.
const POINTER: &str = "current";
/// What the folder of an unfinished generation ends with.
const BUILDING: &str = ".building";

/// The folder of a projection's generations.
#[derive(Debug, Clone)]
pub(crate) struct Generations {
    folder: PathBuf,
}

impl Generations {
    pub(crate) fn new(views: &Path, name: &str) -> Self {
        Self {
            folder: views.join(name),
        }
    }

    /// The name of the generation in use, if any ever was.
    pub(crate) fn current(&self) -> Result<Option<String>, Unusable> {
        let pointer = self.folder.join(POINTER);
        match fs::read_to_string(&pointer) {
            Ok(name) if number(name.trim()).is_some() => Ok(Some(name.trim().to_owned())),
            Ok(_) => Err(Refused::Torn(pointer, "it names no generation".to_owned()).into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Refused::Torn(pointer, error.to_string()).into())
            }
            Err(error) => Err(Unusable::Failed(format!("{}: {error}", pointer.display()))),
        }
    }

    /// The folder of a generation.
    pub(crate) fn folder_of(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Throws away builds that did not end. Only for whoever holds the lock of building.
    pub(crate) fn discard_unfinished(&self) -> io::Result<()> {
        for path in self.entries()? {
            if path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().ends_with(BUILDING))
            {
                fs::remove_dir_all(&path)?;
            }
        }
        Ok(())
    }

    /// The folder to build the next generation in.
    pub(crate) fn next_building(&self) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        // A name is not used again, even if its folder is gone.
        let current = self.current().ok().flatten().as_deref().and_then(number);
        let newest = self
            .entries()?
            .iter()
            .filter_map(|path| number_of(path))
            .chain(current)
            .max()
            .unwrap_or(0);
        Ok(self.folder.join(format!("g{:06}{BUILDING}", newest + 1)))
    }

    /// Gives a finished build its name and points to it; keeps the one before and removes older ones.
    pub(crate) fn publish(&self, building: &Path) -> io::Result<PathBuf> {
        let finished = building.with_extension("");
        fs::rename(building, &finished)?;
        let before = self
            .current()
            .ok()
            .flatten()
            .map(|name| self.folder_of(&name));
        self.point_to(&finished)?;
        for path in self.entries()? {
            if number_of(&path).is_some() && path != finished && Some(&path) != before.as_ref() {
                // A reader that has it mapped goes on reading it.
                fs::remove_dir_all(&path)?;
            }
        }
        Ok(finished)
    }

    /// Replaces the pointer by rename: whoever reads it sees the one name or the other.
    fn point_to(&self, generation: &Path) -> io::Result<()> {
        let name = generation.file_name().unwrap_or_default();
        let next = self.folder.join("current.next");
        let mut file = fs::File::create(&next)?;
        file.write_all(name.as_encoded_bytes())?;
        file.sync_all()?;
        fs::rename(&next, self.folder.join(POINTER))?;
        fs::File::open(&self.folder)?.sync_all()
    }

    /// Takes the lock of writing the generation in use; `None` when another process has it.
    pub(crate) fn lock_writing(&self) -> io::Result<Option<fs::File>> {
        self.lock("writer.lock")
    }

    /// Takes the lock of building the next generation; `None` when another process has it.
    pub(crate) fn lock_building(&self) -> io::Result<Option<fs::File>> {
        self.lock("build.lock")
    }

    /// The lock ends with the file, and the file with the process, however it ends.
    fn lock(&self, name: &str) -> io::Result<Option<fs::File>> {
        fs::create_dir_all(&self.folder)?;
        let file = fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join(name))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn entries(&self) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(&self.folder)?
            .map(|entry| Ok(entry?.path()))
            .collect()
    }
}

fn number_of(path: &Path) -> Option<u64> {
    number(path.file_name()?.to_str()?)
}

/// `g000012` is generation 12.
fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix('g')?;
    if digits.bytes().all(|digit| digit.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}
