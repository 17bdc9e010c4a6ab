//! Checking in.

use axum::extract::State;
use chrono::{Datelike, Days};
use homeroom_directory::{Directory, Person};
use homeroom_domain::attendance::{
    AttendanceDecider, AttendanceEvent, CheckIn, CheckInFacts, CheckedIn, Evidence, Punctuality,
};
use homeroom_domain::place::Metres;
use homeroom_domain::rights::{Action, Target};
use homeroom_domain::sealed::Category;
use homeroom_domain::{Boundary, PersonId, SchoolDate, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::error::{self, ApiError};
use crate::execute::{Asked, Executed};
use crate::people;
use crate::place::Place;
use crate::request::{self, Command};

/// The longest name of a device, in characters.
const DEVICE_CHARS_MAX: usize = 200;
/// For so many days of a month a retry may still belong to the month before.
const DAYS_OF_DOUBT: u32 = 3;

/// A phone's attempt to check in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckInRequest {
    /// Where the phone believes itself to be.
    pub place: Place,
    /// The radius around it within which it believes so, in metres.
    #[schema(example = 8.0)]
    pub accuracy_m: f64,
    /// How old the fix is, in seconds, if the phone says; older than 300 is flagged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = 2.5)]
    pub fix_age_s: Option<f64>,
    /// True if the phone says that an app made the place up; flagged.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub mock: bool,
    /// The device's name for itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(max_length = 200)]
    pub device: Option<String>,
}

/// A check-in that counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckInAnswer {
    /// `on_time` or `late`.
    #[schema(example = "on_time")]
    pub status: &'static str,
    /// Seconds after the rule's `on_time_until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_s: Option<u32>,
    /// The session it counts for.
    pub session: SessionName,
    /// How far the phone was from the centre of the rule's place, in metres, to 0.1.
    pub distance_m: f64,
    /// What there is to doubt about it: `out_of_range`, `field_work`, `place_uncertain`, `stale_fix`, `mock_location`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<&'static str>,
    /// When it was recorded, by the service's clock.
    #[schema(example = "2026-11-23T07:11:00+08:00")]
    pub at: String,
    /// Where in the log it stands.
    pub position: u64,
}

/// A session: a rule on one date for one class.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionName {
    /// The rule.
    pub rule: String,
    /// The version of it that judged.
    pub rule_version: u32,
    /// The class, by its code.
    #[schema(example = "26JY1")]
    pub class: String,
    /// The date, in the school's zone.
    #[schema(value_type = String, format = Date)]
    pub date: SchoolDate,
}

/// Check in.
///
/// Only a student, only for themselves. An attempt outside the window or the place is refused and recorded: the
/// refusal names its position.
#[utoipa::path(
    post,
    path = "/v1/check-ins",
    tag = "attendance",
    request_body = CheckInRequest,
    responses((status = 201, body = CheckInAnswer)),
    extensions(("x-homeroom-action" = json!("check_in")))
)]
pub(crate) async fn check_in(
    State(app): State<App>,
    command: Command<CheckInRequest>,
) -> Result<Answer<CheckInAnswer>, ApiError> {
    let caller = &command.caller;
    let person = caller.person().ok_or_else(error::not_a_person)?;
    let student = &person.id;
    let own = Target::person(student.clone());
    caller.may(&app.directory()?, Action::CheckIn, &own, app.clock.now()?)?;
    let request = &command.request;
    if let Some(device) = &request.device {
        request::text("device", device, DEVICE_CHARS_MAX)?;
    }
    let envelope = command.envelope("check_in");
    let zone = app.zone();
    let today = app.clock.now()?.date(zone);
    if let Some(before) = month_in_doubt(student, today)
        && let Some(first) = app
            .first_answer::<AttendanceDecider>(&before, &envelope)
            .await?
    {
        return answer(&app, &first);
    }
    let boundary = Boundary::attendance(student, today);
    let evidence = Evidence {
        place: request.place.into(),
        accuracy_m: Metres(request.accuracy_m),
        fix_age_s: request.fix_age_s,
        mock: request.mock,
    };
    let place = people::json(&evidence)?;
    let place = app
        .vault
        .seal(student, Category::Place, place.as_bytes())
        .await?;
    let device = match &request.device {
        Some(device) => Some(
            app.vault
                .seal(student, Category::Device, device.as_bytes())
                .await?,
        ),
        None => None,
    };
    let executed = app.execute::<AttendanceDecider>(&boundary, &envelope, |at| {
        let date = at.date(zone);
        if !is_same_month(date, today) {
            // Midnight passed between reading the clock and deciding: another boundary decides.
            return Err(error::contended());
        }
        let directory = app.directory()?;
        let known = directory.0.position();
        let grant = caller.may(&directory, Action::CheckIn, &own, at)?;
        let facts = facts(&directory, person, date, zone)?;
        let (student, place, device) = (student.clone(), place.clone(), device.clone());
        Ok(Asked {
            command: CheckIn {
                student,
                evidence,
                date,
                place,
                device,
            },
            facts,
            actor: caller.actor(&grant),
            known,
        })
    });
    answer(&app, &executed.await?)
}

fn facts(
    directory: &Directory,
    student: &Person,
    date: SchoolDate,
    zone: Zone,
) -> Result<CheckInFacts, ApiError> {
    let on_duty = student.enrolment.duty_on(date);
    let class = on_duty.or(student.class.as_ref());
    Ok(CheckInFacts {
        class: class.ok_or_else(error::unknown_student)?.clone(),
        zone,
        day: directory.calendar_day(date)?,
        // Whoever is suspended has nothing to check in for.
        rules: match on_duty {
            Some(class) => directory.rules_for(class)?,
            None => Vec::new(),
        },
    })
}

fn answer(
    app: &App,
    executed: &Executed<AttendanceEvent>,
) -> Result<Answer<CheckInAnswer>, ApiError> {
    // A check-in that is not refused is exactly this event.
    let Some(AttendanceEvent::CheckedIn(CheckedIn {
        session,
        punctuality,
        distance_m,
        flags,
        ..
    })) = executed.events.first()
    else {
        return Err(error::internal());
    };
    let (status, late_s) = match punctuality {
        Punctuality::OnTime => ("on_time", None),
        Punctuality::Late { by_s } => ("late", Some(*by_s)),
    };
    let position = executed.position();
    let session = SessionName {
        rule: session.rule.to_string(),
        rule_version: session.rule_version,
        class: app.class_code(&session.class)?,
        date: session.date,
    };
    let at = executed.at.rfc3339(app.zone());
    let distance_m = distance_m.0;
    let position_u64 = position.0;
    let body = CheckInAnswer {
        status,
        late_s,
        session,
        distance_m,
        flags: flags.iter().map(|flag| flag.as_str()).collect(),
        at,
        position: position_u64,
    };
    Ok(Answer::created(position, body))
}

/// The boundary of the month before, while a retry that began in it may still come.
fn month_in_doubt(student: &PersonId, today: SchoolDate) -> Option<Boundary> {
    if today.day() > DAYS_OF_DOUBT {
        return None;
    }
    let before = today.checked_sub_days(Days::new(today.day().into()))?;
    Some(Boundary::attendance(student, before))
}

fn is_same_month(one: SchoolDate, other: SchoolDate) -> bool {
    (one.year(), one.month()) == (other.year(), other.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_three_days_a_retry_may_belong_to_the_month_before() {
        let student = PersonId::parse("p1").unwrap();
        let before = |date: &str| {
            month_in_doubt(&student, date.parse().unwrap()).map(|boundary| boundary.to_string())
        };
        assert_eq!(
            before("2026-12-01").as_deref(),
            Some("attendance.p1.202611")
        );
        assert_eq!(
            before("2027-01-03").as_deref(),
            Some("attendance.p1.202612")
        );
        assert_eq!(before("2026-12-04"), None);
    }
}
