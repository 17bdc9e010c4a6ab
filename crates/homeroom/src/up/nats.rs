//! The private nats-server under the supervisor: started again on the same port when it ends by itself.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use homeroom_domain::SchoolId;
use homeroom_log::server_process::{NatsBinary, NatsServer, StartError};
use tokio_util::sync::CancellationToken;

use super::part::Backoff;
use crate::say;

/// How often it is looked whether it still runs.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// A running nats-server, and what it takes to start it again.
pub(super) struct Nats {
    server: NatsServer,
    binary: NatsBinary,
    dir: PathBuf,
    school: SchoolId,
}

impl Nats {
    pub(super) async fn start(
        binary: NatsBinary,
        dir: PathBuf,
        school: SchoolId,
    ) -> anyhow::Result<Self> {
        let server = start(&binary, &dir, &school, None).await?;
        Ok(Self {
            server,
            binary,
            dir,
            school,
        })
    }

    pub(super) fn server(&self) -> &NatsServer {
        &self.server
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(super) async fn stop_if_any(nats: Option<Self>) {
        if let Some(nats) = nats {
            let _ = tokio::task::spawn_blocking(move || nats.server.stop()).await;
        }
    }

    /// Keeps it running until told to stop.
    pub(super) async fn keep(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
            }
            let Some(how) = self.server.ended() else {
                continue;
            };
            let wait = backoff.next();
            say::notice(format_args!(
                "nats-server ended ({how}); starting it again in {wait:?}"
            ));
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(wait) => {}
            }
            let port = Some(self.address().port());
            match start(&self.binary, &self.dir, &self.school, port).await {
                Ok(server) => self.server = server,
                Err(error) => say::notice(format_args!("nats-server did not start: {error:#}")),
            }
        }
        Self::stop_if_any(Some(self)).await;
    }
}

/// Starting blocks until it answers, which may take as long as its store is large.
async fn start(
    binary: &NatsBinary,
    dir: &std::path::Path,
    school: &SchoolId,
    port: Option<u16>,
) -> anyhow::Result<NatsServer> {
    let (binary, dir, school) = (binary.clone(), dir.to_owned(), school.clone());
    let starting =
        tokio::task::spawn_blocking(move || NatsServer::start(&binary, &dir, &school, port));
    let started: Result<NatsServer, StartError> = starting.await.context("nats-server")?;
    started.context("nats-server did not start")
}
