//! Who asks, and what they may.
//!
//! A caller shows a sign-in session (a browser in a cookie, an app as a bearer token) or somebody's API key. What they
//! may is asked of the rights table and of nothing else: [`Caller::may`].

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use homeroom_directory::{Directory, Person};
use homeroom_domain::office::{Actor, Office, Role, Scope, Via};
use homeroom_domain::rights::{Action, Grant, HeldOffice, Reach, Target, grant};
use homeroom_domain::{Moment, PersonId};
use homeroom_log::Position;
use homeroom_sign_in::{BadToken, CheckError, KeyError, KeyInfo, SignInSession};

use crate::app::App;
use crate::client::ClientAddress;
use crate::error::{self, ApiError};
use crate::headers;
use crate::same_origin;
use crate::sign_in::{cookies, wall_clock};

/// What the administrator signs in as, who is nobody of the roster.
pub(crate) const ADMIN: &str = "admin";
/// What API keys begin with, as `homeroom_sign_in` makes them.
const KEY_PREFIX: &str = "hrk_";

/// The account of the administrator, who is nobody of the roster: all bits zero, an id that nobody ever draws.
pub fn administrator() -> PersonId {
    PersonId::from_bits([0; 10])
}

/// Whoever sent a request. Extracting it waits until the directory has what this process appended and what the
/// request says it has seen, so that somebody imported a moment ago is known.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The person; `None` for the administrator.
    person: Option<Person>,
    shown: Shown,
    /// The position that the answer must have reached.
    pub(crate) after: Position,
}

/// What a caller showed.
#[derive(Debug)]
enum Shown {
    Session(SignInSession),
    Key(KeyInfo),
}

/// A token as it came, and whether a browser put it there by itself.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) in_cookie: bool,
}

/// The token that a request shows: what stands in `Authorization`, else the cookie.
pub(crate) fn token(headers: &HeaderMap) -> Result<Token, ApiError> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let bearer = value.to_str().ok().and_then(|text| {
            let (scheme, token) = text.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| token.trim().to_owned())
        });
        let text = bearer.ok_or_else(error::not_signed_in)?;
        return Ok(Token {
            text,
            in_cookie: false,
        });
    }
    let text = cookies::session(headers).ok_or_else(error::not_signed_in)?;
    Ok(Token {
        text,
        in_cookie: true,
    })
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let address = ClientAddress::of(parts, app);
        let (account, shown) = match show(parts, app).await {
            Ok(shown) => shown,
            Err(error) => {
                app.limits.address(address.0)?;
                return Err(error);
            }
        };
        let after = headers::after(&parts.headers)?;
        let directory = app
            .views
            .directory_at(after.max(app.directory_floor()))
            .await?;
        // Whoever runs the service is not held up by it.
        let person = if account == administrator() {
            None
        } else {
            app.limits.person(&account)?;
            let person = directory.person(&account)?;
            Some(person.ok_or_else(error::not_signed_in)?)
        };
        Ok(Self {
            person,
            shown,
            after,
        })
    }
}

/// Whose the token of a request is.
async fn show(parts: &Parts, app: &App) -> Result<(PersonId, Shown), ApiError> {
    let token = token(&parts.headers)?;
    if token.in_cookie {
        same_origin::check(&parts.method, &parts.headers)?;
    }
    if token.text.starts_with(KEY_PREFIX) {
        let key = app.sign_in.check_key(&token.text, wall_clock()).await;
        let key = key.map_err(|error| match error {
            KeyError::Bad(bad) => bad_token(bad),
            KeyError::Failed(error) => error.into(),
        })?;
        return Ok((key.made_by.clone(), Shown::Key(key)));
    }
    let session = app.sign_in.check(&token.text, wall_clock()).await;
    let session = session.map_err(|error| match error {
        CheckError::Bad(bad) => bad_token(bad),
        CheckError::MustChangePassword(_) => error::must_change_password(),
        CheckError::Failed(error) => error.into(),
    })?;
    Ok((session.person.clone(), Shown::Session(session)))
}

/// What is wrong with a token is for our own log; whoever shows it is told one thing.
pub(crate) fn bad_token(bad: BadToken) -> ApiError {
    tracing::debug!(%bad, "a token opens nothing");
    error::not_signed_in()
}

/// What the administrator holds: the office of running the service, for as long as the school has been kept here.
pub(crate) fn held_by_administrator() -> Vec<HeldOffice> {
    vec![HeldOffice {
        holder: Some(administrator()),
        office: Office {
            role: Role::ItAdmin,
            scope: Scope::School,
            title: None,
        },
        from: Moment::MIN,
        to: None,
        deputises_for: None,
    }]
}

impl Caller {
    /// What a command's id is derived from besides its key.
    pub(crate) fn key(&self) -> &str {
        match (&self.shown, &self.person) {
            (Shown::Key(key), _) => key.id.as_str(),
            (Shown::Session(_), Some(person)) => person.id.as_str(),
            (Shown::Session(_), None) => ADMIN,
        }
    }

    /// The caller, if a person of the roster.
    pub(crate) fn person(&self) -> Option<&Person> {
        self.person.as_ref()
    }

    /// Whose sign-in it is: the person, or the administrator.
    pub(crate) fn account(&self) -> PersonId {
        let person = self.person.as_ref().map(|person| person.id.clone());
        person.unwrap_or_else(administrator)
    }

    /// The sign-in session, if it is one and no API key.
    pub(crate) fn session(&self) -> Option<&SignInSession> {
        match &self.shown {
            Shown::Session(session) => Some(session),
            Shown::Key(_) => None,
        }
    }

    /// Every office the caller may act in: all of the person's; with an API key, the one the key is for, as long as
    /// whoever made it holds it.
    pub(crate) fn held(&self, directory: &Directory) -> Result<Vec<HeldOffice>, ApiError> {
        let mut held = match &self.person {
            Some(person) => directory.held(person)?,
            None => held_by_administrator(),
        };
        if let Shown::Key(key) = &self.shown {
            let office = key_office(key)?;
            held.retain(|held| held.office == office && held.deputises_for.is_none());
        }
        Ok(held)
    }

    /// As what the caller may do this to that at this instant; refused if they may not.
    pub(crate) fn may(
        &self,
        directory: &Directory,
        action: Action,
        target: &Target,
        at: Moment,
    ) -> Result<Grant, ApiError> {
        let granted = self.may_if_at_all(directory, action, target, at)?;
        granted.ok_or_else(|| error::forbidden(action))
    }

    /// The same; `None` if they may not.
    pub(crate) fn may_if_at_all(
        &self,
        directory: &Directory,
        action: Action,
        target: &Target,
        at: Moment,
    ) -> Result<Option<Grant>, ApiError> {
        if let Shown::Key(key) = &self.shown
            && !key.actions.iter().any(|named| named == action.as_str())
        {
            return Ok(None);
        }
        Ok(grant(action, &self.held(directory)?, target, at))
    }

    /// As what an attempt is recorded that is refused: the first of the caller's offices. Whoever has none is told no,
    /// and nothing is recorded of it.
    pub(crate) fn as_whatever_they_are(
        &self,
        directory: &Directory,
        action: Action,
        at: Moment,
    ) -> Result<Grant, ApiError> {
        let held = self.held(directory)?.into_iter();
        let first = held.filter(|held| held.counts_at(at)).min();
        let first = first.ok_or_else(|| error::forbidden(action))?;
        Ok(Grant {
            office: first.office,
            deputises_for: first.deputises_for,
            reach: Reach::Never,
        })
    }

    /// Refused to whoever has nothing to sign in for any more.
    pub(crate) fn may_own_sign_in(
        &self,
        directory: &Directory,
        at: Moment,
    ) -> Result<(), ApiError> {
        let own = Target::person(self.account());
        self.may(directory, Action::ManageOwnSignIn, &own, at)
            .map(drop)
    }

    /// What is answered where there is no such thing: that there is none, to whoever may see all of them; else the
    /// same no as for one that exists and is not theirs.
    pub(crate) fn nothing_there(
        &self,
        directory: &Directory,
        action: Action,
        at: Moment,
        missing: ApiError,
    ) -> Result<ApiError, ApiError> {
        let granted = self.may_if_at_all(directory, action, &Target::school(), at)?;
        Ok(granted.map_or_else(|| error::forbidden(action), |_| missing))
    }

    /// The caller as a commit names them, who acts by this grant.
    pub(crate) fn actor(&self, grant: &Grant) -> Actor {
        Actor {
            id: self.person.as_ref().map(|person| person.id.clone()),
            office: grant.office.role,
            deputises_for: grant.deputises_for.clone(),
            via: match self.shown {
                Shown::Session(_) => Via::Http,
                Shown::Key(_) => Via::ApiKey,
            },
        }
    }
}

/// The office that a key is for, as it was written when the key was made.
pub(crate) fn key_office(key: &KeyInfo) -> Result<Office, ApiError> {
    serde_json::from_value(key.office.clone()).map_err(|error| {
        tracing::error!(%error, key = key.id.as_str(), "an API key's office cannot be read");
        error::internal()
    })
}
