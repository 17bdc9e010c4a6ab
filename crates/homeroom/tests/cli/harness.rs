//! `homeroom` as a child process, and what can be asked of it.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

const START_TIMEOUT: Duration = Duration::from_secs(60);
/// "Within seconds": what stopping may take on a busy machine.
pub(crate) const STOP_TIMEOUT: Duration = Duration::from_secs(15);

pub(crate) fn homeroom() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homeroom"));
    // Whatever the shell that runs the tests has set.
    for name in [
        "HOMEROOM_DATA",
        "HOMEROOM_NATS",
        "HOMEROOM_LOG",
        "HOMEROOM_TOKEN",
        "HOMEROOM_SUPERVISED",
    ] {
        command.env_remove(name);
    }
    command.env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

/// `homeroom up` on a folder, on any free port, with a manual clock.
pub(crate) fn up(data: &Path) -> Command {
    let mut command = homeroom();
    command
        .arg("up")
        .args(["--data".as_ref(), data.as_os_str()])
        .args(["--listen", "127.0.0.1:0"]);
    command
}

/// What a process ended with: its exit code, and all it said to stderr.
pub(crate) fn ended(mut command: Command) -> (i32, String) {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(child.id().cast_signed());
    let watchdog = std::thread::spawn(move || child.wait_with_output().unwrap());
    let end = Instant::now() + START_TIMEOUT;
    while !watchdog.is_finished() {
        if Instant::now() > end {
            let _ = kill(pid, Signal::SIGTERM);
            panic!("it did not end: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let Output { status, stderr, .. } = watchdog.join().unwrap();
    (
        status.code().unwrap_or(-1),
        String::from_utf8(stderr).unwrap(),
    )
}

/// Asserts that a process is refused with this code and one sentence that holds these words.
#[track_caller]
pub(crate) fn refused(command: Command, code: i32, words: &[&str]) {
    let (ended_with, said) = ended(command);
    assert_eq!(ended_with, code, "{said}");
    assert_eq!(said.trim().lines().count(), 1, "one sentence: {said}");
    assert!(said.starts_with("homeroom: "), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
}

/// Runs a tool that must succeed; what it printed.
#[track_caller]
pub(crate) fn done(mut command: Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{}: {out}{err}", output.status);
    out
}

/// A tool on a data folder.
pub(crate) fn tool(data: &Path, arguments: &[&str]) -> Command {
    let mut command = homeroom();
    command
        .args(arguments)
        .args(["--data".as_ref(), data.as_os_str()]);
    command
}

/// Signs the administrator in as one does at a terminal: a first password, then one of one's own.
fn admin_token(data: &Path, nats: Option<&OsString>) -> String {
    let mut create = tool(data, &["admin", "create", "--again", "--json"]);
    if let Some(nats) = nats {
        create.env("HOMEROOM_NATS", nats);
    }
    let created = done(create);
    let created: Value = serde_json::from_str(&created).unwrap();
    let first = created["first_password"].as_str().unwrap();
    sign_in(data, "admin", first)
}

/// Signs somebody in by a first password; the token.
pub(crate) fn sign_in(data: &Path, number: &str, first: &str) -> String {
    let mut child = tool(data, &["sign-in", number])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let answers = format!("{first}\ncorrect horse battery\n");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(answers.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A running `up`.
pub(crate) struct Up {
    child: Child,
    pub(crate) url: String,
    data: PathBuf,
    /// The cluster it was started on, if it was.
    nats: Option<OsString>,
    token: OnceLock<String>,
}

impl Up {
    /// Starts it with a manual clock, and waits until it serves.
    pub(crate) fn start(data: &Path) -> Self {
        let mut command = up(data);
        command.args(["--clock", "manual"]);
        Self::start_as(data, command)
    }

    pub(crate) fn start_as(data: &Path, mut command: Command) -> Self {
        let said = fs::File::options()
            .create(true)
            .append(true)
            .open(said_at(data))
            .unwrap();
        let mut envs = command.get_envs();
        let nats = envs.find(|(name, _)| *name == "HOMEROOM_NATS");
        let nats = nats.and_then(|(_, url)| url).map(ToOwned::to_owned);
        let child = command
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        let pid = child.id();
        let url = wait_for("up to serve", START_TIMEOUT, || {
            let run = run(data)?;
            (run["up_pid"] == pid).then(|| run["url"].as_str().unwrap().to_owned())
        });
        Self {
            child,
            url,
            data: data.to_owned(),
            nats,
            token: OnceLock::new(),
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Sends a signal and waits for the end; the exit code.
    pub(crate) fn stop(mut self, signal: Signal) -> i32 {
        kill(self.pid(), signal).unwrap();
        let child = &mut self.child;
        let status = wait_for("up to end", STOP_TIMEOUT, || child.try_wait().unwrap());
        status.code().unwrap_or(-1)
    }

    /// Its children by what their command lines hold.
    pub(crate) fn children(&self, words: &str) -> Vec<Pid> {
        let children = processes()
            .into_iter()
            .filter(|(_, parent, _)| *parent == self.pid().as_raw());
        let children = children.filter(|(_, _, line)| line.contains(words));
        children.map(|(pid, _, _)| Pid::from_raw(pid)).collect()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.get(format!("{}{path}", self.url));
        if path.starts_with("/v1/") {
            request = request.bearer_auth(self.token());
        }
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Sets the clock and takes on a guard: the shortest way to one more commit. Its position.
    pub(crate) async fn commit(&self, name: &str) -> u64 {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let clock = json!({"now": "2026-11-23T06:00:00+08:00"});
        let put = || client.put(format!("{}/v1/clock", self.url)).json(&clock);
        self.patiently(put).await;
        let name = name.replace(' ', "-");
        let staff = format!("工号,姓名,职务,范围,手机号\nG-{name},门卫,门卫,综职系,13000000009\n");
        let key = format!("guard-{name}");
        let post = || {
            let part = reqwest::multipart::Part::bytes(staff.clone().into_bytes());
            let form = reqwest::multipart::Form::new().part("staff", part);
            let request = client.post(format!("{}/v1/roster/import", self.url));
            request.header("Idempotency-Key", &key).multipart(form)
        };
        self.patiently(post).await["position"].as_u64().unwrap()
    }

    /// The token of the administrator's session, signed in from the terminal.
    pub(crate) fn token(&self) -> String {
        let token = || admin_token(&self.data, self.nats.as_ref());
        self.token.get_or_init(token).clone()
    }

    /// The token of somebody's session, whom the administrator gave a first password.
    pub(crate) async fn token_of(&self, number: &str) -> String {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client
            .post(format!("{}/v1/first-passwords", self.url))
            .bearer_auth(self.token())
            .json(&json!({"numbers": [number]}));
        let given: Value = request.send().await.unwrap().json().await.unwrap();
        let first = given["given"][0]["first_password"].as_str();
        sign_in(
            &self.data,
            number,
            first.unwrap_or_else(|| panic!("{given:#}")),
        )
    }

    /// As a client should: what could not be done just now is asked again, and done once.
    async fn patiently(&self, request: impl Fn() -> reqwest::RequestBuilder) -> Value {
        let end = Instant::now() + START_TIMEOUT;
        loop {
            let answer = request().bearer_auth(self.token()).send().await.unwrap();
            let status = answer.status();
            let body: Value = answer.json().await.unwrap();
            if status.is_success() {
                return body;
            }
            assert!(status.is_server_error() && Instant::now() < end, "{body:#}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn head(&self) -> u64 {
        self.get("/healthz").await["log"]["head"].as_u64().unwrap()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill(self.pid(), Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

/// What runs on a folder, as it says.
pub(crate) fn run(data: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(data.join("run.json")).ok()?).ok()
}

/// Everything that the `up`s on a folder have said.
pub(crate) fn said(data: &Path) -> String {
    fs::read_to_string(said_at(data)).unwrap_or_default()
}

/// Beside the folder, not in it: an empty folder is to stay empty.
fn said_at(data: &Path) -> std::path::PathBuf {
    data.with_extension("said")
}

/// Every process that has this folder in its command line.
pub(crate) fn processes_on(data: &Path) -> Vec<String> {
    let data = data.to_string_lossy().into_owned();
    let on = processes()
        .into_iter()
        .filter(|(_, _, line)| line.contains(&data));
    on.map(|(pid, _, line)| format!("{pid} {line}")).collect()
}

/// Every process: its id, its parent's, its command line.
fn processes() -> Vec<(i32, i32, String)> {
    let entries = fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = stat.rsplit(')').next()?.split_whitespace();
        // A dead process that nobody has asked about is no process.
        let parent = fields
            .next()
            .filter(|state| *state != "Z")
            .and_then(|_| fields.next())?;
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        Some((pid, parent.parse().ok()?, line))
    })
    .collect()
}

/// Asks again until there is an answer.
#[track_caller]
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

/// A copy of a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp")
        .arg("-a")
        .arg(from)
        .arg(to)
        .status()
        .unwrap();
    assert!(copied.success());
}
