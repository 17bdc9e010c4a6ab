//! Report templates: published, published anew, listed.

use axum::extract::{Path, State};
use homeroom_domain::report::{PublishTemplate, TemplateDecider, TemplateEvent, TemplateTerms};
use homeroom_domain::rights::{Action, Target};
use homeroom_domain::{Boundary, TemplateId};
use homeroom_log::Position;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::execute::Asked;
use crate::openapi;
use crate::request::{self, Command};

/// What a template asks, as the domain says it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TemplateTermsBody(pub TemplateTerms);

impl PartialSchema for TemplateTermsBody {
    fn schema() -> RefOr<Schema> {
        openapi::schema_of::<TemplateTerms>()
    }
}

impl ToSchema for TemplateTermsBody {}

/// A template as a command left it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateAnswer {
    /// The template.
    pub template: String,
    /// Its version, from 1 upwards.
    pub version: u32,
    /// Where in the log it stands.
    pub position: u64,
}

/// Every template of the school.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplatesAnswer {
    /// The templates in their newest versions.
    pub templates: Vec<TemplateBody>,
    /// The position this is true for.
    pub position: u64,
}

/// One template in its newest version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateBody {
    /// The template.
    pub template: String,
    /// Its version.
    pub version: u32,
    /// What it asks.
    pub terms: TemplateTermsBody,
}

/// Publish a template.
#[utoipa::path(
    post,
    path = "/v1/templates",
    tag = "report",
    request_body = TemplateTermsBody,
    responses((status = 201, body = TemplateAnswer)),
    extensions(("x-homeroom-action" = json!("publish_template")))
)]
pub(crate) async fn publish_template(
    State(app): State<App>,
    command: Command<TemplateTermsBody>,
) -> Result<Answer<TemplateAnswer>, ApiError> {
    // Not random: a template is a boundary of its own, and a retry must find the first answer on it.
    let template = TemplateId::from_bits(command.derived_bits());
    let (position, body) = publish(&app, &command, "publish_template", template).await?;
    Ok(Answer::created(position, body))
}

/// Publish a new version of a template.
///
/// Reports filed before keep the version they were filed on; publishing the same again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/templates/{template}/publish",
    tag = "report",
    params(("template" = String, Path, description = "The template.")),
    request_body = TemplateTermsBody,
    responses((status = 200, body = TemplateAnswer)),
    extensions(("x-homeroom-action" = json!("publish_template")))
)]
pub(crate) async fn publish_template_version(
    State(app): State<App>,
    Path(template): Path<String>,
    command: Command<TemplateTermsBody>,
) -> Result<Answer<TemplateAnswer>, ApiError> {
    let template = request::template(&template)?;
    {
        let (directory, now) = (app.directory()?, app.clock.now()?);
        if directory.template(&template)?.is_none() {
            let (action, missing) = (Action::PublishTemplate, error::unknown_template());
            return Err(command
                .caller
                .nothing_there(&directory, action, now, missing)?);
        }
    }
    let published = publish(&app, &command, "publish_template_version", template).await?;
    let (position, body) = published;
    Ok(Answer::done(position, body))
}

async fn publish(
    app: &App,
    command: &Command<TemplateTermsBody>,
    type_: &'static str,
    template: TemplateId,
) -> Result<(Position, TemplateAnswer), ApiError> {
    let caller = &command.caller;
    let envelope = command.envelope(type_);
    let boundary = Boundary::template(&template);
    let executed = app.execute::<TemplateDecider>(&boundary, &envelope, |at| {
        let directory = app.directory()?;
        let target = Target::school().on(template.clone());
        let grant = caller.may(&directory, Action::PublishTemplate, &target, at)?;
        let known = directory.0.position();
        let (template, terms) = (template.clone(), command.request.0.clone());
        Ok(Asked {
            command: PublishTemplate { template, terms },
            facts: (),
            actor: caller.actor(&grant),
            known,
        })
    });
    let executed = executed.await?;
    let position = executed.position();
    let version = match executed.events.first() {
        Some(TemplateEvent::Published(published)) => published.version,
        // Nothing changed: the version that says so already.
        None => {
            let directory = app.views.directory_at(position).await?;
            directory
                .template(&template)?
                .ok_or_else(error::unknown_template)?
                .version
        }
    };
    let template = template.to_string();
    Ok((
        position,
        TemplateAnswer {
            template,
            version,
            position: position.0,
        },
    ))
}

/// List the report templates.
#[utoipa::path(
    get,
    path = "/v1/templates",
    tag = "report",
    responses((status = 200, body = TemplatesAnswer)),
    extensions(("x-homeroom-action" = json!("read_templates")))
)]
pub(crate) async fn templates(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<TemplatesAnswer>, ApiError> {
    let directory = app.directory()?;
    let now = app.clock.now()?;
    caller.may(&directory, Action::ReadTemplates, &Target::school(), now)?;
    let templates = directory
        .templates()?
        .into_iter()
        .map(|template| TemplateBody {
            template: template.id.to_string(),
            version: template.version,
            terms: TemplateTermsBody(template.terms),
        });
    let templates = templates.collect();
    let seen = Seen::of(&[&directory.0]);
    let position = seen.position.0;
    Ok(seen.answer(TemplatesAnswer {
        templates,
        position,
    }))
}
