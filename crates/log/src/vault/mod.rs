//! The keys of sealed fields: one record a person, outside the log, so that destroying a key erases what it sealed.

mod record;

use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use futures::StreamExt;
use hmac::{Hmac, Mac};
use homeroom_domain::sealed::{Category, Mark, Sealed};
use homeroom_domain::{PersonId, SchoolId};
use quick_cache::sync::Cache;
use sha2::Sha256;

use crate::bucket::{Bucket, BucketError};
use crate::commit::Hash;
use crate::connection::Connection;
use record::{Entry, Key, Record};

/// People whose keys are kept in memory.
const CACHED_MAX: usize = 200_000;
/// The nonce that stands before the ciphertext.
const NONCE_BYTES: usize = 24;
/// Records written at once while a roster is imported.
const PIPELINE: usize = 256;
/// The record that holds the school's own two keys.
const SCHOOL_RECORD: &str = "school";

/// Its names.
const MARKS: &str = "marks";
const DIGESTS: &str = "digests";

/// One person's keys, by category.
type PersonKeys = [Entry; Category::ALL.len()];

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
    /// The person's key of that category is not there.
    #[error("there is no key of {person} for {category}: it was never made, or it was lost", category = category.as_str())]
    NoKey {
        /// Whose.
        person: PersonId,
        /// Which.
        category: Category,
    },
    /// The school's own keys are not there, and making others would make every mark in the log worthless.
    #[error(
        "the keys of school {0} are missing: they are made once, with its log; restore the bucket they stand in"
    )]
    Missing(SchoolId),
    /// A record is not what we wrote.
    #[error("the key record {0} cannot be read")]
    Damaged(String),
    /// What is sealed was changed, or sealed under another key.
    #[error("a sealed field of {0} does not open: it was changed, or its key was")]
    Forged(PersonId),
    /// More than the cipher takes.
    #[error("{0} bytes are too many to seal")]
    TooLong(usize),
    /// The system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
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
    /// Opens the school's keys.
    ///
    /// # Errors
    /// When nats-server does not answer, or the school's own keys are missing or damaged.
    pub async fn open(connection: Connection, school: &SchoolId) -> Result<Self, VaultError> {
        let bucket = Bucket::keys(connection, school);
        let record = Record::read(&bucket, SCHOOL_RECORD).await?;
        let key = |name| match record.key(name)? {
            Entry::Key(key) => Ok(key),
            Entry::Destroyed | Entry::Absent => Err(VaultError::Missing(school.clone())),
        };
        let inner = Inner {
            school: school.clone(),
            marks: key(MARKS)?,
            digests: key(DIGESTS)?,
            bucket,
            people: Cache::new(CACHED_MAX),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Makes sure that these people have keys; must be done before anything of theirs is sealed. A key that was
    /// destroyed is not made again.
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
        let names = Category::ALL.map(Category::as_str);
        let record = Record::ensure(&self.inner.bucket, person.as_str(), &names).await?;
        self.remember(person, &record).map(drop)
    }

    /// Seals a field under a person's key.
    ///
    /// # Errors
    /// When the person has no such key or no longer has it, or the keys cannot be reached.
    pub async fn seal(
        &self,
        person: &PersonId,
        category: Category,
        plain: &[u8],
    ) -> Result<Sealed, VaultError> {
        let key = self.key(person, category).await?;
        let too_long = || VaultError::TooLong(plain.len());
        let key = key.ok_or_else(|| VaultError::Destroyed {
            person: person.clone(),
            category,
        })?;
        let mut boxed = random::<NONCE_BYTES>()?.to_vec();
        let nonce = XNonce::try_from(&boxed[..]).map_err(|_| too_long())?;
        let bound_to = self.bound_to(person, category);
        let payload = Payload {
            msg: plain,
            aad: bound_to.as_bytes(),
        };
        let sealed = XChaCha20Poly1305::new(&key.into())
            .encrypt(&nonce, payload)
            .map_err(|_| too_long())?;
        boxed.extend_from_slice(&sealed);
        Ok(Sealed {
            person: person.clone(),
            category,
            ciphertext: BASE64URL_NOPAD.encode(&boxed),
        })
    }

    /// Opens a sealed field; `None` when its key was destroyed. What this process has once read of a person's keys
    /// it keeps in memory.
    ///
    /// # Errors
    /// When it was changed, its key is lost, or the keys cannot be reached.
    pub async fn open_sealed(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(key) = self.key(&sealed.person, sealed.category).await? else {
            return Ok(None);
        };
        let forged = || VaultError::Forged(sealed.person.clone());
        let boxed = BASE64URL_NOPAD
            .decode(sealed.ciphertext.as_bytes())
            .map_err(|_| forged())?;
        let (nonce, ciphertext) = boxed.split_at_checked(NONCE_BYTES).ok_or_else(forged)?;
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
        let entry = match self.inner.people.get(person) {
            Some(keys) => keys[category as usize],
            None => {
                let record = Record::read(&self.inner.bucket, person.as_str()).await?;
                self.remember(person, &record)?[category as usize]
            }
        };
        match entry {
            Entry::Key(key) => Ok(Some(key)),
            Entry::Destroyed => Ok(None),
            Entry::Absent => Err(VaultError::NoKey {
                person: person.clone(),
                category,
            }),
        }
    }

    /// Keeps a person's keys in memory, unless some are still to be made.
    fn remember(&self, person: &PersonId, record: &Record) -> Result<PersonKeys, VaultError> {
        let mut keys = [Entry::Absent; Category::ALL.len()];
        for category in Category::ALL {
            keys[category as usize] = record.key(category.as_str())?;
        }
        if !keys.iter().any(|entry| matches!(entry, Entry::Absent)) {
            self.inner.people.insert(person.clone(), Arc::new(keys));
        }
        Ok(keys)
    }
}

/// Makes the school's own two keys, where there are none; part of creating a log.
///
/// Never done because they were not found later: every mark and digest in the log was made with them.
pub(crate) async fn create(connection: &Connection, school: &SchoolId) -> Result<(), VaultError> {
    let bucket = Bucket::keys(connection.clone(), school);
    Record::ensure(&bucket, SCHOOL_RECORD, &[MARKS, DIGESTS]).await?;
    Ok(())
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| VaultError::Random(error.to_string()))?;
    Ok(bytes)
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
