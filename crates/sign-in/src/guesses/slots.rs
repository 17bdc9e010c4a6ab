//! Counts that every `serve` process shares and a restart does not lose, in a bounded number of records.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use homeroom_domain::Moment;
use homeroom_log::{Bucket, BucketError, Revision};

use super::counter::{Counter, Pace};
use crate::error::SignInError;

/// Records: each holds the counts of the accounts whose keyed hash falls into it.
const SLOTS: u16 = 4_096;
/// Counts in one record; the one that was quiet longest makes room. Whoever wants to push out a certain account's count
/// must fail at some hundred thousand other numbers first, since the hash is keyed.
const SLOT_COUNTS_MAX: usize = 32;
const TRIES_MAX: u32 = 20;
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// By the account's hash in hexadecimal: how many wrong passwords, and when the last, Unix milliseconds.
type Counts = BTreeMap<String, (u32, i64)>;

#[derive(Debug, Clone)]
pub(super) struct Slots {
    bucket: Bucket,
}

impl Slots {
    pub(super) fn new(bucket: Bucket) -> Self {
        Self { bucket }
    }

    pub(super) async fn get(&self, account: &str) -> Result<Counter, SignInError> {
        let (counts, _) = self.read(&record(account)).await?;
        Ok(count(&counts, account))
    }

    /// Counts one more.
    pub(super) async fn add(
        &self,
        account: &str,
        pace: Pace,
        at: Moment,
    ) -> Result<(), SignInError> {
        let record = record(account);
        for _ in 0..TRIES_MAX {
            let (mut counts, seen) = self.read(&record).await?;
            let mut counter = count(&counts, account);
            counter.count(pace, at);
            let stored = (counter.wrong, counter.last.unix_ms());
            counts.insert(account.to_owned(), stored);
            while counts.len() > SLOT_COUNTS_MAX {
                let quiet = counts.iter().min_by_key(|(_, (_, last))| *last);
                let Some(quiet) = quiet.map(|(account, _)| account.clone()) else {
                    break;
                };
                counts.remove(&quiet);
            }
            let value =
                serde_json::to_vec(&counts).map_err(|_| SignInError::Damaged(record.clone()))?;
            match self.bucket.put(&record, Bytes::from(value), seen).await {
                Ok(_) => return Ok(()),
                Err(BucketError::Moved(_)) => tokio::time::sleep(RETRY_INTERVAL).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(BucketError::Moved(record).into())
    }

    async fn read(&self, record: &str) -> Result<(Counts, Revision), SignInError> {
        let Some((value, revision)) = self.bucket.entry(record).await? else {
            return Ok((Counts::new(), Revision::NONE));
        };
        // A record that cannot be read would slow nobody for ever, or everybody: it is begun anew.
        let counts = serde_json::from_slice(&value).unwrap_or_default();
        Ok((counts, revision))
    }
}

fn count(counts: &Counts, account: &str) -> Counter {
    counts
        .get(account)
        .map_or_else(Counter::default, |(wrong, last)| Counter {
            wrong: *wrong,
            last: Moment::from_unix_ms(*last),
        })
}

fn record(account: &str) -> String {
    let slot = u16::from_str_radix(account.get(..4).unwrap_or_default(), 16).unwrap_or_default();
    format!("guesses.{}", slot % SLOTS)
}
