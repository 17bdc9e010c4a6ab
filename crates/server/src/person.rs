//! Somebody, as far as the reader may know them.

use axum::extract::{Path, State};
use homeroom_directory::{Person, PersonKind};
use homeroom_domain::rights::{Action, Target};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::offices::{OfficeBody, office_bodies};
use crate::people::{self, Named};
use crate::request;

/// Somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonAnswer {
    /// Number and name.
    pub who: Named,
    /// `student`, `staff` or `guardian`.
    #[schema(example = "student")]
    pub kind: &'static str,
    /// The class a student is of, or was last, by its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The dorm room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dorm: Option<String>,
    /// What a student is to the school today: `not_yet_enrolled`, `enrolled`, `suspended`, `left`, `transferred_out`
    /// or `graduated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<&'static str>,
    /// The offices, also those that are over or still to begin; to whoever may read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offices: Option<Vec<OfficeBody>>,
    /// The phone number and the guardians; to whoever may read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Contacts>,
}

/// How somebody is reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contacts {
    /// The phone number.
    pub phone: Option<String>,
    /// A student's guardians; their number is their phone.
    pub guardians: Vec<Named>,
}

/// Read who somebody is.
#[utoipa::path(
    get,
    path = "/v1/people/{number}",
    tag = "roster",
    params(("number" = String, Path, description = "The school number, the staff number, or a guardian's phone.")),
    responses((status = 200, body = PersonAnswer)),
    extensions(("x-homeroom-action" = json!("read_person")))
)]
pub(crate) async fn person(
    State(app): State<App>,
    Path(number): Path<String>,
    caller: Caller,
) -> Result<axum::Json<PersonAnswer>, ApiError> {
    let now = app.clock.now()?;
    let (person, held, guardians) = {
        let directory = app.directory()?;
        let mark = people::number_mark(&app.vault, request::number(&number)?);
        let Some(person) = directory.person_by_number(&mark)? else {
            let missing = error::unknown_person();
            return Err(caller.nothing_there(&directory, Action::ReadPerson, now, missing)?);
        };
        let target = directory.target(&person)?;
        caller.may(&directory, Action::ReadPerson, &target, now)?;
        let may = |action, target: &Target| caller.may_if_at_all(&directory, action, target, now);
        let held = match may(Action::ReadOffices, &target)? {
            Some(_) => Some(directory.held(&person)?),
            None => None,
        };
        let guardians = match may(Action::ReadContacts, &target)? {
            Some(_) => Some(directory.guardians(&person.id)?),
            None => None,
        };
        (person, held, guardians)
    };
    let offices = match held {
        Some(held) => Some(office_bodies(&app, &held).await?),
        None => None,
    };
    let contacts = match guardians {
        Some(guardians) => Some(contacts(&app, &person, &guardians).await?),
        None => None,
    };
    let is_student = person.kind == PersonKind::Student;
    let standing = person.enrolment.standing(now.date(app.zone()));
    Ok(axum::Json(PersonAnswer {
        who: people::named(&app.vault, &person.identity).await?,
        kind: match person.kind {
            PersonKind::Student => "student",
            PersonKind::Staff => "staff",
            PersonKind::Guardian => "guardian",
        },
        class: match &person.class {
            Some(class) => Some(app.class_code(class)?),
            None => None,
        },
        dorm: person.dorm.clone(),
        standing: is_student.then(|| standing.as_str()),
        offices,
        contacts,
    }))
}

async fn contacts(app: &App, of: &Person, guardians: &[Person]) -> Result<Contacts, ApiError> {
    let identity = people::identity(&app.vault, &of.identity).await?;
    let mut named = Vec::with_capacity(guardians.len());
    for guardian in guardians {
        named.push(people::named(&app.vault, &guardian.identity).await?);
    }
    Ok(Contacts {
        phone: identity.and_then(|identity| identity.phone),
        guardians: named,
    })
}
