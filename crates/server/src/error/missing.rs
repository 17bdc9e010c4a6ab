//! What is asked for, and is not there.

use axum::http::StatusCode;

use super::ApiError;

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
