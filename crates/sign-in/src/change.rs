//! Changing a password, and giving a first one.

use homeroom_domain::{Moment, PersonId};
use secrecy::{ExposeSecret, SecretString};

use crate::account::{Account, Credential};
use crate::device::Device;
use crate::error::SignInError;
use crate::guesses::{Guessed, NotNow, Source};
use crate::password::{About, FirstPassword, PasswordFault, Verdict, check_new};
use crate::service::{Begin, Client, SignIn, SignedIn};
use crate::session::{CheckError, SignInSession, Via};
use crate::token::{BadToken, EndedBy};

/// A wish for another password.
#[derive(Debug)]
pub struct NewPassword<'a> {
    /// The token of the session it is wished in.
    pub token: &'a str,
    /// The password until now. Not needed in a session that was begun by a first password.
    pub current: Option<SecretString>,
    /// The password from now on.
    pub new: SecretString,
    /// What others know of the person.
    pub about: About<'a>,
    /// Where the client is.
    pub client: Client<'a>,
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRefused {
    /// The session is not good.
    #[error("{0}")]
    Bad(#[from] BadToken),
    /// The current password is wrong or missing.
    #[error("the current password is wrong")]
    WrongCurrent,
    /// There were too many wrong ones; this one was not looked at.
    #[error("too many wrong passwords; try again at {until}")]
    Later {
        /// When it will be.
        until: Moment,
    },
    /// The new one is not good enough.
    #[error(transparent)]
    Fault(#[from] PasswordFault),
    /// The person has none: they sign in by the school's provider.
    #[error("there is no password to change")]
    NoPassword,
    /// The person is not to blame.
    #[error(transparent)]
    Failed(#[from] SignInError),
}

/// How a person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They have no password.
    NoPassword,
    /// They were given a first password and have not changed it.
    FirstPassword {
        /// When it was given.
        given: Moment,
        /// Until when it is good.
        until: Moment,
    },
    /// They have chosen one.
    OwnPassword {
        /// When.
        since: Moment,
    },
}

/// Why no administrator was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateAdminError {
    /// The person has a password already; giving a new one is another deed.
    #[error("this person has a password already")]
    HasPassword,
    /// It could not be done.
    #[error(transparent)]
    Failed(#[from] SignInError),
}

impl SignIn {
    /// Changes a password. Every session of the person ends, on every `serve`, by the same write; the one it was changed in
    /// goes on under the token that is answered.
    ///
    /// # Errors
    /// When the session is not good, the current password is wrong, or the new one is not good enough.
    pub async fn change_password(
        &self,
        wish: NewPassword<'_>,
        at: Moment,
    ) -> Result<SignedIn, ChangeRefused> {
        let session = match self.check_for_password_change(wish.token, at).await {
            Ok(session) => session,
            Err(CheckError::MustChangePassword(session)) => *session,
            Err(CheckError::Bad(bad)) => return Err(bad.into()),
            Err(CheckError::Failed(error)) => return Err(error.into()),
        };
        let person = &session.person;
        let (account, _) = self.accounts().read(person.as_str(), at).await?;
        let Some(old) = account.credential.clone() else {
            return Err(ChangeRefused::NoPassword);
        };
        self.prove_current(&session, &old, wish.current.as_ref(), at)
            .await?;
        let length_min = self.settings().terms(session.group).password_length_min;
        check_new(wish.new.expose_secret(), wish.about, length_min)?;
        self.check_is_other(person, &old, &wish.new).await?;
        let hash = self.hasher().hash(wish.new).await;
        let new = Credential::Own {
            hash: hash.map_err(SignInError::from)?,
            since: at,
        };
        let begin = Begin {
            person,
            group: session.group,
            via: Via::Password,
            client: Client {
                device_name: &session.device,
                ..wish.client
            },
            at,
        };
        let (next, token) = self.new_session(&begin)?;
        let device = self.device(&begin)?;
        self.accounts()
            .update(person.as_str(), at, |account: &mut Account| {
                let is_there = account.sessions.iter().any(|s| s.id == session.id.0);
                // Changed or ended by somebody else meanwhile: theirs counts.
                if account.credential.as_ref() != Some(&old) || !is_there {
                    return Err(BadToken::Ended(EndedBy::PasswordChange).into());
                }
                account.credential = Some(new.clone());
                account.end(EndedBy::PasswordChange, |_| true);
                account.begin(next.clone(), self.settings());
                Ok::<_, ChangeRefused>(())
            })
            .await?;
        Ok(SignedIn {
            session: self.info(person, &next),
            token,
            device,
        })
    }

    /// The current password is asked for again, since somebody else may hold the phone; guesses at it are slowed.
    async fn prove_current(
        &self,
        session: &SignInSession,
        credential: &Credential,
        current: Option<&SecretString>,
        at: Moment,
    ) -> Result<(), ChangeRefused> {
        let person = &session.person;
        let is_first = match credential {
            Credential::First { .. } if session.via == Via::FirstPassword => return Ok(()),
            Credential::First { hash, .. } => current
                .is_some_and(|current| hash.is_of(self.secret(), person, current.expose_secret())),
            Credential::Own { .. } => false,
        };
        if is_first {
            return Ok(());
        }
        let Some(current) = current else {
            return Err(ChangeRefused::WrongCurrent);
        };
        // A session is a source of its own, like a device: nobody else is held up by what is tried in it.
        let source = Source::Known(Device(format!("session {}", session.id.as_str())));
        let tried = self
            .guesses()
            .begin(Guessed::Person(person), &source, at)
            .await
            .map_err(|not_now| match not_now {
                NotNow::Slowed { until } => ChangeRefused::Later { until },
                NotNow::Failed(error) => error.into(),
            })?;
        let kept = match credential {
            Credential::Own { hash, .. } => Some(hash.clone()),
            Credential::First { .. } => None,
        };
        match self.hasher().verify(current.clone(), kept).await {
            Ok(Verdict::Right { .. }) => {
                tried.was_right();
                Ok(())
            }
            Ok(Verdict::Wrong) => {
                tried.was_wrong().await?;
                Err(ChangeRefused::WrongCurrent)
            }
            Err(error) => Err(SignInError::from(error).into()),
        }
    }

    async fn check_is_other(
        &self,
        person: &PersonId,
        old: &Credential,
        new: &SecretString,
    ) -> Result<(), ChangeRefused> {
        let is_same = match old {
            Credential::First { hash, .. } => {
                hash.is_of(self.secret(), person, new.expose_secret())
            }
            Credential::Own { hash, .. } => {
                let verdict = self.hasher().verify(new.clone(), Some(hash.clone())).await;
                matches!(verdict.map_err(SignInError::from)?, Verdict::Right { .. })
            }
        };
        if is_same {
            return Err(PasswordFault::Same.into());
        }
        Ok(())
    }

    /// Gives a person a first password, whether they had one or forgot it. Every session of theirs ends. It is good for
    /// [`crate::Settings::first_password_ms`], and for nothing but choosing one of their own.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn give_first_password(
        &self,
        person: &PersonId,
        at: Moment,
    ) -> Result<FirstPassword, SignInError> {
        let (password, credential) = self.first_password(person, at)?;
        self.accounts()
            .update(person.as_str(), at, |account: &mut Account| {
                account.credential = Some(credential.clone());
                account.end(EndedBy::PasswordReset, |_| true);
                Ok::<_, SignInError>(())
            })
            .await?;
        Ok(password)
    }

    /// Gives the first administrator a first password. Which office they hold is the log's to say.
    ///
    /// # Errors
    /// When the person has a password already, or nats-server does not answer.
    pub async fn create_admin(
        &self,
        person: &PersonId,
        at: Moment,
    ) -> Result<FirstPassword, CreateAdminError> {
        let (password, credential) = self.first_password(person, at)?;
        self.accounts()
            .update(person.as_str(), at, |account: &mut Account| {
                if account.credential.is_some() {
                    return Err(CreateAdminError::HasPassword);
                }
                account.credential = Some(credential.clone());
                Ok(())
            })
            .await?;
        Ok(password)
    }

    /// How a person signs in.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn standing(&self, person: &PersonId, at: Moment) -> Result<Standing, SignInError> {
        let (account, _) = self.accounts().read(person.as_str(), at).await?;
        Ok(match account.credential {
            None => Standing::NoPassword,
            Some(Credential::First { given, until, .. }) => {
                Standing::FirstPassword { given, until }
            }
            Some(Credential::Own { since, .. }) => Standing::OwnPassword { since },
        })
    }

    /// Forgets a person who has left: no password, no sessions.
    ///
    /// # Errors
    /// When nats-server does not answer.
    pub async fn forget(&self, person: &PersonId) -> Result<(), SignInError> {
        self.accounts().delete(person.as_str()).await
    }

    fn first_password(
        &self,
        person: &PersonId,
        at: Moment,
    ) -> Result<(FirstPassword, Credential), SignInError> {
        let password = FirstPassword::make()?;
        let credential = Credential::First {
            hash: password.hash(self.secret(), person),
            given: at,
            until: at.plus_ms(self.settings().first_password_ms),
        };
        Ok((password, credential))
    }
}
