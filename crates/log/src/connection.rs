//! A connection to nats-server, and how often it was made.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

/// How long a request of the JetStream API may take.
const API_TIMEOUT: Duration = Duration::from_secs(5);
/// A client that was cut off tries again at least this often.
const RECONNECT_DELAY_MAX: Duration = Duration::from_millis(250);

/// nats-server cannot be reached, or does not let us in.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is none.
    #[error("{0:?} is not the URL of a nats-server")]
    Url(String),
    /// No connection.
    #[error("no connection to nats-server at {address}: {source}")]
    Refused {
        /// Host and port; never the credentials.
        address: String,
        /// Why.
        source: async_nats::ConnectError,
    },
}

/// A connection. Cheap to clone; comes back by itself after the server was away.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(crate) client: Client,
    /// The prefix of the JetStream API's subjects: another than the server's own where the stream lives in another
    /// account and only reading is imported.
    api_prefix: Arc<str>,
    /// How many times the connection was lost: whoever waits for an answer waits in vain once this moves.
    pub(crate) losses: watch::Receiver<u64>,
}

/// Connects to `nats://[user:password@]host:port[/prefix]`. The inbox prefix is `_INBOX_<user>`, so that no user can
/// listen on another's answers. `prefix` stands for `$JS.API` where an account imports the log under another name.
///
/// # Errors
/// When the URL is none, or the server is away or refuses.
pub async fn connect(url: &str, name: &str) -> Result<Connection, ConnectError> {
    let scheme = url.find("://").map_or(0, |at| at + 3);
    let (server, prefix) = match url[scheme..].split_once('/') {
        Some((server, prefix)) if !prefix.is_empty() => {
            (format!("{}{server}", &url[..scheme]), prefix)
        }
        _ => (url.trim_end_matches('/').to_owned(), "$JS.API"),
    };
    let address = ServerAddr::from_str(&server).map_err(|_| ConnectError::Url(redacted(url)))?;
    let (lost, losses) = watch::channel(0_u64);
    let mut options = ConnectOptions::new()
        .name(name)
        // A batch read is delivered as fast as the server can send it; the reader asks for bounded batches.
        .subscription_capacity(1 << 16)
        .client_capacity(1 << 14)
        .ping_interval(Duration::from_secs(10))
        .request_timeout(Some(API_TIMEOUT))
        .reconnect_delay_callback(|attempts| {
            Duration::from_millis(10 << attempts.min(5)).min(RECONNECT_DELAY_MAX)
        })
        .event_callback(move |event| {
            match event {
                Event::Disconnected => lost.send_modify(|losses| *losses += 1),
                Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
                    tracing::warn!(%event, "nats");
                }
                _ => {}
            }
            std::future::ready(())
        });
    if let Some(user) = address.username() {
        let password = address.password().unwrap_or_default();
        options = options
            .user_and_password(user.to_owned(), password.to_owned())
            .custom_inbox_prefix(format!("_INBOX_{user}"));
    }
    let at = format!("{}:{}", address.host(), address.port());
    let client = options
        .connect(address)
        .await
        .map_err(|source| ConnectError::Refused {
            address: at,
            source,
        })?;
    Ok(Connection {
        client,
        api_prefix: prefix.into(),
        losses,
    })
}

/// A URL without what stands before an `@`.
fn redacted(url: &str) -> String {
    url.rsplit('@').next().unwrap_or_default().to_owned()
}

/// What the JetStream API answers when it says no.
#[derive(Debug, Clone, Deserialize, thiserror::Error)]
#[error("{description} ({err_code})")]
pub(crate) struct ApiRefused {
    /// As in HTTP.
    #[serde(default)]
    code: u16,
    /// The stable code.
    #[serde(default)]
    err_code: u32,
    #[serde(default)]
    description: String,
}

impl ApiRefused {
    /// The comparator of a publish failed.
    pub(crate) fn is_wrong_last_sequence(&self) -> bool {
        matches!(self.err_code, 10_071 | 10_164)
    }

    /// The stream does not exist.
    pub(crate) fn is_stream_not_found(&self) -> bool {
        self.err_code == 10_059
    }

    /// The server cannot just now: it has no leader yet, or its store failed. What it was asked may be done or not.
    pub(crate) fn may_pass(&self) -> bool {
        self.code == 503
    }
}

/// Why a request of the JetStream API came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("nats-server says no: {0}")]
    Refused(#[from] ApiRefused),
    #[error("nats-server does not answer: {0}")]
    NoAnswer(String),
    #[error("nats-server's answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct ApiEnvelope {
    error: Option<ApiRefused>,
}

impl Connection {
    /// The subject of a JetStream API.
    pub(crate) fn api_subject(&self, name: &str) -> String {
        format!("{}.{name}", self.api_prefix)
    }

    /// One request of the JetStream API.
    pub(crate) async fn api<T: DeserializeOwned>(
        &self,
        name: &str,
        body: &serde_json::Value,
    ) -> Result<T, ApiError> {
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(serde_json::to_vec(body)?)
        };
        let answer = self
            .client
            .request(self.api_subject(name), body)
            .await
            .map_err(|error| ApiError::NoAnswer(error.to_string()))?;
        if let Some(refused) = serde_json::from_slice::<ApiEnvelope>(&answer.payload)?.error {
            return Err(refused.into());
        }
        Ok(serde_json::from_slice(&answer.payload)?)
    }

    /// The configuration and state of a stream.
    pub(crate) async fn stream_info(&self, stream: &str) -> Result<StreamInfo, ApiError> {
        self.api(&format!("STREAM.INFO.{stream}"), &serde_json::Value::Null)
            .await
    }
}

/// What is read of a stream's configuration and state.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StreamInfo {
    pub(crate) config: StreamConfig,
    pub(crate) state: StreamState,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StreamConfig {
    #[serde(default)]
    pub(crate) subjects: Vec<String>,
    #[serde(default)]
    pub(crate) storage: String,
    #[serde(default)]
    pub(crate) retention: String,
    #[serde(default)]
    pub(crate) num_replicas: usize,
    #[serde(default)]
    pub(crate) discard: String,
    #[serde(default)]
    pub(crate) max_age: i64,
    #[serde(default)]
    pub(crate) max_msgs: i64,
    #[serde(default)]
    pub(crate) max_bytes: i64,
    #[serde(default)]
    pub(crate) max_msgs_per_subject: i64,
    #[serde(default)]
    pub(crate) deny_delete: bool,
    #[serde(default)]
    pub(crate) deny_purge: bool,
    #[serde(default)]
    pub(crate) allow_direct: bool,
    #[serde(default)]
    pub(crate) allow_atomic: bool,
    #[serde(default)]
    pub(crate) allow_msg_ttl: bool,
    #[serde(default)]
    pub(crate) no_ack: bool,
    pub(crate) subject_transform: Option<serde_json::Value>,
    pub(crate) mirror: Option<serde_json::Value>,
    #[serde(default)]
    pub(crate) sources: Vec<serde_json::Value>,
    #[serde(default)]
    pub(crate) metadata: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StreamState {
    pub(crate) last_seq: u64,
}
