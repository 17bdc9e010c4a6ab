//! A student's guardians.

use axum::extract::{Path, State};
use homeroom_domain::rights::Action;
use homeroom_domain::roster::{AddGuardian, Identity, RemoveGuardian, RosterCommand};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::error::{self, ApiError};
use crate::people;
use crate::request::{self, Command};
use crate::roster::decide::{RosterAnswer, decide};
use crate::students::about_student;

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 60;

/// Says that somebody is a student's guardian.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddGuardianRequest {
    /// The guardian's phone number, which is their number here.
    #[schema(example = "13900000001")]
    pub phone: String,
    /// 姓名
    pub name: String,
}

/// Says that somebody is a student's guardian no longer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoveGuardianRequest {
    /// The guardian's phone number.
    #[schema(example = "13900000001")]
    pub phone: String,
}

/// Add a guardian to a student.
///
/// Somebody new, or who is known by the phone number already, such as another child's guardian.
#[utoipa::path(
    post,
    path = "/v1/students/{student}/guardians/add",
    tag = "roster",
    params(("student" = String, Path, description = "The school number.")),
    request_body = AddGuardianRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("change_guardians")))
)]
pub(crate) async fn add_guardian(
    State(app): State<App>,
    Path(number): Path<String>,
    command: Command<AddGuardianRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let (asked, caller) = (&command.request, &command.caller);
    request::number(&asked.phone).map_err(|error| error.field("phone"))?;
    request::text("name", &asked.name, NAME_CHARS_MAX)?;
    let action = Action::ChangeGuardians;
    // Before a key is made for anybody.
    about_student(
        &app,
        caller,
        &app.directory()?,
        action,
        &number,
        app.clock.now()?,
    )?;
    let identity = Identity {
        number: asked.phone.clone(),
        name: asked.name.clone(),
        sex: None,
        phone: None,
    };
    let sealed = people::seal_somebody(&app, &identity, command.derived_bits()).await?;
    decide(&app, &command, "add_guardian", |directory, at| {
        let (student, grant) = about_student(&app, caller, directory, action, &number, at)?;
        let add = AddGuardian {
            guardian: sealed.person.clone(),
            student: student.id,
            number: sealed.number.clone(),
            identity: sealed.identity.clone(),
            sealed: sealed.sealed.clone(),
        };
        Ok((RosterCommand::AddGuardian(add), grant))
    })
    .await
}

/// Remove a guardian from a student.
///
/// From this instant on they may nothing for this student.
#[utoipa::path(
    post,
    path = "/v1/students/{student}/guardians/remove",
    tag = "roster",
    params(("student" = String, Path, description = "The school number.")),
    request_body = RemoveGuardianRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("change_guardians")))
)]
pub(crate) async fn remove_guardian(
    State(app): State<App>,
    Path(number): Path<String>,
    command: Command<RemoveGuardianRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let (asked, caller) = (&command.request, &command.caller);
    decide(&app, &command, "remove_guardian", |directory, at| {
        let action = Action::ChangeGuardians;
        let (student, grant) = about_student(&app, caller, directory, action, &number, at)?;
        let mark = people::number_mark(&app.vault, &asked.phone);
        let guardian = directory.person_by_number(&mark)?;
        let guardian = guardian.ok_or_else(|| error::unknown_person_in("phone"))?;
        let remove = RemoveGuardian {
            guardian: guardian.id,
            student: student.id,
        };
        Ok((RosterCommand::RemoveGuardian(remove), grant))
    })
    .await
}
