//! From a data folder to an open log: initialised if empty, checked if not, refused by name if anything is amiss.

use homeroom_log::server_process::{NatsBinary, NatsServer};
use homeroom_log::{ClockKind, Log, OpenError, connect};
use homeroom_server::ClockSetting;

use super::nats::Nats;
use super::{Args, check_listen};
use crate::exit::Exit;
use crate::folder::{Folder, FolderLock, Found, LogPlace, Settings};
use crate::{init, reach};

/// A folder that is ours, its log open.
pub(super) struct Begun {
    pub(super) settings: Settings,
    /// The private nats-server, if the log is there.
    pub(super) nats: Option<Nats>,
    pub(super) url_of: UrlOf,
    pub(super) lock: FolderLock,
}

/// The URL of the log for each part.
pub(super) enum UrlOf {
    /// One user for all.
    Cluster(String),
    /// A user each.
    Private(std::collections::BTreeMap<String, String>),
}

impl UrlOf {
    pub(super) fn part(&self, user: &str) -> String {
        match self {
            UrlOf::Cluster(url) => url.clone(),
            UrlOf::Private(urls) => urls.get(user).cloned().unwrap_or_default(),
        }
    }

    fn private(server: &NatsServer) -> Self {
        let users = homeroom_log::server_process::USERS;
        Self::Private(
            users
                .iter()
                .map(|user| ((*user).to_owned(), server.url(user)))
                .collect(),
        )
    }
}

/// Everything that can be wrong is found before anything is changed or started, as far as it can be.
pub(super) async fn begin(args: &Args, folder: &Folder) -> anyhow::Result<Begun> {
    folder.look()?;
    let binary = match &args.place.nats {
        Some(_) => None,
        None => Some(NatsBinary::find(None)?),
    };
    let lock = folder.lock()?;
    folder.wait_for_parts()?;
    let found = folder.look()?;
    if let Found::School(settings) = &found {
        check_wishes(args, settings, folder)?;
        folder.clear_marker();
    }
    check_listen(args.serving.listen)?;
    let (settings, nats, url_of) = match (binary, &args.place.nats) {
        (Some(binary), _) => {
            let (settings, nats, url_of) = on_private(args, folder, found, binary).await?;
            (settings, Some(nats), url_of)
        }
        (None, url) => {
            let url = url.clone().unwrap_or_default();
            (
                on_cluster(args, folder, found, &url).await?,
                None,
                UrlOf::Cluster(url),
            )
        }
    };
    Ok(Begun {
        settings,
        nats,
        url_of,
        lock,
    })
}

/// What was typed must be what the folder is.
fn check_wishes(args: &Args, settings: &Settings, folder: &Folder) -> anyhow::Result<()> {
    let at = folder.path().display();
    reach::school(&args.place, Some(settings))?;
    if let Some(zone) = args.zone.filter(|zone| *zone != settings.zone) {
        return Err(Exit::Refused.because(format_args!(
            "the data folder {at} was begun with zone {}, not {zone}",
            settings.zone
        )));
    }
    if let Some(clock) = args
        .clock
        .filter(|clock| !is_same_kind(*clock, settings.clock))
    {
        return Err(Exit::Refused.because(format_args!(
            "the data folder {at} was begun with the clock {}, and never takes {clock}",
            settings.clock
        )));
    }
    match (settings.log, &args.place.nats) {
        (LogPlace::Private, Some(_)) => Err(Exit::Refused.because(format_args!(
            "the data folder {at} holds a log of its own; choose another folder for a cluster's"
        ))),
        (LogPlace::External, None) => Err(Exit::Refused.because(format_args!(
            "the log of the data folder {at} is on a cluster: say where with HOMEROOM_NATS or --nats"
        ))),
        _ => Ok(()),
    }
}

/// A running clock goes on from where it was begun, whatever instant and speed are typed later.
fn is_same_kind(one: ClockSetting, other: ClockSetting) -> bool {
    std::mem::discriminant(&one) == std::mem::discriminant(&other)
}

async fn on_private(
    args: &Args,
    folder: &Folder,
    found: Found,
    binary: NatsBinary,
) -> anyhow::Result<(Settings, Nats, UrlOf)> {
    let known = match found {
        Found::School(settings) => Some(settings),
        Found::Nothing => {
            folder.begin()?;
            None
        }
    };
    let school = reach::school(&args.place, known.as_ref())?;
    let nats = Nats::start(binary, folder.nats(), school.clone()).await?;
    let url_of = UrlOf::private(nats.server());
    let opened = match known {
        Some(settings) => check(folder, &settings, &url_of.part("serve"))
            .await
            .map(|()| settings),
        None => initialise(args, folder, school, &url_of.part("admin")).await,
    };
    match opened {
        Ok(settings) => Ok((settings, nats, url_of)),
        Err(error) => {
            Nats::stop_if_any(Some(nats)).await;
            Err(error)
        }
    }
}

/// The log is there, and it is the folder's.
async fn check(folder: &Folder, settings: &Settings, url: &str) -> anyhow::Result<()> {
    let connection = connect(url, "homeroom up").await?;
    reach::open(&connection, &settings.school, folder, Some(settings)).await?;
    Ok(())
}

/// Creates the log; only then is the folder a school's.
async fn initialise(
    args: &Args,
    folder: &Folder,
    school: homeroom_domain::SchoolId,
    url: &str,
) -> anyhow::Result<Settings> {
    let clock = args.clock.unwrap_or(ClockSetting::Real);
    let zone = args.zone.unwrap_or(homeroom_domain::Zone::Asia__Shanghai);
    let connection = connect(url, "homeroom up").await?;
    let identity = init::begin(&connection, school, zone, clock.kind(), 1).await?;
    let settings = Settings::of(&identity, clock, LogPlace::Private);
    folder.finish(&settings)?;
    Ok(settings)
}

async fn on_cluster(
    args: &Args,
    folder: &Folder,
    found: Found,
    url: &str,
) -> anyhow::Result<Settings> {
    let connection = connect(url, "homeroom up").await?;
    if let Found::School(settings) = found {
        reach::open(&connection, &settings.school, folder, Some(&settings)).await?;
        return Ok(settings);
    }
    let school = reach::school(&args.place, None)?;
    let log = match Log::open(connection, &school).await {
        Err(error @ OpenError::Missing(_)) => {
            return Err(
                Exit::Unavailable.because(format_args!("{error}: run `homeroom init` first"))
            );
        }
        opened => opened?,
    };
    let identity = log.identity();
    if let Some(zone) = args.zone.filter(|zone| *zone != identity.zone) {
        let has = identity.zone;
        return Err(Exit::Refused.because(format_args!(
            "the log was begun with zone {has}, not {zone}"
        )));
    }
    let clock = match (args.clock, identity.clock) {
        (Some(clock), kind) if clock.kind() == kind => clock,
        (None, ClockKind::Real) => ClockSetting::Real,
        (Some(clock), kind) => {
            let kind = kind.as_str();
            return Err(Exit::Refused.because(format_args!(
                "the log was begun with a {kind} clock, and never takes {clock}"
            )));
        }
        (None, ClockKind::Simulated) => {
            return Err(Exit::Refused.because(
                "the log is run by a simulated clock: say which with --clock manual or --clock <instant>x<speed>",
            ));
        }
    };
    let settings = Settings::of(identity, clock, LogPlace::External);
    folder.finish(&settings)?;
    Ok(settings)
}
