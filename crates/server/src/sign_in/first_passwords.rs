//! Giving first passwords, and ending other people's sessions: what the IT admin does for those who cannot.

use axum::extract::{Path, State};
use homeroom_directory::{Directory, Person};
use homeroom_domain::rights::{Action, Target};
use homeroom_sign_in::{EndedBy, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::people::{self, Named};
use crate::request::{self, Json};

use super::sessions::SessionsEnded;
use super::wall_clock;

/// Whom to give first passwords.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GivenTo {
    /// Every student of a class, by its code, who has no password.
    #[schema(example = "26JY1")]
    Class(String),
    /// Everybody on this list of numbers, also who has a password and forgot it.
    Numbers(Vec<String>),
}

/// First passwords, to be printed and handed over.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirstPasswordsAnswer {
    /// One each; shown this once, and good for nothing but choosing one's own.
    pub given: Vec<FirstPasswordBody>,
    /// Who has a password already, and was given none.
    pub have_one: Vec<Named>,
}

/// One first password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirstPasswordBody {
    /// Whose.
    pub who: Named,
    /// The password; capitals, spaces and dashes do not count.
    #[schema(example = "k7an4-xw9rt-4h3pe")]
    pub first_password: String,
}

/// The most numbers of one request.
const NUMBERS_MAX: usize = 500;

/// Give first passwords.
///
/// To a class's students who have none, or to everybody on a list; theirs who had one is replaced, and their sessions
/// end. By the IT admin.
#[utoipa::path(
    post,
    path = "/v1/first-passwords",
    tag = "sign-in",
    request_body = GivenTo,
    responses((status = 200, body = FirstPasswordsAnswer)),
    extensions(("x-homeroom-action" = json!("manage_sign_in")))
)]
pub(crate) async fn give_first_passwords(
    State(app): State<App>,
    caller: Caller,
    Json(given_to): Json<GivenTo>,
) -> Result<axum::Json<FirstPasswordsAnswer>, ApiError> {
    let now = app.clock.now()?;
    let (people, replace) = {
        let directory = app.directory()?;
        caller.may(&directory, Action::ManageSignIn, &Target::school(), now)?;
        match &given_to {
            GivenTo::Class(code) => {
                let class = directory.class_by_code(code)?;
                let class = class.ok_or_else(|| error::unknown_class_in("class"))?;
                let today = now.date(app.zone());
                (directory.members(&class.id, today)?, false)
            }
            GivenTo::Numbers(numbers) => (of_numbers(&app, &directory, numbers)?, true),
        }
    };
    let mut answer = FirstPasswordsAnswer {
        given: Vec::new(),
        have_one: Vec::new(),
    };
    for person in people {
        let who = people::named(&app.vault, &person.identity).await?;
        let standing = app.sign_in.standing(&person.id, wall_clock()).await?;
        if !replace && matches!(standing, Standing::OwnPassword { .. }) {
            answer.have_one.push(who);
            continue;
        }
        let given = app
            .sign_in
            .give_first_password(&person.id, wall_clock())
            .await?;
        answer.given.push(FirstPasswordBody {
            who,
            first_password: given.expose().to_owned(),
        });
    }
    answer
        .given
        .sort_by(|one, other| one.who.number.cmp(&other.who.number));
    Ok(axum::Json(answer))
}

fn of_numbers(
    app: &App,
    directory: &Directory,
    numbers: &[String],
) -> Result<Vec<Person>, ApiError> {
    if numbers.len() > NUMBERS_MAX {
        return Err(error::too_many("numbers", NUMBERS_MAX));
    }
    let mut people = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        let mark = people::number_mark(&app.vault, number);
        let person = directory.person_by_number(&mark)?;
        let person = person.ok_or_else(|| error::unknown_person_in(format!("numbers[{index}]")))?;
        people.push(person);
    }
    Ok(people)
}

/// End all sign-in sessions of somebody.
///
/// Of a phone that is lost. They may sign in again. By the IT admin.
#[utoipa::path(
    post,
    path = "/v1/people/{number}/end-sign-in-sessions",
    tag = "sign-in",
    params(("number" = String, Path, description = "The school number, the staff number, or a guardian's phone.")),
    responses((status = 200, body = SessionsEnded)),
    extensions(("x-homeroom-action" = json!("manage_sign_in")))
)]
pub(crate) async fn end_all_sessions(
    State(app): State<App>,
    Path(number): Path<String>,
    caller: Caller,
) -> Result<axum::Json<SessionsEnded>, ApiError> {
    let person = {
        let directory = app.directory()?;
        let now = app.clock.now()?;
        caller.may(&directory, Action::ManageSignIn, &Target::school(), now)?;
        let mark = people::number_mark(&app.vault, request::number(&number)?);
        let person = directory.person_by_number(&mark)?;
        person.ok_or_else(error::unknown_person)?
    };
    let ended = app
        .sign_in
        .end_all_sessions(&person.id, EndedBy::Admin, wall_clock())
        .await?;
    Ok(axum::Json(SessionsEnded { ended }))
}
