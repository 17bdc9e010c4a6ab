//! What the exit codes mean; `homeroom --help` lists them.

use std::fmt;
use std::process::ExitCode;

use homeroom_log::server_process::FindError;
use homeroom_log::{
    AppendError, ConnectError, CreateError, FollowError, OpenError, ReadError, VaultError,
};
use homeroom_projection::{RunError, ViewError};
use homeroom_server::{ClockError, CloseError, StartError};

use crate::folder::FolderError;

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Ok = 0,
    /// It failed.
    Failure = 1,
    /// The input is not acceptable, or what was checked is not as it should be. (2 is clap's: typed wrongly.)
    Refused = 3,
    /// The log or a view is not what it was.
    Integrity = 4,
    /// nats-server or the service does not answer.
    Unavailable = 5,
    /// The data folder, or a view in it, is in use.
    Locked = 6,
    /// The data folder is damaged, or is something else's.
    Folder = 7,
    /// The port is in use.
    PortInUse = 8,
    /// No nats-server that is new enough.
    NoNatsServer = 9,
}

impl Exit {
    /// The code of an error.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if let Some(failed) = error.downcast_ref::<Failed>() {
            return failed.exit;
        }
        None.or_else(|| error.downcast_ref().map(Self::of_folder))
            .or_else(|| {
                error
                    .downcast_ref::<ConnectError>()
                    .map(|_| Exit::Unavailable)
            })
            .or_else(|| {
                error
                    .downcast_ref::<FindError>()
                    .map(|_| Exit::NoNatsServer)
            })
            .or_else(|| error.downcast_ref().map(Self::of_open))
            .or_else(|| error.downcast_ref().map(Self::of_create))
            .or_else(|| error.downcast_ref().map(Self::of_read))
            .or_else(|| error.downcast_ref().map(Self::of_run))
            .or_else(|| error.downcast_ref().map(Self::of_clock))
            .or_else(|| error.downcast_ref().map(Self::of_close))
            .or_else(|| error.downcast_ref().map(Self::of_vault))
            .or_else(|| error.downcast_ref::<FollowError>().map(|_| Exit::Integrity))
            .or_else(|| error.downcast_ref::<ViewError>().map(|_| Exit::Unavailable))
            .or_else(|| error.downcast_ref().map(Self::of_start))
            .or_else(|| {
                error
                    .downcast_ref::<reqwest::Error>()
                    .map(|_| Exit::Unavailable)
            })
            .unwrap_or(Exit::Failure)
    }

    fn of_folder(error: &FolderError) -> Self {
        match error {
            FolderError::Locked { .. } | FolderError::Lingering(_) => Exit::Locked,
            FolderError::Foreign(_) | FolderError::Damaged { .. } => Exit::Folder,
            FolderError::Io { .. } => Exit::Failure,
        }
    }

    fn of_open(error: &OpenError) -> Self {
        match error {
            OpenError::NotOurs { .. } => Exit::Integrity,
            OpenError::TooOld(_) => Exit::NoNatsServer,
            OpenError::Missing(_) | OpenError::Unavailable(_) => Exit::Unavailable,
        }
    }

    fn of_create(error: &CreateError) -> Self {
        match error {
            CreateError::Exists(_) => Exit::Refused,
            CreateError::Refused(_) => Exit::Unavailable,
        }
    }

    fn of_read(error: &ReadError) -> Self {
        match error {
            ReadError::Integrity { .. } => Exit::Integrity,
            ReadError::Unavailable(_) => Exit::Unavailable,
            ReadError::NoSuchPosition(_) => Exit::Refused,
        }
    }

    fn of_run(error: &RunError) -> Self {
        match error {
            error if error.is_integrity() => Exit::Integrity,
            RunError::Locked(_) | RunError::Building(_) => Exit::Locked,
            _ => Exit::Failure,
        }
    }

    fn of_clock(error: &ClockError) -> Self {
        match error {
            ClockError::Unavailable(_) => Exit::Unavailable,
            ClockError::Damaged(_) => Exit::Integrity,
            _ => Exit::Refused,
        }
    }

    fn of_close(error: &CloseError) -> Self {
        match error {
            CloseError::Read(error) => Self::of_read(error),
            CloseError::Clock(error) => Self::of_clock(error),
            CloseError::Append(AppendError::Damaged(_)) => Exit::Integrity,
            CloseError::Append(_) => Exit::Unavailable,
            CloseError::StillOpen | CloseError::Defect(_) => Exit::Failure,
        }
    }

    fn of_vault(error: &VaultError) -> Self {
        match error {
            VaultError::Unavailable(_) => Exit::Unavailable,
            VaultError::Missing(_) | VaultError::Damaged(_) | VaultError::Forged(_) => {
                Exit::Integrity
            }
            _ => Exit::Failure,
        }
    }

    fn of_start(error: &StartError) -> Self {
        match error {
            StartError::InUse(_) => Exit::PortInUse,
            StartError::Listen { .. } => Exit::Refused,
        }
    }

    /// The code that a process ended with, if it is one of ours.
    pub(crate) fn from_code(code: i32) -> Option<Self> {
        [
            Exit::Ok,
            Exit::Failure,
            Exit::Refused,
            Exit::Integrity,
            Exit::Unavailable,
            Exit::Locked,
            Exit::Folder,
            Exit::PortInUse,
            Exit::NoNatsServer,
        ]
        .into_iter()
        .find(|exit| i32::from(*exit as u8) == code)
    }

    /// A failure that ends with this code.
    pub(crate) fn because(self, sentence: impl fmt::Display) -> anyhow::Error {
        let sentence = sentence.to_string();
        Failed {
            exit: self,
            sentence,
        }
        .into()
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// A failure that knows its exit code.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
struct Failed {
    exit: Exit,
    sentence: String,
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn an_error_keeps_its_code_under_whatever_is_said_around_it() {
        let error = Err::<(), _>(OpenError::TooOld("2.10.0".into())).context("the log");
        assert_eq!(Exit::of(&error.unwrap_err()), Exit::NoNatsServer);
        let error = Err::<(), _>(Exit::Locked.because("in use")).context("starting");
        let error = error.unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Locked);
        assert_eq!(format!("{error:#}"), "starting: in use");
        assert_eq!(Exit::of(&anyhow::anyhow!("something else")), Exit::Failure);
    }

    #[test]
    fn every_code_is_explained_in_the_help() {
        let help = <crate::cli::Cli as clap::CommandFactory>::command()
            .render_long_help()
            .to_string();
        for code in 0..=u8::MAX {
            let known = Exit::from_code(code.into()).is_some() || code == 2;
            assert_eq!(help.contains(&format!("\n  {code}  ")), known, "{code}");
        }
    }
}
