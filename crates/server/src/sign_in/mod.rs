//! Signing in and out, one's own sign-in sessions, passwords, API keys.
//!
//! None of it is in the log: `homeroom_sign_in` keeps it in a bucket beside it. Its instants are real ones, also where
//! the school's clock is moved by hand.

pub(crate) mod api_keys;
pub(crate) mod cookies;
pub(crate) mod first_passwords;
pub(crate) mod own;
pub(crate) mod provider;
pub(crate) mod sessions;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use homeroom_directory::{Person, PersonKind};
use homeroom_domain::rights::{Action, Target, grant};
use homeroom_domain::{Moment, PersonId};
use homeroom_sign_in::{Attempt, Group, SecretString, SignInError, SignInRefused, SignedIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::{ADMIN, administrator};
use crate::client::SignInClient;
use crate::error::{self, ApiError};
use crate::people::{self, Named};
use crate::request::Json;
use crate::same_origin;

/// The instant by the machine's own clock.
pub(crate) fn wall_clock() -> Moment {
    Moment::from_unix_ms(chrono::Utc::now().timestamp_millis())
}

/// How the session is to be held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeldBy {
    /// By a cookie that no script can read: for a browser.
    #[default]
    Cookie,
    /// By a token in the answer, to be sent as `Authorization: Bearer`: for an app.
    Token,
}

/// Signs somebody in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInRequest {
    /// The school number, the staff number, a guardian's phone, or `admin`.
    #[schema(example = "2026010101")]
    number: String,
    /// The password.
    #[schema(value_type = String)]
    password: SecretString,
    /// How the session is to be held.
    #[serde(default)]
    held_by: HeldBy,
}

/// A sign-in session that has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedInAnswer {
    /// Who has signed in; nobody's name for the administrator.
    pub who: Named,
    /// True if the first password was used: nothing is allowed but `POST /v1/password`.
    pub must_change_password: bool,
    /// When the session ends if it is not used again.
    pub expires: String,
    /// What to send as `Authorization: Bearer`, if that was asked for; shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Sign in.
///
/// By school number and password. Wrong passwords are slowed for that number and that address, more and more; a device
/// on which the person has signed in before is not held up by what others try.
#[utoipa::path(
    post,
    path = "/v1/sign-in",
    tag = "sign-in",
    request_body = SignInRequest,
    responses((status = 200, body = SignedInAnswer)),
    security(()),
    extensions(("x-homeroom-action" = json!("anybody")))
)]
pub(crate) async fn sign_in(
    State(app): State<App>,
    client: SignInClient,
    headers: HeaderMap,
    Json(request): Json<SignInRequest>,
) -> Result<Response, ApiError> {
    // Nor may another site's page sign a browser in, as somebody else.
    same_origin::check(&Method::POST, &headers)?;
    app.limits.address(client.address())?;
    let account = account(&app, &request.number)?;
    let attempt = Attempt {
        number: &request.number,
        person: account.as_ref().map(|account| &account.id),
        group: account
            .as_ref()
            .map_or(Group::Student, |account| account.group),
        password: request.password,
        client: client.client(),
    };
    let signed_in = app.sign_in.sign_in(attempt, wall_clock()).await?;
    answer(&app, signed_in, request.held_by).await
}

/// An account that somebody may sign in to.
struct Account {
    id: PersonId,
    group: Group,
}

/// Whose number it is, if theirs is an account: who holds no office and is no student any more has none.
fn account(app: &App, number: &str) -> Result<Option<Account>, ApiError> {
    if number == ADMIN {
        return Ok(Some(Account {
            id: administrator(),
            group: Group::Staff,
        }));
    }
    let mark = people::number_mark(&app.vault, number.trim());
    let directory = app.directory()?;
    let Some(person) = directory.person_by_number(&mark)? else {
        return Ok(None);
    };
    let own = Target::person(person.id.clone());
    let held = directory.held(&person)?;
    let granted = grant(Action::ManageOwnSignIn, &held, &own, app.clock.now()?);
    Ok(granted.map(|_| Account {
        group: group(&person),
        id: person.id,
    }))
}

/// Students and guardians are on phones of their own; staff decide over others.
pub(crate) fn group(person: &Person) -> Group {
    match person.kind {
        PersonKind::Student | PersonKind::Guardian => Group::Student,
        PersonKind::Staff => Group::Staff,
    }
}

/// Who a session is of, as the school calls them.
pub(crate) async fn named(app: &App, account: &PersonId) -> Result<Named, ApiError> {
    if *account == administrator() {
        return Ok(Named {
            number: Some(ADMIN.to_owned()),
            ..Named::default()
        });
    }
    app.named(account).await
}

/// The answer to whoever has signed in, by a password or a new one.
pub(crate) async fn answer(
    app: &App,
    signed_in: SignedIn,
    held_by: HeldBy,
) -> Result<Response, ApiError> {
    let SignedIn {
        session,
        token,
        device,
    } = signed_in;
    let body = SignedInAnswer {
        who: named(app, &session.person).await?,
        must_change_password: session.must_change_password(),
        expires: session.expires.rfc3339(app.zone()),
        token: (held_by == HeldBy::Token).then(|| token.expose().to_owned()),
    };
    let mut response = axum::Json(body).into_response();
    if held_by == HeldBy::Cookie {
        let settings = app.sign_in.settings();
        let life_ms = settings.terms(session.group).absolute_ms;
        let set = [
            cookies::for_session(token.expose(), life_ms)?,
            cookies::for_device(device.expose(), settings.slowing.device_ms)?,
        ];
        for cookie in set {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

impl From<SignInRefused> for ApiError {
    fn from(refused: SignInRefused) -> Self {
        match refused {
            SignInRefused::Wrong => error::wrong_password(),
            SignInRefused::Later { until } => error::slowed(until, wall_clock()),
            SignInRefused::FirstPasswordExpired => error::first_password_expired(),
            SignInRefused::Failed(error) => error.into(),
        }
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Busy => error::busy_signing_in(),
            SignInError::Unavailable(why) => {
                tracing::warn!(%why, "sign-in cannot reach what it keeps");
                error::unavailable()
            }
            error => {
                tracing::error!(%error, "sign-in failed");
                error::internal()
            }
        }
    }
}
