//! What a request itself gets wrong.

use axum::http::StatusCode;

use super::ApiError;

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
