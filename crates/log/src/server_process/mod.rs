//! The private nats-server of a school on one machine: found, configured, started, stopped.

mod binary;
mod config;

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use homeroom_domain::SchoolId;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub use binary::{FindError, NatsBinary};
pub use config::USERS;

use config::Passwords;

/// How long nats-server may take to recover its store and answer.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Below the ports that the kernel gives to outgoing connections: one of those can be taken at any moment, and a
/// client that knocks on such a port while nothing listens there may be connected to itself.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// How many of them are tried.
const PORT_TRIES: u16 = 100;
/// How long it may take to stop before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// Why nats-server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its folder cannot be used.
    #[error("{path} cannot be used: {source}")]
    Folder {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are no random numbers for passwords.
    #[error("no random numbers: {0}")]
    Random(String),
    /// Somebody else listens there.
    #[error("port {} of {} is in use by another program", .0.port(), .0.ip())]
    PortInUse(SocketAddr),
    /// There is no free port.
    #[error("none of the {PORT_TRIES} ports tried is free")]
    NoPort,
    /// It ended at once.
    #[error("nats-server ended with {status}; it said: {said}")]
    Ended {
        /// How.
        status: String,
        /// The last lines of its log.
        said: String,
    },
    /// It does not answer.
    #[error("nats-server does not answer on {0}")]
    NoAnswer(SocketAddr),
}

/// A nats-server of our own, on loopback. Stopped when dropped.
#[derive(Debug)]
pub struct NatsServer {
    child: Child,
    address: SocketAddr,
    passwords: Passwords,
    dir: PathBuf,
}

impl NatsServer {
    /// Starts nats-server on `dir`: its configuration, passwords, log and store are there, readable to us alone.
    ///
    /// One that an earlier run left behind on the same folder is ended first: two on one store destroy it.
    ///
    /// # Errors
    /// When the folder cannot be used, or nats-server ends or does not answer.
    pub fn start(
        binary: &NatsBinary,
        dir: &Path,
        school: &SchoolId,
        port: Option<u16>,
    ) -> Result<Self, StartError> {
        let folder = |path: &Path| {
            let path = path.to_owned();
            move |source| StartError::Folder { path, source }
        };
        fs::create_dir_all(dir).map_err(folder(dir))?;
        let dir = dir.canonicalize().map_err(folder(dir))?;
        end_stale(&dir);
        let passwords = Passwords::load_or_create(&dir)?;
        let address = match port {
            Some(port) => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            None => free_address()?,
        };
        // Whoever answers there would be taken for ours.
        if !is_free(address) {
            return Err(StartError::PortInUse(address));
        }
        let conf = dir.join("nats.conf");
        config::write_private(&conf, &config::render(&dir, address, school, &passwords))
            .map_err(folder(&conf))?;
        let log = dir.join("nats.log");
        let said = fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(folder(&log))?;
        let mut child = Command::new(binary.path())
            .arg("-c")
            .arg(&conf)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            // Ctrl-C in a terminal is for whoever started us; nats-server is stopped last, by us.
            .process_group(0)
            .spawn()
            .map_err(folder(binary.path()))?;
        let pid = dir.join("nats.pid");
        fs::write(&pid, child.id().to_string()).map_err(folder(&pid))?;
        wait_until_ready(&mut child, address, &log)?;
        Ok(Self {
            child,
            address,
            passwords,
            dir,
        })
    }

    /// The URL of one of [`USERS`], with its password.
    pub fn url(&self, user: &str) -> String {
        self.passwords.url(user, self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<String> {
        self.child
            .try_wait()
            .ok()
            .flatten()
            .map(|status| status.to_string())
    }

    /// Stops it cleanly; kills it if it does not stop.
    pub fn stop(mut self) {
        self.stop_now();
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(self.dir.join("nats.pid"));
    }

    fn stop_now(&mut self) {
        if self.ended().is_none() {
            let _ = kill(
                Pid::from_raw(self.child.id().cast_signed()),
                Signal::SIGTERM,
            );
            let end = Instant::now() + STOP_TIMEOUT;
            while self.ended().is_none() && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let _ = fs::remove_file(self.dir.join("nats.pid"));
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.stop_now();
    }
}

/// The URL of one of [`USERS`] of a nats-server that runs on `dir`, for a second process on the same machine.
///
/// # Errors
/// When the folder holds no passwords.
pub fn url_of_running(dir: &Path, address: SocketAddr, user: &str) -> Result<String, StartError> {
    Ok(Passwords::load(dir)?.url(user, address))
}

/// An address that is free now. Somebody may take it before nats-server does; then the start fails and says so.
fn free_address() -> Result<SocketAddr, StartError> {
    for _ in 0..PORT_TRIES {
        let random =
            getrandom::u32().map_err(|error| StartError::Random(error.to_string()))? as u16;
        let port = PORTS.start + random % (PORTS.end - PORTS.start);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if is_free(address) {
            return Ok(address);
        }
    }
    Err(StartError::NoPort)
}

fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

/// Ends the nats-server that a killed run left behind on this folder.
fn end_stale(dir: &Path) {
    let file = dir.join("nats.pid");
    let Some(pid) = fs::read_to_string(&file)
        .ok()
        .and_then(|text| text.trim().parse::<i32>().ok())
    else {
        return;
    };
    let conf = dir.join("nats.conf");
    let ours = || {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&*conf.to_string_lossy())
    };
    if !ours() {
        return;
    }
    tracing::warn!(pid, "ending the nats-server of an earlier run");
    let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    let end = Instant::now() + STOP_TIMEOUT;
    while ours() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
    if ours() {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = fs::remove_file(file);
}

fn wait_until_ready(child: &mut Child, address: SocketAddr, log: &Path) -> Result<(), StartError> {
    let end = Instant::now() + START_TIMEOUT;
    while Instant::now() < end {
        if let Ok(Some(status)) = child.try_wait() {
            let text = fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(3).collect();
            let said = lines.into_iter().rev().collect::<Vec<_>>().join(" / ");
            return Err(StartError::Ended {
                status: status.to_string(),
                said,
            });
        }
        // It listens for clients only once JetStream has recovered.
        if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(StartError::NoAnswer(address))
}
