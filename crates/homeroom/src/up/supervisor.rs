//! All parts: started together, watched, stopped in order.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;

use anyhow::Context;
use clap::ValueEnum;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::begin::UrlOf;
use super::part::{News, Part, Running, What};
use crate::exit::Exit;
use crate::folder::Folder;
use crate::project::ViewName;
use crate::say;
use crate::serve::Serving;

/// News that may wait to be told.
const NEWS_MAX: usize = 64;

/// The parts that run.
pub(super) struct Supervisor {
    /// In the order in which they are stopped: whoever takes commands first, whoever folds them last.
    running: Vec<(String, Running)>,
    news: mpsc::Receiver<News>,
    hurry: CancellationToken,
    /// Parts that stopped for good and were not yet told of: which, and why.
    stopped: VecDeque<(String, String)>,
    /// The exit code of the worst that happened.
    worst: Option<Exit>,
}

impl Supervisor {
    /// Starts every part.
    pub(super) fn start(
        serving: &Serving,
        folder: &Folder,
        url_of: &UrlOf,
    ) -> anyhow::Result<Self> {
        let logs = folder.logs();
        fs::create_dir_all(&logs).with_context(|| logs.display().to_string())?;
        let executable = std::env::current_exe().context("this program")?;
        let part = |name: &str, user: &str, more: &[OsString], listen: Option<SocketAddr>| {
            let mut arguments: Vec<OsString> = name.split(' ').map(OsString::from).collect();
            arguments.extend(["--data".into(), folder.path().into()]);
            arguments.extend_from_slice(more);
            Part {
                name: name.to_owned(),
                arguments,
                listen,
                url: url_of.part(user),
                log: logs.join(format!("{}.log", user.replace('_', "-"))),
                executable: executable.clone(),
            }
        };
        let mut parts = vec![
            part(
                "serve",
                "serve",
                &serve_arguments(serving),
                Some(serving.listen),
            ),
            part("clock", "clock", &[], None),
        ];
        for view in ViewName::ALL {
            parts.push(part(
                &format!("project {view}"),
                &format!("project_{view}"),
                &[],
                None,
            ));
        }
        let (tell, news) = mpsc::channel(NEWS_MAX);
        let hurry = CancellationToken::new();
        let run = |part: Part| (part.name.clone(), part.run(tell.clone(), hurry.clone()));
        let running = parts.into_iter().map(run).collect();
        Ok(Self {
            running,
            news,
            hurry,
            stopped: VecDeque::new(),
            worst: None,
        })
    }

    /// Waits until every part works; says where `serve` listens.
    ///
    /// # Errors
    /// When one of them ends before it ever worked.
    pub(super) async fn wait_until_ready(&mut self) -> anyhow::Result<SocketAddr> {
        let mut waiting: BTreeSet<String> =
            self.running.iter().map(|(name, _)| name.clone()).collect();
        let mut address = None;
        while !waiting.is_empty() {
            let News { part, what } = self.news.recv().await.context("every part is gone")?;
            match what {
                What::Ready(ready) => {
                    address = address.or(ready.address);
                    waiting.remove(&part);
                }
                What::Ended { exit, sentence, .. } if waiting.contains(&part) => {
                    let exit = exit.unwrap_or(Exit::Failure);
                    return Err(exit.because(format_args!("{part} did not start: {sentence}")));
                }
                What::Stopped { exit, sentence } if waiting.contains(&part) => {
                    return Err(exit.because(format_args!("{part} did not start: {sentence}")));
                }
                // A view that stops when it has begun to fold is no reason not to serve.
                what => self.hear(part, what),
            }
        }
        address.context("serve does not say where it listens")
    }

    /// Tells what happens until a part stops for good: which one, and why.
    pub(super) async fn next_stopped(&mut self) -> Option<(String, String)> {
        loop {
            if let Some(stopped) = self.stopped.pop_front() {
                return Some(stopped);
            }
            let News { part, what } = self.news.recv().await?;
            self.hear(part, what);
        }
    }

    fn hear(&mut self, part: String, what: What) {
        match what {
            What::Ready(_) => tracing::debug!(part, "works"),
            What::Ended {
                how,
                sentence,
                again_in,
                ..
            } => {
                let why = if how == sentence {
                    String::new()
                } else {
                    format!(": {sentence}")
                };
                say::notice(format_args!(
                    "{part} ended ({how}){why}; starting it again in {again_in:?}"
                ));
            }
            What::Stopped { exit, sentence } => {
                say::alarm(format_args!(
                    "{part} has stopped and is not started again: {sentence}"
                ));
                if self.worst != Some(Exit::Integrity) {
                    self.worst = Some(exit);
                }
                self.stopped.push_back((part, sentence));
            }
        }
    }

    /// The exit code of the worst that happened.
    pub(super) fn worst(&self) -> Option<Exit> {
        self.worst
    }

    /// Stops every part in order. A second Ctrl-C kills what is left.
    pub(super) async fn stop(&mut self) {
        let hurry = self.hurry.clone();
        let impatience = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                hurry.cancel();
            }
        });
        // Whoever has news for us must not wait for us.
        self.news.close();
        let mut projectors = Vec::new();
        for (name, part) in &mut self.running {
            if name.starts_with("project ") {
                projectors.push(part.stop());
            } else {
                part.stop().await;
            }
        }
        futures::future::join_all(projectors).await;
        impatience.abort();
    }
}

fn serve_arguments(serving: &Serving) -> Vec<OsString> {
    let mut arguments = Vec::new();
    for proxy in &serving.trusted_proxy {
        arguments.extend(["--trusted-proxy".into(), proxy.to_string().into()]);
    }
    arguments.extend(serving.provider.arguments());
    if let Some(how) = serving.group_commit.to_possible_value() {
        arguments.extend(["--group-commit".into(), how.get_name().into()]);
    }
    arguments
}
