//! A client of the HTTP API, for the tools of this program.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::folder::{Folder, Run};

const RETRY_INTERVAL: Duration = Duration::from_millis(100);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A service at a URL. Cheap to clone; connections are kept.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    url: String,
    patience: Duration,
}

/// An answer, or a refusal: whoever asked decides which refusals are expected.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The body; `Null` if it is no JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// The last part of a problem's type.
    pub(crate) fn problem(&self) -> &str {
        let type_ = self.body["type"].as_str().unwrap_or_default();
        type_.rsplit('/').next().unwrap_or_default()
    }

    /// Where in the log the answer stands.
    pub(crate) fn position(&self) -> Option<u64> {
        self.body["position"].as_u64()
    }

    /// The body of a success.
    ///
    /// # Errors
    /// A refusal, in its own words.
    pub(crate) fn ok(self, asked: &str) -> anyhow::Result<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let detail = self.body["detail"].as_str().unwrap_or("no word of why");
        let (problem, status) = (self.problem(), self.status.as_u16());
        let exit = if self.status.is_client_error() {
            Exit::Refused
        } else {
            Exit::Unavailable
        };
        Err(exit.because(format_args!(
            "{asked} was refused: {detail} ({problem}, {status})"
        )))
    }
}

impl Api {
    /// Names a service, for example `http://127.0.0.1:8080`, and how long it may be away or behind before a request is
    /// given up.
    ///
    /// # Errors
    /// When no client can be made.
    pub(crate) fn new(url: &str, patience: Duration) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .tcp_nodelay(true)
            // The service is asked directly, whatever proxy the machine has for the rest of the world.
            .no_proxy()
            .build()
            .context("no HTTP client")?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self {
            client,
            url,
            patience,
        })
    }

    /// GETs as whoever a token is of.
    pub(crate) async fn get(&self, token: &str, path: &str) -> anyhow::Result<Answer> {
        self.send(|| self.request(Method::GET, token, path)).await
    }

    /// GETs what is true at a position or later.
    pub(crate) async fn get_after(
        &self,
        token: &str,
        path: &str,
        position: u64,
    ) -> anyhow::Result<Answer> {
        let request = || {
            self.request(Method::GET, token, path)
                .header("Homeroom-After", position)
        };
        self.send(request).await
    }

    /// POSTs a command as whoever a token is of, under a key.
    pub(crate) async fn post(
        &self,
        token: &str,
        key: &str,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Answer> {
        let request = || {
            self.request(Method::POST, token, path)
                .header("Idempotency-Key", key)
                .json(body)
        };
        self.send(request).await
    }

    /// POSTs what is no recorded command, as whoever a token is of, or as nobody yet.
    pub(crate) async fn post_plain(
        &self,
        token: Option<&str>,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Answer> {
        let request = || {
            self.request(Method::POST, token.unwrap_or_default(), path)
                .json(body)
        };
        self.send(request).await
    }

    /// Imports the files of a roster, by their parts' names.
    pub(crate) async fn import(
        &self,
        token: &str,
        key: &str,
        files: &[(&'static str, Vec<u8>)],
    ) -> anyhow::Result<Answer> {
        let request = || {
            let form = files
                .iter()
                .fold(reqwest::multipart::Form::new(), |form, (name, bytes)| {
                    let part = reqwest::multipart::Part::bytes(bytes.clone())
                        .file_name(format!("{name}.csv"));
                    form.part(*name, part)
                });
            let request = self.request(Method::POST, token, "/v1/roster/import");
            request.header("Idempotency-Key", key).multipart(form)
        };
        self.send(request).await
    }

    /// Moves a manual clock.
    pub(crate) async fn set_clock(&self, token: &str, now: &str) -> anyhow::Result<Answer> {
        let body = json!({ "now": now });
        self.send(|| self.request(Method::PUT, token, "/v1/clock").json(&body))
            .await
    }

    fn request(&self, method: Method, token: &str, path: &str) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        request.header("Accept-Language", language())
    }

    /// Sends; again while the service is away or behind. Safe: a command has its key, a query changes nothing.
    async fn send(&self, request: impl Fn() -> RequestBuilder) -> anyhow::Result<Answer> {
        let end = Instant::now() + self.patience;
        loop {
            let outcome = match request().send().await {
                Ok(response) => answer(response).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(answer) if !answer.status.is_server_error() => return Ok(answer),
                Ok(answer) if Instant::now() >= end => return Ok(answer),
                Err(error) if error.is_builder() || Instant::now() >= end => {
                    return Err(Exit::Unavailable.because(format_args!(
                        "the service at {} does not answer: {}",
                        self.url,
                        anyhow::Error::from(error).root_cause()
                    )));
                }
                Ok(_) | Err(_) => tokio::time::sleep(RETRY_INTERVAL).await,
            }
        }
    }
}

/// Where the service is: what was typed, else what runs on the data folder.
///
/// # Errors
/// When nothing was typed and nothing runs.
pub(crate) fn url(typed: Option<String>, data: &Path) -> anyhow::Result<String> {
    let running = || Run::read(&Folder::new(data)).map(|run| run.url);
    typed.or_else(running).ok_or_else(|| {
        Exit::Unavailable.because(format_args!(
            "nothing is running on the data folder {}: start `homeroom up`, or say where with --url",
            data.display()
        ))
    })
}

async fn answer(response: reqwest::Response) -> Result<Answer, reqwest::Error> {
    let status = response.status();
    let bytes = response.bytes().await?;
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(Answer { status, body })
}

/// The language of whoever sits at the terminal.
fn language() -> &'static str {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match set {
        Some(locale) if locale.starts_with("zh") => "zh-CN",
        _ => "en",
    }
}
