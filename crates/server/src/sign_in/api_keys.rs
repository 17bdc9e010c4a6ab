//! API keys: for programs that act for somebody, in one of their offices, and in no more actions than they name.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use homeroom_domain::rights::{Action, Reach, Target, reach};
use homeroom_domain::{Moment, PersonId, Zone};
use homeroom_sign_in::{KeyId, KeyInfo, NewKey, NewKeyRefused};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::{Caller, key_office};
use crate::error::{self, ApiError};
use crate::offices::OfficeNamed;
use crate::people::Named;
use crate::request::Json;

use super::wall_clock;

/// Makes a key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MakeKeyRequest {
    /// What the program is called.
    #[schema(example = "data hub", min_length = 1, max_length = 80)]
    name: String,
    /// The office it acts in: one of one's own.
    office: OfficeNamed,
    /// What it may do, by the names of the rights table; all of it must be among what the office may.
    #[schema(example = json!(["read_class_day"]))]
    actions: Vec<String>,
    /// When it ends by itself.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Moment>,
}

/// A key that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyMadeAnswer {
    /// The key, to be sent as `Authorization: Bearer`; shown this once.
    pub key: String,
    /// What is known of it.
    #[serde(flatten)]
    pub body: KeyBody,
}

/// Keys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeysAnswer {
    /// The keys, the newest first: one's own; to the IT admin, everybody's.
    pub keys: Vec<KeyBody>,
}

/// What is known of a key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyBody {
    /// What it is revoked by; opens nothing.
    pub id: String,
    /// What the program is called.
    pub name: String,
    /// Whoever made it, and answers for what is done with it.
    pub made_by: Named,
    /// The role it acts in.
    pub role: &'static str,
    /// What it may do.
    pub actions: Vec<String>,
    /// When it was made.
    pub made_at: String,
    /// When it ends by itself.
    pub expires: Option<String>,
    /// When it was revoked.
    pub revoked: Option<String>,
    /// Its last use, up to ten minutes behind.
    pub used: Option<String>,
}

impl KeyBody {
    fn of(key: &KeyInfo, made_by: Named, zone: Zone) -> Result<Self, ApiError> {
        let instant = |at: Moment| at.rfc3339(zone);
        Ok(Self {
            id: key.id.as_str().to_owned(),
            name: key.name.clone(),
            made_by,
            role: key_office(key)?.role.as_str(),
            actions: key.actions.clone(),
            made_at: instant(key.made_at),
            expires: key.expires.map(instant),
            revoked: key.revoked.map(instant),
            used: key.used.map(instant),
        })
    }
}

/// Make an API key.
///
/// A program that shows it acts for whoever made it, in that office and in those actions alone, for as long as they
/// hold the office. It never does what only a person does: decide a slip, sign in, make keys.
#[utoipa::path(
    post,
    path = "/v1/api-keys",
    tag = "sign-in",
    request_body = MakeKeyRequest,
    responses((status = 201, body = KeyMadeAnswer)),
    extensions(("x-homeroom-action" = json!("manage_api_keys")))
)]
pub(crate) async fn make_api_key(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<MakeKeyRequest>,
) -> Result<(StatusCode, axum::Json<KeyMadeAnswer>), ApiError> {
    let now = app.now_or_start()?;
    let office = {
        let directory = app.directory()?;
        let own = Target::person(caller.account());
        caller.may(&directory, Action::ManageApiKeys, &own, now)?;
        let office = request.office.office(&directory)?;
        let held = caller.held(&directory)?;
        let mut held = held
            .iter()
            .filter(|held| held.counts_at(now) && held.deputises_for.is_none());
        if !held.any(|held| held.office == office) {
            return Err(error::key_office_not_held());
        }
        office
    };
    for (index, name) in request.actions.iter().enumerate() {
        let action = Action::ALL.iter().find(|action| action.as_str() == name);
        let allowed = action.is_some_and(|action| {
            !action.is_a_persons_own() && reach(*action, office.role) != Reach::Never
        });
        if !allowed {
            return Err(error::key_action(name).field(format!("actions[{index}]")));
        }
    }
    let new = NewKey {
        name: request.name,
        actions: request.actions,
        office: serde_json::to_value(&office).unwrap_or_default(),
        expires: request.expires,
    };
    let account = caller.account();
    let made = app.sign_in.make_key(new, &account, wall_clock()).await;
    let (key, info) = made.map_err(|refused| match refused {
        NewKeyRefused::Fault(why) => error::key_fault(why),
        NewKeyRefused::TooMany => error::too_many_keys(),
        NewKeyRefused::Failed(error) => error.into(),
    })?;
    let made_by = super::named(&app, &account).await?;
    let body = KeyMadeAnswer {
        key: key.expose().to_owned(),
        body: KeyBody::of(&info, made_by, app.zone())?,
    };
    Ok((StatusCode::CREATED, axum::Json(body)))
}

/// List API keys.
#[utoipa::path(
    get,
    path = "/v1/api-keys",
    tag = "sign-in",
    responses((status = 200, body = KeysAnswer)),
    extensions(("x-homeroom-action" = json!("manage_api_keys")))
)]
pub(crate) async fn api_keys(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<KeysAnswer>, ApiError> {
    let everybodys = may(&app, &caller, &caller.account())?;
    let account = caller.account();
    let mut keys = Vec::new();
    for key in app.sign_in.list_keys().await? {
        if everybodys || key.made_by == account {
            let made_by = super::named(&app, &key.made_by).await?;
            keys.push(KeyBody::of(&key, made_by, app.zone())?);
        }
    }
    Ok(axum::Json(KeysAnswer { keys }))
}

/// Revoke an API key.
///
/// One's own; the IT admin, anybody's. It stays in the list.
#[utoipa::path(
    post,
    path = "/v1/api-keys/{key}/revoke",
    tag = "sign-in",
    params(("key" = String, Path, description = "The key, by its id in the list.")),
    responses((status = 204)),
    extensions(("x-homeroom-action" = json!("manage_api_keys")))
)]
pub(crate) async fn revoke_api_key(
    State(app): State<App>,
    Path(key): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let everybodys = may(&app, &caller, &caller.account())?;
    let account = caller.account();
    let keys = app.sign_in.list_keys().await?;
    let mut keys = keys.iter().filter(|known| known.id.as_str() == key);
    if !keys.any(|known| everybodys || known.made_by == account) {
        return Err(error::unknown_key());
    }
    let id = KeyId::from(key.as_str());
    app.sign_in.revoke_key(&id, wall_clock()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// True if the caller may manage everybody's keys, false if only their own; refused if none.
fn may(app: &App, caller: &Caller, own: &PersonId) -> Result<bool, ApiError> {
    let (now, directory) = (app.now_or_start()?, app.directory()?);
    let own = Target::person(own.clone());
    let granted = caller.may(&directory, Action::ManageApiKeys, &own, now)?;
    Ok(granted.reach == Reach::All)
}
