//! A small school that a test plays with: `school.student("2026010101").checks_in(at("07:11"))`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};

use crate::process::Homeroom;
use crate::sign_in;

/// Two classes of three, their homeroom teachers, a subject teacher, an officer, two cadres.
const CLASSES: &str = "班级代码,班级,入学年份,专业,班主任工号\n26JY1,26级计算机应用1班,2026,计算机应用,T1\n26DS1,26级电子商务1班,2026,电子商务,T2\n";
const STAFF: &str = "工号,姓名,职务,范围,手机号\nT1,甲老师,班主任,26级计算机应用1班,13000000001\nT2,乙老师,班主任,26级电子商务1班,13000000002\nT3,丙老师,任课教师,26级计算机应用1班;26级电子商务1班,13000000003\nT4,丁老师,学工干事,综职系,13000000004\n";
const STUDENTS: &str = "学号,姓名,性别,班级,宿舍,手机号\n2026010101,赵一,男,26级计算机应用1班,A101,13100000001\n2026010102,钱二,女,26级计算机应用1班,B101,13100000002\n2026010103,孙三,男,26级计算机应用1班,A102,\n2026020101,李四,女,26级电子商务1班,B102,13100000004\n2026020102,周五,男,26级电子商务1班,A103,13100000005\n2026020103,吴六,女,26级电子商务1班,B103,13100000006\n";
const CADRES: &str = "学号,类别,范围,职务\n2026010101,班级干部,26级计算机应用1班,考勤委员\n2026020101,学生会干部,综职系,卫生部\n";

/// The gate of the school, where every check-in that counts is made.
const GATE: (f64, f64) = (30.912_345, 113.921_234);

/// A school on its own data folder.
#[derive(Debug)]
pub struct School {
    /// Its data folder.
    pub data: TempDir,
    /// The running service; `None` between a stop and the next start.
    pub homeroom: Option<Homeroom>,
    client: reqwest::Client,
    keys: AtomicU64,
    admin: OnceCell<String>,
    tokens: Mutex<HashMap<String, String>>,
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; `Null` if it is empty, a string if it is not JSON.
    pub body: Value,
}

impl Answer {
    /// The position in `Homeroom-Position`.
    pub fn position(&self) -> u64 {
        self.headers["homeroom-position"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// The last part of the problem's type.
    pub fn problem(&self) -> &str {
        self.body["type"]
            .as_str()
            .unwrap_or_default()
            .rsplit('/')
            .next()
            .unwrap_or_default()
    }

    /// The answer, if it is a success.
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

    /// The answer, if it is this refusal.
    #[track_caller]
    pub fn refused(self, status: u16, problem: &str) -> Self {
        assert_eq!(
            (self.status, self.problem()),
            (status, problem),
            "{:#}",
            self.body
        );
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert!(
            !self.body["detail"].as_str().unwrap_or_default().is_empty(),
            "{:#}",
            self.body
        );
        self
    }
}

impl School {
    /// Starts a school with its roster, a clock at 06:00 on Monday 2026-11-23, and no rule.
    pub async fn open() -> Self {
        let school = Self::empty().await;
        school.clock("2026-11-23T06:00:00+08:00").await;
        school.import(CLASSES, STAFF, STUDENTS, CADRES).await.ok();
        school
    }

    /// [`School::open`] with the rule 06:50, 07:10, 07:20 within 300 m of the gate, on every weekday.
    pub async fn with_rule() -> Self {
        let school = Self::open().await;
        school
            .officer()
            .post(
                "/v1/rules",
                &School::rule("早点名", "06:50:00", "07:10:00", "07:20:00"),
            )
            .await
            .ok();
        school
    }

    /// Starts a school without anything in it, its clock not set.
    pub async fn empty() -> Self {
        let data = TempDir::new().unwrap();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        let mut school = Self {
            data,
            homeroom: None,
            client,
            keys: AtomicU64::new(0),
            admin: OnceCell::new(),
            tokens: Mutex::default(),
        };
        school.start();
        school
    }

    /// The terms of a rule for every class, Monday to Friday, 300 m around the gate.
    pub fn rule(name: &str, opens: &str, on_time_until: &str, closes: &str) -> Value {
        json!({
            "name": name, "classes": "all", "weekdays": ["Mon", "Tue", "Wed", "Thu", "Fri"],
            "opens": opens, "on_time_until": on_time_until, "closes": closes,
            "place": {"centre": {"lat": GATE.0, "lng": GATE.1, "datum": "wgs84"}, "radius_m": 300.0},
        })
    }

    /// Starts (again) on the same data folder.
    pub fn start(&mut self) {
        let args = ["--clock", "manual"];
        self.homeroom = Some(Homeroom::up(self.data.path(), &args));
    }

    /// Stops everything cleanly.
    pub fn stop(&mut self) {
        self.homeroom.take().unwrap().stop();
    }

    /// The running service.
    pub fn homeroom(&self) -> &Homeroom {
        self.homeroom.as_ref().unwrap()
    }

    /// The IT administrator.
    pub fn admin(&self) -> Person<'_> {
        self.person("admin")
    }

    /// The student-affairs officer, who sets rules and reads every class.
    pub fn officer(&self) -> Person<'_> {
        self.person("T4")
    }

    /// A student by school number.
    pub fn student<'a>(&'a self, number: &'a str) -> Person<'a> {
        self.person(number)
    }

    /// A member of staff by staff number.
    pub fn staff<'a>(&'a self, number: &'a str) -> Person<'a> {
        self.person(number)
    }

    fn person<'a>(&'a self, number: &'a str) -> Person<'a> {
        Person {
            school: self,
            number,
        }
    }

    /// The token of somebody's sign-in session: signed in once, as they would be, from the first password on.
    pub async fn token(&self, number: &str) -> String {
        let url = &self.homeroom().url;
        let admin = self
            .admin
            .get_or_init(|| sign_in::admin(url, self.data.path()));
        let admin = admin.await;
        if number == "admin" {
            return admin.clone();
        }
        // Held until the token is there: whoever else wants it has the same one.
        let mut tokens = self.tokens.lock().await;
        if let Some(token) = tokens.get(number) {
            return token.clone();
        }
        let token = sign_in::person(url, admin, number).await;
        tokens.insert(number.to_owned(), token.clone());
        token
    }

    /// Moves the clock.
    pub async fn clock(&self, now: &str) -> Answer {
        self.admin()
            .send(
                reqwest::Method::PUT,
                "/v1/clock",
                Some(&json!({ "now": now })),
                &[],
            )
            .await
    }

    /// Imports a roster given as CSV texts.
    pub async fn import(&self, classes: &str, staff: &str, students: &str, cadres: &str) -> Answer {
        let parts = [
            ("classes", classes),
            ("staff", staff),
            ("students", students),
            ("cadres", cadres),
        ];
        self.import_bytes(&parts.map(|(name, text)| (name, text.as_bytes().to_vec())))
            .await
    }

    /// Imports a roster given as raw files.
    pub async fn import_bytes(&self, parts: &[(&str, Vec<u8>)]) -> Answer {
        let form = parts
            .iter()
            .fold(reqwest::multipart::Form::new(), |form, (name, bytes)| {
                form.part(
                    (*name).to_owned(),
                    reqwest::multipart::Part::bytes(bytes.clone()).file_name(format!("{name}.csv")),
                )
            });
        let request = self
            .client
            .post(format!("{}/v1/roster/import", self.homeroom().url))
            .bearer_auth(self.token("admin").await)
            .header("Idempotency-Key", self.fresh_key())
            .multipart(form);
        answer(request).await
    }

    /// The log's newest position.
    pub async fn head(&self) -> u64 {
        self.admin().get("/healthz").await.body["log"]["head"]
            .as_u64()
            .unwrap()
    }

    /// Asks again until the answer is as hoped, for views that follow the log.
    #[track_caller]
    pub fn until<'a, F>(&'a self, path: &'a str, hoped: F) -> impl Future<Output = Answer> + 'a
    where
        F: Fn(&Value) -> bool + 'a,
    {
        let caller = std::panic::Location::caller();
        async move {
            let end = Instant::now() + Duration::from_secs(20);
            loop {
                let answer = self.officer().get(path).await;
                if answer.status == 200 && hoped(&answer.body) {
                    return answer;
                }
                assert!(
                    Instant::now() < end,
                    "{caller}: {path} stayed {} {:#}",
                    answer.status,
                    answer.body
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    fn fresh_key(&self) -> String {
        format!("test-key-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }
}

/// Somebody who acts.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    school: &'a School,
    number: &'a str,
}

impl Person<'_> {
    /// Moves the clock to an instant and checks in at the gate.
    pub async fn checks_in(self, at: String) -> Answer {
        self.checks_in_from(at, GATE.0, GATE.1).await
    }

    /// Moves the clock to an instant and checks in from somewhere.
    pub async fn checks_in_from(self, at: String, lat: f64, lng: f64) -> Answer {
        self.school.clock(&at).await.ok();
        self.post(
            "/v1/check-ins",
            &json!({"place": {"lat": lat, "lng": lng, "datum": "wgs84"}, "accuracy_m": 10.0}),
        )
        .await
    }

    /// Submits a slip for sickness.
    pub async fn submits_slip(self, from: String, to: String) -> Answer {
        self.post(
            "/v1/slips",
            &json!({"type": "sick", "from": from, "to": to, "reason": "发烧"}),
        )
        .await
    }

    /// Approves a slip.
    pub async fn approves(self, slip: &str) -> Answer {
        self.post(
            &format!("/v1/slips/{slip}/approve"),
            &json!({"comment": "好好休息"}),
        )
        .await
    }

    /// Rejects a slip.
    pub async fn rejects(self, slip: &str) -> Answer {
        self.post(
            &format!("/v1/slips/{slip}/reject"),
            &json!({"reason": "没有证明"}),
        )
        .await
    }

    /// POSTs JSON under a fresh idempotency key.
    pub async fn post(self, path: &str, body: &Value) -> Answer {
        let key = self.school.fresh_key();
        self.post_as(&key, path, body).await
    }

    /// POSTs JSON under this idempotency key.
    pub async fn post_as(self, key: &str, path: &str, body: &Value) -> Answer {
        self.send(
            reqwest::Method::POST,
            path,
            Some(body),
            &[("Idempotency-Key", key)],
        )
        .await
    }

    /// [`Person::post_as`], for a service that may be down: `None` if there was no answer.
    pub async fn try_post_as(self, key: &str, path: &str, body: &Value) -> Option<Answer> {
        let url = format!("{}{path}", self.school.homeroom().url);
        let request = self
            .school
            .client
            .post(url)
            .bearer_auth(self.school.token(self.number).await)
            .header("Idempotency-Key", key);
        let response = request.json(body).send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Some(Answer {
            status,
            headers,
            body: response.json().await.ok()?,
        })
    }

    /// GETs; the answer holds every commit acknowledged to this school so far.
    pub async fn get(self, path: &str) -> Answer {
        self.send(reqwest::Method::GET, path, None, &[]).await
    }

    /// GETs what is true at a position or later.
    pub async fn get_after(self, position: u64, path: &str) -> Answer {
        self.send(
            reqwest::Method::GET,
            path,
            None,
            &[("Homeroom-After", &position.to_string())],
        )
        .await
    }

    /// Sends any request.
    pub async fn send(
        self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let url = format!("{}{path}", self.school.homeroom().url);
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

    /// Sends bytes as they are.
    pub async fn post_raw(self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let request = self
            .school
            .client
            .post(format!("{}{path}", self.school.homeroom().url))
            .bearer_auth(self.school.token(self.number).await)
            .header("Idempotency-Key", self.school.fresh_key())
            .header("Content-Type", content_type)
            .body(body.to_vec());
        answer(request).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(if text.is_empty() {
        Value::Null
    } else {
        Value::String(text)
    });
    Answer {
        status,
        headers,
        body,
    }
}
