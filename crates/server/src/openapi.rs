//! The description of this API, generated from the handlers and their types.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Content, InfoBuilder, License, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required,
    ResponseBuilder, Schema, SecurityRequirement, Tag, Type,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::sign_in::cookies;
use crate::{
    calendar, check_ins, class_day, classes, clock_endpoint, enrolment, excused, guardians, health,
    offices, person, places, readings, reports, roster, rules, sign_in, slip_trail, slips,
    student_slips, students, tally, templates,
};

const DESCRIPTION: &str = "\
Check-in, leave and inspection of a school department, kept as a log in which nothing is ever overwritten.

- Sign in by `POST /v1/sign-in`; what anybody may do stands in one table (`homeroom rights`), and each operation names
  its row of it in `x-homeroom-action`.
- Every `POST` that is recorded needs an `Idempotency-Key`; sent again with the same key and body it is answered as the first time.
- Every answer says the `Homeroom-Position` it is true for; a query with `Homeroom-After` waits for that position.
- Every refusal is `application/problem+json` with a stable `type`, in Chinese or English by `Accept-Language`.
- Unknown fields are refused. Times are RFC 3339 with an offset; school numbers and class codes are the school's own.";

/// The tag of what is not in the log.
const SIGN_IN: &str = "sign-in";

/// Every handler, where it is served and how it is described.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(described())
        .routes(routes!(check_ins::check_in))
        .routes(routes!(class_day::class_day))
        .routes(routes!(students::student_day))
        .routes(routes!(places::student_places))
        .routes(routes!(tally::class_tally))
        .routes(routes!(tally::student_tally_of))
        .routes(routes!(tally::department_tally))
        .routes(routes!(slips::submit_slip))
        .routes(routes!(slip_trail::slip))
        .routes(routes!(slips::approve_slip))
        .routes(routes!(slips::reject_slip))
        .routes(routes!(student_slips::student_slips))
        .routes(routes!(excused::class_excused))
        .routes(routes!(excused::on_leave))
        .routes(routes!(readings::student_readings))
        .routes(routes!(rules::create_rule, rules::rules))
        .routes(routes!(rules::revise_rule))
        .routes(routes!(rules::retire_rule))
        .routes(routes!(calendar::calendar))
        .routes(routes!(calendar::import_calendar))
        .routes(routes!(calendar::set_calendar_day))
        .routes(routes!(calendar::clear_calendar_day))
        .routes(routes!(templates::publish_template, templates::templates))
        .routes(routes!(templates::publish_template_version))
        .routes(routes!(reports::file_report))
        .routes(routes!(reports::class_reports))
        .routes(routes!(roster::import_roster))
        .routes(routes!(classes::classes))
        .routes(routes!(person::person))
        .routes(routes!(enrolment::enrol_student))
        .routes(routes!(enrolment::move_student))
        .routes(routes!(enrolment::suspend_student))
        .routes(routes!(enrolment::resume_student))
        .routes(routes!(enrolment::let_student_leave))
        .routes(routes!(enrolment::graduate_class))
        .routes(routes!(guardians::add_guardian))
        .routes(routes!(guardians::remove_guardian))
        .routes(routes!(offices::appoint_office))
        .routes(routes!(offices::end_office))
        .routes(routes!(offices::delegate_office))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_in::provider::to_provider))
        .routes(routes!(sign_in::provider::from_provider))
        .routes(routes!(sign_in::own::sign_out))
        .routes(routes!(sign_in::own::me))
        .routes(routes!(sign_in::own::change_password))
        .routes(routes!(sign_in::sessions::sessions))
        .routes(routes!(sign_in::sessions::end_session))
        .routes(routes!(sign_in::sessions::end_other_sessions))
        .routes(routes!(sign_in::first_passwords::give_first_passwords))
        .routes(routes!(sign_in::first_passwords::end_all_sessions))
        .routes(routes!(
            sign_in::api_keys::make_api_key,
            sign_in::api_keys::api_keys
        ))
        .routes(routes!(sign_in::api_keys::revoke_api_key))
        .routes(routes!(clock_endpoint::clock, clock_endpoint::set_clock))
        .routes(routes!(health::health))
}

/// The description of the whole API, as it is served at `/openapi.json`.
pub fn openapi() -> OpenApi {
    let (_, mut openapi) = router().split_for_parts();
    for item in openapi.paths.paths.values_mut() {
        for operation in [&mut item.post, &mut item.put].into_iter().flatten() {
            add_problem(operation);
        }
        if let Some(operation) = item.post.as_mut().filter(|post| is_recorded(post)) {
            add_header(operation, "Idempotency-Key", true, IDEMPOTENCY_KEY);
        }
        if let Some(operation) = &mut item.get {
            add_problem(operation);
            add_header(operation, "Homeroom-After", false, HOMEROOM_AFTER);
        }
    }
    openapi
}

/// True of what goes into the log. Sign-in does not: a password is not sent again like a command.
fn is_recorded(operation: &Operation) -> bool {
    let mut tags = operation.tags.iter().flatten();
    !tags.any(|tag| tag == SIGN_IN)
}

/// The JSON Schema of every command that is sent as JSON and recorded, by its name: the request body's, with all it refers to.
pub fn command_schemas() -> Vec<(String, Value)> {
    let openapi = serde_json::to_value(openapi()).unwrap_or_default();
    let components = &openapi["components"]["schemas"];
    let paths = openapi["paths"].as_object().into_iter().flatten();
    let mut schemas = Vec::new();
    for (_, item) in paths {
        let operation = &item["post"];
        if operation["tags"][0] == SIGN_IN {
            continue;
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if let (Some(name), false) = (operation["operationId"].as_str(), schema.is_null()) {
            schemas.push((name.to_owned(), self_contained(schema, components)));
        }
    }
    schemas.sort_by(|(one, _), (other, _)| one.cmp(other));
    schemas
}

/// The files of `schemas/` that describe this API: name and content.
///
/// # Errors
/// When a schema cannot be JSON.
pub fn schema_files() -> Result<Vec<(String, String)>, serde_json::Error> {
    let pretty = |value: &Value| Ok(serde_json::to_string_pretty(value)? + "\n");
    let described = (
        "openapi.json".to_owned(),
        pretty(&serde_json::to_value(openapi())?)?,
    );
    let commands = command_schemas().into_iter();
    let commands =
        commands.map(|(name, schema)| Ok((format!("commands/{name}.json"), pretty(&schema)?)));
    std::iter::once(Ok(described)).chain(commands).collect()
}

/// A schema with the components it refers to among its own definitions.
fn self_contained(schema: &Value, components: &Value) -> Value {
    let mut definitions = serde_json::Map::new();
    let mut whole = schema.clone();
    localise(&mut whole, components, &mut definitions);
    // A body that is a reference and nothing else is what it refers to; no body holds itself.
    if let Some(name) = whole["$ref"]
        .as_str()
        .and_then(|at| at.strip_prefix("#/$defs/"))
        && let Some(definition) = definitions.remove(name)
    {
        whole = definition;
    }
    let Value::Object(object) = &mut whole else {
        return whole;
    };
    object.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    if !definitions.is_empty() {
        object.insert("$defs".into(), definitions.into());
    }
    whole
}

/// Turns references to components into references to definitions, and collects those.
fn localise(
    schema: &mut Value,
    components: &Value,
    definitions: &mut serde_json::Map<String, Value>,
) {
    match schema {
        Value::Object(object) => {
            let component = object.get("$ref").and_then(Value::as_str);
            let component = component.and_then(|at| at.strip_prefix("#/components/schemas/"));
            if let Some(name) = component.map(str::to_owned) {
                object.insert("$ref".into(), json!(format!("#/$defs/{name}")));
                if !definitions.contains_key(&name) {
                    // Before what it refers to, so that a type may hold itself.
                    definitions.insert(name.clone(), Value::Null);
                    let mut definition = components[&name].clone();
                    localise(&mut definition, components, definitions);
                    definitions.insert(name, definition);
                }
            }
            object
                .values_mut()
                .for_each(|child| localise(child, components, definitions));
        }
        Value::Array(array) => {
            array
                .iter_mut()
                .for_each(|child| localise(child, components, definitions));
        }
        _ => {}
    }
}

/// The schema of a type of the domain, which knows JSON Schema and nothing of HTTP.
pub(crate) fn schema_of<T: JsonSchema>() -> RefOr<Schema> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    plainer(&mut schema);
    serde_json::from_value(schema).unwrap_or_else(|error| {
        // Found by the test below, long before anybody asks for it.
        tracing::error!(%error, "a type of the domain cannot be described");
        ObjectBuilder::new().into()
    })
}

/// Says the same in the words that the description knows: it has no `const`.
fn plainer(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(value) = object.remove("const") {
                object.insert("enum".into(), json!([value]));
            }
            object.values_mut().for_each(plainer);
        }
        Value::Array(array) => array.iter_mut().for_each(plainer),
        _ => {}
    }
}

fn described() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Homeroom")
        .description(Some(DESCRIPTION))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(License::new("Apache-2.0")));
    let tag = |name: &str, description: &str| {
        let mut tag = Tag::new(name);
        tag.description = Some(description.to_owned());
        tag
    };
    let tags = [
        tag(
            "attendance",
            "打卡：check-ins, and the days they add up to.",
        ),
        tag("leave", "请假：slips, their decisions, their trail."),
        tag("report", "汇报：inspection templates and reports."),
        tag(
            "rules",
            "打卡规则和校历：when and where a class checks in, and the days off.",
        ),
        tag("roster", "名册：people, classes and offices."),
        tag("sign-in", "登录：passwords, sign-in sessions, API keys."),
        tag("service", "The service itself: its health and its clock."),
    ];
    let mut openapi = OpenApiBuilder::new()
        .info(info)
        .tags(Some(tags))
        .security(Some([
            SecurityRequirement::new::<_, [&str; 0], &str>("session", []),
            SecurityRequirement::new::<_, [&str; 0], &str>("bearer", []),
        ]))
        .build();
    let components = openapi.components.get_or_insert_default();
    let session = ApiKeyValue::with_description(
        cookies::SESSION,
        "A browser's sign-in session; set by `POST /v1/sign-in`.",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An app's sign-in session, or an API key."))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    openapi
}

const IDEMPOTENCY_KEY: &str =
    "8 to 128 visible ASCII characters: new for each command, the same for its retries.";
const HOMEROOM_AFTER: &str =
    "The answer has at least this position, or is refused after a bounded wait (`view-behind`).";

fn add_header(operation: &mut Operation, name: &str, required: bool, description: &str) {
    let header = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(if required {
            Required::True
        } else {
            Required::False
        })
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(header));
}

fn add_problem(operation: &mut Operation) {
    let schema = Ref::from_schema_name(Problem::name());
    let problem = ResponseBuilder::new()
        .description("A refusal or a failure.")
        .content(
            PROBLEM_JSON,
            Content::new(Some(RefOr::<Schema>::Ref(schema))),
        )
        .build();
    operation
        .responses
        .responses
        .insert("default".to_owned(), problem.into());
}

#[cfg(test)]
mod tests {
    use homeroom_domain::report::TemplateTerms;
    use homeroom_domain::rights::Action;

    use super::*;

    #[test]
    fn the_description_is_openapi_3_1_and_every_reference_in_it_leads_somewhere() {
        let openapi = serde_json::to_value(openapi()).unwrap();
        assert_eq!(openapi["openapi"], "3.1.0");
        let mut references = Vec::new();
        collect(&openapi, &mut references);
        assert!(references.len() > 20, "{references:?}");
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(
                openapi.pointer(pointer).is_some(),
                "{reference} leads nowhere"
            );
        }
    }

    fn collect(value: &Value, references: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                references.extend(
                    object
                        .get("$ref")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                object.values().for_each(|child| collect(child, references));
            }
            Value::Array(array) => array.iter().for_each(|child| collect(child, references)),
            _ => {}
        }
    }

    #[test]
    fn every_post_says_its_key_and_every_operation_its_problem() {
        let openapi = serde_json::to_value(openapi()).unwrap();
        for (path, item) in openapi["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let refused = &operation["responses"]["default"]["content"][PROBLEM_JSON];
                assert!(refused.is_object(), "{method} {path}");
                assert!(operation["tags"][0].is_string(), "{method} {path}");
                let parameters = operation["parameters"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let key = parameters
                    .iter()
                    .any(|one| one["name"] == "Idempotency-Key");
                let recorded = method == "post" && operation["tags"][0] != SIGN_IN;
                assert_eq!(key, recorded, "{method} {path}");
            }
        }
    }

    #[test]
    fn every_operation_names_its_row_of_the_rights_table_or_is_for_anybody() {
        let openapi = serde_json::to_value(openapi()).unwrap();
        let mut for_anybody = Vec::new();
        for (path, item) in openapi["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let action = operation["x-homeroom-action"].as_str();
                let action = action.unwrap_or_else(|| panic!("{method} {path} names none"));
                if action == "anybody" {
                    for_anybody.push(path.as_str());
                } else {
                    let known = Action::ALL.iter().any(|known| known.as_str() == action);
                    assert!(known, "{method} {path}: {action}");
                }
            }
        }
        assert_eq!(
            for_anybody,
            [
                "/healthz",
                "/v1/sign-in",
                "/v1/sign-in/provider",
                "/v1/sign-in/provider/back",
                "/v1/sign-out",
            ]
        );
    }

    #[test]
    fn every_command_sent_as_json_has_a_schema_of_its_own() {
        let schemas = command_schemas();
        let names: Vec<&str> = schemas.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "add_guardian",
            "appoint_office",
            "approve_slip",
            "check_in",
            "clear_calendar_day",
            "create_rule",
            "delegate_office",
            "end_office",
            "enrol_student",
            "file_report",
            "graduate_class",
            "import_calendar",
            "let_student_leave",
            "move_student",
            "publish_template",
            "publish_template_version",
            "reject_slip",
            "remove_guardian",
            "resume_student",
            "retire_rule",
            "revise_rule",
            "set_calendar_day",
            "submit_slip",
            "suspend_student",
        ];
        assert_eq!(names, expected);
        for (name, schema) in &schemas {
            let text = schema.to_string();
            assert!(!text.contains("#/components"), "{name}: {text}");
            assert_eq!(
                schema["additionalProperties"], false,
                "{name} refuses unknown fields: {text}"
            );
        }
    }

    #[test]
    fn a_type_of_the_domain_is_described_without_loss() {
        let described = serde_json::to_value(schema_of::<TemplateTerms>()).unwrap();
        let kinds = &described["properties"]["items"]["items"]["properties"]["kind"]["oneOf"];
        let text = kinds.to_string();
        for word in [
            "deduction",
            "max_hundredths",
            "options",
            "chars_max",
            "yes_no",
        ] {
            assert!(text.contains(word), "{word} is not in {described:#}");
        }
        assert_eq!(
            described["required"],
            json!(["name", "full_marks_hundredths", "items"])
        );
        assert_eq!(described["additionalProperties"], false);
    }
}
