//! Sign-in sessions, listed and ended.

use axum::extract::{Path, State};
use homeroom_domain::Zone;
use homeroom_sign_in::{EndedBy, SessionId, SignInSession, Via};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};

use super::wall_clock;

/// One's own sign-in sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionsAnswer {
    /// The sessions, the last used first.
    pub sessions: Vec<SignInSessionBody>,
}

/// One sign-in session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInSessionBody {
    /// What it is ended by; opens nothing.
    pub id: String,
    /// True of the session that asks.
    pub this_one: bool,
    /// What the device calls itself.
    pub device: String,
    /// `password`, `first_password` or `provider`.
    pub via: &'static str,
    /// When it began.
    pub since: String,
    /// Its last use, up to ten minutes behind.
    pub seen: String,
    /// When it ends if it is not used again.
    pub expires: String,
}

impl SignInSessionBody {
    fn of(session: &SignInSession, this: Option<&SignInSession>, zone: Zone) -> Self {
        Self {
            id: session.id.as_str().to_owned(),
            this_one: this.is_some_and(|this| this.id == session.id),
            device: session.device.clone(),
            via: match session.via {
                Via::Password => "password",
                Via::FirstPassword => "first_password",
                Via::Provider => "provider",
            },
            since: session.since.rfc3339(zone),
            seen: session.seen.rfc3339(zone),
            expires: session.expires.rfc3339(zone),
        }
    }
}

/// How many sessions were ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionsEnded {
    /// How many.
    pub ended: usize,
}

/// List one's own sign-in sessions.
#[utoipa::path(
    get,
    path = "/v1/sign-in-sessions",
    tag = "sign-in",
    responses((status = 200, body = SessionsAnswer)),
    extensions(("x-homeroom-action" = json!("manage_own_sign_in")))
)]
pub(crate) async fn sessions(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<SessionsAnswer>, ApiError> {
    caller.may_own_sign_in(&app.directory()?, app.now_or_start()?)?;
    let all = app
        .sign_in
        .sessions(&caller.account(), wall_clock())
        .await?;
    let all = all.iter();
    let sessions = all.map(|one| SignInSessionBody::of(one, caller.session(), app.zone()));
    Ok(axum::Json(SessionsAnswer {
        sessions: sessions.collect(),
    }))
}

/// End one of one's own sign-in sessions.
#[utoipa::path(
    post,
    path = "/v1/sign-in-sessions/{session}/end",
    tag = "sign-in",
    params(("session" = String, Path, description = "The session, by its id in the list.")),
    responses((status = 200, body = SessionsEnded)),
    extensions(("x-homeroom-action" = json!("manage_own_sign_in")))
)]
pub(crate) async fn end_session(
    State(app): State<App>,
    Path(session): Path<String>,
    caller: Caller,
) -> Result<axum::Json<SessionsEnded>, ApiError> {
    caller.may_own_sign_in(&app.directory()?, app.now_or_start()?)?;
    let id = SessionId::from(session.as_str());
    let ended = app
        .sign_in
        .end_session(&caller.account(), &id, EndedBy::Owner, wall_clock())
        .await?;
    if !ended {
        return Err(error::unknown_session());
    }
    Ok(axum::Json(SessionsEnded { ended: 1 }))
}

/// End all of one's own sign-in sessions but this one.
#[utoipa::path(
    post,
    path = "/v1/sign-in-sessions/end-others",
    tag = "sign-in",
    responses((status = 200, body = SessionsEnded)),
    extensions(("x-homeroom-action" = json!("manage_own_sign_in")))
)]
pub(crate) async fn end_other_sessions(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<SessionsEnded>, ApiError> {
    caller.may_own_sign_in(&app.directory()?, app.now_or_start()?)?;
    let at = wall_clock();
    let ended = match caller.session() {
        Some(this) => app.sign_in.end_other_sessions(this, at).await?,
        None => {
            let account = caller.account();
            let ended = app.sign_in.end_all_sessions(&account, EndedBy::Owner, at);
            ended.await?
        }
    };
    Ok(axum::Json(SessionsEnded { ended }))
}
