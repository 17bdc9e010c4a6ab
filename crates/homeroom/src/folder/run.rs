//! `run.json`: what is running on a data folder, for whoever wants to talk to it. Holds no password.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;

use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::{Folder, FolderError, write_whole};

const FILE: &str = "run.json";

/// How far the sample has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SampleState {
    /// It is being played.
    Playing,
    /// It has been played.
    Played,
    /// It could not be played.
    Failed,
}

/// What is running.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The supervisor's process id.
    pub(crate) up_pid: u32,
    /// Where it serves, for example `http://127.0.0.1:8080`.
    pub(crate) url: String,
    /// Where the private nats-server listens; `None` with an external cluster.
    pub(crate) nats: Option<SocketAddr>,
    /// The clock it runs by.
    pub(crate) clock: String,
    /// How far the sample has come, where one was asked for.
    pub(crate) sample: Option<SampleState>,
    /// The parts that stopped for good, and why.
    pub(crate) stopped: BTreeMap<String, String>,
}

impl Run {
    /// What runs on a folder now; `None` where nothing does.
    pub(crate) fn read(folder: &Folder) -> Option<Self> {
        let bytes = fs::read(folder.path().join(FILE)).ok()?;
        let run: Self = serde_json::from_slice(&bytes).ok()?;
        // Left behind by an `up` that was killed?
        let alive = kill(Pid::from_raw(run.up_pid.cast_signed()), None).is_ok();
        alive.then_some(run)
    }

    /// Tells what is running.
    ///
    /// # Errors
    /// When the system says no.
    pub(crate) fn write(&self, folder: &Folder) -> Result<(), FolderError> {
        let path = folder.path().join(FILE);
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        write_whole(&path, &text).map_err(|source| folder.io(&path, source))
    }

    /// Tells that nothing is running any more.
    pub(crate) fn clear(folder: &Folder) -> io::Result<()> {
        match fs::remove_file(folder.path().join(FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
