//! Signing in by the school's OpenID Connect provider.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use homeroom_sign_in::{Provider, ProviderRefused};
use serde::Deserialize;

use crate::app::App;
use crate::client::SignInClient;
use crate::error::{self, ApiError};
use crate::request;

use super::{HeldBy, account, cookies, wall_clock};

/// Where a browser is when it has signed in.
const AFTER: &str = "/v1/me";

/// Sign in by the school's provider.
///
/// Sends the browser to the provider's page, which sends it back to `/v1/sign-in/provider/back`.
#[utoipa::path(
    get,
    path = "/v1/sign-in/provider",
    tag = "sign-in",
    responses((status = 303, description = "To the provider.")),
    security(()),
    extensions(("x-homeroom-action" = json!("anybody")))
)]
pub(crate) async fn to_provider(
    State(app): State<App>,
    client: SignInClient,
) -> Result<Response, ApiError> {
    app.limits.address(client.address())?;
    let started = app
        .sign_in
        .begin_at_provider(provider(&app)?, wall_clock())
        .await?;
    let mut response = see_other(&started.url)?;
    let cookie = cookies::for_provider(&started.cookie, started.life_ms)?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

/// What the provider's page sends a browser back with.
#[derive(Debug, Deserialize)]
pub(crate) struct SentBack {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    error: Option<String>,
}

/// Come back from the school's provider.
///
/// Begins a sign-in session of whoever has the school number that the provider vouches for.
#[utoipa::path(
    get,
    path = "/v1/sign-in/provider/back",
    tag = "sign-in",
    params(
        ("code" = Option<String>, Query, description = "What the provider gave."),
        ("state" = Option<String>, Query, description = "What it was given."),
    ),
    responses((status = 303, description = "Signed in; to `/v1/me`.")),
    security(()),
    extensions(("x-homeroom-action" = json!("anybody")))
)]
pub(crate) async fn from_provider(
    State(app): State<App>,
    client: SignInClient,
    headers: HeaderMap,
    request::Asked(sent): request::Asked<SentBack>,
) -> Result<Response, ApiError> {
    app.limits.address(client.address())?;
    if let Some(error) = sent.error {
        return Err(error::provider_refused(&error));
    }
    let cookie = cookies::provider(&headers).ok_or(ProviderRefused::NotBegun)?;
    let sent = (sent.code.as_str(), sent.state.as_str());
    let number = app
        .sign_in
        .finish_at_provider(provider(&app)?, &cookie, sent, wall_clock())
        .await?;
    // The administrator is nobody whom a provider knows.
    let known = account(&app, &number)?.filter(|_| number != crate::caller::ADMIN);
    let known = known.ok_or_else(error::nobody_of_provider)?;
    let signed_in = app
        .sign_in
        .sign_in_by_provider(&known.id, known.group, client.client(), wall_clock())
        .await?;
    let session = super::answer(&app, signed_in, HeldBy::Cookie).await?;
    let mut response = see_other(AFTER)?;
    let set = session.headers().get_all(SET_COOKIE).iter().cloned();
    for cookie in set.chain([cookies::without_provider()?]) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn provider(app: &App) -> Result<&Provider, ApiError> {
    app.provider.as_ref().ok_or_else(error::no_provider)
}

fn see_other(to: &str) -> Result<Response, ApiError> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let to = HeaderValue::try_from(to).map_err(|error| {
        tracing::error!(%error, "the provider's address is no header");
        error::internal()
    })?;
    response.headers_mut().insert(LOCATION, to);
    Ok(response)
}

impl From<ProviderRefused> for ApiError {
    fn from(refused: ProviderRefused) -> Self {
        match refused {
            ProviderRefused::NotBegun => error::provider_not_begun(),
            ProviderRefused::Unavailable(why) => {
                tracing::warn!(why, "the provider cannot be asked");
                error::provider_unavailable()
            }
            refused => {
                tracing::warn!(%refused, "the provider vouches for nobody");
                error::provider_unsound()
            }
        }
    }
}
