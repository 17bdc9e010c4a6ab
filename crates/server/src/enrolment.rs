//! Students coming, moving, staying away and going; classes graduating.

use axum::extract::{Path, State};
use homeroom_directory::Directory;
use homeroom_domain::rights::{Action, Grant};
use homeroom_domain::roster::{
    EnrolStudent, EnrolmentCommand, GraduateClass, Identity, Leaving, LetStudentLeave, MoveStudent,
    ResumeStudent, RosterCommand, SuspendStudent,
};
use homeroom_domain::{Moment, PersonId, SchoolDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::error::{self, ApiError};
use crate::people;
use crate::request::{self, Command};
use crate::roster::decide::{RosterAnswer, decide};
use crate::students::about_student;

/// The longest name or dorm room, in characters.
const NAME_CHARS_MAX: usize = 60;

/// Enrols a student.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnrolStudentRequest {
    /// 学号
    #[schema(example = "2026010146")]
    pub number: String,
    /// 姓名
    pub name: String,
    /// 性别: 男 or 女.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sex: Option<String>,
    /// 手机号
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<String>,
    /// 宿舍
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dorm: Option<String>,
    /// The class, by its code.
    #[schema(example = "26JY1")]
    pub class: String,
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub on: SchoolDate,
}

/// Moves a student.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveStudentRequest {
    /// The class joined, by its code.
    pub class: String,
    /// The first day in it, not after today.
    #[schema(value_type = String, format = Date)]
    pub on: SchoolDate,
}

/// Suspends a student, or lets them have duty again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FromDateRequest {
    /// The first day of it.
    #[schema(value_type = String, format = Date)]
    pub from: SchoolDate,
}

/// How a student leaves.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LeavingBody {
    /// 退学
    Left,
    /// 转学
    TransferredOut,
    /// 毕业
    Graduated,
}

/// Lets a student leave.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LetStudentLeaveRequest {
    /// The last day, on which there is still duty.
    #[schema(value_type = String, format = Date)]
    pub last_day: SchoolDate,
    /// How.
    pub how: LeavingBody,
}

/// Lets a class graduate.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GraduateClassRequest {
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub last_day: SchoolDate,
}

/// Enrol a student.
///
/// One who has left and comes back stays the same person, with everything on record.
#[utoipa::path(
    post,
    path = "/v1/students",
    tag = "roster",
    request_body = EnrolStudentRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("change_enrolment")))
)]
pub(crate) async fn enrol_student(
    State(app): State<App>,
    command: Command<EnrolStudentRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let asked = &command.request;
    request::number(&asked.number).map_err(|error| error.field("number"))?;
    request::text("name", &asked.name, NAME_CHARS_MAX)?;
    let optional = [
        ("dorm", &asked.dorm),
        ("phone", &asked.phone),
        ("sex", &asked.sex),
    ];
    for (field, text) in optional {
        if let Some(text) = text {
            request::text(field, text, NAME_CHARS_MAX)?;
        }
    }
    let identity = Identity {
        number: asked.number.clone(),
        name: asked.name.clone(),
        sex: asked.sex.clone(),
        phone: asked.phone.clone(),
    };
    // Before a key is made for anybody.
    may_of_class(&command, &app.directory()?, &asked.class, app.clock.now()?)?;
    let sealed = people::seal_somebody(&app, &identity, command.derived_bits()).await?;
    decide(&app, &command, "enrol_student", |directory, at| {
        let (class, grant) = may_of_class(&command, directory, &asked.class, at)?;
        let enrol = EnrolStudent {
            student: sealed.person.clone(),
            class: class.id,
            on: asked.on,
            dorm: asked.dorm.clone(),
            number: sealed.number.clone(),
            identity: sealed.identity.clone(),
            sealed: sealed.sealed.clone(),
        };
        Ok((
            RosterCommand::Enrolment(EnrolmentCommand::Enrol(enrol)),
            grant,
        ))
    })
    .await
}

/// Move a student to another class.
#[utoipa::path(
    post,
    path = "/v1/students/{student}/move",
    tag = "roster",
    params(("student" = String, Path, description = "The school number.")),
    request_body = MoveStudentRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("change_enrolment")))
)]
pub(crate) async fn move_student(
    State(app): State<App>,
    Path(number): Path<String>,
    command: Command<MoveStudentRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let asked = &command.request;
    change(
        &app,
        &number,
        &command,
        "move_student",
        |student, directory, at| {
            let (class, _) = may_of_class(&command, directory, &asked.class, at)?;
            Ok(EnrolmentCommand::Move(MoveStudent {
                student,
                to: class.id,
                on: asked.on,
            }))
        },
    )
    .await
}

/// Suspend a student.
///
/// From that day on a member of the class without duty, and without offices.
#[utoipa::path(
    post,
    path = "/v1/students/{student}/suspend",
    tag = "roster",
    params(("student" = String, Path, description = "The school number.")),
    request_body = FromDateRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("change_enrolment")))
)]
pub(crate) async fn suspend_student(
    State(app): State<App>,
    Path(number): Path<String>,
    command: Command<FromDateRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let from = command.request.from;
    change(
        &app,
        &number,
        &command,
        "suspend_student",
        |student, _, _| Ok(EnrolmentCommand::Suspend(SuspendStudent { student, from })),
    )
    .await
}

/// Let a suspended student have duty again.
#[utoipa::path(
    post,
    path = "/v1/students/{student}/resume",
    tag = "roster",
    params(("student" = String, Path, description = "The school number.")),
    request_body = FromDateRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("change_enrolment")))
)]
pub(crate) async fn resume_student(
    State(app): State<App>,
    Path(number): Path<String>,
    command: Command<FromDateRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let from = command.request.from;
    change(
        &app,
        &number,
        &command,
        "resume_student",
        |student, _, _| Ok(EnrolmentCommand::Resume(ResumeStudent { student, from })),
    )
    .await
}

/// Let a student leave.
///
/// After the last day the student has no duty, no office and no sign-in; everything on record stays.
#[utoipa::path(
    post,
    path = "/v1/students/{student}/leave",
    tag = "roster",
    params(("student" = String, Path, description = "The school number.")),
    request_body = LetStudentLeaveRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("change_enrolment")))
)]
pub(crate) async fn let_student_leave(
    State(app): State<App>,
    Path(number): Path<String>,
    command: Command<LetStudentLeaveRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let asked = &command.request;
    change(
        &app,
        &number,
        &command,
        "let_student_leave",
        |student, _, _| {
            Ok(EnrolmentCommand::Leave(LetStudentLeave {
                student,
                last_day: asked.last_day,
                how: match asked.how {
                    LeavingBody::Left => Leaving::Left,
                    LeavingBody::TransferredOut => Leaving::TransferredOut,
                    LeavingBody::Graduated => Leaving::Graduated,
                },
            }))
        },
    )
    .await
}

/// Let a class graduate.
///
/// Its students leave after the last day and every office over it ends; nothing that was is rewritten.
#[utoipa::path(
    post,
    path = "/v1/classes/{class}/graduate",
    tag = "roster",
    params(("class" = String, Path, description = "The class's code.")),
    request_body = GraduateClassRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("change_enrolment")))
)]
pub(crate) async fn graduate_class(
    State(app): State<App>,
    Path(code): Path<String>,
    command: Command<GraduateClassRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    decide(&app, &command, "graduate_class", |directory, at| {
        let (class, grant) = may_of_class(&command, directory, &code, at)?;
        let graduate = GraduateClass {
            class: class.id,
            last_day: command.request.last_day,
        };
        let graduate = EnrolmentCommand::Graduate(graduate);
        Ok((RosterCommand::Enrolment(graduate), grant))
    })
    .await
}

/// Changes where a student stands.
async fn change<T>(
    app: &App,
    number: &str,
    command: &Command<T>,
    type_: &'static str,
    ask: impl Fn(PersonId, &Directory, Moment) -> Result<EnrolmentCommand, ApiError>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    decide(app, command, type_, |directory, at| {
        let caller = &command.caller;
        let (student, grant) =
            about_student(app, caller, directory, Action::ChangeEnrolment, number, at)?;
        let asked = ask(student.id, directory, at)?;
        Ok((RosterCommand::Enrolment(asked), grant))
    })
    .await
}

/// A class whose students the caller may change.
fn may_of_class<T>(
    command: &Command<T>,
    directory: &Directory,
    code: &str,
    at: Moment,
) -> Result<(homeroom_directory::Class, Grant), ApiError> {
    let (caller, action) = (&command.caller, Action::ChangeEnrolment);
    let Some(class) = directory.class_by_code(code)? else {
        let missing = error::unknown_class_in("class");
        return Err(caller.nothing_there(directory, action, at, missing)?);
    };
    let grant = caller.may(directory, action, &class.target(), at)?;
    Ok((class, grant))
}
