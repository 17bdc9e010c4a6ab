//! The explicit initialisation of a school's log.

use serde_json::{Value, json};

use crate::bucket::Bucket;
use crate::connection::{ApiError, Connection};
use crate::identity::Identity;
use crate::vault;

/// Why no log was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is one.
    #[error("this nats-server holds a log of school {0} already; it is never started over")]
    Exists(String),
    /// nats-server says no or nothing.
    #[error("the log cannot be created: {0}")]
    Refused(String),
}

impl From<ApiError> for CreateError {
    fn from(error: ApiError) -> Self {
        CreateError::Refused(error.to_string())
    }
}

/// Creates the school's stream, the buckets for keys, for the clock and for sign-in, and the school's own keys.
///
/// The stream comes last: a log exists only once everything it needs exists.
///
/// # Errors
/// When there is a log already, or nats-server refuses.
pub async fn create(
    connection: &Connection,
    identity: &Identity,
    replicas: usize,
) -> Result<(), CreateError> {
    let stream = Identity::stream(&identity.school);
    match connection.stream_info(&stream).await {
        Ok(_) => return Err(CreateError::Exists(identity.school.to_string())),
        Err(ApiError::Refused(refused)) if refused.is_stream_not_found() => {}
        Err(error) => return Err(error.into()),
    }
    for name in [
        Bucket::keys_name(&identity.school),
        Bucket::clock_name(&identity.school),
        Bucket::sign_in_name(&identity.school),
    ] {
        let config = bucket_config(&name, replicas);
        let _: Value = connection
            .api(&format!("STREAM.CREATE.KV_{name}"), &config)
            .await?;
    }
    vault::create(connection, &identity.school)
        .await
        .map_err(|error| CreateError::Refused(error.to_string()))?;
    let _: Value = connection
        .api(
            &format!("STREAM.CREATE.{stream}"),
            &stream_config(identity, replicas),
        )
        .await?;
    Ok(())
}

fn stream_config(identity: &Identity, replicas: usize) -> Value {
    json!({
        "name": Identity::stream(&identity.school),
        "description": "Homeroom: the log. Never purge, never delete.",
        "subjects": [format!("hr.{}.>", identity.school)],
        "storage": "file",
        "retention": "limits",
        "num_replicas": replicas,
        "discard": "new",
        "max_age": 0, "max_msgs": -1, "max_bytes": -1, "max_msgs_per_subject": -1, "max_msg_size": -1,
        "max_consumers": -1,
        "deny_delete": true, "deny_purge": true,
        "allow_direct": true, "allow_atomic": true,
        // The command id in the commit makes a retry safe for ever; the server's window would only cost memory.
        "duplicate_window": 100_000_000_u64,
        "metadata": identity.metadata(),
    })
}

/// A key-value bucket as the NATS tools know it (ADR-8), with a history of one.
fn bucket_config(name: &str, replicas: usize) -> Value {
    json!({
        "name": format!("KV_{name}"),
        "subjects": [format!("$KV.{name}.>")],
        "storage": "file",
        "num_replicas": replicas,
        "discard": "new",
        "max_msgs_per_subject": 1,
        "deny_delete": false, "deny_purge": false,
        "allow_rollup_hdrs": true,
        "allow_direct": true, "allow_atomic": true,
        "duplicate_window": 100_000_000_u64,
    })
}
