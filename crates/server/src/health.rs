//! How the service is: the log and how durable it really is, the clock, and how far each projection has come.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use homeroom_log::Fsync;
use homeroom_projection::{ANNOUNCE_INTERVAL, ViewStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::views::Followed;

/// A projection further behind than this is worth a word.
const LAG_MAX: u64 = 10_000;
/// One that has missed so many announcements has stopped or is frozen.
const SILENCE_MAX: Duration = ANNOUNCE_INTERVAL.saturating_mul(4);

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
    /// `ok`, `degraded` (it answers, and `reasons` says what is amiss) or `unavailable` (the log is away).
    #[schema(example = "ok")]
    pub status: &'static str,
    /// What is amiss, a sentence each.
    pub reasons: Vec<String>,
    /// The log.
    pub log: LogHealth,
    /// `real`, `manual` or `scaled`.
    #[schema(example = "real")]
    pub clock: &'static str,
    /// What the clock shows; null on a manual clock that nobody has set.
    pub now: Option<String>,
    /// The projections.
    pub projections: Vec<ProjectionHealth>,
}

/// How the log is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogHealth {
    /// The school.
    pub school: String,
    /// The beginning that this log goes back to.
    pub epoch: String,
    /// The position of the newest commit; null while the log is away.
    pub head: Option<u64>,
    /// How durable an acknowledged command really is; null while the log is away.
    pub durability: Option<DurabilityBody>,
}

/// How durable an acknowledged command really is, as nats-server says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DurabilityBody {
    /// `file` or `memory`.
    pub storage: String,
    /// On how many servers each commit stands.
    pub replicas: usize,
    /// `always`: fsynced before it is acknowledged; `every`; or `unknown`.
    #[schema(example = "always")]
    pub fsync: &'static str,
    /// Seconds between two fsyncs, of `every`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fsync_interval_s: Option<u64>,
}

/// How a projection is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectionHealth {
    /// Its name.
    #[schema(example = "attendance")]
    pub name: &'static str,
    /// The version this process reads.
    pub version: u32,
    /// The generation that is read; null before the first is built.
    pub generation: Option<String>,
    /// How far it has come; null before the first generation is built.
    pub position: Option<u64>,
    /// Commits it is behind the log's head.
    pub lag: Option<u64>,
    /// Seconds since its projector was last heard; at first, since this process started. It is heard every two seconds.
    pub silent_s: f64,
    /// Events it did not know and skipped.
    pub unknown_events: u64,
    /// Why it cannot be read, or why a newer generation is not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Ask how the service is.
///
/// Needs no signing in. 503 only while the log is away and no command can be taken.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "service",
    security(()),
    responses((status = 200, body = HealthAnswer), (status = 503, body = HealthAnswer)),
    extensions(("x-homeroom-action" = json!("anybody")))
)]
pub(crate) async fn health(State(app): State<App>) -> Response {
    let (head, durability) = tokio::join!(app.log.head(), app.log.durability());
    let mut reasons = Vec::new();
    let head = match head {
        Ok(head) => Some(head.0),
        Err(error) => {
            reasons.push(error.to_string());
            None
        }
    };
    let durability = durability.ok().map(|durability| {
        let (fsync, fsync_interval_s) = match durability.fsync {
            Fsync::Always => ("always", None),
            Fsync::Every { interval_s } => ("every", Some(interval_s)),
            Fsync::Unknown => ("unknown", None),
        };
        let (storage, replicas) = (durability.storage, durability.replicas);
        DurabilityBody {
            storage,
            replicas,
            fsync,
            fsync_interval_s,
        }
    });
    reasons.extend(durability.as_ref().and_then(weakness));
    let projections: Vec<_> = app
        .views
        .all()
        .into_iter()
        .map(|followed| projection(followed, head))
        .collect();
    reasons.extend(projections.iter().filter_map(ailment));
    let status = match (head, reasons.is_empty()) {
        (None, _) => "unavailable",
        (Some(_), true) => "ok",
        (Some(_), false) => "degraded",
    };
    let identity = app.log.identity();
    let body = HealthAnswer {
        status,
        reasons,
        log: LogHealth {
            school: identity.school.to_string(),
            epoch: identity.epoch.to_string(),
            head,
            durability,
        },
        clock: app.clock.name(),
        now: app.clock.now().ok().map(|now| now.rfc3339(app.zone())),
        projections,
    };
    let mut response = axum::Json(body).into_response();
    if head.is_none() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        // The body says more than a problem would.
        response.extensions_mut().insert(SaysItself);
    }
    response
}

/// Marks an error response that is written already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SaysItself;

fn projection(followed: &Followed, head: Option<u64>) -> ProjectionHealth {
    let ViewStatus {
        name,
        version,
        generation,
        position,
        unknown_events,
        problem,
    } = followed.view.status();
    let position = position.map(|position| position.0);
    let silent_s = followed.silent().as_secs_f64();
    ProjectionHealth {
        name,
        version,
        generation,
        position,
        lag: head
            .zip(position)
            .map(|(head, position)| head.saturating_sub(position)),
        silent_s: (silent_s * 1_000.0).round() / 1_000.0,
        unknown_events,
        problem,
    }
}

fn weakness(durability: &DurabilityBody) -> Option<String> {
    match durability.fsync {
        "always" if durability.storage == "file" => None,
        "always" => Some("the log is not stored in files".to_owned()),
        "every" => Some(format!(
            "nats-server fsyncs every {} s only: a power cut can lose acknowledged commands",
            durability.fsync_interval_s.unwrap_or_default()
        )),
        _ => Some("nats-server does not say when it fsyncs".to_owned()),
    }
}

fn ailment(projection: &ProjectionHealth) -> Option<String> {
    let name = projection.name;
    if let Some(problem) = &projection.problem {
        return Some(problem.clone());
    }
    let lag = projection.lag.unwrap_or_default();
    if lag > LAG_MAX {
        return Some(format!("the view {name} is {lag} commits behind"));
    }
    if projection.silent_s > SILENCE_MAX.as_secs_f64() {
        let seconds = projection.silent_s;
        return Some(format!(
            "the projector of {name} has not been heard of for {seconds:.0} s"
        ));
    }
    (projection.unknown_events > 0)
        .then(|| format!("the view {name} skipped events that this version does not know"))
}
