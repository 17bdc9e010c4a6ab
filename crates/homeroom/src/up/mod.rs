//! `homeroom up`: everything on one machine, under one supervisor.

mod banner;
mod begin;
mod nats;
mod part;
mod supervisor;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use clap::CommandFactory;
use clap::error::ErrorKind;
use homeroom_domain::{SchoolId, Zone};
use homeroom_log::{Log, connect};
use homeroom_server::{ClockSetting, SessionsWithoutPassword, StartError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::{Cli, Place};
use crate::exit::Exit;
use crate::folder::{Folder, Run, SampleState};
use crate::init::zone;
use crate::sample::Played;
use crate::serve::Serving;
use crate::{sample, say, stop};
use begin::{Begun, begin};
use supervisor::Supervisor;

/// Runs everything on this machine: nats-server, the API, the clock, every projection; Ctrl-C stops it.
///
/// An empty data folder is initialised; a damaged one, or one of something else, is refused and left as it is. Each
/// part is a process of its own, started again when it crashes; what each logs stands in <data>/logs. A part that
/// finds the log or its view damaged is not started again, and `up` then ends with exit code 4.
///
/// With a cluster (HOMEROOM_NATS or --nats) no nats-server is started, and the log must be there: `homeroom init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    serving: Serving,
    /// The school's clock: real, manual (moved only by PUT /v1/clock), or <instant>x<speed>, such as
    /// 2026-11-23T06:30:00+08:00x60. Chosen once: a folder begun with a real clock refuses any other. Else real.
    #[arg(long, value_name = "CLOCK", value_parser = ClockSetting::parse)]
    clock: Option<ClockSetting>,
    /// The school's time zone. Chosen once, else Asia/Shanghai.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<Zone>,
    /// Plays the sample department: roster, rule, one morning of check-ins, a slip, a report. Implies a manual clock.
    /// What has been played is not played again.
    #[arg(long)]
    sample: bool,
}

pub(crate) async fn run(mut args: Args) -> anyhow::Result<()> {
    if args.sample {
        if args
            .clock
            .is_some_and(|clock| clock != ClockSetting::Manual)
        {
            let said = "--sample plays a morning of 2026 and needs --clock manual";
            Cli::command()
                .error(ErrorKind::ArgumentConflict, said)
                .exit();
        }
        args.clock = Some(ClockSetting::Manual);
    }
    let stop = stop::told()?;
    let folder = Folder::new(&args.place.data);
    let Begun {
        settings,
        nats,
        url_of,
        lock,
    } = begin(&args, &folder).await?;
    // The parts end before nats-server, and both before the folder is free.
    let outcome = match Supervisor::start(&args.serving, &folder, &url_of) {
        Ok(supervisor) => {
            let run = Run {
                up_pid: std::process::id(),
                url: String::new(),
                nats: nats.as_ref().map(nats::Nats::address),
                clock: settings.clock.to_string(),
                sample: args.sample.then_some(SampleState::Playing),
                stopped: std::collections::BTreeMap::new(),
            };
            let nats_stop = CancellationToken::new();
            let keeping = nats.map(|nats| tokio::spawn(nats.keep(nats_stop.clone())));
            let sample_url = args.sample.then(|| url_of.part("serve"));
            let outcome = attend(supervisor, run, sample_url, &folder, &settings, &stop).await;
            nats_stop.cancel();
            if let Some(keeping) = keeping {
                let _ = keeping.await;
            }
            outcome
        }
        Err(error) => {
            nats::Nats::stop_if_any(nats).await;
            Err(error)
        }
    };
    let cleared = Run::clear(&folder);
    drop(lock);
    outcome?;
    cleared?;
    say::notice("stopped; the next start goes on where it was");
    Ok(())
}

/// From the start of the parts to their end.
async fn attend(
    mut supervisor: Supervisor,
    mut run: Run,
    sample_url: Option<String>,
    folder: &Folder,
    settings: &crate::folder::Settings,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let started = tokio::select! {
        started = supervisor.wait_until_ready() => started,
        () = stop.cancelled() => {
            supervisor.stop().await;
            return Ok(());
        }
    };
    let address = match started {
        Ok(address) => address,
        Err(error) => {
            supervisor.stop().await;
            return Err(error);
        }
    };
    run.url = format!("http://{}", reachable(address));
    run.write(folder)?;
    banner::running(&run, folder, settings);
    let mut playing = sample_url.map(|nats| {
        let (url, school, views) = (run.url.clone(), settings.school.clone(), folder.views());
        tokio::spawn(async move { play_sample(url, &nats, &school, &views).await })
    });
    if playing.is_none() {
        banner::try_these(&run, folder);
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            outcome = end_of(&mut playing) => {
                playing = None;
                run.sample = Some(match outcome {
                    Ok(played) => {
                        banner::try_the_sample(&run, &played);
                        SampleState::Played
                    }
                    Err(error) => {
                        say::notice(format_args!("the sample could not be played: {error:#}"));
                        SampleState::Failed
                    }
                });
                run.write(folder)?;
            }
            stopped = supervisor.next_stopped() => {
                let Some((part, sentence)) = stopped else { break };
                run.stopped.insert(part, sentence);
                run.write(folder)?;
            }
        }
    }
    if let Some(playing) = playing {
        playing.abort();
    }
    say::notice("stopping");
    supervisor.stop().await;
    match run.stopped.iter().next() {
        Some((part, sentence)) => Err(supervisor
            .worst()
            .unwrap_or(Exit::Integrity)
            .because(format_args!("{part} had stopped for good: {sentence}"))),
        None => Ok(()),
    }
}

async fn play_sample(
    url: String,
    nats: &str,
    school: &SchoolId,
    views: &Path,
) -> anyhow::Result<Played> {
    let connection = connect(nats, "homeroom sample").await?;
    let log = Log::open(connection.clone(), school).await?;
    let sessions = SessionsWithoutPassword::open(&connection, &log, views).await?;
    sample::play(url, sessions).await
}

/// How the sample ended, once it has; never where none is played.
async fn end_of(
    playing: &mut Option<JoinHandle<anyhow::Result<Played>>>,
) -> anyhow::Result<Played> {
    match playing {
        Some(playing) => playing.await.unwrap_or_else(|error| Err(error.into())),
        None => std::future::pending().await,
    }
}

/// A free port, or one sentence. The part that listens looks again; this is so that nothing is started in vain.
fn check_listen(listen: SocketAddr) -> Result<(), StartError> {
    match TcpListener::bind(listen) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Err(StartError::InUse(listen))
        }
        Err(source) => Err(StartError::Listen {
            address: listen,
            source,
        }),
    }
}

/// An address that can be asked, of one that only says on which interfaces to listen.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}
