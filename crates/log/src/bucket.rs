//! A small key-value bucket (ADR-8): what several processes share and the log must not hold.

use async_nats::HeaderMap;
use bytes::Bytes;
use homeroom_domain::SchoolId;
use serde::Deserialize;

use crate::batch_read::{self, BatchError};
use crate::commit::Position;
use crate::connection::{ApiRefused, Connection};

/// The revision of a value; `Revision::NONE` of one that was never written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision(pub u64);

impl Revision {
    /// Never written.
    pub const NONE: Revision = Revision(0);
}

/// Why a bucket could not be used.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The value was written by somebody else meanwhile.
    #[error("{0} was written by somebody else meanwhile")]
    Moved(String),
    /// nats-server says no or nothing.
    #[error("the bucket cannot be used: {0}")]
    Unavailable(String),
}

impl From<BatchError> for BucketError {
    fn from(error: BatchError) -> Self {
        BucketError::Unavailable(error.to_string())
    }
}

/// A bucket of the school. Keys are ours: `[A-Za-z0-9_-]`.
#[derive(Debug, Clone)]
pub struct Bucket {
    connection: Connection,
    name: String,
}

#[derive(Deserialize)]
struct PutAck {
    #[serde(default)]
    seq: u64,
    error: Option<ApiRefused>,
}

impl Bucket {
    pub(crate) fn keys_name(school: &SchoolId) -> String {
        format!("hr_{school}_keys")
    }

    pub(crate) fn clock_name(school: &SchoolId) -> String {
        format!("hr_{school}_clock")
    }

    pub(crate) fn keys(connection: Connection, school: &SchoolId) -> Self {
        Self {
            connection,
            name: Self::keys_name(school),
        }
    }

    /// The bucket of the school's shared clock.
    pub fn clock(connection: Connection, school: &SchoolId) -> Self {
        Self {
            connection,
            name: Self::clock_name(school),
        }
    }

    fn subject(&self, key: &str) -> String {
        format!("$KV.{}.{key}", self.name)
    }

    /// A value and its revision.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn get(&self, key: &str) -> Result<Option<(Bytes, Revision)>, BucketError> {
        Ok(self
            .entry(key)
            .await?
            .filter(|(value, _)| !value.is_empty()))
    }

    /// The same, but a value that was deleted is an empty one.
    pub(crate) async fn entry(&self, key: &str) -> Result<Option<(Bytes, Revision)>, BucketError> {
        let stream = format!("KV_{}", self.name);
        let values =
            batch_read::subject(&self.connection, &stream, &self.subject(key), Position(1)).await?;
        let newest = values.into_iter().next_back();
        Ok(newest.map(|(position, value)| (value, Revision(position.0))))
    }

    /// Writes a value over the revision that was seen.
    ///
    /// # Errors
    /// [`BucketError::Moved`] when it is no longer the newest.
    pub async fn put(
        &self,
        key: &str,
        value: Bytes,
        seen: Revision,
    ) -> Result<Revision, BucketError> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Subject-Sequence", seen.0.to_string());
        let answer = self
            .connection
            .client
            .request_with_headers(self.subject(key), headers, value)
            .await
            .map_err(|error| BucketError::Unavailable(error.to_string()))?;
        let ack: PutAck = serde_json::from_slice(&answer.payload)
            .map_err(|error| BucketError::Unavailable(error.to_string()))?;
        match ack.error {
            None => Ok(Revision(ack.seq)),
            Some(refused) if refused.is_wrong_last_sequence() => {
                Err(BucketError::Moved(key.to_owned()))
            }
            Some(refused) => Err(BucketError::Unavailable(refused.to_string())),
        }
    }
}
