//! The classes of the school.

use axum::extract::State;
use homeroom_directory::Class;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::people::Named;

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
#[utoipa::path(
    get,
    path = "/v1/classes",
    tag = "roster",
    responses((status = 200, body = ClassesAnswer))
)]
pub(crate) async fn classes(
    State(app): State<App>,
    _caller: Caller,
) -> Result<Answer<ClassesAnswer>, ApiError> {
    let (seen, found) = {
        let directory = app.directory()?;
        let now = app.clock.now()?;
        let mut found = Vec::new();
        for class in directory.classes()? {
            let teacher = directory.homeroom_teacher(&class.id, now)?;
            let students = directory.members(&class.id)?.len();
            found.push((class, teacher, students));
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
