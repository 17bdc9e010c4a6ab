//! A school of any size, run by the release binary.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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
    _data: TempDir,
}

impl BenchSchool {
    /// Starts `homeroom up` with these further arguments, imports so many students and opens a window.
    pub async fn start(students: usize, args: &[&str]) -> Self {
        let data = TempDir::new().unwrap();
        let up = Command::new(binary())
            .args([
                "up",
                "--listen",
                "127.0.0.1:0",
                "--clock",
                "manual",
                "--trust-actor-header",
            ])
            .args(["--data".as_ref(), data.path().as_os_str()])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        let url = loop {
            let run = std::fs::read(data.path().join("run.json")).ok();
            let run = run.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
            if let Some(url) = run.as_ref().and_then(|run| run["url"].as_str()) {
                break url.to_owned();
            }
            assert!(Instant::now() < end, "homeroom up did not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let school = Self {
            up,
            address: url.trim_start_matches("http://").parse().unwrap(),
            students,
            _data: data,
        };
        school.fill(&url).await;
        school
    }

    /// The school number of a student, from 0.
    pub fn number(index: usize) -> String {
        format!("{:010}", 2_026_000_000 + index)
    }

    async fn fill(&self, url: &str) {
        let client = reqwest::Client::new();
        let put = client
            .put(format!("{url}/v1/clock"))
            .header("Homeroom-Actor", "admin");
        ok(put.json(&json!({"now": "2026-11-23T06:00:00+08:00"}))).await;
        for first in (0..self.students).step_by(IMPORT_SIZE) {
            let last = (first + IMPORT_SIZE).min(self.students);
            let mut classes = String::from("班级代码,班级,入学年份,专业,班主任工号\n");
            let mut staff = String::from("工号,姓名,职务,范围,手机号\n");
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
                .header("Homeroom-Actor", "admin");
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
        let create = client
            .post(format!("{url}/v1/rules"))
            .header("Homeroom-Actor", "admin");
        ok(create.header("Idempotency-Key", "bench-rule-0").json(&rule)).await;
        let put = client
            .put(format!("{url}/v1/clock"))
            .header("Homeroom-Actor", "admin");
        ok(put.json(&json!({"now": "2026-11-23T07:00:00+08:00"}))).await;
    }

    /// The request of one student's check-in, as it goes over the wire.
    pub fn check_in(&self, index: usize) -> Vec<u8> {
        let number = Self::number(index);
        let body = r#"{"place":{"lat":30.9124,"lng":113.9213,"datum":"wgs84"},"accuracy_m":8.0,"device":"bench"}"#;
        format!(
            "POST /v1/check-ins HTTP/1.1\r\nHost: homeroom\r\nContent-Type: application/json\r\n\
             Homeroom-Actor: {number}\r\nIdempotency-Key: bench-{number}\r\nContent-Length: {}\r\n\r\n{body}",
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
