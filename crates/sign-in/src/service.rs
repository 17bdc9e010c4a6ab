//! Signing in.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use homeroom_domain::{Moment, PersonId, SchoolId};
use homeroom_log::{Bucket, Connection};
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use crate::account::{Account, Credential, Session};
use crate::api_key::KeyRecord;
use crate::device::{self, Device, DeviceCookie};
use crate::error::SignInError;
use crate::guesses::{Guessed, Guesses, NotNow, Source};
use crate::password::{Hasher, PasswordHash, Verdict};
use crate::records::Records;
use crate::secret::SchoolSecret;
use crate::session::{self, SessionToken, SignInSession, Via};
use crate::settings::{Group, Settings};
use crate::token;

/// Accounts kept in memory: each has some hundred bytes, at most some thousand.
const ACCOUNTS_CACHED_MAX: usize = 20_000;
const KEYS_CACHED_MAX: usize = 1_000;
/// What counts of a number that nobody has.
const TYPED_LENGTH_MAX: usize = 64;
/// Read where there is no account, so that it takes as long.
const NOBODY: &str = "nobody";

/// A school's sign-in. Cheap to clone.
#[derive(Clone)]
pub struct SignIn {
    inner: Arc<Inner>,
}

struct Inner {
    school: SchoolId,
    settings: Settings,
    secret: SchoolSecret,
    hasher: Hasher,
    guesses: Guesses,
    accounts: Records<Account>,
    keys: Records<KeyRecord>,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("school", &self.inner.school)
            .finish_non_exhaustive()
    }
}

/// One try at signing in.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The school number as it was typed.
    pub number: &'a str,
    /// Whose it is; none if nobody's, or somebody's who may no longer sign in. It looks the same from outside.
    pub person: Option<&'a PersonId>,
    /// Which terms the session has.
    pub group: Group,
    /// The password as it was typed.
    pub password: SecretString,
    /// Where the client is.
    pub client: Client<'a>,
}

/// Where somebody signs in from.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The client's address, as far as the caller believes it.
    pub address: IpAddr,
    /// The device cookie, if there is one.
    pub device_cookie: Option<&'a str>,
    /// What the device is called, for its owner to know it again.
    pub device_name: &'a str,
}

/// Somebody who has signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: SignInSession,
    /// What holds it; given once.
    pub token: SessionToken,
    /// What the device is known by from now on.
    pub device: DeviceCookie,
}

/// Why somebody has not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefused {
    /// Number and password do not belong together; which of them is wrong is not told, nor known to us.
    #[error("the number or the password is wrong")]
    Wrong,
    /// There were too many wrong passwords; this one was not looked at.
    #[error("too many wrong passwords; try again at {until}")]
    Later {
        /// When it will be.
        until: Moment,
    },
    /// The first password is right, and too old.
    #[error("this first password is no longer good; ask for another")]
    FirstPasswordExpired,
    /// The person is not to blame.
    #[error(transparent)]
    Failed(#[from] SignInError),
}

impl From<NotNow> for SignInRefused {
    fn from(not_now: NotNow) -> Self {
        match not_now {
            NotNow::Slowed { until } => SignInRefused::Later { until },
            NotNow::Failed(error) => SignInRefused::Failed(error),
        }
    }
}

/// How a session is begun.
pub(crate) struct Begin<'a> {
    pub(crate) person: &'a PersonId,
    pub(crate) group: Group,
    pub(crate) via: Via,
    pub(crate) client: Client<'a>,
    pub(crate) at: Moment,
}

impl SignIn {
    /// Opens a school's sign-in.
    ///
    /// # Errors
    /// When nats-server does not answer, or the settings are impossible.
    pub async fn open(
        connection: Connection,
        school: &SchoolId,
        settings: Settings,
    ) -> Result<Self, SignInError> {
        let bucket = Bucket::sign_in(connection, school);
        let secret = SchoolSecret::ensure(&bucket).await?;
        let inner = Inner {
            school: school.clone(),
            settings,
            hasher: Hasher::new(settings.cost, settings.hashing)?,
            guesses: Guesses::new(bucket.clone(), secret.clone(), settings.slowing),
            accounts: Records::new(bucket.clone(), ACCOUNTS_CACHED_MAX),
            keys: Records::new(bucket, KEYS_CACHED_MAX),
            secret,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Signs in by number and password.
    ///
    /// # Errors
    /// When they do not belong together, it is too early for another try, or nats-server does not answer.
    pub async fn sign_in(
        &self,
        attempt: Attempt<'_>,
        at: Moment,
    ) -> Result<SignedIn, SignInRefused> {
        let record = attempt.person.map_or(NOBODY, PersonId::as_str);
        let (account, _) = self.accounts().read(record, at).await?;
        let typed = attempt.password.expose_secret();
        let begin = |person, via| Begin {
            person,
            group: attempt.group,
            via,
            client: attempt.client,
            at,
        };
        if let (Some(person), Some(Credential::First { hash, until, .. })) =
            (attempt.person, &account.credential)
            && hash.is_of(self.secret(), person, typed)
        {
            if at >= *until {
                return Err(SignInRefused::FirstPasswordExpired);
            }
            let begin = begin(person, Via::FirstPassword);
            return self.begin(begin, account.credential.as_ref(), None).await;
        }
        let number = number_as_counted(attempt.number);
        let guessed = attempt
            .person
            .map_or(Guessed::Nobody(&number), Guessed::Person);
        let source = self.source(attempt.person, attempt.client, at);
        let tried = self.inner.guesses.begin(guessed, &source, at).await?;
        let kept = match &account.credential {
            Some(Credential::Own { hash, .. }) => Some(hash.clone()),
            Some(Credential::First { .. }) | None => None,
        };
        let verdict = self.hasher().verify(attempt.password.clone(), kept).await;
        match (verdict.map_err(SignInError::from)?, attempt.person) {
            (Verdict::Right { rehashed }, Some(person)) => {
                tried.was_right();
                let begin = begin(person, Via::Password);
                self.begin(begin, account.credential.as_ref(), rehashed)
                    .await
            }
            (Verdict::Wrong | Verdict::Right { .. }, _) => {
                tried.was_wrong().await?;
                Err(SignInRefused::Wrong)
            }
        }
    }

    /// Signs in whom the school's provider has vouched for.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn sign_in_by_provider(
        &self,
        person: &PersonId,
        group: Group,
        client: Client<'_>,
        at: Moment,
    ) -> Result<SignedIn, SignInRefused> {
        let begin = Begin {
            person,
            group,
            via: Via::Provider,
            client,
            at,
        };
        self.begin(begin, None, None).await
    }

    /// Begins a session, if the password that was compared is still the account's.
    async fn begin(
        &self,
        begin: Begin<'_>,
        proved_by: Option<&Credential>,
        rehashed: Option<PasswordHash>,
    ) -> Result<SignedIn, SignInRefused> {
        let (session, token) = self.new_session(&begin)?;
        let device = self.device(&begin)?;
        let person = begin.person.as_str();
        self.accounts()
            .update(person, begin.at, |account| {
                if begin.via != Via::Provider && account.credential.as_ref() != proved_by {
                    return Err(SignInRefused::Wrong);
                }
                if let (Some(hash), Some(Credential::Own { hash: kept, .. })) =
                    (&rehashed, &mut account.credential)
                {
                    *kept = hash.clone();
                }
                account.begin(session.clone(), self.settings());
                Ok(())
            })
            .await?;
        Ok(SignedIn {
            session: self.info(begin.person, &session),
            token,
            device,
        })
    }

    pub(crate) fn new_session(
        &self,
        begin: &Begin<'_>,
    ) -> Result<(Session, SessionToken), SignInError> {
        let made = token::make(session::PREFIX, self.school(), begin.person.as_str())?;
        let session = Session {
            id: token::new_id()?,
            hash: made.hash,
            group: begin.group,
            via: begin.via,
            since: begin.at,
            seen: begin.at,
            device: session::device_name(begin.client.device_name),
        };
        Ok((session, SessionToken(made.text)))
    }

    /// The cookie of the device that a session is begun on.
    pub(crate) fn device(&self, begin: &Begin<'_>) -> Result<DeviceCookie, SignInError> {
        let known = self.known_device(begin.person, begin.client, begin.at);
        let cookie =
            DeviceCookie::issue(self.secret(), self.school(), begin.person, known, begin.at)?;
        Ok(cookie)
    }

    fn known_device(&self, person: &PersonId, client: Client<'_>, at: Moment) -> Option<Device> {
        let life_ms = self.settings().slowing.device_ms;
        let cookie = client.device_cookie?;
        device::known(self.secret(), self.school(), person, cookie, life_ms, at)
    }

    fn source(&self, person: Option<&PersonId>, client: Client<'_>, at: Moment) -> Source {
        person
            .and_then(|person| self.known_device(person, client, at))
            .map_or(Source::Address(client.address), Source::Known)
    }

    pub(crate) fn school(&self) -> &SchoolId {
        &self.inner.school
    }

    /// What the school has set.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn secret(&self) -> &SchoolSecret {
        &self.inner.secret
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.inner.hasher
    }

    pub(crate) fn guesses(&self) -> &Guesses {
        &self.inner.guesses
    }

    pub(crate) fn accounts(&self) -> &Records<Account> {
        &self.inner.accounts
    }

    pub(crate) fn keys(&self) -> &Records<KeyRecord> {
        &self.inner.keys
    }
}

/// A number that nobody has is one number in however many ways it is typed.
fn number_as_counted(typed: &str) -> String {
    let normal = typed.trim().nfkc().take(TYPED_LENGTH_MAX);
    normal.flat_map(char::to_lowercase).collect()
}
