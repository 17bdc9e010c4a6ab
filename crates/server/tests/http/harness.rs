//! A school of one's own: a nats-server, every projector, and as many servers as a test asks for.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use homeroom_attendance::AttendanceProjection;
use homeroom_directory::DirectoryProjection;
use homeroom_domain::{SchoolId, Zone};
use homeroom_leave::LeaveProjection;
use homeroom_log::server_process::{NatsBinary, NatsServer};
use homeroom_log::{Batching, ClockKind, Epoch, Identity, Log, Position, Vault, connect, create};
use homeroom_projection::{Projection, run};
use homeroom_report::ReportProjection;
use homeroom_server::{
    Clock, ClockSetting, NoSession, Server, ServerOptions, SessionsWithoutPassword,
};
use homeroom_sign_in::{Provider, Settings, SignIn};
use homeroom_trail::TrailProjection;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub const CLASSES: &str = "班级代码,班级,入学年份,专业,班主任工号\n26JY1,26级计算机应用1班,2026,计算机应用,T1\n26DS1,26级电子商务1班,2026,电子商务,T2\n";
pub const STAFF: &str = "工号,姓名,职务,范围,手机号\nT1,甲老师,班主任,26级计算机应用1班,13000000001\nT2,乙老师,班主任,26级电子商务1班,13000000002\nT4,丁老师,学工干事,综职系,13000000004\n";
pub const STUDENTS: &str = "学号,姓名,性别,班级,宿舍,手机号\n2026010101,赵一,男,26级计算机应用1班,A101,13100000001\n2026010102,钱二,女,26级计算机应用1班,B101,\n2026020101,李四,女,26级电子商务1班,B102,13100000004\n";
pub const CADRES: &str = "学号,类别,范围,职务\n2026010101,班级干部,26级计算机应用1班,考勤委员\n";

/// The student-affairs officer, who sets rules and publishes templates.
pub const OFFICER: &str = "T4";

pub struct School {
    nats: NatsServer,
    dir: TempDir,
    stop: CancellationToken,
    servers: Vec<Server>,
    client: reqwest::Client,
    keys: AtomicU64,
    sessions: SessionsWithoutPassword,
    tokens: Mutex<HashMap<String, String>>,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(
            (200..300).contains(&self.status),
            "{} {:#}",
            self.status,
            self.body
        );
        self
    }

    #[track_caller]
    pub fn refused(self, status: u16, problem: &str) -> Self {
        let type_ = self.body["type"].as_str().unwrap_or_default();
        let said = type_.rsplit('/').next().unwrap_or_default();
        assert_eq!((self.status, said), (status, problem), "{:#}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        self
    }

    pub fn position(&self) -> u64 {
        self.headers["homeroom-position"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap()
    }
}

fn school_id() -> SchoolId {
    SchoolId::parse("s1").unwrap()
}

impl School {
    /// Nothing in it, its clock not set, one server.
    pub async fn empty() -> Self {
        let dir = TempDir::new().unwrap();
        let binary = NatsBinary::find(None).expect("ops/get-nats gets one");
        let nats = NatsServer::start(&binary, &dir.path().join("log"), &school_id(), None).unwrap();
        let identity = Identity {
            school: school_id(),
            zone: Zone::Asia__Shanghai,
            clock: ClockKind::Simulated,
            epoch: Epoch::from_bits([3; 10]),
        };
        let admin = connect(&nats.url("admin"), "test").await.unwrap();
        create(&admin, &identity, 1).await.unwrap();
        let views = dir.path().join("views");
        let serve = connect(&nats.url("serve"), "test").await.unwrap();
        let log = Log::open(serve.clone(), &school_id()).await.unwrap();
        let sessions = SessionsWithoutPassword::open(&serve, &log, &views).await;
        let mut school = Self {
            nats,
            dir,
            stop: CancellationToken::new(),
            servers: Vec::new(),
            client: reqwest::Client::new(),
            keys: AtomicU64::new(0),
            sessions: sessions.unwrap(),
            tokens: Mutex::default(),
        };
        school.project(DirectoryProjection).await;
        school.project(AttendanceProjection).await;
        school.project(LeaveProjection).await;
        school.project(ReportProjection).await;
        school.project(TrailProjection).await;
        school.serve().await;
        school
    }

    /// With the roster of the top of this file, at 06:00 on Monday 2026-11-23.
    pub async fn open() -> Self {
        let school = Self::empty().await;
        school.clock("2026-11-23T06:00:00+08:00").await.ok();
        school.import().await.ok();
        school
    }

    /// With a morning rule besides: 06:50, 07:10, 07:20, 300 m around the gate.
    pub async fn with_rule() -> Self {
        let school = Self::open().await;
        school
            .by(OFFICER)
            .post("/v1/rules", &School::rule("早点名", "06:50:00", "07:20:00"))
            .await
            .ok();
        school
    }

    pub fn rule(name: &str, opens: &str, closes: &str) -> Value {
        json!({
            "name": name, "classes": "all", "weekdays": ["Mon", "Tue", "Wed", "Thu", "Fri"],
            "opens": opens, "on_time_until": "07:10:00", "closes": closes,
            "place": {"centre": {"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"}, "radius_m": 300.0},
        })
    }

    pub fn at_the_gate() -> Value {
        json!({"place": {"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"}, "accuracy_m": 5.0})
    }

    fn views(&self) -> PathBuf {
        self.dir.path().join("views")
    }

    async fn project<P: Projection>(&self, projection: P) {
        let url = self.nats.url(&format!("project_{}", P::NAME));
        let log = Log::open(connect(&url, "test").await.unwrap(), &school_id())
            .await
            .unwrap();
        let (views, stop) = (self.views(), self.stop.clone());
        tokio::spawn(async move {
            run(Arc::new(projection), &log, &views, &stop)
                .await
                .unwrap();
        });
    }

    /// One more server on the same log, with a memory and a clock of its own; returns its number.
    pub async fn serve(&mut self) -> usize {
        self.serve_with(|_| None).await
    }

    /// The same, with the provider that vouches for its people; it is told where the server is.
    pub async fn serve_with(
        &mut self,
        provider: impl FnOnce(SocketAddr) -> Option<Provider>,
    ) -> usize {
        let connection = connect(&self.nats.url("serve"), "test").await.unwrap();
        let log = Log::open(connection.clone(), &school_id()).await.unwrap();
        let vault = Vault::open(connection.clone(), &school_id()).await.unwrap();
        let clock = Clock::open(&connection, log.identity(), ClockSetting::Manual)
            .await
            .unwrap();
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let listen = free.local_addr().unwrap();
        drop(free);
        let options = ServerOptions {
            listen,
            trusted_proxies: Vec::new(),
            batching: Batching::Adaptive,
        };
        let sign_in = self.sign_in().await;
        let server = Server::start(
            options,
            log,
            vault,
            &self.views(),
            clock,
            sign_in,
            provider(listen),
        )
        .await
        .unwrap();
        self.servers.push(server);
        self.servers.len() - 1
    }

    /// The school's sign-in, as a process of its own has it.
    pub async fn sign_in(&self) -> SignIn {
        let connection = connect(&self.nats.url("serve"), "test").await.unwrap();
        SignIn::open(connection, &school_id(), Settings::default())
            .await
            .unwrap()
    }

    /// The token of somebody's sign-in session, the same one every time; somebody imported a moment ago is waited for.
    pub async fn token(&self, number: &str) -> String {
        if let Some(token) = self.tokens.lock().unwrap().get(number) {
            return token.clone();
        }
        let token = self.new_token(number).await;
        let mut tokens = self.tokens.lock().unwrap();
        tokens.insert(number.to_owned(), token.clone());
        token
    }

    /// The token of one more session.
    pub async fn new_token(&self, number: &str) -> String {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            match self.sessions.token(number).await {
                Err(NoSession::Nobody(_) | NoSession::Directory(_)) if Instant::now() < end => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                token => return token.unwrap(),
            }
        }
    }

    pub fn address(&self, server: usize) -> SocketAddr {
        self.servers[server].address()
    }

    /// A clock as another process of the school has it.
    pub async fn another_clock(
        &self,
        setting: ClockSetting,
    ) -> Result<Clock, homeroom_server::ClockError> {
        let connection = connect(&self.nats.url("clock"), "test").await.unwrap();
        let log = Log::open(connection.clone(), &school_id()).await.unwrap();
        Clock::open(&connection, log.identity(), setting).await
    }

    /// The log itself.
    pub async fn log(&self) -> Log {
        Log::open(
            connect(&self.nats.url("serve"), "test").await.unwrap(),
            &school_id(),
        )
        .await
        .unwrap()
    }

    pub async fn head(&self) -> Position {
        self.log().await.head().await.unwrap()
    }

    pub fn by<'a>(&'a self, number: &'a str) -> Person<'a> {
        Person {
            school: self,
            number,
            server: 0,
        }
    }

    pub async fn clock(&self, now: &str) -> Answer {
        self.by("admin")
            .send(Method::PUT, "/v1/clock", Some(&json!({ "now": now })), &[])
            .await
    }

    pub async fn import(&self) -> Answer {
        let key = self.fresh_key();
        self.import_as(
            &key,
            [
                ("classes", CLASSES),
                ("staff", STAFF),
                ("students", STUDENTS),
                ("cadres", CADRES),
            ],
        )
        .await
    }

    pub async fn import_as<const N: usize>(&self, key: &str, files: [(&str, &str); N]) -> Answer {
        let form = files
            .iter()
            .fold(reqwest::multipart::Form::new(), |form, (name, text)| {
                form.part(
                    (*name).to_owned(),
                    reqwest::multipart::Part::bytes(text.as_bytes().to_vec()),
                )
            });
        let url = format!("http://{}/v1/roster/import", self.address(0));
        let request = self.client.post(url).bearer_auth(self.token("admin").await);
        answer(request.header("Idempotency-Key", key).multipart(form)).await
    }

    pub fn fresh_key(&self) -> String {
        format!("test-key-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address(0)))
    }
}

impl Drop for School {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[derive(Clone, Copy)]
pub struct Person<'a> {
    school: &'a School,
    number: &'a str,
    server: usize,
}

impl Person<'_> {
    /// The same person, asking another server.
    pub fn at(self, server: usize) -> Self {
        Self { server, ..self }
    }

    pub async fn get(self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn get_after(self, position: u64, path: &str) -> Answer {
        self.send(
            Method::GET,
            path,
            None,
            &[("Homeroom-After", &position.to_string())],
        )
        .await
    }

    pub async fn post(self, path: &str, body: &Value) -> Answer {
        let key = self.school.fresh_key();
        self.post_as(&key, path, body).await
    }

    pub async fn post_as(self, key: &str, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body), &[("Idempotency-Key", key)])
            .await
    }

    pub async fn send(
        self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let url = format!("http://{}{path}", self.school.address(self.server));
        let mut request = self
            .school
            .client
            .request(method, url)
            .bearer_auth(self.school.token(self.number).await);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        answer(request).await
    }

    pub async fn post_raw_as(self, key: &str, path: &str, body: &str) -> Answer {
        let url = format!("http://{}{path}", self.school.address(self.server));
        let request = self
            .school
            .client
            .post(url)
            .bearer_auth(self.school.token(self.number).await);
        let request = request
            .header("Idempotency-Key", key)
            .header("Content-Type", "application/json");
        answer(request.body(body.to_owned())).await
    }

    pub async fn post_raw(self, path: &str, content_type: &str, body: &str) -> Answer {
        let url = format!("http://{}{path}", self.school.address(self.server));
        let request = self
            .school
            .client
            .post(url)
            .bearer_auth(self.school.token(self.number).await);
        let request = request.header("Idempotency-Key", self.school.fresh_key());
        answer(
            request
                .header("Content-Type", content_type)
                .body(body.to_owned()),
        )
        .await
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer {
        status,
        headers,
        body,
    }
}
