//! Records in the bucket, read through a cache that is never more than some seconds behind.

use std::time::Duration;

use bytes::Bytes;
use homeroom_domain::Moment;
use homeroom_log::{Bucket, BucketError, Revision};
use quick_cache::sync::Cache;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

use crate::error::SignInError;

/// How long what one process wrote may be unknown to another.
pub const STALE_MS_MAX: i64 = 5_000;
/// Younger copies are used; what is left is for a replica of nats-server that lags.
const FRESH_MS: i64 = 4_000;
const TRIES_MAX: u32 = 50;
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// A record that never was is the default.
pub(crate) trait Record: Serialize + DeserializeOwned + Default + PartialEq + Clone {
    /// What its keys begin with.
    const PREFIX: &'static str;
}

pub(crate) struct Records<R> {
    bucket: Bucket,
    cache: Cache<String, Arc<Copy<R>>>,
}

/// What was read, and when.
struct Copy<R> {
    record: Arc<R>,
    revision: Revision,
    read_at: Moment,
}

impl<R: Record> Records<R> {
    pub(crate) fn new(bucket: Bucket, cached_max: usize) -> Self {
        Self {
            bucket,
            cache: Cache::new(cached_max),
        }
    }

    /// The record as it was at most [`STALE_MS_MAX`] ago, for all other processes; as it is, for this one.
    pub(crate) async fn cached(&self, id: &str, at: Moment) -> Result<Arc<R>, SignInError> {
        if let Some(copy) = self.cache.get(id) {
            let age_ms = at.unix_ms() - copy.read_at.unix_ms();
            // A clock that was set back tells no age.
            if (0..FRESH_MS).contains(&age_ms) {
                return Ok(Arc::clone(&copy.record));
            }
        }
        Ok(self.read(id, at).await?.0)
    }

    /// The record as nats-server has it.
    pub(crate) async fn read(
        &self,
        id: &str,
        at: Moment,
    ) -> Result<(Arc<R>, Revision), SignInError> {
        let key = key::<R>(id);
        let (record, revision) = match self.bucket.entry(&key).await? {
            None => (R::default(), Revision::NONE),
            Some((value, revision)) if value.is_empty() => (R::default(), revision),
            Some((value, revision)) => {
                let record = serde_json::from_slice(&value)
                    .map_err(|_| SignInError::Damaged(key.clone()))?;
                (record, revision)
            }
        };
        let read = Copy {
            record: Arc::new(record),
            revision,
            read_at: at,
        };
        let known = self.remember(id, read);
        Ok((Arc::clone(&known.record), known.revision))
    }

    /// Changes a record: `change` is asked again if somebody else wrote it meanwhile, and nothing is written if it changes
    /// nothing or refuses.
    pub(crate) async fn update<T, E: From<SignInError>>(
        &self,
        id: &str,
        at: Moment,
        mut change: impl FnMut(&mut R) -> Result<T, E>,
    ) -> Result<T, E> {
        for _ in 0..TRIES_MAX {
            let (seen, revision) = self.read(id, at).await?;
            let mut record = R::clone(&seen);
            let outcome = change(&mut record)?;
            if record == *seen {
                return Ok(outcome);
            }
            match self.put(id, record, revision, at).await {
                Ok(()) => return Ok(outcome),
                Err(SignInError::Unavailable(BucketError::Moved(_))) => {
                    tokio::time::sleep(RETRY_INTERVAL).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(SignInError::from(BucketError::Moved(key::<R>(id))).into())
    }

    /// Every record, with its id.
    pub(crate) async fn list(&self) -> Result<Vec<(String, R)>, SignInError> {
        let mut all = Vec::new();
        for (key, value, _) in self.bucket.list(R::PREFIX).await? {
            let id = key.split_once('.').map(|(_, id)| id.to_owned());
            let record = serde_json::from_slice(&value).ok();
            let (Some(id), Some(record)) = (id, record) else {
                return Err(SignInError::Damaged(key));
            };
            all.push((id, record));
        }
        Ok(all)
    }

    /// Deletes a record.
    pub(crate) async fn delete(&self, id: &str) -> Result<(), SignInError> {
        let key = key::<R>(id);
        for _ in 0..TRIES_MAX {
            let Some((value, seen)) = self.bucket.entry(&key).await? else {
                return Ok(());
            };
            if value.is_empty() {
                return Ok(());
            }
            match self.bucket.delete(&key, seen).await {
                Ok(_) => {
                    self.cache.remove(id);
                    return Ok(());
                }
                Err(BucketError::Moved(_)) => tokio::time::sleep(RETRY_INTERVAL).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(BucketError::Moved(key).into())
    }

    async fn put(
        &self,
        id: &str,
        record: R,
        seen: Revision,
        at: Moment,
    ) -> Result<(), SignInError> {
        let key = key::<R>(id);
        let value = serde_json::to_vec(&record).map_err(|_| SignInError::Damaged(key.clone()))?;
        let revision = self.bucket.put(&key, Bytes::from(value), seen).await?;
        let written = Copy {
            record: Arc::new(record),
            revision,
            read_at: at,
        };
        self.remember(id, written);
        Ok(())
    }

    /// Keeps the newer of two copies: a replica that lags takes nothing back.
    fn remember(&self, id: &str, copy: Copy<R>) -> Arc<Copy<R>> {
        let copy = match self.cache.get(id) {
            Some(known) if known.revision.0 > copy.revision.0 => Copy {
                record: Arc::clone(&known.record),
                revision: known.revision,
                read_at: copy.read_at,
            },
            _ => copy,
        };
        let copy = Arc::new(copy);
        self.cache.insert(id.to_owned(), Arc::clone(&copy));
        copy
    }
}

fn key<R: Record>(id: &str) -> String {
    format!("{}.{id}", R::PREFIX)
}
