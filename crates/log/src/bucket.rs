//! A small key-value bucket (ADR-8): what several processes share and the log must not hold.

use async_nats::HeaderMap;
use bytes::Bytes;
use homeroom_domain::SchoolId;
use serde::Deserialize;

use crate::batch_read::{self, BatchError};
use crate::commit::Position;
use crate::connection::{ApiRefused, Connection};

/// The most values that one list holds: the most that nats-server answers with at once.
pub const LIST_MAX: usize = 1_024;

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
    /// A list is longer than nats-server tells at once.
    #[error("more than {LIST_MAX} values begin with {0}")]
    TooMany(String),
    /// nats-server says no or nothing.
    #[error("the bucket cannot be used: {0}")]
    Unavailable(String),
}

impl From<BatchError> for BucketError {
    fn from(error: BatchError) -> Self {
        BucketError::Unavailable(error.to_string())
    }
}

/// A bucket of the school. Keys are ours: tokens of `[A-Za-z0-9_-]` with a dot between two of them.
///
/// A read may be answered by a server that has not caught up by some milliseconds; a write over what it saw is then
/// refused as [`BucketError::Moved`].
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

    pub(crate) fn sign_in_name(school: &SchoolId) -> String {
        format!("hr_{school}_sign_in")
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

    /// The bucket of the school's passwords, sign-in sessions and API keys.
    pub fn sign_in(connection: Connection, school: &SchoolId) -> Self {
        Self {
            connection,
            name: Self::sign_in_name(school),
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

    /// The same, but a value that was deleted is an empty one: whoever writes it again must have seen that revision.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn entry(&self, key: &str) -> Result<Option<(Bytes, Revision)>, BucketError> {
        let stream = format!("KV_{}", self.name);
        let values =
            batch_read::subject(&self.connection, &stream, &self.subject(key), Position(1)).await?;
        let newest = values.into_iter().next_back();
        Ok(newest.map(|(position, value)| (value, Revision(position.0))))
    }

    /// Every value whose key is `prefix` and one token more, in the order of their last change, with its key; at most
    /// [`LIST_MAX`].
    ///
    /// # Errors
    /// [`BucketError::TooMany`] when there are more, deleted ones counted; or nats-server does not answer.
    pub async fn list(&self, prefix: &str) -> Result<Vec<(String, Bytes, Revision)>, BucketError> {
        let stream = format!("KV_{}", self.name);
        let filter = self.subject(&format!("{prefix}.*"));
        let bucket = self.subject("");
        let found = batch_read::last_of_each(&self.connection, &stream, &filter)
            .await?
            .ok_or_else(|| BucketError::TooMany(prefix.to_owned()))?;
        let values = found.into_iter().filter(|found| !found.2.is_empty());
        Ok(values
            .map(|(subject, position, value)| {
                let key = subject.strip_prefix(&bucket).unwrap_or_default().to_owned();
                (key, value, Revision(position.0))
            })
            .collect())
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
        self.write(key, value, seen, HeaderMap::new()).await
    }

    /// Deletes a value at the revision that was seen.
    ///
    /// # Errors
    /// [`BucketError::Moved`] when it is no longer the newest.
    pub async fn delete(&self, key: &str, seen: Revision) -> Result<Revision, BucketError> {
        let mut headers = HeaderMap::new();
        headers.insert("KV-Operation", "DEL");
        self.write(key, Bytes::new(), seen, headers).await
    }

    async fn write(
        &self,
        key: &str,
        value: Bytes,
        seen: Revision,
        mut headers: HeaderMap,
    ) -> Result<Revision, BucketError> {
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
