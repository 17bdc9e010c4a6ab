//! One's own sign-in: who I am, a new password, signing out.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use homeroom_domain::PersonId;
use homeroom_domain::roster::Identity;
use homeroom_sign_in::password::{About, LENGTH_MAX, PasswordFault};
use homeroom_sign_in::{ChangeRefused, CheckError, NewPassword, SecretString, SignInSession};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::{self, Caller, administrator, bad_token};
use crate::client::SignInClient;
use crate::error::{self, ApiError};
use crate::offices::{OfficeBody, office_bodies};
use crate::people::{self, Named};
use crate::request::Json;
use crate::same_origin;

use super::{HeldBy, wall_clock};

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeAnswer {
    /// Number and name.
    pub who: Named,
    /// The offices that may be acted in now: one's own, and those one stands in for.
    pub offices: Vec<OfficeBody>,
}

/// Look who is signed in.
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "sign-in",
    responses((status = 200, body = MeAnswer)),
    extensions(("x-homeroom-action" = json!("manage_own_sign_in")))
)]
pub(crate) async fn me(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<MeAnswer>, ApiError> {
    let now = app.now_or_start()?;
    let held = {
        let directory = app.directory()?;
        caller.may_own_sign_in(&directory, now)?;
        let mut held = caller.held(&directory)?;
        held.retain(|held| held.counts_at(now));
        held
    };
    let offices = office_bodies(&app, &held).await?;
    let who = super::named(&app, &caller.account()).await?;
    Ok(axum::Json(MeAnswer { who, offices }))
}

/// Chooses another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordRequest {
    /// The password until now; not needed after signing in by a first password.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    current: Option<SecretString>,
    /// The password from now on.
    #[schema(value_type = String)]
    new: SecretString,
    /// How the session that goes on is to be held.
    #[serde(default)]
    held_by: HeldBy,
}

/// Choose another password.
///
/// All that is allowed after signing in by a first password. Every other session of the person ends.
#[utoipa::path(
    post,
    path = "/v1/password",
    tag = "sign-in",
    request_body = ChangePasswordRequest,
    responses((status = 200, body = super::SignedInAnswer)),
    extensions(("x-homeroom-action" = json!("manage_own_sign_in")))
)]
pub(crate) async fn change_password(
    State(app): State<App>,
    client: SignInClient,
    headers: HeaderMap,
    Json(request): Json<ChangePasswordRequest>,
) -> Result<Response, ApiError> {
    app.limits.address(client.address())?;
    let (token, session) = session(&app, &headers).await?;
    let identity = identity(&app, &session.person).await?;
    let known: Vec<&str> = identity.iter().map(String::as_str).collect();
    let wish = NewPassword {
        token: &token,
        current: request.current,
        new: request.new,
        about: About { known: &known },
        client: client.client(),
    };
    let changed = app.sign_in.change_password(wish, wall_clock()).await?;
    super::answer(&app, changed, request.held_by).await
}

/// Sign out.
///
/// Ends this session. To sign out twice is to sign out.
#[utoipa::path(
    post,
    path = "/v1/sign-out",
    tag = "sign-in",
    responses((status = 204)),
    security(()),
    extensions(("x-homeroom-action" = json!("anybody")))
)]
pub(crate) async fn sign_out(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Ok(token) = caller::token(&headers) {
        if token.in_cookie {
            same_origin::check(&Method::POST, &headers)?;
        }
        app.sign_in.sign_out(&token.text, wall_clock()).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let gone = super::cookies::without_session()?;
    response.headers_mut().append(SET_COOKIE, gone);
    Ok(response)
}

/// The session that a request shows, begun by whatever password.
async fn session(app: &App, headers: &HeaderMap) -> Result<(String, SignInSession), ApiError> {
    let token = caller::token(headers)?;
    if token.in_cookie {
        same_origin::check(&Method::POST, headers)?;
    }
    let checked = app
        .sign_in
        .check_for_password_change(&token.text, wall_clock())
        .await;
    let session = checked.map_err(|error| match error {
        CheckError::Bad(bad) => bad_token(bad),
        CheckError::MustChangePassword(_) => error::must_change_password(),
        CheckError::Failed(error) => error.into(),
    })?;
    Ok((token.text, session))
}

/// What others know of a person, which is no password.
async fn identity(app: &App, person: &PersonId) -> Result<Vec<String>, ApiError> {
    if *person == administrator() {
        return Ok(vec![caller::ADMIN.to_owned()]);
    }
    let known = app.directory()?.person(person)?;
    let Some(known) = known else {
        return Ok(Vec::new());
    };
    let Some(identity) = people::identity(&app.vault, &known.identity).await? else {
        return Ok(Vec::new());
    };
    let Identity {
        number,
        name,
        phone,
        ..
    } = identity;
    Ok([Some(number), Some(name), phone]
        .into_iter()
        .flatten()
        .collect())
}

impl From<ChangeRefused> for ApiError {
    fn from(refused: ChangeRefused) -> Self {
        match refused {
            ChangeRefused::Bad(bad) => bad_token(bad),
            ChangeRefused::WrongCurrent => error::wrong_current_password(),
            ChangeRefused::Later { until } => error::slowed(until, wall_clock()),
            ChangeRefused::Fault(fault) => unfit(fault),
            ChangeRefused::NoPassword => error::no_password(),
            ChangeRefused::Failed(error) => error.into(),
        }
    }
}

fn unfit(fault: PasswordFault) -> ApiError {
    let chinese = match fault {
        PasswordFault::TooShort(min) => format!("密码至少要有 {min} 个字符。"),
        PasswordFault::TooLong => format!("密码最多 {LENGTH_MAX} 个字符。"),
        PasswordFault::ControlCharacter => "密码里不能有控制字符。".to_owned(),
        PasswordFault::Common => "这个密码太常见，别人一猜就中，请换一个。".to_owned(),
        PasswordFault::OwnDetail => "密码不能就是本人的学号、工号、姓名或手机号。".to_owned(),
        PasswordFault::Same => "新密码不能与原密码相同。".to_owned(),
    };
    let mut english = fault.to_string();
    if let Some(first) = english.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    english.push('.');
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "password-unfit",
        chinese,
        english,
    )
    .field("new")
}
