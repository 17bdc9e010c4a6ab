//! The school's own secret for sign-in: what keyed hashes are made with.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use homeroom_log::{Bucket, BucketError, Revision};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::SignInError;
use crate::random;

/// Where it is kept.
const RECORD: &str = "secret";
/// A replica that has not caught up may be asked so often.
const TRIES_MAX: u32 = 50;
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// What a keyed hash is for: equal texts of two purposes have different hashes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    FirstPassword,
    Device,
    GuessedAccount,
    GuessSource,
    ProviderFlow,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::FirstPassword => "first-password",
            Purpose::Device => "device",
            Purpose::GuessedAccount => "guessed-account",
            Purpose::GuessSource => "guess-source",
            Purpose::ProviderFlow => "provider-flow",
        }
    }
}

/// 256 bits, made when sign-in is first opened and never shown. Without it, first passwords that were given and the
/// devices that are known are worth nothing; passwords and sign-in sessions do not depend on it.
#[derive(Clone)]
pub(crate) struct SchoolSecret(Arc<Zeroizing<[u8; 32]>>);

impl SchoolSecret {
    /// Reads it, or makes it where there is none. Of many who make it at once, all get the same.
    pub(crate) async fn ensure(bucket: &Bucket) -> Result<Self, SignInError> {
        for _ in 0..TRIES_MAX {
            if let Some((value, _)) = bucket.get(RECORD).await? {
                return Self::read(&value);
            }
            let made = Zeroizing::new(random::bytes::<32>()?);
            let text = BASE64URL_NOPAD.encode(&made[..]);
            match bucket.put(RECORD, Bytes::from(text), Revision::NONE).await {
                Ok(_) => return Ok(Self(Arc::new(made))),
                // Somebody else made it: theirs counts, once it is seen.
                Err(BucketError::Moved(_)) => tokio::time::sleep(RETRY_INTERVAL).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(BucketError::Moved(RECORD.to_owned()).into())
    }

    fn read(value: &[u8]) -> Result<Self, SignInError> {
        let damaged = || SignInError::Damaged(RECORD.to_owned());
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(value).map_err(|_| damaged())?);
        let bytes = <[u8; 32]>::try_from(&bytes[..]).map_err(|_| damaged())?;
        Ok(Self(Arc::new(Zeroizing::new(bytes))))
    }

    /// HMAC-SHA-256 over the purpose and the parts; where a part ends is part of it.
    pub(crate) fn keyed(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0[..]) else {
            return [0; 32];
        };
        for part in [purpose.as_str().as_bytes()].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The same in hexadecimal.
    pub(crate) fn keyed_hex(&self, purpose: Purpose, parts: &[&[u8]]) -> String {
        HEXLOWER.encode(&self.keyed(purpose, parts))
    }
}

/// SHA-256 in hexadecimal: enough for what has 256 random bits.
pub(crate) fn hash_hex(secret: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(secret.as_bytes()))
}

/// True if the texts are the same, in a time that does not tell where they differ.
pub(crate) fn same(a: &str, b: &str) -> bool {
    use subtle::ConstantTimeEq;
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
