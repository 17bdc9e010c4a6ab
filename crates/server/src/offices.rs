//! Offices one by one: appointed, ended, delegated.

use axum::extract::State;
use homeroom_directory::Directory;
use homeroom_domain::office::{Office, Role, Scope};
use homeroom_domain::rights::{Action, Grant, HeldOffice, Target};
use homeroom_domain::roster::{AppointOffice, DelegateOffice, EndOffice, RosterCommand};
use homeroom_domain::{Moment, PersonId, TemplateId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::people;
use crate::request::Command;
use crate::roster::decide::{RosterAnswer, decide};

/// What an office extends over, as the school names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScopeBody {
    /// A class, by its code.
    #[schema(example = "26JY1")]
    Class(String),
    /// The classes that entered in a year.
    Grade(u16),
    /// A department, by its name.
    Department(String),
    /// A floor of a dorm.
    DormFloor(String),
    /// A report template.
    #[schema(value_type = String)]
    Template(TemplateId),
    /// A student: oneself, or a guardian's child; by school number. Nobody is appointed to it.
    Student(String),
    /// The whole school.
    School,
}

/// An office: role and scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfficeNamed {
    /// `homeroom_teacher`, `counsellor`, `subject_teacher`, `department_secretary`, `student_affairs_officer`,
    /// `school_leader`, `class_cadre`, `department_cadre`, `guard` or `it_admin`.
    #[schema(value_type = String, example = "homeroom_teacher")]
    pub role: Role,
    /// What it extends over.
    pub scope: ScopeBody,
    /// The school's own title for it (考勤委员).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
}

/// An office as somebody holds it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfficeBody {
    /// The office.
    #[serde(flatten)]
    pub office: OfficeNamed,
    /// The first instant at which it counts; null for what one simply is.
    pub from: Option<String>,
    /// The instant from which it counts no longer, once it is known.
    pub to: Option<String>,
    /// The number of the holder one stands in for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputises_for: Option<String>,
}

impl OfficeNamed {
    /// The office of the domain; the class must exist, everything else is the decider's to check.
    pub(crate) fn office(&self, directory: &Directory) -> Result<Office, ApiError> {
        let scope = match &self.scope {
            ScopeBody::Class(code) => {
                let class = directory.class_by_code(code)?;
                let class = class.ok_or_else(|| error::unknown_class_in("scope.class"))?;
                Scope::Class(class.id)
            }
            ScopeBody::Grade(entered) => Scope::Grade(*entered),
            ScopeBody::Department(name) => Scope::Department(name.clone()),
            ScopeBody::DormFloor(floor) => Scope::DormFloor(floor.clone()),
            ScopeBody::Template(template) => {
                let known = directory.template(template)?;
                known.ok_or_else(error::unknown_template_in_body)?;
                Scope::Template(template.clone())
            }
            ScopeBody::Student(_) => return Err(error::not_appointed()),
            ScopeBody::School => Scope::School,
        };
        Ok(Office {
            role: self.role,
            scope,
            title: self.title.clone(),
        })
    }
}

/// Offices as their holder and others read them.
pub(crate) async fn office_bodies(
    app: &App,
    held: &[HeldOffice],
) -> Result<Vec<OfficeBody>, ApiError> {
    let mut bodies = Vec::with_capacity(held.len());
    for held in held {
        let scope = match &held.office.scope {
            Scope::Class(class) => ScopeBody::Class(app.class_code(class)?),
            Scope::Grade(entered) => ScopeBody::Grade(*entered),
            Scope::Department(name) => ScopeBody::Department(name.clone()),
            Scope::DormFloor(floor) => ScopeBody::DormFloor(floor.clone()),
            Scope::Template(template) => ScopeBody::Template(template.clone()),
            Scope::Person(student) => ScopeBody::Student(number_of(app, student).await?),
            Scope::School => ScopeBody::School,
        };
        let instant = |at: Moment| at.rfc3339(app.zone());
        bodies.push(OfficeBody {
            office: OfficeNamed {
                role: held.office.role,
                scope,
                title: held.office.title.clone(),
            },
            from: (held.from > Moment::MIN).then(|| instant(held.from)),
            to: held.to.map(instant),
            deputises_for: match &held.deputises_for {
                Some(holder) => Some(number_of(app, holder).await?),
                None => None,
            },
        });
    }
    Ok(bodies)
}

/// Nothing for whoever was erased.
async fn number_of(app: &App, person: &PersonId) -> Result<String, ApiError> {
    Ok(app.named(person).await?.number.unwrap_or_default())
}

/// Appoints somebody to an office.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppointOfficeRequest {
    /// Who, by number.
    #[schema(example = "T003")]
    pub person: String,
    /// What.
    pub office: OfficeNamed,
    /// The first instant at which it counts; at once, if not given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Moment>,
    /// The instant from which it counts no longer; open, if not given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Moment>,
}

/// Ends an office at once.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndOfficeRequest {
    /// Who, by number.
    #[schema(example = "T003")]
    pub person: String,
    /// What.
    pub office: OfficeNamed,
    /// The number of the holder for whom the person stands in, if it is a delegation that ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deputises_for: Option<String>,
}

/// Lets a deputy stand in for a while.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelegateOfficeRequest {
    /// Whose office it is, by number.
    #[schema(example = "T003")]
    pub holder: String,
    /// What.
    pub office: OfficeNamed,
    /// Who stands in, by number.
    #[schema(example = "T004")]
    pub deputy: String,
    /// The first instant at which the deputy may; at once, if not given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Moment>,
    /// The instant from which the deputy may no longer: it ends by itself.
    #[schema(value_type = String, format = DateTime)]
    pub to: Moment,
}

/// Appoint somebody to an office.
///
/// A class's homeroom teacher until now is replaced at that instant. Who may appoint whom stands in the rights table.
#[utoipa::path(
    post,
    path = "/v1/offices/appoint",
    tag = "roster",
    request_body = AppointOfficeRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("appoint_office")))
)]
pub(crate) async fn appoint_office(
    State(app): State<App>,
    command: Command<AppointOfficeRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let asked = &command.request;
    decide(&app, &command, "appoint_office", |directory, at| {
        let (office, grant) = may_appoint(&command.caller, directory, &asked.office, at)?;
        let appoint = AppointOffice {
            person: person(&app, directory, "person", &asked.person)?,
            office,
            from: asked.from,
            to: asked.to,
        };
        Ok((RosterCommand::AppointOffice(appoint), grant))
    })
    .await
}

/// End an office.
///
/// At this instant, with whoever stands in for the holder; what they decided stays theirs.
#[utoipa::path(
    post,
    path = "/v1/offices/end",
    tag = "roster",
    request_body = EndOfficeRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("appoint_office")))
)]
pub(crate) async fn end_office(
    State(app): State<App>,
    command: Command<EndOfficeRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let asked = &command.request;
    decide(&app, &command, "end_office", |directory, at| {
        let caller = &command.caller;
        let holder = match &asked.deputises_for {
            Some(holder) => Some(person(&app, directory, "deputises_for", holder)?),
            None => None,
        };
        let (office, grant) = match &holder {
            Some(holder) => may_delegate(caller, directory, holder, &asked.office, at)?,
            None => may_appoint(caller, directory, &asked.office, at)?,
        };
        let end = EndOffice {
            person: person(&app, directory, "person", &asked.person)?,
            office,
            deputises_for: holder,
        };
        Ok((RosterCommand::EndOffice(end), grant))
    })
    .await
}

/// Let somebody stand in for a holder.
///
/// By the holder, or by whoever may appoint to the office. The holder keeps it meanwhile; it ends by itself.
#[utoipa::path(
    post,
    path = "/v1/offices/delegate",
    tag = "roster",
    request_body = DelegateOfficeRequest,
    responses((status = 200, body = RosterAnswer)),
    extensions(("x-homeroom-action" = json!("delegate_office")))
)]
pub(crate) async fn delegate_office(
    State(app): State<App>,
    command: Command<DelegateOfficeRequest>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let asked = &command.request;
    decide(&app, &command, "delegate_office", |directory, at| {
        let holder = person(&app, directory, "holder", &asked.holder)?;
        let caller = &command.caller;
        let (office, grant) = may_delegate(caller, directory, &holder, &asked.office, at)?;
        let delegate = DelegateOffice {
            holder,
            office,
            deputy: person(&app, directory, "deputy", &asked.deputy)?,
            from: asked.from,
            to: asked.to,
        };
        Ok((RosterCommand::DelegateOffice(delegate), grant))
    })
    .await
}

/// The office, and as what the caller may appoint to it.
fn may_appoint(
    caller: &Caller,
    directory: &Directory,
    named: &OfficeNamed,
    at: Moment,
) -> Result<(Office, Grant), ApiError> {
    let office = named.office(directory)?;
    let target = target(directory, &office.scope)?;
    let grant = caller.may(directory, Action::appointing(office.role), &target, at)?;
    Ok((office, grant))
}

/// The office, and as what the caller may let somebody stand in: as its holder, else as who appoints to it.
fn may_delegate(
    caller: &Caller,
    directory: &Directory,
    holder: &PersonId,
    named: &OfficeNamed,
    at: Moment,
) -> Result<(Office, Grant), ApiError> {
    let own = Target::person(holder.clone());
    match caller.may_if_at_all(directory, Action::DelegateOffice, &own, at)? {
        Some(grant) => Ok((named.office(directory)?, grant)),
        None => may_appoint(caller, directory, named, at),
    }
}

/// What a matter of this scope is about.
fn target(directory: &Directory, scope: &Scope) -> Result<Target, ApiError> {
    let school = Target::school();
    Ok(match scope {
        Scope::Class(class) => match directory.class(class)? {
            Some(class) => class.target(),
            None => school,
        },
        Scope::Grade(entered) => Target {
            grade: Some(*entered),
            ..school
        },
        Scope::Department(name) => Target {
            department: Some(name.clone()),
            ..school
        },
        Scope::DormFloor(floor) => school.on_floor(floor.clone()),
        Scope::Template(template) => school.on(template.clone()),
        Scope::Person(person) => Target::person(person.clone()),
        Scope::School => school,
    })
}

fn person(
    app: &App,
    directory: &Directory,
    field: &'static str,
    number: &str,
) -> Result<PersonId, ApiError> {
    let person = directory.person_by_number(&people::number_mark(&app.vault, number))?;
    let person = person.ok_or_else(|| error::unknown_person_in(field))?;
    Ok(person.id)
}
