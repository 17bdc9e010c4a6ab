//! `homeroom init`: the explicit initialisation of a log on a cluster.

use anyhow::Context;
use homeroom_domain::{SchoolId, Zone};
use homeroom_log::{ClockKind, Connection, Epoch, Identity, connect, create};
use homeroom_server::ClockSetting;
use serde_json::json;

use crate::say;

/// Creates a school's log on a NATS cluster of your own. Done once; a log that is there is never touched.
///
/// The user in the URL needs the rights of an administrator of JetStream; the parts of the service do not. On one
/// machine `homeroom up` does this by itself, in an empty data folder, on its private nats-server.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The cluster, as nats://[user:password@]host:port. Better given as HOMEROOM_NATS.
    #[arg(
        long,
        value_name = "URL",
        env = "HOMEROOM_NATS",
        hide_env_values = true
    )]
    nats: String,
    /// The school's id: letters and digits; the first part of every subject.
    #[arg(long, value_name = "ID", default_value = "s1", value_parser = SchoolId::parse)]
    school: SchoolId,
    /// The school's time zone.
    #[arg(long, value_name = "ZONE", default_value = "Asia/Shanghai", value_parser = zone)]
    zone: Zone,
    /// The clock the school is begun with: real, manual, or <instant>x<speed>. The two kinds are never mixed.
    #[arg(long, value_name = "CLOCK", default_value = "real", value_parser = ClockSetting::parse)]
    clock: ClockSetting,
    /// On how many servers each commit stands.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=5))]
    replicas: u8,
    /// Print what was created as JSON.
    #[arg(long)]
    json: bool,
}

/// A time zone by its name.
pub(crate) fn zone(name: &str) -> Result<Zone, String> {
    name.parse()
        .map_err(|_| format!("{name:?} is not a time zone such as Asia/Shanghai"))
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let connection = connect(&args.nats, "homeroom init").await?;
    let kind = args.clock.kind();
    let identity = begin(
        &connection,
        args.school,
        args.zone,
        kind,
        args.replicas.into(),
    )
    .await?;
    if args.json {
        say::json(&serde_json::to_value(&identity).context("the log's identity")?);
    } else {
        say::line(format_args!(
            "the log of school {} was created: zone {}, {} clock, {} replicas, epoch {}",
            identity.school,
            identity.zone,
            identity.clock.as_str(),
            args.replicas,
            identity.epoch
        ));
    }
    Ok(())
}

/// Creates a log with an epoch of its own.
pub(crate) async fn begin(
    connection: &Connection,
    school: SchoolId,
    zone: Zone,
    clock: ClockKind,
    replicas: usize,
) -> anyhow::Result<Identity> {
    let mut bits = [0; 10];
    getrandom::fill(&mut bits).context("no random numbers")?;
    let identity = Identity {
        school,
        zone,
        clock,
        epoch: Epoch::from_bits(bits),
    };
    create(connection, &identity, replicas).await?;
    tracing::info!(identity = %json!(identity), "the log was created");
    Ok(identity)
}
