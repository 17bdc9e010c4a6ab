//! The one vocabulary of what this API refuses and of what can fail, each with a stable code and a sentence in both
//! languages. [`problem`](crate::problem) turns it into a response, in one place.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use homeroom_domain::rights::Action;
use homeroom_domain::{Fault, Language, Moment, RefusalKind, Refuse, Zone};
use homeroom_log::{Position, ReadError, VaultError};
use homeroom_projection::ViewError;

use crate::clock::ClockError;

/// Seconds after which asking again may help.
const RETRY_AFTER_S: u32 = 1;

/// Why a request was not answered as it was asked.
#[derive(Debug, Clone)]
pub(crate) struct ApiError(Box<Said>);

/// What is said of it.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    /// The stable name, in kebab case.
    pub(crate) code: &'static str,
    pub(crate) chinese: String,
    pub(crate) english: String,
    pub(crate) field: Option<String>,
    pub(crate) faults: Vec<Fault>,
    /// Where the refusal itself is recorded.
    pub(crate) position: Option<Position>,
    pub(crate) retry_after_s: Option<u32>,
}

impl Said {
    pub(crate) fn sentence(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
        }
    }
}

impl ApiError {
    /// A new word of the vocabulary.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        chinese: impl Into<String>,
        english: impl Into<String>,
    ) -> Self {
        Self(Box::new(Said {
            status,
            code,
            chinese: chinese.into(),
            english: english.into(),
            field: None,
            faults: Vec::new(),
            position: None,
            retry_after_s: None,
        }))
    }

    /// A refusal of the domain; `recorded` is where it stands in the log, if it does.
    pub(crate) fn refused(refusal: &dyn Refuse, recorded: Option<Position>) -> Self {
        let (chinese, english) = (
            refusal.sentence(Language::Chinese),
            refusal.sentence(Language::English),
        );
        let mut error = Self::new(status(refusal.kind()), refusal.code(), chinese, english);
        error.0.field = refusal.field();
        error.0.faults = refusal.faults();
        error.0.position = recorded;
        error
    }

    /// Names the field at fault: a JSON path, a header, a path or query parameter.
    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Names only the first of very many faults; the sentence still counts them all.
    pub(crate) fn first_faults(mut self, count: usize) -> Self {
        self.0.faults.truncate(count);
        self
    }

    fn worth_retrying(mut self) -> Self {
        self.0.retry_after_s = Some(RETRY_AFTER_S);
        self
    }

    pub(crate) fn said(&self) -> &Said {
        &self.0
    }
}

/// Which HTTP status a kind of refusal is; nothing else decides it.
fn status(kind: RefusalKind) -> StatusCode {
    match kind {
        RefusalKind::Invalid | RefusalKind::Denied => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        RefusalKind::Conflict => StatusCode::CONFLICT,
    }
}

impl IntoResponse for ApiError {
    /// The error itself travels with the response; whoever knows the language asked for writes it out.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

// What the request itself gets wrong.

pub(crate) fn malformed_body(what: &str, line: usize, column: usize) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "malformed-body",
        format!("请求正文第 {line} 行第 {column} 列有误：{what}。"),
        format!("The body is wrong at line {line}, column {column}: {what}."),
    )
}

pub(crate) fn malformed_form(what: &str) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "malformed-body",
        format!("表单有误：{what}。"),
        format!("The form is wrong: {what}."),
    )
}

pub(crate) fn body_cut_off() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "body-cut-off",
        "请求正文没有传完。",
        "The body ended before it was complete.",
    )
}

pub(crate) fn body_too_large(bytes_max: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-large",
        format!("请求正文不能超过 {bytes_max} 字节。"),
        format!("The body may have at most {bytes_max} bytes."),
    )
}

pub(crate) fn unsupported_media_type(expected: &'static str) -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        format!("请求正文的类型须为 {expected}。"),
        format!("The body must be {expected}."),
    )
    .field("Content-Type")
}

pub(crate) fn malformed_path(field: &'static str, expected: &str) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "malformed-path",
        format!("路径中的 {field} 无效，应为：{expected}。"),
        format!("The {field} in the path is not valid; expected: {expected}."),
    )
    .field(field)
}

pub(crate) fn malformed_query(what: &str) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "malformed-query",
        format!("查询参数有误：{what}。"),
        format!("The query is wrong: {what}."),
    )
}

pub(crate) fn malformed_header(name: &'static str, expected: &str) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "malformed-header",
        format!("请求头 {name} 无效，应为：{expected}。"),
        format!("The header {name} is not valid; expected: {expected}."),
    )
    .field(name)
}

pub(crate) fn idempotency_key_missing() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "idempotency-key-missing",
        "缺少请求头 Idempotency-Key：每次操作自拟一个 8 至 128 位的可见 ASCII 字符串，重试时用同一个。",
        "The header Idempotency-Key is missing: 8 to 128 visible ASCII characters, new for each command and the same for its retries.",
    )
    .field("Idempotency-Key")
}

pub(crate) fn idempotency_key_malformed() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "idempotency-key-malformed",
        "请求头 Idempotency-Key 须为 8 至 128 位的可见 ASCII 字符。",
        "The header Idempotency-Key must be 8 to 128 visible ASCII characters.",
    )
    .field("Idempotency-Key")
}

pub(crate) fn idempotency_key_reused() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "idempotency-key-reused",
        "这个 Idempotency-Key 已用于另一个请求；不同的操作须用不同的键。",
        "This Idempotency-Key was used for another command; each command needs its own.",
    )
    .field("Idempotency-Key")
}

pub(crate) fn text_length(field: &'static str, chars_max: usize) -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "text-length",
        format!("须为 1 至 {chars_max} 个字。"),
        format!("It must have 1 to {chars_max} characters."),
    )
    .field(field)
}

pub(crate) fn too_many(field: &'static str, max: usize) -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "too-many",
        format!("最多 {max} 项。"),
        format!("There may be at most {max}."),
    )
    .field(field)
}

pub(crate) fn commit_too_large() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "too-much-at-once",
        "一次要记录的内容太多；导入名册时请分几次，每次少几个班。",
        "This is more than one commit can hold; import a roster in parts, fewer classes at a time.",
    )
}

// Who asks.

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

// What is asked for.

pub(crate) fn no_such_path() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no-such-path",
        "没有这个地址；全部接口见 /docs。",
        "There is nothing at this address; /docs lists all there is.",
    )
}

pub(crate) fn method_not_allowed() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "这个地址不支持该方法；全部接口见 /docs。",
        "This address does not take that method; /docs lists all there is.",
    )
}

pub(crate) fn unknown_class() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown-class",
        "没有这个班级代码。",
        "No class has this code.",
    )
    .field("class")
}

pub(crate) fn unknown_person() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown-person",
        "没有这个学号、工号或手机号的人。",
        "Nobody has this number.",
    )
    .field("number")
}

/// A person whom a body names, as opposed to a path.
pub(crate) fn unknown_person_in(field: impl Into<String>) -> ApiError {
    let mut error = unknown_person().field(field);
    error.0.status = StatusCode::UNPROCESSABLE_ENTITY;
    error
}

pub(crate) fn not_appointed() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "no-such-office",
        "学生和家长不是任命的职务。",
        "Nobody is appointed to be a student or a guardian.",
    )
    .field("scope")
}

/// A class that a body names, as opposed to a path.
pub(crate) fn unknown_class_in(field: impl Into<String>) -> ApiError {
    let mut error = unknown_class().field(field);
    error.0.status = StatusCode::UNPROCESSABLE_ENTITY;
    error
}

pub(crate) fn unknown_student() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown-student",
        "没有这个学号的学生。",
        "No student has this school number.",
    )
    .field("student")
}

/// A guardian of several children must say for which.
pub(crate) fn which_child() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "which-child",
        "您有不止一个孩子在校，请写明学号。",
        "You have more than one child here; say for which, by school number.",
    )
    .field("student")
}

pub(crate) fn unknown_slip() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown-slip",
        "没有这张假条。",
        "There is no such slip.",
    )
    .field("slip")
}

pub(crate) fn unknown_template() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown-template",
        "没有这个模板。",
        "There is no such template.",
    )
    .field("template")
}

pub(crate) fn unknown_template_in_body() -> ApiError {
    let mut error = unknown_template();
    error.0.status = StatusCode::UNPROCESSABLE_ENTITY;
    error
}

// The clock.

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

// What can fail on our side.

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
