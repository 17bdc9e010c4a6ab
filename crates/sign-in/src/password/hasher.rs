//! Hashing off the async threads, so many at once and no more.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash as Parsed, Version};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::{LENGTH_MAX, normal};
use crate::random;
use crate::settings::{Cost, Hashing};

/// Why a password was neither hashed nor compared.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// As many are waiting as may.
    #[error("as many passwords as may wait are waiting")]
    Busy,
    /// The hash that is kept is none, or the parameters are impossible.
    #[error("{0}")]
    Failed(String),
}

/// A hash as it is kept: a PHC string with its algorithm, parameters and salt. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash([REDACTED])")
    }
}

impl PasswordHash {
    /// The PHC string.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What a comparison says.
#[derive(Debug)]
pub enum Verdict {
    /// It is the password.
    Right {
        /// The same password hashed anew, where the hash was made with parameters other than today's.
        rehashed: Option<PasswordHash>,
    },
    /// It is not, or there is none.
    Wrong,
}

/// Hashes and compares passwords with argon2id.
///
/// Each takes tens of milliseconds of a core and megabytes of memory, on purpose. So [`Hashing::parallel`] are hashed at
/// once, [`Hashing::waiting_max`] may wait, and whoever comes then is refused at once rather than piled up. Whoever hangs
/// up gives back their place.
#[derive(Debug, Clone)]
pub struct Hasher {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    cost: Cost,
    running: Arc<Semaphore>,
    places: Semaphore,
    /// Of a password nobody has: compared where there is none, so that it takes as long.
    nobodys: PasswordHash,
}

impl Hasher {
    /// A hasher with these parameters.
    ///
    /// # Errors
    /// When the parameters are impossible.
    pub fn new(cost: Cost, hashing: Hashing) -> Result<Self, HashError> {
        let random = random::bytes::<32>().map_err(|error| HashError::Failed(error.to_string()))?;
        let nobodys = hash(cost, &BASE64URL_NOPAD.encode(&random))?;
        let parallel = hashing.parallel.max(1);
        Ok(Self {
            inner: Arc::new(Inner {
                cost,
                running: Arc::new(Semaphore::new(parallel)),
                places: Semaphore::new(parallel + hashing.waiting_max),
                nobodys,
            }),
        })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash, HashError> {
        let cost = self.inner.cost;
        self.run(move || hash(cost, password.expose_secret())).await
    }

    /// Compares a password with a hash. It takes as long where there is no hash.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn verify(
        &self,
        password: SecretString,
        kept: Option<PasswordHash>,
    ) -> Result<Verdict, HashError> {
        let cost = self.inner.cost;
        let is_somebodys = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.inner.nobodys.clone());
        self.run(move || {
            let is_right = verify(password.expose_secret(), &kept)?;
            if !(is_right && is_somebodys) {
                return Ok(Verdict::Wrong);
            }
            let rehashed = if is_of(cost, &kept) {
                None
            } else {
                Some(hash(cost, password.expose_secret())?)
            };
            Ok(Verdict::Right { rehashed })
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let failed = |error: &dyn fmt::Display| HashError::Failed(error.to_string());
        let _place = self
            .inner
            .places
            .try_acquire()
            .map_err(|_| HashError::Busy)?;
        let running = Arc::clone(&self.inner.running)
            .acquire_owned()
            .await
            .map_err(|error| failed(&error))?;
        tokio::task::spawn_blocking(move || {
            // Held until the work is done, even if nobody waits for it any more.
            let _running = running;
            work()
        })
        .await
        .map_err(|error| failed(&error))?
    }
}

fn hash(cost: Cost, password: &str) -> Result<PasswordHash, HashError> {
    let failed = |error: &dyn fmt::Display| HashError::Failed(error.to_string());
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
        .map_err(|error| failed(&error))?;
    let salt = random::bytes::<16>().map_err(|error| failed(&error))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(normal(password).as_bytes(), &salt)
        .map(|hash| PasswordHash(hash.to_string()))
        .map_err(|error| failed(&error))
}

fn verify(password: &str, kept: &PasswordHash) -> Result<bool, HashError> {
    // No password is longer, and what is longer is not worth normalising.
    let password = if password.len() > 4 * LENGTH_MAX {
        ""
    } else {
        password
    };
    let parsed = Parsed::new(&kept.0)
        .map_err(|_| HashError::Failed("a kept hash cannot be read".to_owned()))?;
    match Argon2::default().verify_password(normal(password).as_bytes(), &parsed) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(HashError::Failed(error.to_string())),
    }
}

/// True if the hash was made with these parameters.
fn is_of(cost: Cost, kept: &PasswordHash) -> bool {
    let Ok(parsed) = Parsed::new(&kept.0) else {
        return false;
    };
    let Ok(params) = Params::try_from(&parsed) else {
        return false;
    };
    parsed.algorithm == Algorithm::Argon2id.ident()
        && (params.m_cost(), params.t_cost(), params.p_cost())
            == (cost.memory_kib, cost.passes, cost.lanes)
}
