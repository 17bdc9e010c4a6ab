//! API keys: what programs show.

use homeroom_domain::{Moment, PersonId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::SignInError;
use crate::records::Record;
use crate::service::SignIn;
use crate::token::{self, BadToken, EndedBy};

const PREFIX: &str = "hrk";
/// Keys of one school, revoked ones counted: a list holds twice as many at most.
pub const KEYS_MAX: usize = 500;
/// A key's last use is written at most so often.
const USED_MS: i64 = 10 * 60_000;
const NAME_LENGTH_MAX: usize = 80;
const ACTIONS_MAX: usize = 100;

/// An API key: `hrk_<school>_<id>_<secret><check>`. Shown once; only its SHA-256 is kept.
#[derive(Debug, Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// The key, to be shown once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Names a key; opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for KeyId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// What a key is to be for.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What the program is called.
    pub name: String,
    /// The actions it may take; words of the rights table.
    pub actions: Vec<String>,
    /// The office and scope it acts in.
    pub office: Value,
    /// When it ends by itself.
    pub expires: Option<Moment>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyInfo {
    /// Which.
    pub id: KeyId,
    /// What the program is called.
    pub name: String,
    /// The actions it may take.
    pub actions: Vec<String>,
    /// The office and scope it acts in.
    pub office: Value,
    /// Who made it; they answer for it.
    pub made_by: PersonId,
    /// When.
    pub made_at: Moment,
    /// When it ends by itself.
    pub expires: Option<Moment>,
    /// When it was revoked.
    pub revoked: Option<Moment>,
    /// Its last use, up to ten minutes behind.
    pub used: Option<Moment>,
}

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum NewKeyRefused {
    /// What is asked for is too much, or nothing.
    #[error("{0}")]
    Fault(&'static str),
    /// The school has as many as it may.
    #[error("a school has at most {KEYS_MAX} keys; delete one that is no longer used")]
    TooMany,
    /// It could not be done.
    #[error(transparent)]
    Failed(#[from] SignInError),
}

/// Why a key lets nobody in.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key is not good. Say [`BadToken::PUBLIC`] to whoever shows it.
    #[error("{0}")]
    Bad(#[from] BadToken),
    /// Nothing could be checked.
    #[error(transparent)]
    Failed(#[from] SignInError),
}

/// As it is kept; none where there is no key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KeyRecord(Option<Key>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Key {
    /// SHA-256 of it.
    hash: String,
    name: String,
    actions: Vec<String>,
    office: Value,
    made_by: PersonId,
    made_at: Moment,
    expires: Option<Moment>,
    revoked: Option<Moment>,
    used: Option<Moment>,
}

impl Record for KeyRecord {
    const PREFIX: &'static str = "key";
}

impl Key {
    fn info(self, id: &str) -> KeyInfo {
        KeyInfo {
            id: KeyId(id.to_owned()),
            name: self.name,
            actions: self.actions,
            office: self.office,
            made_by: self.made_by,
            made_at: self.made_at,
            expires: self.expires,
            revoked: self.revoked,
            used: self.used,
        }
    }
}

impl SignIn {
    /// Makes a key.
    ///
    /// # Errors
    /// When it is for nothing, the school has too many, or nats-server does not answer.
    pub async fn make_key(
        &self,
        new: NewKey,
        made_by: &PersonId,
        at: Moment,
    ) -> Result<(ApiKey, KeyInfo), NewKeyRefused> {
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > NAME_LENGTH_MAX {
            return Err(NewKeyRefused::Fault("a key's name has 1 to 80 characters"));
        }
        if new.actions.is_empty() || new.actions.len() > ACTIONS_MAX {
            return Err(NewKeyRefused::Fault("a key is for 1 to 100 actions"));
        }
        if new.expires.is_some_and(|expires| expires <= at) {
            return Err(NewKeyRefused::Fault("a key ends in the future"));
        }
        if self.keys().list().await?.len() >= KEYS_MAX {
            return Err(NewKeyRefused::TooMany);
        }
        let id = token::new_id().map_err(SignInError::from)?;
        let made = token::make(PREFIX, self.school(), &id).map_err(SignInError::from)?;
        let key = Key {
            hash: made.hash,
            name: name.to_owned(),
            actions: new.actions,
            office: new.office,
            made_by: made_by.clone(),
            made_at: at,
            expires: new.expires,
            revoked: None,
            used: None,
        };
        self.keys()
            .update(&id, at, |record| {
                record.0 = Some(key.clone());
                Ok::<_, SignInError>(())
            })
            .await?;
        Ok((ApiKey(made.text), key.info(&id)))
    }

    /// What a key is for. A key that another `serve` revoked is good for [`crate::STALE_MS_MAX`] more at most.
    ///
    /// # Errors
    /// When the key is bad, or nats-server does not answer.
    pub async fn check_key(&self, key: &str, at: Moment) -> Result<KeyInfo, KeyError> {
        let shown = token::read(PREFIX, self.school(), key)?;
        let mut record = self.keys().cached(shown.id, at).await?;
        if record.0.is_none() {
            // It may have been made on another `serve` a moment ago.
            record = self.keys().read(shown.id, at).await?.0;
        }
        let known = record.0.clone().filter(|known| known.hash == shown.hash);
        let known = known.ok_or(BadToken::Unknown)?;
        if known.revoked.is_some() {
            return Err(BadToken::Ended(EndedBy::Admin))?;
        }
        if known.expires.is_some_and(|expires| at >= expires) {
            return Err(BadToken::Expired)?;
        }
        if is_used_long_ago(&known, at) {
            self.note_used(shown.id, at).await;
        }
        Ok(known.info(shown.id))
    }

    /// The school's keys, the newest first.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn list_keys(&self) -> Result<Vec<KeyInfo>, SignInError> {
        let all = self.keys().list().await?.into_iter();
        let mut all: Vec<KeyInfo> = all
            .filter_map(|(id, record)| Some(record.0?.info(&id)))
            .collect();
        all.sort_by_key(|key| std::cmp::Reverse(key.made_at));
        Ok(all)
    }

    /// Revokes a key; false if there is none such. It stays in the list until it is deleted.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn revoke_key(&self, id: &KeyId, at: Moment) -> Result<bool, SignInError> {
        if !is_key_id(id) {
            return Ok(false);
        }
        self.keys()
            .update(&id.0, at, |record| {
                let Some(key) = &mut record.0 else {
                    return Ok(false);
                };
                key.revoked.get_or_insert(at);
                Ok(true)
            })
            .await
    }

    /// Deletes a key, so that it stands in no list either.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn delete_key(&self, id: &KeyId) -> Result<(), SignInError> {
        if !is_key_id(id) {
            return Ok(());
        }
        self.keys().delete(&id.0).await
    }

    /// The key works even if its use cannot be noted just now.
    async fn note_used(&self, id: &str, at: Moment) {
        let noted = self.keys().update(id, at, |record| {
            if let Some(key) = record.0.as_mut().filter(|key| is_used_long_ago(key, at)) {
                key.used = Some(at);
            }
            Ok::<_, SignInError>(())
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the last use of an API key was not noted");
        }
    }
}

fn is_used_long_ago(key: &Key, at: Moment) -> bool {
    key.used.is_none_or(|used| at >= used.plus_ms(USED_MS))
}

/// What is no id of ours becomes no key of the bucket.
fn is_key_id(id: &KeyId) -> bool {
    (1..=64).contains(&id.0.len()) && id.0.bytes().all(|b| b.is_ascii_alphanumeric())
}
