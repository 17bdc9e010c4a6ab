//! The clock, and what can fail on our side.

use axum::http::StatusCode;
use homeroom_domain::{Moment, Zone};
use homeroom_log::{Position, ReadError, VaultError};
use homeroom_projection::ViewError;

use super::ApiError;
use crate::clock::ClockError;

pub(crate) fn clock_not_set() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "clock-not-set",
        "手动时钟尚未设定，请先 PUT /v1/clock。",
        "The manual clock is not set; PUT /v1/clock first.",
    )
}

pub(crate) fn clock_not_manual() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "clock-not-manual",
        "只有以 --clock manual 启动的服务才能手动拨钟。",
        "Only a clock started with --clock manual can be moved by hand.",
    )
}

pub(crate) fn clock_moves_forward_only(now: Moment, zone: Zone) -> ApiError {
    let now = now.rfc3339(zone);
    ApiError::new(
        StatusCode::CONFLICT,
        "clock-moves-forward-only",
        format!("时钟只能向前拨；现在是 {now}。"),
        format!("The clock only moves forward; it shows {now}."),
    )
    .field("now")
}

pub(crate) fn view_behind(name: &str, asked: Position, has: Position) -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "view-behind",
        format!("视图 {name} 只更新到位置 {has}，还没有到 {asked}；请稍后重试。"),
        format!("The view {name} is at position {has} and has not reached {asked} yet; try again shortly."),
    )
    .worth_retrying()
}

pub(crate) fn outcome_unknown() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "outcome-unknown",
        "日志没有应答，不知道是否已经记录；请用同一个 Idempotency-Key 重试，不会重复记录。",
        "The log does not answer, so it is unknown whether this is recorded; retry with the same Idempotency-Key, it will not be recorded twice.",
    )
    .worth_retrying()
}

pub(crate) fn not_recorded() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "log-unavailable",
        "日志暂时不可写，没有记录；请稍后用同一个 Idempotency-Key 重试。",
        "The log takes nothing now and nothing is recorded; retry shortly with the same Idempotency-Key.",
    )
    .worth_retrying()
}

pub(crate) fn contended() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "contended",
        "同时修改的人太多，没有记录；请用同一个 Idempotency-Key 重试。",
        "Too many changed the same thing at once and nothing was recorded; retry with the same Idempotency-Key.",
    )
    .worth_retrying()
}

pub(crate) fn timed_out() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "timed-out",
        "处理超时，不知道是否已经记录；请用同一个 Idempotency-Key 重试。",
        "This took too long, and it is unknown whether it is recorded; retry with the same Idempotency-Key.",
    )
    .worth_retrying()
}

pub(crate) fn log_damaged() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "log-damaged",
        "日志与先前的记录不符，已停止写入；请管理员查看 /healthz 与服务日志。",
        "The log is not what it was, and nothing more is written; the administrator finds more in /healthz and the service's own log.",
    )
}

pub(crate) fn unavailable() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "服务的一部分暂时不可用，请稍后重试；详情见 /healthz。",
        "A part of the service is away; try again shortly. /healthz says which.",
    )
    .worth_retrying()
}

pub(crate) fn internal() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "服务内部出错，已记入服务日志；请用同一个 Idempotency-Key 重试。",
        "Something went wrong inside, and the service's own log says what; retry with the same Idempotency-Key.",
    )
}

impl From<ViewError> for ApiError {
    fn from(error: ViewError) -> Self {
        tracing::warn!(%error, "a view cannot be read");
        unavailable()
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Integrity { .. } | ReadError::NoSuchPosition(_) => {
                tracing::error!(%error, "the log is damaged");
                log_damaged()
            }
            ReadError::Unavailable(_) => {
                tracing::warn!(%error, "the log cannot be read");
                unavailable()
            }
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Unavailable(_) => {
                tracing::warn!(%error, "the keys cannot be had");
                unavailable()
            }
            VaultError::Destroyed { .. } => ApiError::new(
                StatusCode::CONFLICT,
                "erased",
                "这个人的资料已被清除，不能再记录。",
                "What the school kept of this person was erased; nothing can be recorded any more.",
            ),
            _ => {
                tracing::error!(%error, "a sealed field or its key is damaged");
                internal()
            }
        }
    }
}

impl From<ClockError> for ApiError {
    fn from(error: ClockError) -> Self {
        match error {
            ClockError::NotSet => clock_not_set(),
            ClockError::NotManual => clock_not_manual(),
            ClockError::Backwards { now, zone } => clock_moves_forward_only(now, zone),
            ClockError::Unavailable(_) => {
                tracing::warn!(%error, "the shared clock cannot be had");
                unavailable()
            }
            ClockError::Mixed { .. } | ClockError::OtherSetting { .. } | ClockError::Damaged(_) => {
                tracing::error!(%error, "the shared clock is unfit");
                internal()
            }
        }
    }
}
