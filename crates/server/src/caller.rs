//! Who asks, and what they may.
//!
//! Until people can sign in, a header names the caller, and only a server that was told to believes it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use homeroom_directory::{Directory, Person, PersonKind};
use homeroom_domain::office::{Actor, Office, Role, Scope, Via};
use homeroom_domain::{ClassId, Moment, PersonId};
use homeroom_log::Position;

use crate::app::App;
use crate::error::{self, ApiError};
use crate::headers::{self, HOMEROOM_ACTOR};
use crate::people;

/// The caller's name for the IT administrator, who is nobody of the roster.
const ADMIN: &str = "admin";

/// The offices of staff, the widest first: as what somebody acts who may act as several.
const STAFF_OFFICES: [Role; 8] = [
    Role::StudentAffairsOfficer,
    Role::DepartmentSecretary,
    Role::SchoolLeader,
    Role::Counsellor,
    Role::HomeroomTeacher,
    Role::SubjectTeacher,
    Role::ItAdmin,
    Role::Guard,
];

/// Whoever sent a request. Extracting it waits until the directory has what this process appended and what the
/// request says it has seen, so that somebody imported a moment ago is known.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The person; `None` for the IT administrator.
    person: Option<Person>,
    /// The position that the answer must have reached.
    pub(crate) after: Position,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if !app.trust_actor_header {
            return Err(error::sign_in_unavailable());
        }
        let actor = parts
            .headers
            .get(HOMEROOM_ACTOR)
            .ok_or_else(error::not_signed_in)?;
        let actor = actor.to_str().map_err(|_| error::unknown_actor())?;
        let after = headers::after(&parts.headers)?;
        let directory = app
            .views
            .directory_at(after.max(app.directory_floor()))
            .await?;
        if actor == ADMIN {
            return Ok(Self {
                person: None,
                after,
            });
        }
        let person = directory.person_by_number(&people::number_mark(&app.vault, actor))?;
        let person = person.ok_or_else(error::unknown_actor)?;
        Ok(Self {
            person: Some(person),
            after,
        })
    }
}

impl Caller {
    /// What a command's id is derived from besides its key.
    pub(crate) fn key(&self) -> &str {
        self.person
            .as_ref()
            .map_or(ADMIN, |person| person.id.as_str())
    }

    /// The caller as a commit names them.
    pub(crate) fn actor(&self, office: Role) -> Actor {
        let id = self.person.as_ref().map(|person| person.id.clone());
        Actor {
            id,
            office,
            via: Via::Http,
        }
    }

    /// The caller, if a person of the roster.
    pub(crate) fn person(&self) -> Result<&Person, ApiError> {
        self.person.as_ref().ok_or_else(|| {
            error::forbidden(
                "not-a-person",
                "管理员账号不是名册中的人，不能办理此事。",
                "The administrator is nobody of the roster and cannot do this.",
            )
        })
    }

    /// The caller with their class, if a student.
    pub(crate) fn student(&self) -> Result<(&PersonId, &ClassId), ApiError> {
        let student = self
            .person
            .as_ref()
            .and_then(|person| Some((&person.id, person.class.as_ref()?)));
        student.ok_or_else(|| {
            error::forbidden(
                "not-a-student",
                "只有学生本人可以办理此事。",
                "Only a student can do this, and only for themselves.",
            )
        })
    }

    /// As what the caller changes rosters, rules and templates: staff may, and the administrator.
    pub(crate) fn managing_office(
        &self,
        directory: &Directory,
        at: Moment,
    ) -> Result<Role, ApiError> {
        let Some(person) = &self.person else {
            return Ok(Role::ItAdmin);
        };
        let office = match person.kind {
            PersonKind::Staff => staff_office(&directory.offices(&person.id, at)?),
            PersonKind::Student => None,
        };
        office.ok_or_else(|| {
            error::forbidden(
                "not-staff",
                "只有教职工可以办理此事。",
                "Only members of staff can do this.",
            )
        })
    }

    /// The administrator only.
    pub(crate) fn must_be_admin(&self) -> Result<(), ApiError> {
        match self.person {
            None => Ok(()),
            Some(_) => Err(error::forbidden(
                "not-the-administrator",
                "只有管理员可以办理此事。",
                "Only the administrator can do this.",
            )),
        }
    }

    /// Staff read about any student, a student only about themselves.
    pub(crate) fn must_read_student(&self, student: &PersonId) -> Result<(), ApiError> {
        match &self.person {
            Some(person) if person.kind == PersonKind::Student && person.id != *student => {
                Err(not_yours())
            }
            _ => Ok(()),
        }
    }

    /// Staff read about any class; of the students, the cadres of that class and of the department.
    pub(crate) fn must_read_class(
        &self,
        directory: &Directory,
        class: &ClassId,
        at: Moment,
    ) -> Result<(), ApiError> {
        let Some(person) = self
            .person
            .as_ref()
            .filter(|person| person.kind == PersonKind::Student)
        else {
            return Ok(());
        };
        let of_class = Scope::Class(class.clone());
        let reads = |office: &Office| match office.role {
            Role::ClassCadre => office.scope == of_class,
            role => role == Role::DepartmentCadre,
        };
        if directory.offices(&person.id, at)?.iter().any(reads) {
            Ok(())
        } else {
            Err(not_yours())
        }
    }
}

fn not_yours() -> ApiError {
    error::forbidden(
        "not-yours",
        "学生只能查看本人的记录。",
        "A student can read only what is their own.",
    )
}

/// As what somebody who holds these offices acts for the school.
pub(crate) fn staff_office(offices: &[Office]) -> Option<Role> {
    STAFF_OFFICES
        .into_iter()
        .find(|role| offices.iter().any(|office| office.role == *role))
}
