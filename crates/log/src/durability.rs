//! How durable an acknowledged command really is.

use std::time::Duration;

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connection::Connection;

/// When nats-server brings an acknowledged commit to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case")]
pub enum Fsync {
    /// Before it acknowledges.
    Always,
    /// Every so often; commits acknowledged since can be lost with the power.
    Every {
        /// Seconds between two.
        interval_s: u64,
    },
    /// nats-server does not tell us.
    Unknown,
}

/// How durable an acknowledged command really is, as nats-server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durability {
    /// `file` or `memory`.
    pub storage: String,
    /// On how many servers each commit stands.
    pub replicas: usize,
    /// The weakest policy among the servers that answered.
    pub fsync: Fsync,
}

/// Asks every server of the cluster, as far as this user may.
pub(crate) async fn ask(connection: &Connection, storage: String, replicas: usize) -> Durability {
    let mut fsync = Fsync::Unknown;
    let inbox = connection.client.new_inbox();
    if let Ok(mut answers) = connection.client.subscribe(inbox.clone()).await
        && connection
            .client
            .publish_with_reply("hr_sys.jsz", inbox, "".into())
            .await
            .is_ok()
    {
        let wait = Duration::from_millis(300);
        while let Ok(Some(answer)) = tokio::time::timeout(wait, answers.next()).await {
            if answer.status.is_some() {
                break;
            }
            let Ok(jsz) = serde_json::from_slice::<Value>(&answer.payload) else {
                break;
            };
            fsync = weaker(fsync, policy(&jsz["data"]["config"]));
            if replicas <= 1 {
                break;
            }
        }
    }
    Durability {
        storage,
        replicas,
        fsync,
    }
}

fn policy(config: &Value) -> Fsync {
    if config["sync_always"] == true {
        return Fsync::Always;
    }
    match config["sync_interval"].as_u64() {
        Some(nanoseconds) => Fsync::Every {
            interval_s: nanoseconds.div_ceil(1_000_000_000),
        },
        None => Fsync::Unknown,
    }
}

fn weaker(known: Fsync, heard: Fsync) -> Fsync {
    match (known, heard) {
        (Fsync::Every { interval_s: a }, Fsync::Every { interval_s: b }) => Fsync::Every {
            interval_s: a.max(b),
        },
        (Fsync::Every { .. }, _) => known,
        _ => heard,
    }
}
