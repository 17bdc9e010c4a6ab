//! One part: a child process, started again when it crashes.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::serve::Ready;
use crate::stop::SUPERVISED;

/// How long a part may take to end once it is told to; `serve` lets requests under way end.
const STOP_TIMEOUT: Duration = Duration::from_secs(12);
/// A log larger than this is put aside at the next start of its part.
const LOG_BYTES_MAX: u64 = 16 << 20;
/// How much of a log's end is read for its last sentence.
const LOG_END_BYTES: u64 = 4 << 10;

/// A part to be run.
pub(super) struct Part {
    /// Its name, as it is typed: `serve`, `project trail`.
    pub(super) name: String,
    pub(super) arguments: Vec<OsString>,
    /// Where it is to listen, if it does; from its first start on the very port it got.
    pub(super) listen: Option<SocketAddr>,
    /// The URL of the log, which no process list may show.
    pub(super) url: String,
    /// Where it logs.
    pub(super) log: PathBuf,
    pub(super) executable: PathBuf,
}

/// What happens to a part.
#[derive(Debug)]
pub(super) struct News {
    pub(super) part: String,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// It works.
    Ready(Ready),
    /// It ended and will be started again.
    Ended {
        how: String,
        exit: Option<Exit>,
        /// Its last sentence.
        sentence: String,
        again_in: Duration,
    },
    /// It ended and starting it again cannot help.
    Stopped { exit: Exit, sentence: String },
}

/// A part that is being run.
pub(super) struct Running {
    stop: CancellationToken,
    life: JoinHandle<()>,
}

impl Running {
    /// Tells it to end, and waits until it has.
    pub(super) async fn stop(&mut self) {
        self.stop.cancel();
        let _ = (&mut self.life).await;
    }
}

impl Part {
    /// Runs it until it is stopped. Once `hurry` is cancelled, stopping means killing.
    pub(super) fn run(self, news: mpsc::Sender<News>, hurry: CancellationToken) -> Running {
        let stop = CancellationToken::new();
        let life = tokio::spawn(self.live(news, stop.clone(), hurry));
        Running { stop, life }
    }

    async fn live(
        mut self,
        news: mpsc::Sender<News>,
        stop: CancellationToken,
        hurry: CancellationToken,
    ) {
        let mut backoff = Backoff::new();
        while !stop.is_cancelled() {
            let outcome = self.live_once(&news, &stop, &hurry).await;
            let (how, exit) = match outcome {
                Ok(None) => return,
                Ok(Some(status)) => {
                    let exit = status.code().and_then(Exit::from_code);
                    (status.to_string(), exit)
                }
                Err(error) => (format!("it cannot be started: {error}"), None),
            };
            let sentence = last_sentence(&self.log).unwrap_or_else(|| how.clone());
            let what = match exit {
                Some(exit @ (Exit::Integrity | Exit::Folder | Exit::Refused)) => {
                    What::Stopped { exit, sentence }
                }
                _ => What::Ended {
                    how,
                    exit,
                    sentence,
                    again_in: backoff.next(),
                },
            };
            let wait = match &what {
                What::Ended { again_in, .. } => Some(*again_in),
                _ => None,
            };
            self.tell(&news, what).await;
            let Some(wait) = wait else { return };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// From one start to one end; `None` if it was stopped by us.
    async fn live_once(
        &mut self,
        news: &mpsc::Sender<News>,
        stop: &CancellationToken,
        hurry: &CancellationToken,
    ) -> std::io::Result<Option<ExitStatus>> {
        let mut child = self.spawn()?;
        // Ours to hold: waiting for the child would close it, and its end is what tells the part that we are gone.
        let _stdin = child.stdin.take();
        let (tell, mut told) = oneshot::channel();
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(hear(stdout, tell));
        }
        let mut waiting = true;
        loop {
            tokio::select! {
                ended = child.wait() => return ended.map(Some),
                () = stop.cancelled() => return end(child, hurry).await.map(|()| None),
                ready = &mut told, if waiting => {
                    waiting = false;
                    if let Ok(ready) = ready {
                        let ready: Ready = ready;
                        self.listen = self.listen.and(ready.address);
                        self.tell(news, What::Ready(ready)).await;
                    }
                }
            }
        }
    }

    fn spawn(&self) -> std::io::Result<Child> {
        if fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_BYTES_MAX) {
            fs::rename(&self.log, self.log.with_extension("log.1"))?;
        }
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let mut command = Command::new(&self.executable);
        command
            .args(&self.arguments)
            .env("HOMEROOM_NATS", &self.url)
            .env(SUPERVISED, "1")
            // Its end tells the part that we are gone, even if we are killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C in a terminal is for us; parts are stopped by us, in order.
            .process_group(0)
            .kill_on_drop(true);
        if let Some(listen) = self.listen {
            command.arg("--listen").arg(listen.to_string());
        }
        command.spawn()
    }

    async fn tell(&self, news: &mpsc::Sender<News>, what: What) {
        let part = self.name.clone();
        let _ = news.send(News { part, what }).await;
    }
}

/// Hears the one line that says that it works; whatever else it prints is of no interest, but it must be able to.
async fn hear(stdout: ChildStdout, tell: oneshot::Sender<Ready>) {
    let mut lines = BufReader::new(stdout).lines();
    let mut tell = Some(tell);
    while let Ok(Some(line)) = lines.next_line().await {
        if let Ok(ready) = serde_json::from_str(&line)
            && let Some(tell) = tell.take()
        {
            let _ = tell.send(ready);
        }
    }
}

/// Ends it: SIGTERM, and SIGKILL if that does not do it in time.
async fn end(mut child: Child, hurry: &CancellationToken) -> std::io::Result<()> {
    if let Some(pid) = child.id() {
        let _ = kill(Pid::from_raw(pid.cast_signed()), Signal::SIGTERM);
    }
    tokio::select! {
        ended = child.wait() => ended.map(drop),
        () = hurry.cancelled() => child.kill().await,
        () = tokio::time::sleep(STOP_TIMEOUT) => child.kill().await,
    }
}

/// The last sentence that a part said of why it ends.
fn last_sentence(log: &Path) -> Option<String> {
    let mut file = fs::File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_END_BYTES)))
        .ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let end = String::from_utf8_lossy(&end);
    let last = end.lines().rfind(|line| !line.trim().is_empty())?;
    Some(last.strip_prefix("homeroom: ")?.to_owned())
}

/// How long to wait before something is started again: at once the first time, longer while it keeps ending.
pub(super) struct Backoff {
    wait: Duration,
    last: Instant,
}

impl Backoff {
    const MIN: Duration = Duration::from_millis(100);
    const MAX: Duration = Duration::from_secs(10);
    /// What has run for so long had started well.
    const SOUND: Duration = Duration::from_secs(60);

    pub(super) fn new() -> Self {
        Self {
            wait: Self::MIN,
            last: Instant::now(),
        }
    }

    pub(super) fn next(&mut self) -> Duration {
        if self.last.elapsed() > Self::SOUND {
            self.wait = Self::MIN;
        }
        self.last = Instant::now();
        let wait = self.wait;
        self.wait = (wait * 2).min(Self::MAX);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_ending_is_started_ever_more_seldom() {
        let mut backoff = Backoff::new();
        let waits: Vec<u128> = (0..9).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(
            waits,
            [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]
        );
        backoff.last = Instant::now() - Backoff::SOUND - Duration::from_secs(1);
        assert_eq!(backoff.next(), Backoff::MIN);
    }

    #[test]
    fn the_last_sentence_is_what_the_part_said_of_its_end() {
        let dir = tempfile::TempDir::new().unwrap();
        let log = dir.path().join("serve.log");
        assert_eq!(last_sentence(&log), None);
        fs::write(
            &log,
            "2026-11-23 INFO serving\nhomeroom: port 1 is in use\n\n",
        )
        .unwrap();
        assert_eq!(last_sentence(&log).as_deref(), Some("port 1 is in use"));
        fs::write(&log, "homeroom: an earlier end\n2026-11-23 INFO serving\n").unwrap();
        assert_eq!(last_sentence(&log), None, "it was killed after that");
    }
}
