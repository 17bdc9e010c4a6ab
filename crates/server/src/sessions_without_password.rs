//! Sign-in sessions without a password: for whoever runs the service and has its credentials anyway, to play the sample
//! and to measure.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use homeroom_directory::Directory;
use homeroom_log::{Connection, Log, Vault, VaultError};
use homeroom_projection::{View, ViewError};
use homeroom_sign_in::{Client, Group, Settings, SignIn, SignInError, SignInRefused};

use crate::caller::{ADMIN, administrator};
use crate::people;
use crate::sign_in::{group, wall_clock};

/// Opens sign-in sessions without asking for a password. Whoever can make one can read every key of the vault as well.
pub struct SessionsWithoutPassword {
    sign_in: SignIn,
    vault: Vault,
    directory: View,
}

impl std::fmt::Debug for SessionsWithoutPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionsWithoutPassword")
            .finish_non_exhaustive()
    }
}

/// Why no session was opened.
#[derive(Debug, thiserror::Error)]
pub enum NoSession {
    /// Nobody has this number, or the directory has not come so far yet.
    #[error("nobody has the number {0}")]
    Nobody(String),
    /// The keys cannot be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The directory cannot be read.
    #[error(transparent)]
    Directory(#[from] ViewError),
    /// Sign-in cannot be opened.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// Sign-in does not begin a session.
    #[error(transparent)]
    Refused(#[from] SignInRefused),
}

impl SessionsWithoutPassword {
    /// For the school of this log, its views under `views`; the connection is the one of a `serve`.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn open(connection: &Connection, log: &Log, views: &Path) -> Result<Self, NoSession> {
        let school = log.school();
        Ok(Self {
            sign_in: SignIn::open(connection.clone(), school, Settings::default()).await?,
            vault: Vault::open(connection.clone(), school).await?,
            directory: homeroom_directory::view(views).of(log.identity()),
        })
    }

    /// A session of whoever has this number, or of the administrator; what to send as `Authorization: Bearer`.
    ///
    /// # Errors
    /// When nobody has it.
    pub async fn token(&self, number: &str) -> Result<String, NoSession> {
        let (account, group) = if number == ADMIN {
            (administrator(), Group::Staff)
        } else {
            let mark = people::number_mark(&self.vault, number);
            let person = Directory::read(&self.directory)?.person_by_number(&mark)?;
            let person = person.ok_or_else(|| NoSession::Nobody(number.to_owned()))?;
            let group = group(&person);
            (person.id, group)
        };
        let client = Client {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            device_cookie: None,
            device_name: "without a password",
        };
        let signed_in = self
            .sign_in
            .sign_in_by_provider(&account, group, client, wall_clock());
        Ok(signed_in.await?.token.expose().to_owned())
    }
}
