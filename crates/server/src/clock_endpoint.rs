//! The clock, looked at and moved by hand.

use axum::extract::State;
use homeroom_domain::Moment;
use homeroom_domain::rights::{Action, Target};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::clock::ClockError;
use crate::error::ApiError;
use crate::request::Json;

/// What the clock is to show.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetClockRequest {
    /// An instant, not before what it shows: RFC 3339 with an offset.
    #[schema(value_type = String, format = DateTime, example = "2026-11-23T07:00:00+08:00")]
    pub now: Moment,
}

/// What the clock shows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClockAnswer {
    /// `real`, `manual` or `scaled`.
    #[schema(example = "manual")]
    pub clock: &'static str,
    /// What it shows, with the school's own offset; null on a manual clock that nobody has set.
    #[schema(example = "2026-11-23T07:00:00+08:00")]
    pub now: Option<String>,
    /// Seconds it moves in one real second; null on a manual clock.
    pub speed: Option<f64>,
    /// The school's zone.
    #[schema(example = "Asia/Shanghai")]
    pub zone: &'static str,
}

impl ClockAnswer {
    pub(crate) fn of(app: &App) -> Result<Self, ApiError> {
        let now = match app.clock.now() {
            Ok(now) => Some(now.rfc3339(app.zone())),
            Err(ClockError::NotSet) => None,
            Err(error) => return Err(error.into()),
        };
        let (clock, speed) = (app.clock.name(), app.clock.speed());
        Ok(Self {
            clock,
            now,
            speed,
            zone: app.zone().name(),
        })
    }
}

/// Look at the clock.
#[utoipa::path(
    get,
    path = "/v1/clock",
    tag = "service",
    responses((status = 200, body = ClockAnswer)),
    extensions(("x-homeroom-action" = json!("read_clock")))
)]
pub(crate) async fn clock(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<ClockAnswer>, ApiError> {
    let now = app.now_or_start()?;
    caller.may(&app.directory()?, Action::ReadClock, &Target::school(), now)?;
    ClockAnswer::of(&app).map(axum::Json)
}

/// Move a manual clock.
///
/// Forward only. Everything that happens at a time happens by this clock.
#[utoipa::path(
    put,
    path = "/v1/clock",
    tag = "service",
    request_body = SetClockRequest,
    responses((status = 200, body = ClockAnswer)),
    extensions(("x-homeroom-action" = json!("move_clock")))
)]
pub(crate) async fn set_clock(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<SetClockRequest>,
) -> Result<axum::Json<ClockAnswer>, ApiError> {
    let now = app.now_or_start()?;
    caller.may(&app.directory()?, Action::MoveClock, &Target::school(), now)?;
    app.clock.set(request.now).await?;
    ClockAnswer::of(&app).map(axum::Json)
}
