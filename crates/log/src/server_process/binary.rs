//! Finding a nats-server that is new enough.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::open::SERVER_VERSION_MIN;

/// The variable that names a nats-server.
const VARIABLE: &str = "HOMEROOM_NATS_SERVER";

/// A nats-server that is new enough.
#[derive(Debug, Clone)]
pub struct NatsBinary {
    path: PathBuf,
    version: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// None anywhere.
    #[error("no nats-server: set {VARIABLE}, put one on PATH, or run ops/get-nats (2.12 or newer)")]
    Missing,
    /// What was named is none.
    #[error("{0} is not a nats-server: {1}")]
    NotOne(PathBuf, String),
    /// The only one is too old.
    #[error("{path} is nats-server {version}, which is too old: 2.12 or newer is needed")]
    TooOld {
        /// Where.
        path: PathBuf,
        /// Its version.
        version: String,
    },
}

impl NatsBinary {
    /// Takes the nats-server that is named, else `HOMEROOM_NATS_SERVER`, else the first that is new enough of: PATH,
    /// `.tools` beside this program's build folder, `.tools` here.
    ///
    /// # Errors
    /// When the one named is none or too old, or there is none that is new enough.
    pub fn find(named: Option<&Path>) -> Result<Self, FindError> {
        if let Some(path) = named
            .map(Path::to_owned)
            .or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from))
        {
            return Self::at(&path);
        }
        let on_path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&on_path)
            .map(|folder| folder.join("nats-server"))
            .collect::<Vec<_>>();
        let beside = std::env::current_exe().ok();
        let beside = beside
            .iter()
            .flat_map(|exe| exe.ancestors().skip(1).take(5))
            .map(tools);
        let mut found = Err(FindError::Missing);
        for path in on_path
            .into_iter()
            .chain(beside)
            .chain([tools(Path::new("."))])
        {
            if !path.is_file() {
                continue;
            }
            match Self::at(&path) {
                Ok(binary) => return Ok(binary),
                Err(error) => found = Err(error),
            }
        }
        found
    }

    fn at(path: &Path) -> Result<Self, FindError> {
        let not_one = |why: String| FindError::NotOne(path.to_owned(), why);
        let said = Command::new(path)
            .arg("--version")
            .output()
            .map_err(|error| not_one(error.to_string()))?;
        let said = String::from_utf8_lossy(&said.stdout);
        let version = said
            .trim()
            .strip_prefix("nats-server: v")
            .ok_or_else(|| not_one(format!("it says {:?} for its version", said.trim())))?;
        if parse(version).is_some_and(|version| version >= SERVER_VERSION_MIN) {
            Ok(Self {
                path: path.to_owned(),
                version: version.to_owned(),
            })
        } else {
            Err(FindError::TooOld {
                path: path.to_owned(),
                version: version.to_owned(),
            })
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn tools(folder: &Path) -> PathBuf {
    folder.join(".tools/nats-server")
}

fn parse(version: &str) -> Option<(i64, i64, i64)> {
    let mut parts = version.split(['.', '-', '+']);
    let mut part = || parts.next()?.parse().ok();
    Some((part()?, part()?, part().unwrap_or(0)))
}
