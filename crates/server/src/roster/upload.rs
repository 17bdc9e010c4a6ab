//! The form that a roster is sent in.

use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use homeroom_domain::CommandId;
use homeroom_log::Hash;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::execute::Envelope;
use crate::headers;
use crate::request;

use super::files::Files;

/// The most bytes of a form.
pub(crate) const IMPORT_BYTES_MAX: usize = 8 << 20;

/// The parts of the form; any of them may be missing, but not all.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the form; the parts are read one by one"
)]
pub(crate) struct RosterForm {
    /// `classes.csv`: 班级代码, 班级, 入学年份, 专业, 班主任工号
    #[schema(value_type = Option<String>, format = Binary)]
    classes: Option<Vec<u8>>,
    /// `staff.csv`: 工号, 姓名, 职务, 范围, 手机号
    #[schema(value_type = Option<String>, format = Binary)]
    staff: Option<Vec<u8>>,
    /// `students.csv`: 学号, 姓名, 性别, 班级, 宿舍, 手机号
    #[schema(value_type = Option<String>, format = Binary)]
    students: Option<Vec<u8>>,
    /// `cadres.csv`: 学号, 类别, 范围, 职务
    #[schema(value_type = Option<String>, format = Binary)]
    cadres: Option<Vec<u8>>,
}

/// A roster as it was sent.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) caller: Caller,
    id: CommandId,
    digest: Hash,
    pub(super) files: Files,
}

impl FromRequest<App> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let key = headers::idempotency_key(&parts.headers)?;
        let id = request::command_id(&app.vault, caller.key(), key)?;
        let type_ = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if !type_
            .unwrap_or_default()
            .to_ascii_lowercase()
            .starts_with("multipart/form-data")
        {
            return Err(error::unsupported_media_type("multipart/form-data"));
        }
        let uri = parts.uri.clone();
        let form = Multipart::from_request(Request::from_parts(parts, body), app).await;
        let files = files(form.map_err(|error| error::malformed_form(&error.body_text()))?).await?;
        let digest = request::digest(&app.vault, &uri, &canonical(&files));
        Ok(Self {
            caller,
            id,
            digest,
            files,
        })
    }
}

impl Upload {
    pub(super) fn envelope(&self) -> Envelope {
        Envelope {
            id: self.id.clone(),
            digest: self.digest,
            type_: "import_roster",
        }
    }
}

async fn files(mut form: Multipart) -> Result<Files, ApiError> {
    let mut files = Files::default();
    while let Some(part) = form.next_field().await.map_err(malformed)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = match name.as_str() {
            "classes" => &mut files.classes,
            "staff" => &mut files.staff,
            "students" => &mut files.students,
            "cadres" => &mut files.cadres,
            _ => {
                let what = "the parts are classes, staff, students and cadres";
                return Err(error::malformed_form(what).field(name));
            }
        };
        if file.is_some() {
            return Err(error::malformed_form("a part stands twice").field(name));
        }
        *file = Some(part.bytes().await.map_err(malformed)?.into());
    }
    let Files {
        classes,
        staff,
        students,
        cadres,
    } = &files;
    if [classes, staff, students, cadres]
        .into_iter()
        .all(Option::is_none)
    {
        return Err(error::malformed_form(
            "it has no part; classes, staff, students or cadres",
        ));
    }
    Ok(files)
}

#[expect(clippy::needless_pass_by_value, reason = "maps an error")]
fn malformed(error: MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => error::body_too_large(IMPORT_BYTES_MAX),
        _ => error::malformed_form(&error.body_text()),
    }
}

/// The files without the form around them: its boundary is another in every sending.
fn canonical(files: &Files) -> Vec<u8> {
    let Files {
        classes,
        staff,
        students,
        cadres,
    } = files;
    let mut told = Vec::new();
    for (name, file) in [
        ("classes", classes),
        ("staff", staff),
        ("students", students),
        ("cadres", cadres),
    ] {
        if let Some(bytes) = file {
            told.extend_from_slice(name.as_bytes());
            told.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
            told.extend_from_slice(bytes);
        }
    }
    told
}
