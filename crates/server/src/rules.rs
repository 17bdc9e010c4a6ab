//! Check-in rules: created, revised, retired, listed.

use axum::extract::{Path, State};
use chrono::{NaiveTime, Weekday};
use homeroom_directory::{Directory, Rule};
use homeroom_domain::rights::{Action, Grant, Target};
use homeroom_domain::rule::{
    CalendarUse, CreateRule, OutOfRangeUse, RetireRule, ReviseRule, RuleClasses, RuleCommand,
    RuleDecider, RuleEvent, RuleTerms,
};
use homeroom_domain::{Boundary, Moment, RuleId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Seen};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{self, ApiError};
use crate::execute::{Asked, Executed};
use crate::place::PlaceCircle;
use crate::request::{self, Command};
use crate::roster::bits;

/// What a check-in rule says. Times of day are in the school's zone, to the second; every edge is inclusive.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleTermsBody {
    /// What people call it.
    #[schema(example = "早点名", min_length = 1, max_length = 60)]
    pub name: String,
    /// Who it binds.
    pub classes: RuleClassesBody,
    /// The days of the week it holds on: `Mon` to `Sun`.
    #[schema(value_type = Vec<String>, example = json!(["Mon", "Tue", "Wed", "Thu", "Fri"]))]
    pub weekdays: Vec<Weekday>,
    /// What public holidays and make-up workdays mean to it.
    #[serde(default)]
    pub calendar: CalendarUseBody,
    /// The first second at which a check-in counts.
    #[schema(value_type = String, example = "06:50:00")]
    pub opens: NaiveTime,
    /// The last second at which it counts as on time.
    #[schema(value_type = String, example = "07:10:00")]
    pub on_time_until: NaiveTime,
    /// The last second at which it counts as late; after it, not at all.
    #[schema(value_type = String, example = "07:20:00")]
    pub closes: NaiveTime,
    /// Where the phone must be.
    pub place: PlaceCircle,
    /// What an attempt from elsewhere comes to.
    #[serde(default)]
    pub out_of_range: OutOfRangeBody,
}

/// What the calendar means to a rule.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CalendarUseBody {
    /// It holds on no holiday, and on a make-up workday as on the weekday that day is run as.
    #[default]
    Follows,
    /// It holds by its weekdays alone.
    Ignores,
}

impl From<CalendarUseBody> for CalendarUse {
    fn from(body: CalendarUseBody) -> Self {
        match body {
            CalendarUseBody::Follows => CalendarUse::Follows,
            CalendarUseBody::Ignores => CalendarUse::Ignores,
        }
    }
}

impl From<CalendarUse> for CalendarUseBody {
    fn from(calendar: CalendarUse) -> Self {
        match calendar {
            CalendarUse::Follows => CalendarUseBody::Follows,
            CalendarUse::Ignores => CalendarUseBody::Ignores,
        }
    }
}

/// What an attempt from outside a rule's place comes to.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutOfRangeBody {
    /// It does not count.
    #[default]
    Refuse,
    /// It counts, flagged `out_of_range`.
    Flag,
    /// It counts, flagged `field_work`.
    Field,
}

impl From<OutOfRangeBody> for OutOfRangeUse {
    fn from(body: OutOfRangeBody) -> Self {
        match body {
            OutOfRangeBody::Refuse => OutOfRangeUse::Refuse,
            OutOfRangeBody::Flag => OutOfRangeUse::Flag,
            OutOfRangeBody::Field => OutOfRangeUse::Field,
        }
    }
}

impl From<OutOfRangeUse> for OutOfRangeBody {
    fn from(use_: OutOfRangeUse) -> Self {
        match use_ {
            OutOfRangeUse::Refuse => OutOfRangeBody::Refuse,
            OutOfRangeUse::Flag => OutOfRangeBody::Flag,
            OutOfRangeUse::Field => OutOfRangeBody::Field,
        }
    }
}

/// Who a rule binds.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RuleClassesBody {
    /// Every class, those opened later too.
    All,
    /// These classes, by their codes.
    #[schema(example = json!(["26JY1"]))]
    Only(Vec<String>),
}

impl RuleTermsBody {
    fn terms(&self, directory: &Directory) -> Result<RuleTerms, ApiError> {
        let classes = match &self.classes {
            RuleClassesBody::All => RuleClasses::All,
            RuleClassesBody::Only(codes) => {
                let find = |(index, code): (usize, &String)| {
                    let class = directory.class_by_code(code)?.map(|class| class.id);
                    let field = || format!("classes.only[{index}]");
                    class.ok_or_else(|| error::unknown_class_in(field()))
                };
                RuleClasses::Only(
                    codes
                        .iter()
                        .enumerate()
                        .map(find)
                        .collect::<Result<_, _>>()?,
                )
            }
        };
        Ok(RuleTerms {
            name: self.name.clone(),
            classes,
            weekdays: self.weekdays.clone(),
            calendar: self.calendar.into(),
            opens: self.opens,
            on_time_until: self.on_time_until,
            closes: self.closes,
            place: self.place.into(),
            out_of_range: self.out_of_range.into(),
        })
    }

    fn of(terms: RuleTerms, directory: &Directory) -> Result<Self, ApiError> {
        let classes = match terms.classes {
            RuleClasses::All => RuleClassesBody::All,
            RuleClasses::Only(classes) => {
                let mut codes = Vec::with_capacity(classes.len());
                for class in classes {
                    codes.extend(directory.class(&class)?.map(|class| class.code));
                }
                RuleClassesBody::Only(codes)
            }
        };
        Ok(Self {
            name: terms.name,
            classes,
            weekdays: terms.weekdays,
            calendar: terms.calendar.into(),
            opens: terms.opens,
            on_time_until: terms.on_time_until,
            closes: terms.closes,
            place: terms.place.into(),
            out_of_range: terms.out_of_range.into(),
        })
    }
}

/// Other terms for a rule.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviseRuleRequest {
    /// The version that whoever asks has seen; refused if the rule has moved on since.
    pub version: u32,
    /// What it is to say.
    pub terms: RuleTermsBody,
}

/// The end of a rule: an empty object.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetireRuleRequest {}

/// A rule as a command left it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleAnswer {
    /// The rule.
    pub rule: String,
    /// Its version; none once it is retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// False once it is retired.
    pub in_force: bool,
    /// Where in the log it stands.
    pub position: u64,
}

/// Every rule of the school.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulesAnswer {
    /// The rules, retired ones too, the oldest first.
    pub rules: Vec<RuleBody>,
    /// The position this is true for.
    pub position: u64,
}

/// One rule in its newest version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleBody {
    /// The rule.
    pub rule: String,
    /// Its version.
    pub version: u32,
    /// False once it is retired.
    pub in_force: bool,
    /// When its first version came into force.
    pub created: String,
    /// What it says.
    pub terms: RuleTermsBody,
}

/// Create a check-in rule.
///
/// By whoever may for every class it binds. It holds from now on; it may not overlap another one for the same students.
#[utoipa::path(
    post,
    path = "/v1/rules",
    tag = "rules",
    request_body = RuleTermsBody,
    responses((status = 201, body = RuleAnswer)),
    extensions(("x-homeroom-action" = json!("change_rules")))
)]
pub(crate) async fn create_rule(
    State(app): State<App>,
    command: Command<RuleTermsBody>,
) -> Result<Answer<RuleAnswer>, ApiError> {
    let rule = RuleId::from_bits(bits()?);
    let executed = decide(&app, &command, "create_rule", |directory| {
        let terms = command.request.terms(directory)?;
        Ok(RuleCommand::Create(CreateRule {
            rule: rule.clone(),
            terms,
        }))
    });
    let executed = executed.await?;
    let position = executed.position();
    Ok(Answer::created(position, answer(&executed, rule, None)))
}

/// Revise a check-in rule.
///
/// By whoever may for every class it binds. It says something else from now on; what it judged before stays judged.
#[utoipa::path(
    post,
    path = "/v1/rules/{rule}/revise",
    tag = "rules",
    params(("rule" = String, Path, description = "The rule.")),
    request_body = ReviseRuleRequest,
    responses((status = 200, body = RuleAnswer)),
    extensions(("x-homeroom-action" = json!("change_rules")))
)]
pub(crate) async fn revise_rule(
    State(app): State<App>,
    Path(rule): Path<String>,
    command: Command<ReviseRuleRequest>,
) -> Result<Answer<RuleAnswer>, ApiError> {
    let rule = request::rule(&rule)?;
    let version = command.request.version;
    let executed = decide(&app, &command, "revise_rule", |directory| {
        let terms = command.request.terms.terms(directory)?;
        Ok(RuleCommand::Revise(ReviseRule {
            rule: rule.clone(),
            version,
            terms,
        }))
    });
    let executed = executed.await?;
    let position = executed.position();
    Ok(Answer::done(
        position,
        answer(&executed, rule.clone(), Some(version)),
    ))
}

/// Retire a check-in rule.
///
/// By whoever may for every class it binds. It holds no longer; retiring it again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/rules/{rule}/retire",
    tag = "rules",
    params(("rule" = String, Path, description = "The rule.")),
    request_body = RetireRuleRequest,
    responses((status = 200, body = RuleAnswer)),
    extensions(("x-homeroom-action" = json!("change_rules")))
)]
pub(crate) async fn retire_rule(
    State(app): State<App>,
    Path(rule): Path<String>,
    command: Command<RetireRuleRequest>,
) -> Result<Answer<RuleAnswer>, ApiError> {
    let rule = request::rule(&rule)?;
    let executed = decide(&app, &command, "retire_rule", |_| {
        Ok(RuleCommand::Retire(RetireRule { rule: rule.clone() }))
    });
    let executed = executed.await?;
    let position = executed.position();
    let rule = rule.to_string();
    let body = RuleAnswer {
        rule,
        version: None,
        in_force: false,
        position: position.0,
    };
    Ok(Answer::done(position, body))
}

/// List the check-in rules.
#[utoipa::path(
    get,
    path = "/v1/rules",
    tag = "rules",
    responses((status = 200, body = RulesAnswer)),
    extensions(("x-homeroom-action" = json!("read_rules")))
)]
pub(crate) async fn rules(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<RulesAnswer>, ApiError> {
    let directory = app.directory()?;
    let now = app.clock.now()?;
    caller.may(&directory, Action::ReadRules, &Target::school(), now)?;
    let mut rules = directory.rules()?;
    rules.sort_by_key(|rule| rule.created);
    let body = |Rule {
                    id,
                    version,
                    terms,
                    created,
                    in_force,
                }| {
        Ok(RuleBody {
            rule: id.to_string(),
            version,
            in_force,
            created: created.rfc3339(app.zone()),
            terms: RuleTermsBody::of(terms, &directory)?,
        })
    };
    let rules = rules
        .into_iter()
        .map(body)
        .collect::<Result<_, ApiError>>()?;
    let seen = Seen::of(&[&directory.0]);
    let position = seen.position.0;
    Ok(seen.answer(RulesAnswer { rules, position }))
}

/// Decides one of the rule commands.
async fn decide<T>(
    app: &App,
    command: &Command<T>,
    type_: &'static str,
    ask: impl Fn(&Directory) -> Result<RuleCommand, ApiError>,
) -> Result<Executed<RuleEvent>, ApiError> {
    let caller = &command.caller;
    let envelope = command.envelope(type_);
    app.execute::<RuleDecider>(&Boundary::rules(), &envelope, |at| {
        let directory = app.directory()?;
        let known = directory.0.position();
        let asked = ask(&directory);
        let grant = may_change(caller, &directory, asked.as_ref().ok(), at)?;
        Ok(Asked {
            command: asked?,
            facts: (),
            actor: caller.actor(&grant),
            known,
        })
    })
    .await
}

/// As what the caller may change a rule: for every class it binds, and bound before.
fn may_change(
    caller: &Caller,
    directory: &Directory,
    asked: Option<&RuleCommand>,
    at: Moment,
) -> Result<Grant, ApiError> {
    let (said, before) = match asked {
        None => return caller.may(directory, Action::ChangeRules, &Target::school(), at),
        Some(RuleCommand::Create(create)) => (Some(&create.terms.classes), None),
        Some(RuleCommand::Revise(revise)) => {
            let before = directory.rule(&revise.rule)?;
            (Some(&revise.terms.classes), before)
        }
        Some(RuleCommand::Retire(retire)) => (None, directory.rule(&retire.rule)?),
    };
    let before = before.as_ref().map(|rule| &rule.terms.classes);
    let mut targets = Vec::new();
    for classes in said.into_iter().chain(before) {
        match classes {
            RuleClasses::All => targets.push(Target::school()),
            RuleClasses::Only(classes) => {
                for class in classes {
                    let class = directory.class(class)?;
                    targets.push(class.map_or_else(Target::school, |class| class.target()));
                }
            }
        }
    }
    let mut grants = targets
        .iter()
        .map(|target| caller.may(directory, Action::ChangeRules, target, at));
    // A rule that is not there, or binds nobody, is everybody's.
    let whole = || caller.may(directory, Action::ChangeRules, &Target::school(), at);
    let first = grants.next().unwrap_or_else(whole)?;
    grants.try_for_each(|grant| grant.map(drop))?;
    Ok(first)
}

/// The rule as its event says, or as it was where nothing changed.
fn answer(executed: &Executed<RuleEvent>, rule: RuleId, version: Option<u32>) -> RuleAnswer {
    let (rule, version) = match executed.events.first() {
        Some(RuleEvent::Created(e)) => (e.rule.clone(), Some(e.version)),
        Some(RuleEvent::Revised(e)) => (e.rule.clone(), Some(e.version)),
        Some(RuleEvent::Retired(_)) | None => (rule, version),
    };
    let (rule, position) = (rule.to_string(), executed.position().0);
    RuleAnswer {
        rule,
        version,
        in_force: true,
        position,
    }
}
