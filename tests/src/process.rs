//! The real binary as a child process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The `homeroom` executable that was built beside these tests.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().parent().unwrap().join("homeroom");
    assert!(
        built.exists(),
        "{} is missing: cargo build --bins first",
        built.display()
    );
    built
}

/// A running `homeroom up` on a data folder.
#[derive(Debug)]
pub struct Homeroom {
    child: Child,
    /// Where it serves, for example `http://127.0.0.1:40123`.
    pub url: String,
}

impl Homeroom {
    /// Starts `homeroom up` with these arguments on a data folder and waits until it serves.
    pub fn up(data: &Path, args: &[&str]) -> Self {
        let mut child = Command::new(binary())
            .arg("up")
            .args(["--data".as_ref(), data.as_os_str()])
            .args(["--listen", "127.0.0.1:0"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        // What it prints is read on, so that it never waits for us.
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            out.lines()
                .map_while(Result::ok)
                .for_each(|line| println!("up: {line}"));
        });
        let url = wait_for("homeroom up to serve", Duration::from_secs(60), || {
            let run: serde_json::Value =
                serde_json::from_slice(&std::fs::read(data.join("run.json")).ok()?).ok()?;
            run["url"]
                .as_str()
                .filter(|_| run["up_pid"] == child.id())
                .map(str::to_owned)
        });
        Self { child, url }
    }

    /// Sends SIGTERM and waits until everything has stopped.
    pub fn stop(mut self) {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "homeroom up ended with {status}");
    }

    /// Sends SIGKILL to the supervisor, which cannot clean up after itself.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The process ids of the supervisor's children whose command line holds this text.
    pub fn children(&self, what: &str) -> Vec<i32> {
        let parent = self.child.id().to_string();
        std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
            .filter(|pid| {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                let line =
                    std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                let fields = stat.rsplit(')').next().unwrap_or_default();
                fields.split_whitespace().nth(1) == Some(&parent)
                    && line.replace('\0', " ").contains(what)
            })
            .collect()
    }

    /// Sends SIGKILL to the children whose command line holds this text; returns how many there were.
    pub fn kill_children(&self, what: &str) -> usize {
        let children = self.children(what);
        for pid in &children {
            kill(Pid::from_raw(*pid), Signal::SIGKILL).unwrap();
        }
        children.len()
    }
}

impl Drop for Homeroom {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

/// Asks again every 20 ms until there is an answer.
pub(crate) fn wait_for<T>(what: &str, at_most: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + at_most;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited {at_most:?} for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
