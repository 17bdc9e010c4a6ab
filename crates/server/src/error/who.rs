//! Who asks, how they sign in, and what they may not.

use axum::http::StatusCode;
use homeroom_domain::rights::Action;
use homeroom_domain::{Language, Moment};

use super::ApiError;

pub(crate) fn not_signed_in() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "not-signed-in",
        "尚未登录，或登录已失效；请先 POST /v1/sign-in。",
        "You are not signed in, or no longer; POST /v1/sign-in first.",
    )
}

pub(crate) fn must_change_password() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "must-change-password",
        "初始密码须先修改，才能办理其他事；请 POST /v1/password。",
        "The first password must be changed before anything else; POST /v1/password.",
    )
}

pub(crate) fn wrong_password() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "wrong-password",
        "号码或密码不对。",
        "The number or the password is wrong.",
    )
}

pub(crate) fn wrong_current_password() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "wrong-current-password",
        "原密码不对。",
        "The current password is wrong.",
    )
    .field("current")
}

pub(crate) fn no_password() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "no-password",
        "您没有密码：请用学校的统一登录。",
        "You have no password: you sign in by the school's provider.",
    )
}

pub(crate) fn first_password_expired() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "first-password-expired",
        "初始密码已过期，请向系统管理员要一个新的。",
        "This first password is no longer good; ask the IT admin for another.",
    )
}

pub(crate) fn no_provider() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no-provider",
        "学校没有接入统一登录；请用号码和密码登录。",
        "The school has no sign-in provider; sign in by number and password.",
    )
}

pub(crate) fn provider_not_begun() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "provider-not-begun",
        "统一登录不是在这个浏览器里开始的，或已超过十分钟；请重新登录。",
        "Signing in by the provider was not begun in this browser, or more than ten minutes ago; begin again.",
    )
}

pub(crate) fn provider_refused(why: &str) -> ApiError {
    let why: String = why
        .chars()
        .filter(char::is_ascii_graphic)
        .take(64)
        .collect();
    ApiError::new(
        StatusCode::FORBIDDEN,
        "provider-refused",
        format!("统一登录没有让您登录（{why}）。"),
        format!("The provider did not sign you in ({why})."),
    )
}

pub(crate) fn provider_unsound() -> ApiError {
    ApiError::new(
        StatusCode::BAD_GATEWAY,
        "provider-unsound",
        "统一登录的答复有误；请系统管理员查看服务日志。",
        "What the provider sent is not sound; the IT admin finds more in the service's own log.",
    )
}

pub(crate) fn provider_unavailable() -> ApiError {
    ApiError::new(
        StatusCode::BAD_GATEWAY,
        "provider-unavailable",
        "统一登录暂时没有应答，请稍后再试。",
        "The provider does not answer; try again shortly.",
    )
    .worth_retrying()
}

pub(crate) fn nobody_of_provider() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "nobody-of-provider",
        "统一登录认得您，但名册里没有这个号码，或您已不在校任职、就读。",
        "The provider knows you, but nobody of the roster who is here has this number.",
    )
}

/// Too many wrong passwords: until then none is looked at.
pub(crate) fn slowed(until: Moment, now: Moment) -> ApiError {
    let wait_ms = (until.unix_ms() - now.unix_ms()).max(1);
    let seconds = u32::try_from((wait_ms as u64).div_ceil(1_000)).unwrap_or(u32::MAX);
    let mut error = ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-wrong-passwords",
        format!("密码错误次数过多，请 {seconds} 秒后再试。"),
        format!("Too many wrong passwords; try again in {seconds} seconds."),
    );
    error.0.retry_after_s = Some(seconds);
    error
}

pub(crate) fn too_many_requests(seconds: u32) -> ApiError {
    let mut error = ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-requests",
        format!("请求过于频繁，请 {seconds} 秒后再试。"),
        format!("Too many requests; try again in {seconds} seconds."),
    );
    error.0.retry_after_s = Some(seconds);
    error
}

pub(crate) fn busy_signing_in() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy-signing-in",
        "此刻登录的人太多，请稍后再试。",
        "Too many people sign in at this moment; try again shortly.",
    )
    .worth_retrying()
}

pub(crate) fn cross_site() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "cross-site",
        "这个请求来自别的网站，已被拒绝。",
        "This request comes from another site and is refused.",
    )
}

/// None of the caller's offices reaches so far.
pub(crate) fn forbidden(action: Action) -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "not-yours",
        format!("您的职务无权办理此事：{}。", action.name(Language::Chinese)),
        format!(
            "None of your offices lets you do this: {}.",
            action.name(Language::English)
        ),
    )
}

/// Only a person of the roster can be meant.
pub(crate) fn not_a_person() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "not-a-person",
        "管理员账号不是名册中的人，不能办理此事。",
        "The administrator is nobody of the roster and cannot do this.",
    )
}

// API keys.

pub(crate) fn key_office_not_held() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "key-office-not-held",
        "密钥只能用本人现任的职务。",
        "A key is for an office that you hold yourself.",
    )
    .field("office")
}

pub(crate) fn key_action(name: &str) -> ApiError {
    let name: String = name.chars().take(64).collect();
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "key-action",
        format!("密钥不能用于“{name}”：没有这一项，或这个职务无权，或只能由本人办理。"),
        format!(
            "A key cannot be for \"{name}\": there is no such action, the office may not, or only a person does it."
        ),
    )
}

pub(crate) fn key_fault(why: &'static str) -> ApiError {
    let mut english = why.to_owned();
    if let Some(first) = english.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "key-fault",
        "密钥须有 1 至 80 个字的名称、1 至 100 个动作，到期时间须在将来。",
        format!("{english}."),
    )
}

pub(crate) fn too_many_keys() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "too-many-keys",
        "密钥数量已达上限，请先删除不用的。",
        "The school has as many keys as it may; delete one that is no longer used.",
    )
}

pub(crate) fn unknown_key() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown-key",
        "没有这个密钥。",
        "There is no such key.",
    )
    .field("key")
}

pub(crate) fn unknown_session() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown-session",
        "没有这个登录会话。",
        "There is no such sign-in session.",
    )
    .field("session")
}
