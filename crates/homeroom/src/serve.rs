//! `homeroom serve`: the HTTP API.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};

use anyhow::Context;
use homeroom_log::{Batching, ClockKind, Connection, Log, Vault};
use homeroom_server::{Clock, ClockSetting, Server, ServerOptions};
use homeroom_sign_in::{Provider, ProviderSettings, Settings, SignIn};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::cli::Place;
use crate::exit::Exit;
use crate::folder::Folder;
use crate::reach::{Alone, reach};
use crate::{say, stop};

/// Serves the HTTP API: commands into the log, queries out of the views.
///
/// One of the parts that `homeroom up` runs. By hand it needs a cluster (HOMEROOM_NATS) or a running `up`, and views
/// that `homeroom project` keeps in the same data folder.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    serving: Serving,
    /// The school's clock: real, manual, or <instant>x<speed>. Needed only where the data folder does not say it.
    #[arg(long, value_name = "CLOCK", value_parser = ClockSetting::parse)]
    clock: Option<ClockSetting>,
}

/// How to serve; the same for `up`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Serving {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// A proxy before this server that ends TLS, by its address or network: what it says in X-Forwarded-For is believed.
    /// May be said more than once.
    #[arg(long, value_name = "ADDRESS", value_parser = proxy)]
    pub(crate) trusted_proxy: Vec<IpNet>,
    #[command(flatten)]
    pub(crate) provider: ProviderArgs,
    /// How commits are put together: adaptive, or off for one publish each (to measure the difference).
    #[arg(long, value_name = "HOW", value_enum, default_value_t = GroupCommit::Adaptive)]
    pub(crate) group_commit: GroupCommit,
}

/// The school's OpenID Connect provider, if it has one.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ProviderArgs {
    /// The school's OpenID Connect provider, by its issuer, exactly as it names itself. Needs --public-url.
    #[arg(long, value_name = "URL", value_parser = issuer, requires = "public_url")]
    pub(crate) provider: Option<String>,
    /// Where browsers find this service, from its scheme on. The provider is told that they come back to
    /// <URL>/v1/sign-in/provider/back.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// What this service is called at the provider. Its secret there is taken from HOMEROOM_PROVIDER_SECRET.
    #[arg(long, value_name = "ID", default_value = "homeroom")]
    pub(crate) provider_client: String,
    /// The claim in which the provider says the school number.
    #[arg(long, value_name = "CLAIM", default_value = "preferred_username")]
    pub(crate) provider_claim: String,
}

impl ProviderArgs {
    /// The provider that was named.
    fn provider(&self) -> anyhow::Result<Option<Provider>> {
        let (Some(issuer), Some(public_url)) = (&self.provider, &self.public_url) else {
            return Ok(None);
        };
        let settings = ProviderSettings {
            issuer: issuer.clone(),
            client_id: self.provider_client.clone(),
            client_secret: std::env::var("HOMEROOM_PROVIDER_SECRET")
                .ok()
                .map(Into::into),
            redirect: format!(
                "{}/v1/sign-in/provider/back",
                public_url.trim_end_matches('/')
            ),
            number_claim: self.provider_claim.clone(),
        };
        let provider = Provider::new(settings);
        provider
            .map(Some)
            .map_err(|error| Exit::Refused.because(error))
    }

    /// The same as `serve` takes it.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        if let (Some(issuer), Some(public_url)) = (&self.provider, &self.public_url) {
            arguments.extend(["--provider".into(), issuer.into()]);
            arguments.extend(["--public-url".into(), public_url.into()]);
            arguments.extend(["--provider-client".into(), (&self.provider_client).into()]);
            arguments.extend(["--provider-claim".into(), (&self.provider_claim).into()]);
        }
        arguments
    }
}

/// An issuer's passwords and codes go over TLS, unless it is on this machine.
fn issuer(text: &str) -> Result<String, String> {
    let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    if text.starts_with("https://") || local.iter().any(|prefix| text.starts_with(prefix)) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{text:?} is no issuer such as https://id.school.example"
    ))
}

/// How commits are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum GroupCommit {
    /// One by one while few wait, as a batch when many do.
    Adaptive,
    /// Each a publish of its own.
    Off,
}

impl From<GroupCommit> for Batching {
    fn from(how: GroupCommit) -> Self {
        match how {
            GroupCommit::Adaptive => Batching::Adaptive,
            GroupCommit::Off => Batching::Off,
        }
    }
}

/// What a part tells its supervisor, as one line of JSON on stdout, once it works.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// Where it listens, if it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) address: Option<SocketAddr>,
}

impl Ready {
    /// Tells the supervisor; or, where there is none, whoever typed this.
    pub(crate) fn tell(&self, sentence: &str) {
        if stop::is_supervised() {
            let line = serde_json::to_string(self).unwrap_or_default();
            say::line(line);
        } else {
            say::notice(sentence);
        }
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let stop = stop::told()?;
    let reached = reach(&args.place, "serve", Alone::Refuse).await?;
    let setting = clock_setting(args.clock, &reached.folder, &reached.log)?;
    let clock = Clock::open(&reached.connection, reached.log.identity(), setting).await?;
    let vault = Vault::open(reached.connection.clone(), reached.log.school()).await?;
    let sign_in = open_sign_in(&reached.connection, &reached.log).await?;
    let provider = args.serving.provider.provider()?;
    let options = ServerOptions {
        listen: args.serving.listen,
        trusted_proxies: args.serving.trusted_proxy,
        batching: args.serving.group_commit.into(),
    };
    let views = reached.folder.views();
    let log = reached.log.clone();
    let mut server = Server::start(options, log, vault, &views, clock, sign_in, provider).await?;
    let address = server.address();
    let ready = Ready {
        address: Some(address),
    };
    ready.tell(&format!("serving http://{address}"));
    tokio::select! {
        () = stop.cancelled() => server.stop().await.context("serving"),
        ended = server.ended() => ended.context("serving"),
    }
}

/// The school's sign-in, with what we advise.
pub(crate) async fn open_sign_in(connection: &Connection, log: &Log) -> anyhow::Result<SignIn> {
    let opened = SignIn::open(connection.clone(), log.school(), Settings::default()).await;
    opened.map_err(|error| Exit::Unavailable.because(error))
}

/// An address, or a network.
fn proxy(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    address.or_else(|_| text.parse()).map_err(|_| {
        format!("{text:?} is no address such as 10.0.0.5 and no network such as 10.0.0.0/8")
    })
}

/// The clock: what was typed, else what the folder says, else what the log was begun with.
///
/// # Errors
/// When nothing says which simulated clock it is.
pub(crate) fn clock_setting(
    typed: Option<ClockSetting>,
    folder: &Folder,
    log: &Log,
) -> anyhow::Result<ClockSetting> {
    let of_folder = folder.settings()?.map(|settings| settings.clock);
    match (typed.or(of_folder), log.identity().clock) {
        (Some(setting), _) => Ok(setting),
        (None, ClockKind::Real) => Ok(ClockSetting::Real),
        (None, ClockKind::Simulated) => Err(Exit::Refused.because(
            "this school is run by a simulated clock: say which with --clock manual or --clock <instant>x<speed>",
        )),
    }
}
