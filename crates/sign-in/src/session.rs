//! Sign-in sessions: what a browser shows, whose it is, how it is listed and ended.

use homeroom_domain::{Moment, PersonId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::account::{Account, Session};
use crate::error::SignInError;
use crate::service::SignIn;
use crate::settings::Group;
use crate::token::{self, BadToken, EndedBy};

pub(crate) const PREFIX: &str = "hrs";
/// What is kept of a device's name.
const DEVICE_LENGTH_MAX: usize = 80;

/// What a session is held by: `hrs_<school>_<person>_<secret><check>`. Only its SHA-256 is kept.
#[derive(Debug, Clone)]
pub struct SessionToken(pub(crate) SecretString);

impl SessionToken {
    /// The token, for a cookie.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Names a session among its owner's; opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub(crate) String);

impl SessionId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SessionId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// By their password.
    Password,
    /// By a first password: good for nothing but changing it.
    FirstPassword,
    /// By the school's OpenID Connect provider.
    Provider,
}

/// A session that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInSession {
    /// Whose.
    pub person: PersonId,
    /// Which of theirs.
    pub id: SessionId,
    /// Which terms it has.
    pub group: Group,
    /// How they signed in.
    pub via: Via,
    /// When.
    pub since: Moment,
    /// Its last use, up to ten minutes behind.
    pub seen: Moment,
    /// When it ends if it is not used again.
    pub expires: Moment,
    /// What the device is called.
    pub device: String,
}

impl SignInSession {
    /// True if nothing is allowed but changing the password.
    pub fn must_change_password(&self) -> bool {
        self.via == Via::FirstPassword
    }
}

/// Why a token lets nobody in.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The token is not good. Say [`BadToken::PUBLIC`] to whoever shows it.
    #[error("{0}")]
    Bad(#[from] BadToken),
    /// The person signed in by a first password and must choose their own before anything else.
    #[error("the first password must be changed")]
    MustChangePassword(Box<SignInSession>),
    /// Nothing could be checked.
    #[error(transparent)]
    Failed(#[from] SignInError),
}

impl SignIn {
    /// Whose token this is. A session that another `serve` ended is good for [`crate::STALE_MS_MAX`] more at most.
    ///
    /// # Errors
    /// When the token is bad, nothing but changing the password is allowed, or nats-server does not answer.
    pub async fn check(&self, token: &str, at: Moment) -> Result<SignInSession, CheckError> {
        let session = self.check_for_password_change(token, at).await?;
        if session.must_change_password() {
            return Err(CheckError::MustChangePassword(Box::new(session)));
        }
        Ok(session)
    }

    /// The same, and a first password is enough. For changing the password and for signing out, and nothing else.
    ///
    /// # Errors
    /// When the token is bad, or nats-server does not answer.
    pub async fn check_for_password_change(
        &self,
        token: &str,
        at: Moment,
    ) -> Result<SignInSession, CheckError> {
        let shown = token::read(PREFIX, self.school(), token)?;
        // Whatever is no id of ours is no key of the bucket.
        let person = PersonId::parse(shown.id).map_err(|_| BadToken::Shape)?;
        let has = |account: &Account| account.sessions.iter().any(|s| s.hash == shown.hash);
        let mut account = self.accounts().cached(person.as_str(), at).await?;
        if !has(&account) {
            // It may have begun on another `serve` a moment ago.
            account = self.accounts().read(person.as_str(), at).await?.0;
        }
        let Some(session) = account.sessions.iter().find(|s| s.hash == shown.hash) else {
            let ended = account.ended.iter().find(|ended| ended.hash == shown.hash);
            return Err(ended.map_or(BadToken::Unknown, |e| BadToken::Ended(e.by)))?;
        };
        if at >= session.expires(self.settings()) {
            return Err(BadToken::Expired)?;
        }
        if session.is_seen_long_ago(at) {
            self.note_seen(&person, &shown.hash, at).await;
        }
        Ok(self.info(&person, session))
    }

    /// Ends the session whose token this is. A bad token has nothing to end.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn sign_out(&self, token: &str, at: Moment) -> Result<(), SignInError> {
        let Ok(shown) = token::read(PREFIX, self.school(), token) else {
            return Ok(());
        };
        let Ok(person) = PersonId::parse(shown.id) else {
            return Ok(());
        };
        self.end(&person, EndedBy::SignOut, at, |session| {
            session.hash == shown.hash
        })
        .await
        .map(drop)
    }

    /// A person's sessions, the last used first.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn sessions(
        &self,
        person: &PersonId,
        at: Moment,
    ) -> Result<Vec<SignInSession>, SignInError> {
        let (account, _) = self.accounts().read(person.as_str(), at).await?;
        let mut sessions: Vec<SignInSession> = account
            .sessions
            .iter()
            .filter(|session| at < session.expires(self.settings()))
            .map(|session| self.info(person, session))
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.seen));
        Ok(sessions)
    }

    /// Ends one of a person's sessions; false if there is none such.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn end_session(
        &self,
        person: &PersonId,
        id: &SessionId,
        by: EndedBy,
        at: Moment,
    ) -> Result<bool, SignInError> {
        let ended = self
            .end(person, by, at, |session| session.id == id.0)
            .await?;
        Ok(ended > 0)
    }

    /// Ends all of the owner's sessions but this one; how many.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn end_other_sessions(
        &self,
        kept: &SignInSession,
        at: Moment,
    ) -> Result<usize, SignInError> {
        self.end(&kept.person, EndedBy::Owner, at, |session| {
            session.id != kept.id.0
        })
        .await
    }

    /// Ends all sessions of a person, who may sign in again; how many.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn end_all_sessions(
        &self,
        person: &PersonId,
        by: EndedBy,
        at: Moment,
    ) -> Result<usize, SignInError> {
        self.end(person, by, at, |_| true).await
    }

    async fn end(
        &self,
        person: &PersonId,
        by: EndedBy,
        at: Moment,
        which: impl Fn(&Session) -> bool,
    ) -> Result<usize, SignInError> {
        self.accounts()
            .update(person.as_str(), at, |account| Ok(account.end(by, &which)))
            .await
    }

    /// The session goes on even if its use cannot be noted just now.
    async fn note_seen(&self, person: &PersonId, hash: &str, at: Moment) {
        let noted = self
            .accounts()
            .update(person.as_str(), at, |account: &mut Account| {
                let session = account.sessions.iter_mut().find(|s| s.hash == hash);
                if let Some(session) = session.filter(|session| session.is_seen_long_ago(at)) {
                    session.seen = at;
                }
                Ok::<_, SignInError>(())
            });
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the last use of a sign-in session was not noted");
        }
    }

    pub(crate) fn info(&self, person: &PersonId, session: &Session) -> SignInSession {
        SignInSession {
            person: person.clone(),
            id: SessionId(session.id.clone()),
            group: session.group,
            via: session.via,
            since: session.since,
            seen: session.seen,
            expires: session.expires(self.settings()),
            device: session.device.clone(),
        }
    }
}

/// A device's name as it is kept: short, in one line, whatever a client says.
pub(crate) fn device_name(said: &str) -> String {
    let line = said.chars().filter(|c| !c.is_control());
    let name: String = line.take(DEVICE_LENGTH_MAX).collect();
    name.trim().to_owned()
}
