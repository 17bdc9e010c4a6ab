//! Why sign-in could not do what it was asked, for reasons of its own.

use homeroom_log::BucketError;

use crate::password::HashError;
use crate::random::RandomError;

/// Why nothing could be said or done; the person is not to blame.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// What is kept cannot be reached.
    #[error("sign-in cannot reach what it keeps: {0}")]
    Unavailable(#[from] BucketError),
    /// A record is not what we wrote.
    #[error("the sign-in record {0} cannot be read")]
    Damaged(String),
    /// More passwords wait to be checked than the machine can do in reasonable time; asking again in a while helps.
    #[error("too many people sign in at this moment")]
    Busy,
    /// A password could not be hashed.
    #[error("a password cannot be hashed: {0}")]
    Hash(String),
    /// The system gives no random numbers.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl From<HashError> for SignInError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => SignInError::Busy,
            HashError::Failed(why) => SignInError::Hash(why),
        }
    }
}
