//! The way to a school's log: a cluster that is named, the nats-server of a running `up`, or one that is started for
//! as long as it is needed.

use std::time::{Duration, Instant};

use anyhow::Context;
use homeroom_domain::SchoolId;
use homeroom_log::server_process::{NatsBinary, NatsServer, url_of_running};
use homeroom_log::{ConnectError, Connection, Log, OpenError, connect};

use crate::cli::Place;
use crate::exit::Exit;
use crate::folder::{Folder, FolderLock, Found, LogPlace, PartLock, Run, Settings};
use crate::stop;

/// How long a part waits for a nats-server that is being started again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_INTERVAL: Duration = Duration::from_millis(100);

/// What to do where nothing runs on the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alone {
    /// Say so.
    Refuse,
    /// Start the private nats-server for as long as it is needed.
    StartServer,
}

/// The way to a log, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) folder: Folder,
    pub(crate) connection: Connection,
    pub(crate) log: Log,
    url: Url,
    _part: Option<PartLock>,
}

#[derive(Debug)]
enum Url {
    Given(String),
    Running(std::net::SocketAddr),
    Own {
        // Before the lock, so that it has stopped when somebody else may start one.
        server: NatsServer,
        _lock: FolderLock,
    },
}

impl Reached {
    /// Another connection, as another user of the private nats-server; the same one on a cluster that was named.
    pub(crate) async fn connect_as(&self, user: &str) -> anyhow::Result<Connection> {
        Ok(connect(
            &self.url.of(&self.folder, user)?,
            &format!("homeroom {user}"),
        )
        .await?)
    }
}

impl Url {
    fn of(&self, folder: &Folder, user: &str) -> anyhow::Result<String> {
        Ok(match self {
            Url::Given(url) => url.clone(),
            Url::Running(address) => url_of_running(&folder.nats(), *address, user)?,
            Url::Own { server, .. } => server.url(user),
        })
    }
}

/// Opens the log as one of the private nats-server's users, or with whatever the URL of a cluster says.
///
/// # Errors
/// When there is no way to it, or it is not the log of the data folder.
pub(crate) async fn reach(place: &Place, user: &str, alone: Alone) -> anyhow::Result<Reached> {
    let folder = Folder::new(&place.data);
    let settings = folder.settings()?;
    let school = school(place, settings.as_ref())?;
    let url = match &place.nats {
        Some(url) => Url::Given(url.clone()),
        None => of_folder(&folder, settings.as_ref(), alone)?,
    };
    let part = stop::is_supervised()
        .then(|| folder.join_parts())
        .transpose()?;
    let connection = connect_patiently(&url.of(&folder, user)?, user).await?;
    let log = open(&connection, &school, &folder, settings.as_ref()).await?;
    Ok(Reached {
        folder,
        connection,
        log,
        url,
        _part: part,
    })
}

/// Opens the log that a data folder is for, and no other.
///
/// # Errors
/// When it is missing, or is another one than the folder's.
pub(crate) async fn open(
    connection: &Connection,
    school: &SchoolId,
    folder: &Folder,
    settings: Option<&Settings>,
) -> anyhow::Result<Log> {
    let log = match Log::open(connection.clone(), school).await {
        Err(OpenError::Missing(_)) if settings.is_some() => {
            let gone = "the stream that held its log is gone";
            return Err(folder.damaged(gone).into());
        }
        opened => opened?,
    };
    let epoch = &log.identity().epoch;
    match settings {
        Some(settings) if settings.epoch != *epoch => {
            let what = format!(
                "its log began as {}, and the one that is there began as {epoch}",
                settings.epoch
            );
            Err(folder.damaged(what).into())
        }
        _ => Ok(log),
    }
}

/// The school: what the folder says, else what was typed, else `s1`.
///
/// # Errors
/// When the two differ.
pub(crate) fn school(place: &Place, settings: Option<&Settings>) -> anyhow::Result<SchoolId> {
    match (settings, &place.school) {
        (Some(settings), Some(typed)) if settings.school != *typed => {
            Err(Exit::Refused.because(format_args!(
                "the data folder {} is of school {}, not {typed}",
                place.data.display(),
                settings.school
            )))
        }
        (Some(settings), _) => Ok(settings.school.clone()),
        (None, Some(typed)) => Ok(typed.clone()),
        (None, None) => SchoolId::parse("s1").context("the school"),
    }
}

fn of_folder(folder: &Folder, settings: Option<&Settings>, alone: Alone) -> anyhow::Result<Url> {
    if let Some(LogPlace::External) = settings.map(|settings| settings.log) {
        return Err(Exit::Refused.because(format_args!(
            "the log of {} is on a cluster: say where with HOMEROOM_NATS or --nats",
            folder.path().display()
        )));
    }
    if let Some(nats) = Run::read(folder).and_then(|run| run.nats) {
        return Ok(Url::Running(nats));
    }
    if alone == Alone::Refuse {
        return Err(Exit::Unavailable.because(format_args!(
            "nothing is running on the data folder {}: start `homeroom up`, or name a cluster with HOMEROOM_NATS or --nats",
            folder.path().display()
        )));
    }
    let Found::School(settings) = folder.look()? else {
        return Err(Exit::Folder.because(format_args!(
            "there is no school in the data folder {}",
            folder.path().display()
        )));
    };
    let binary = NatsBinary::find(None)?;
    let lock = folder.lock()?;
    let server = NatsServer::start(&binary, &folder.nats(), &settings.school, None)?;
    Ok(Url::Own {
        server,
        _lock: lock,
    })
}

/// Connects; a part of a running service waits for a nats-server that is being started again.
async fn connect_patiently(url: &str, user: &str) -> Result<Connection, ConnectError> {
    let end = Instant::now() + CONNECT_TIMEOUT;
    loop {
        match connect(url, &format!("homeroom {user}")).await {
            Err(ConnectError::Refused { .. }) if stop::is_supervised() && Instant::now() < end => {
                tokio::time::sleep(CONNECT_INTERVAL).await;
            }
            outcome => return outcome,
        }
    }
}
