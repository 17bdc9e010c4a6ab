//! A record of keys: one key a name, as it is kept in the bucket.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;

use super::{VaultError, random};
use crate::bucket::{Bucket, BucketError, Revision};

/// A replica that has not caught up may be asked so often before a record is called out of reach.
const TRIES_MAX: u32 = 50;
/// Between two of them.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

pub(super) type Key = [u8; 32];

/// One key as its record tells it.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    /// Here it is.
    Key(Key),
    /// It was destroyed, and must not be made again.
    Destroyed,
    /// It was never made, or the record was lost.
    Absent,
}

/// The keys under their names. In the bucket it is a JSON object; a destroyed key is `null`, and of an emptied record
/// every key is destroyed.
pub(super) struct Record {
    name: String,
    keys: BTreeMap<String, Option<String>>,
    is_emptied: bool,
}

impl Record {
    /// The record of this name; one without keys if there is none.
    pub(super) async fn read(bucket: &Bucket, name: &str) -> Result<Self, VaultError> {
        Ok(Self::read_revision(bucket, name).await?.0)
    }

    /// The record of this name, after making the keys in it that were never made. Of many who make it at once, all
    /// get the same.
    pub(super) async fn ensure(
        bucket: &Bucket,
        name: &str,
        keys: &[&str],
    ) -> Result<Self, VaultError> {
        for _ in 0..TRIES_MAX {
            let (mut record, seen) = Self::read_revision(bucket, name).await?;
            if !record.make_absent(keys)? {
                return Ok(record);
            }
            let value = serde_json::to_vec(&record.keys).map_err(|_| damaged(name))?;
            match bucket.put(name, Bytes::from(value), seen).await {
                Ok(_) => return Ok(record),
                // Somebody else wrote it: theirs counts, once it is seen.
                Err(BucketError::Moved(_)) => tokio::time::sleep(RETRY_INTERVAL).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(BucketError::Moved(name.to_owned()).into())
    }

    /// One key.
    pub(super) fn key(&self, name: &str) -> Result<Entry, VaultError> {
        match self.keys.get(name) {
            _ if self.is_emptied => Ok(Entry::Destroyed),
            None => Ok(Entry::Absent),
            Some(None) => Ok(Entry::Destroyed),
            Some(Some(text)) => {
                let bytes = BASE64URL_NOPAD
                    .decode(text.as_bytes())
                    .map_err(|_| damaged(&self.name))?;
                let key = Key::try_from(bytes).map_err(|_| damaged(&self.name))?;
                Ok(Entry::Key(key))
            }
        }
    }

    async fn read_revision(bucket: &Bucket, name: &str) -> Result<(Self, Revision), VaultError> {
        let entry = bucket.entry(name).await?;
        let is_emptied = entry.as_ref().is_some_and(|(value, _)| value.is_empty());
        let (keys, revision) = match entry {
            Some((value, revision)) if !is_emptied => {
                let keys = serde_json::from_slice(&value).map_err(|_| damaged(name))?;
                (keys, revision)
            }
            Some((_, revision)) => (BTreeMap::new(), revision),
            None => (BTreeMap::new(), Revision::NONE),
        };
        let record = Self {
            name: name.to_owned(),
            keys,
            is_emptied,
        };
        Ok((record, revision))
    }

    /// True if there were any.
    fn make_absent(&mut self, names: &[&str]) -> Result<bool, VaultError> {
        let mut made = false;
        for name in names {
            if let Entry::Absent = self.key(name)? {
                let key = BASE64URL_NOPAD.encode(&random::<32>()?);
                self.keys.insert((*name).to_owned(), Some(key));
                made = true;
            }
        }
        Ok(made)
    }
}

fn damaged(name: &str) -> VaultError {
    VaultError::Damaged(name.to_owned())
}
