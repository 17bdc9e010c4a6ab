//! A school of any size, run by the release binary.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt;
use homeroom_domain::SchoolId;
use homeroom_log::server_process::url_of_running;
use homeroom_log::{Log, connect};
use homeroom_server::{NoSession, SessionsWithoutPassword};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Students in a class.
const CLASS_SIZE: usize = 50;
/// Students in one imported file; keeps its commit well under the log's message limit.
const IMPORT_SIZE: usize = 5_000;

/// A running school with a rule in force and its clock inside the window.
#[derive(Debug)]
pub struct BenchSchool {
    up: Child,
    /// Where it serves.
    pub address: SocketAddr,
    /// How many students it has; [`BenchSchool::number`] names them.
    pub students: usize,
    /// The token of each student's sign-in session.
    tokens: Vec<String>,
    _data: TempDir,
}

impl BenchSchool {
    /// Starts `homeroom up` with these further arguments, imports so many students and opens a window.
    pub async fn start(students: usize, args: &[&str]) -> Self {
        let data = TempDir::new().unwrap();
        let up = Command::new(binary())
            .args(["up", "--listen", "127.0.0.1:0", "--clock", "manual"])
            .args(["--data".as_ref(), data.path().as_os_str()])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        let (url, nats) = loop {
            let run = std::fs::read(data.path().join("run.json")).ok();
            let run = run.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
            let text = |name: &str| Some(run.as_ref()?[name].as_str()?.to_owned());
            if let (Some(url), Some(nats)) = (text("url"), text("nats")) {
                break (url, nats.parse().unwrap());
            }
            assert!(Instant::now() < end, "homeroom up did not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let sessions = sessions(data.path(), nats).await;
        let mut school = Self {
            up,
            address: url.trim_start_matches("http://").parse().unwrap(),
            students,
            tokens: Vec::new(),
            _data: data,
        };
        school.fill(&url, &sessions).await;
        school
    }

    /// The school number of a student, from 0.
    pub fn number(index: usize) -> String {
        format!("{:010}", 2_026_000_000 + index)
    }

    async fn fill(&mut self, url: &str, sessions: &SessionsWithoutPassword) {
        let client = reqwest::Client::new();
        let admin = sessions.token("admin").await.unwrap();
        let put = client.put(format!("{url}/v1/clock")).bearer_auth(&admin);
        ok(put.json(&json!({"now": "2026-11-23T06:00:00+08:00"}))).await;
        for first in (0..self.students).step_by(IMPORT_SIZE) {
            let last = (first + IMPORT_SIZE).min(self.students);
            let mut classes = String::from("班级代码,班级,入学年份,专业,班主任工号\n");
            let mut staff = String::from("工号,姓名,职务,范围,手机号\n");
            writeln!(staff, "OFFICER,干事,学工干事,综职系,13000000000").unwrap();
            let mut students = String::from("学号,姓名,性别,班级,宿舍,手机号\n");
            for class in first / CLASS_SIZE..last.div_ceil(CLASS_SIZE) {
                writeln!(classes, "C{class},26级{class}班,2026,计算机应用,T{class}").unwrap();
                writeln!(
                    staff,
                    "T{class},教师{class},班主任,26级{class}班,13000000000"
                )
                .unwrap();
            }
            for index in first..last {
                let number = Self::number(index);
                writeln!(
                    students,
                    "{number},学生{index},女,26级{}班,A101,13100000000",
                    index / CLASS_SIZE
                )
                .unwrap();
            }
            let part = |text: String, name: &'static str| {
                reqwest::multipart::Part::bytes(text.into_bytes()).file_name(name)
            };
            let form = reqwest::multipart::Form::new()
                .part("classes", part(classes, "classes.csv"))
                .part("staff", part(staff, "staff.csv"))
                .part("students", part(students, "students.csv"));
            let import = client
                .post(format!("{url}/v1/roster/import"))
                .bearer_auth(&admin);
            ok(import
                .header("Idempotency-Key", format!("bench-import-{first}"))
                .multipart(form))
            .await;
        }
        let rule = json!({
            "name": "早点名", "classes": "all", "weekdays": ["Mon"],
            "opens": "06:50:00", "on_time_until": "07:10:00", "closes": "07:20:00",
            "place": {"centre": {"lat": 30.912_345, "lng": 113.921_234, "datum": "wgs84"}, "radius_m": 300.0},
        });
        let officer = known(sessions, "OFFICER").await;
        let create = client.post(format!("{url}/v1/rules")).bearer_auth(officer);
        ok(create.header("Idempotency-Key", "bench-rule-0").json(&rule)).await;
        let put = client.put(format!("{url}/v1/clock")).bearer_auth(&admin);
        ok(put.json(&json!({"now": "2026-11-23T07:00:00+08:00"}))).await;
        let tokens = (0..self.students).map(|index| async move {
            let number = Self::number(index);
            known(sessions, &number).await
        });
        self.tokens = futures::stream::iter(tokens).buffered(64).collect().await;
    }

    /// The request of one student's check-in, as it goes over the wire.
    pub fn check_in(&self, index: usize) -> Vec<u8> {
        let number = Self::number(index);
        let body = r#"{"place":{"lat":30.9124,"lng":113.9213,"datum":"wgs84"},"accuracy_m":8.0,"device":"bench"}"#;
        format!(
            "POST /v1/check-ins HTTP/1.1\r\nHost: homeroom\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {}\r\nIdempotency-Key: bench-{number}\r\nContent-Length: {}\r\n\r\n{body}",
            self.tokens[index],
            body.len()
        )
        .into_bytes()
    }
}

impl Drop for BenchSchool {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(self.up.id().cast_signed()), Signal::SIGTERM);
        let _ = self.up.wait();
    }
}

/// Opens sign-in sessions as whoever runs the service can.
async fn sessions(data: &Path, nats: SocketAddr) -> SessionsWithoutPassword {
    let url = url_of_running(&data.join("nats"), nats, "serve").unwrap();
    let connection = connect(&url, "homeroom bench").await.unwrap();
    let school = SchoolId::parse("s1").unwrap();
    let log = Log::open(connection.clone(), &school).await.unwrap();
    let views = data.join("views");
    SessionsWithoutPassword::open(&connection, &log, &views)
        .await
        .unwrap()
}

/// The token of somebody imported a moment ago.
async fn known(sessions: &SessionsWithoutPassword, number: &str) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        match sessions.token(number).await {
            Err(NoSession::Nobody(_) | NoSession::Directory(_)) if Instant::now() < end => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            token => return token.unwrap(),
        }
    }
}

async fn ok(request: reqwest::RequestBuilder) {
    let response = request.send().await.unwrap();
    let status = response.status();
    assert!(
        status.is_success(),
        "{status}: {}",
        response.text().await.unwrap()
    );
}

/// The release binary beside this benchmark.
fn binary() -> PathBuf {
    let bench = std::env::current_exe().unwrap();
    let built = bench.parent().unwrap().parent().unwrap().join("homeroom");
    assert!(
        built.exists(),
        "{} is missing: cargo build --release first",
        built.display()
    );
    built
}
