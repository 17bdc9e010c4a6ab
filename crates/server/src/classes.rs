//! The classes of the school.

use axum::extract::State;
use homeroom_directory::{Class, Directory};
use homeroom_domain::Moment;
use homeroom_domain::rights::{Action, Target};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::people::Named;

/// A class by code, of which the caller may do this. Whoever may do it of none learns nothing of which there are.
pub(crate) fn about_class(
    caller: &Caller,
    directory: &Directory,
    action: Action,
    code: &str,
    at: Moment,
) -> Result<Class, ApiError> {
    let Some(class) = directory.class_by_code(code)? else {
        return Err(caller.nothing_there(directory, action, at, error::unknown_class())?);
    };
    caller.may(directory, action, &class.target(), at)?;
    Ok(class)
}

/// Every class.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClassesAnswer {
    /// The classes, in the order of their codes.
    pub classes: Vec<ClassBody>,
    /// The position this is true for.
    pub position: u64,
}

/// One class.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClassBody {
    /// The code the school uses for it.
    #[schema(example = "26JY1")]
    pub code: String,
    /// Its name.
    #[schema(example = "26级计算机应用1班")]
    pub name: String,
    /// The year its students entered.
    pub entered: u16,
    /// What they study.
    pub major: String,
    /// Its homeroom teacher.
    pub homeroom_teacher: Option<Named>,
    /// How many students it has.
    pub students: usize,
}

/// List the classes.
///
/// Those that the caller may read of.
#[utoipa::path(
    get,
    path = "/v1/classes",
    tag = "roster",
    responses((status = 200, body = ClassesAnswer)),
    extensions(("x-homeroom-action" = json!("read_classes")))
)]
pub(crate) async fn classes(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<ClassesAnswer>, ApiError> {
    let (seen, found) = {
        let directory = app.directory()?;
        let now = app.clock.now()?;
        let today = now.date(app.zone());
        let mut found = Vec::new();
        for class in directory.classes()? {
            let action = Action::ReadClasses;
            let may = caller.may_if_at_all(&directory, action, &class.target(), now)?;
            if may.is_none() {
                continue;
            }
            let teacher = directory.homeroom_teacher(&class.id, now)?;
            let students = directory.members(&class.id, today)?.len();
            found.push((class, teacher, students));
        }
        if found.is_empty() {
            caller.may(&directory, Action::ReadClasses, &Target::school(), now)?;
        }
        (Seen::of(&[&directory.0]), found)
    };
    let mut classes = Vec::with_capacity(found.len());
    for (
        Class {
            code,
            name,
            entered,
            major,
            ..
        },
        teacher,
        students,
    ) in found
    {
        let homeroom_teacher = match teacher {
            Some(teacher) => Some(app.named(&teacher).await?),
            None => None,
        };
        classes.push(ClassBody {
            code,
            name,
            entered,
            major,
            homeroom_teacher,
            students,
        });
    }
    let position = seen.position.0;
    Ok(seen.answer(ClassesAnswer { classes, position }))
}
