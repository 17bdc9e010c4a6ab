//! The keys of sealed fields: one record a person, outside the log, so that destroying a key erases what it sealed.

use std::sync::Arc;

use bytes::Bytes;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use futures::StreamExt;
use hmac::{Hmac, Mac};
use homeroom_domain::sealed::{Category, Mark, Sealed};
use homeroom_domain::{PersonId, SchoolId};
use quick_cache::sync::Cache;
use sha2::Sha256;

use crate::bucket::{Bucket, BucketError, Revision};
use crate::commit::Hash;
use crate::connection::Connection;

/// People whose keys are kept in memory.
const CACHED_MAX: usize = 200_000;
/// Records written at once while a roster is imported.
const PIPELINE: usize = 256;
/// The record that holds the school's own two keys.
const SCHOOL_RECORD: &str = "school";

type Key = [u8; 32];

/// Why a field could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The keys cannot be had.
    #[error("the keys cannot be reached: {0}")]
    Unavailable(#[from] BucketError),
    /// The person's key of that category was destroyed.
    #[error("the key of {person} for {category} was destroyed", category = category.as_str())]
    Destroyed {
        /// Whose.
        person: PersonId,
        /// Which.
        category: Category,
    },
    /// A record is not what we wrote.
    #[error("the key record {0} cannot be read")]
    Damaged(String),
    /// What is sealed was changed, or sealed under another key.
    #[error("a sealed field of {0} does not open: it was changed, or its key was")]
    Forged(PersonId),
    /// The system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
}

#[derive(Debug)]
struct PersonKeys {
    by_category: [Option<Key>; Category::ALL.len()],
}

/// The school's keys. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    school: SchoolId,
    bucket: Bucket,
    marks: Key,
    digests: Key,
    people: Cache<PersonId, Arc<PersonKeys>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("school", &self.school)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens the school's keys; makes the school's own two on first use.
    ///
    /// # Errors
    /// When nats-server does not answer, or the record is damaged.
    pub async fn open(connection: Connection, school: &SchoolId) -> Result<Self, VaultError> {
        let bucket = Bucket::keys(connection, school);
        let record = get_or_create(&bucket, SCHOOL_RECORD, || {
            Ok(vec![
                ("marks".to_owned(), random_key()?),
                ("digests".to_owned(), random_key()?),
            ])
        })
        .await?;
        let key = |name: &str| {
            record
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, key)| *key)
                .ok_or(damaged(SCHOOL_RECORD))
        };
        let inner = Inner {
            school: school.clone(),
            marks: key("marks")?,
            digests: key("digests")?,
            bucket,
            people: Cache::new(CACHED_MAX),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Makes sure that these people have keys; must be done before anything of theirs is sealed.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn ensure(&self, people: &[PersonId]) -> Result<(), VaultError> {
        let mut made = futures::stream::iter(people.iter().cloned())
            .map(|person| {
                let vault = self.clone();
                async move { vault.make(&person).await }
            })
            .buffer_unordered(PIPELINE);
        while let Some(outcome) = made.next().await {
            outcome?;
        }
        Ok(())
    }

    async fn make(&self, person: &PersonId) -> Result<(), VaultError> {
        let fresh = || {
            Category::ALL
                .iter()
                .map(|category| Ok((category.as_str().to_owned(), random_key()?)))
                .collect()
        };
        let record = get_or_create(&self.inner.bucket, person.as_str(), fresh).await?;
        self.inner
            .people
            .insert(person.clone(), Arc::new(PersonKeys::of(&record)));
        Ok(())
    }

    /// Seals a field under a person's key.
    ///
    /// # Errors
    /// When the person has no such key, or the keys cannot be reached.
    pub async fn seal(
        &self,
        person: &PersonId,
        category: Category,
        plain: &[u8],
    ) -> Result<Sealed, VaultError> {
        let key = self.key(person, category).await?;
        let key = key.ok_or_else(|| VaultError::Destroyed {
            person: person.clone(),
            category,
        })?;
        let mut boxed = vec![0_u8; 24];
        getrandom::fill(&mut boxed).map_err(|error| VaultError::Random(error.to_string()))?;
        let nonce = XNonce::try_from(&boxed[..]).map_err(|_| damaged(person.as_str()))?;
        let bound_to = self.bound_to(person, category);
        let payload = Payload {
            msg: plain,
            aad: bound_to.as_bytes(),
        };
        let sealed = XChaCha20Poly1305::new(&key.into())
            .encrypt(&nonce, payload)
            .map_err(|_| damaged(person.as_str()))?;
        boxed.extend_from_slice(&sealed);
        Ok(Sealed {
            person: person.clone(),
            category,
            ciphertext: BASE64URL_NOPAD.encode(&boxed),
        })
    }

    /// Opens a sealed field; `None` when its key was destroyed.
    ///
    /// # Errors
    /// When it was changed, or the keys cannot be reached.
    pub async fn open_sealed(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(key) = self.key(&sealed.person, sealed.category).await? else {
            return Ok(None);
        };
        let forged = || VaultError::Forged(sealed.person.clone());
        let boxed = BASE64URL_NOPAD
            .decode(sealed.ciphertext.as_bytes())
            .map_err(|_| forged())?;
        let (nonce, ciphertext) = boxed.split_at_checked(24).ok_or_else(forged)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| forged())?;
        let bound_to = self.bound_to(&sealed.person, sealed.category);
        let payload = Payload {
            msg: ciphertext,
            aad: bound_to.as_bytes(),
        };
        XChaCha20Poly1305::new(&key.into())
            .decrypt(&nonce, payload)
            .map(Some)
            .map_err(|_| forged())
    }

    /// The mark of a value: equal values of one purpose have equal marks, and a mark tells nothing without the key.
    pub fn mark(&self, purpose: &str, value: &str) -> Mark {
        let mac = keyed(
            &self.inner.marks,
            &[purpose.as_bytes(), b"\0", value.as_bytes()],
        );
        Mark(HEXLOWER.encode(&mac[..16]))
    }

    /// The digest of a command's body: tells it from another without telling what it was.
    pub fn digest(&self, body: &[u8]) -> Hash {
        Hash(keyed(&self.inner.digests, &[body]))
    }

    /// What a sealed field is bound to: it does not open as another person's, category's or school's.
    fn bound_to(&self, person: &PersonId, category: Category) -> String {
        format!("{}/{person}/{}", self.inner.school, category.as_str())
    }

    async fn key(&self, person: &PersonId, category: Category) -> Result<Option<Key>, VaultError> {
        let index = category as usize;
        if let Some(keys) = self.inner.people.get(person) {
            return Ok(keys.by_category[index]);
        }
        let Some((value, _)) = self.inner.bucket.get(person.as_str()).await? else {
            return Ok(None);
        };
        let keys = Arc::new(PersonKeys::of(&decode(person.as_str(), &value)?));
        self.inner.people.insert(person.clone(), Arc::clone(&keys));
        Ok(keys.by_category[index])
    }
}

impl PersonKeys {
    fn of(record: &[(String, Key)]) -> Self {
        let key = |category: Category| {
            record
                .iter()
                .find(|(name, _)| name == category.as_str())
                .map(|(_, key)| *key)
        };
        Self {
            by_category: Category::ALL.map(key),
        }
    }
}

/// The record under a name; where there is none, a fresh one. Of two who make it at once, both get the same.
async fn get_or_create(
    bucket: &Bucket,
    name: &str,
    fresh: impl Fn() -> Result<Vec<(String, Key)>, VaultError>,
) -> Result<Vec<(String, Key)>, VaultError> {
    loop {
        if let Some((value, _)) = bucket.get(name).await? {
            return decode(name, &value);
        }
        let record = fresh()?;
        let json: std::collections::BTreeMap<_, _> = record
            .iter()
            .map(|(name, key)| (name.as_str(), BASE64URL_NOPAD.encode(key)))
            .collect();
        let value = serde_json::to_vec(&json).map_err(|_| damaged(name))?;
        match bucket.put(name, Bytes::from(value), Revision::NONE).await {
            Ok(_) => return Ok(record),
            // Somebody else made it: theirs counts.
            Err(BucketError::Moved(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn decode(name: &str, value: &[u8]) -> Result<Vec<(String, Key)>, VaultError> {
    let record: std::collections::BTreeMap<String, String> =
        serde_json::from_slice(value).map_err(|_| damaged(name))?;
    let key = |text: String| {
        BASE64URL_NOPAD
            .decode(text.as_bytes())
            .ok()
            .and_then(|key| Key::try_from(key).ok())
            .ok_or(damaged(name))
    };
    record
        .into_iter()
        .map(|(category, text)| Ok((category, key(text)?)))
        .collect()
}

fn damaged(name: &str) -> VaultError {
    VaultError::Damaged(name.to_owned())
}

fn random_key() -> Result<Key, VaultError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| VaultError::Random(error.to_string()))?;
    Ok(key)
}

/// HMAC-SHA-256 over the parts.
fn keyed(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}
