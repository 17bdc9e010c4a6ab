//! A phone's attempt to check in: the command, its refusals, its decision.

use std::collections::BTreeSet;

use chrono::Timelike;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::boundary::Boundary;
use crate::calendar::CalendarDay;
use crate::decider::Decider;
use crate::id::{ClassId, PersonId, RuleId};
use crate::place::{Metres, Point, PointError};
use crate::refusal::{Language, RefusalKind, Refuse};
use crate::rule::{OutOfRangeUse, RuleTerms, Window};
use crate::sealed::Sealed;
use crate::time::{Moment, SchoolDate, Zone};

use super::{AttendanceEvent, CheckInRefused, CheckedIn, Flag, Punctuality, SessionKey};

/// The oldest fix that is taken at all, in seconds: a day.
pub const FIX_AGE_S_MAX: f64 = 86_400.0;
/// A fix older than so many seconds does not show where the phone is now.
pub const FIX_FRESH_S: f64 = 300.0;
/// A fix worse than this says nothing, in metres.
pub const ACCURACY_M_MAX: f64 = 100_000.0;

/// What a phone says of where it is; sealed into the log as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Where.
    pub place: Point,
    /// The radius around it within which the phone believes itself to be, in metres.
    pub accuracy_m: Metres,
    /// How old the fix was when it was sent, in seconds; `None` where the phone does not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix_age_s: Option<f64>,
    /// True if the phone says that an app made the place up.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub mock: bool,
}

/// A student checks in.
#[derive(Debug, Clone)]
pub struct CheckIn {
    /// The student.
    pub student: PersonId,
    /// Where the phone says it is.
    pub evidence: Evidence,
    /// The school date at the instant of the attempt: with the student it names the boundary.
    pub date: SchoolDate,
    /// `evidence`, sealed.
    pub place: Sealed,
    /// The device's name for itself, sealed.
    pub device: Option<Sealed>,
}

/// What judging a check-in needs from outside the student's boundary.
#[derive(Debug, Clone)]
pub struct CheckInFacts {
    /// The student's class now.
    pub class: ClassId,
    /// The school's zone.
    pub zone: Zone,
    /// The rules in force that bind the class.
    pub rules: Vec<RuleInForce>,
    /// What the calendar says of the date.
    pub day: Option<CalendarDay>,
}

/// A rule in the version now in force.
#[derive(Debug, Clone)]
pub struct RuleInForce {
    /// The rule.
    pub rule: RuleId,
    /// Its version.
    pub version: u32,
    /// What it says.
    pub terms: RuleTerms,
}

/// Why an attempt did not count; recorded, since it matters in a dispute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum CheckInDenied {
    /// No rule binds the class on this date.
    NoSession,
    /// Before the window opens or after it closes.
    OutOfWindow {
        /// The instant of the attempt, as time of day in the school's zone.
        at: chrono::NaiveTime,
        /// When the nearest window of the day opens.
        opens: chrono::NaiveTime,
        /// When it closes.
        closes: chrono::NaiveTime,
    },
    /// Too far from the rule's place.
    OutOfRange {
        /// How far the phone was from the centre, to 0.1 m.
        distance_m: Metres,
        /// How far it may be.
        radius_m: Metres,
    },
}

impl Refuse for CheckInDenied {
    fn code(&self) -> &'static str {
        match self {
            CheckInDenied::NoSession => "no-session",
            CheckInDenied::OutOfWindow { .. } => "out-of-window",
            CheckInDenied::OutOfRange { .. } => "out-of-range",
        }
    }

    fn kind(&self) -> RefusalKind {
        RefusalKind::Denied
    }

    fn field(&self) -> Option<String> {
        matches!(self, CheckInDenied::OutOfRange { .. }).then(|| "place".to_owned())
    }

    fn sentence(&self, language: Language) -> String {
        match (self, language) {
            (CheckInDenied::NoSession, Language::Chinese) => "今天没有需要打卡的时段。".into(),
            (CheckInDenied::NoSession, Language::English) => {
                "There is nothing to check in to today.".into()
            }
            (CheckInDenied::OutOfWindow { at, opens, closes }, Language::Chinese) => {
                format!("现在是 {at}，打卡时段为 {opens} 至 {closes}，本次不计入。")
            }
            (CheckInDenied::OutOfWindow { at, opens, closes }, Language::English) => {
                format!(
                    "It is {at}; the window is {opens} to {closes}, so this attempt does not count."
                )
            }
            (
                CheckInDenied::OutOfRange {
                    distance_m,
                    radius_m,
                },
                Language::Chinese,
            ) => {
                format!(
                    "距打卡地点 {} 米，超出 {} 米的范围，本次不计入。",
                    distance_m.0, radius_m.0
                )
            }
            (
                CheckInDenied::OutOfRange {
                    distance_m,
                    radius_m,
                },
                Language::English,
            ) => format!(
                "The phone is {} metres from the place, beyond the {} metres allowed, so this attempt does not count.",
                distance_m.0, radius_m.0
            ),
        }
    }
}

impl Refuse for CheckInRefused {
    fn code(&self) -> &'static str {
        self.reason.code()
    }
    fn kind(&self) -> RefusalKind {
        self.reason.kind()
    }
    fn field(&self) -> Option<String> {
        self.reason.field()
    }
    fn sentence(&self, language: Language) -> String {
        self.reason.sentence(language)
    }
}

/// Why an attempt was refused without leaving anything behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckInInvalid {
    /// The coordinates are not a place.
    Place(PointError),
    /// The accuracy is not a number from 0 to [`ACCURACY_M_MAX`].
    Accuracy,
    /// The age of the fix is not a number from 0 to [`FIX_AGE_S_MAX`].
    FixAge,
    /// The student has checked in to this session; the first one stands.
    AlreadyCheckedIn,
}

impl Refuse for CheckInInvalid {
    fn code(&self) -> &'static str {
        match self {
            CheckInInvalid::Place(_) => "invalid-place",
            CheckInInvalid::Accuracy => "invalid-accuracy",
            CheckInInvalid::FixAge => "invalid-fix-age",
            CheckInInvalid::AlreadyCheckedIn => "already-checked-in",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            CheckInInvalid::AlreadyCheckedIn => RefusalKind::Conflict,
            _ => RefusalKind::Invalid,
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            CheckInInvalid::Place(PointError::Latitude) => Some("place.lat".into()),
            CheckInInvalid::Place(PointError::Longitude) => Some("place.lng".into()),
            CheckInInvalid::Place(PointError::NullIsland) => Some("place".into()),
            CheckInInvalid::Accuracy => Some("accuracy_m".into()),
            CheckInInvalid::FixAge => Some("fix_age_s".into()),
            CheckInInvalid::AlreadyCheckedIn => None,
        }
    }

    fn sentence(&self, language: Language) -> String {
        match (self, language) {
            (CheckInInvalid::Place(error), Language::Chinese) => format!("坐标无效（{error}）。"),
            (CheckInInvalid::Place(error), Language::English) => {
                format!("The coordinates are no place: {error}.")
            }
            (CheckInInvalid::Accuracy, Language::Chinese) => {
                format!("精度须为 0 至 {ACCURACY_M_MAX} 米。")
            }
            (CheckInInvalid::Accuracy, Language::English) => {
                format!("The accuracy must be from 0 to {ACCURACY_M_MAX} metres.")
            }
            (CheckInInvalid::FixAge, Language::Chinese) => {
                format!("定位时间须在 0 至 {FIX_AGE_S_MAX} 秒之前。")
            }
            (CheckInInvalid::FixAge, Language::English) => {
                format!("The age of the fix must be from 0 to {FIX_AGE_S_MAX} seconds.")
            }
            (CheckInInvalid::AlreadyCheckedIn, Language::Chinese) => {
                "本时段已经打过卡，以第一次为准。".into()
            }
            (CheckInInvalid::AlreadyCheckedIn, Language::English) => {
                "You have checked in to this session already; the first time stands.".into()
            }
        }
    }
}

/// What a student's month must remember to decide the next attempt.
#[derive(Debug, Clone, Default)]
pub struct AttendanceState {
    checked_in: BTreeSet<(RuleId, SchoolDate)>,
}

/// Decides check-ins.
#[derive(Debug)]
pub struct AttendanceDecider;

impl Decider for AttendanceDecider {
    type Command = CheckIn;
    type Event = AttendanceEvent;
    type State = AttendanceState;
    type Facts = CheckInFacts;
    type Refusal = CheckInInvalid;

    fn boundary(command: &CheckIn) -> Boundary {
        Boundary::attendance(&command.student, command.date)
    }

    fn evolve(state: &mut AttendanceState, event: &AttendanceEvent, _: Moment) {
        if let AttendanceEvent::CheckedIn(e) = event {
            state
                .checked_in
                .insert((e.session.rule.clone(), e.session.date));
        }
    }

    fn decide(
        state: &AttendanceState,
        command: &CheckIn,
        facts: &CheckInFacts,
        at: Moment,
    ) -> Result<Vec<AttendanceEvent>, CheckInInvalid> {
        let Evidence {
            place,
            accuracy_m,
            fix_age_s,
            ..
        } = command.evidence;
        place.check().map_err(CheckInInvalid::Place)?;
        if !(0.0..=ACCURACY_M_MAX).contains(&accuracy_m.0) {
            return Err(CheckInInvalid::Accuracy);
        }
        if !(0.0..=FIX_AGE_S_MAX).contains(&fix_age_s.unwrap_or_default()) {
            return Err(CheckInInvalid::FixAge);
        }
        let nearest = nearest_session(facts, command.date, at);
        let key = |rule: &RuleInForce| SessionKey {
            rule: rule.rule.clone(),
            rule_version: rule.version,
            class: facts.class.clone(),
            date: command.date,
        };
        let refused = |session: Option<SessionKey>, reason: CheckInDenied| {
            Ok(vec![AttendanceEvent::Refused(CheckInRefused {
                student: command.student.clone(),
                class: facts.class.clone(),
                date: command.date,
                session,
                reason,
                place: command.place.clone(),
                device: command.device.clone(),
            })])
        };
        let Some((rule, window)) = nearest else {
            return refused(None, CheckInDenied::NoSession);
        };
        let session = key(rule);
        if !window.contains(at) {
            let reason = CheckInDenied::OutOfWindow {
                at: at.time_of_day(facts.zone),
                opens: rule.terms.opens,
                closes: rule.terms.closes,
            };
            return refused(Some(session), reason);
        }
        if state
            .checked_in
            .contains(&(session.rule.clone(), session.date))
        {
            return Err(CheckInInvalid::AlreadyCheckedIn);
        }
        let radius_m = rule.terms.place.radius_m;
        let distance = place.distance(rule.terms.place.centre);
        let distance_m = written(distance, radius_m);
        // Judged as measured. A distance that is no number is not in range.
        let in_range = distance <= radius_m;
        let out_of_range = match (in_range, rule.terms.out_of_range) {
            (true, _) => None,
            (false, OutOfRangeUse::Flag) => Some(Flag::OutOfRange),
            (false, OutOfRangeUse::Field) => Some(Flag::FieldWork),
            (false, OutOfRangeUse::Refuse) => {
                return refused(
                    Some(session),
                    CheckInDenied::OutOfRange {
                        distance_m,
                        radius_m,
                    },
                );
            }
        };
        let flags = flags(&command.evidence, radius_m, out_of_range);
        let punctuality = match window.late_s(at) {
            0 => Punctuality::OnTime,
            by_s => Punctuality::Late { by_s },
        };
        Ok(vec![AttendanceEvent::CheckedIn(CheckedIn {
            student: command.student.clone(),
            session,
            punctuality,
            distance_m,
            flags,
            place: command.place.clone(),
            device: command.device.clone(),
        })])
    }
}

/// What a check-in that counts leaves to be doubted.
fn flags(evidence: &Evidence, radius: Metres, out_of_range: Option<Flag>) -> Vec<Flag> {
    let stale = evidence.fix_age_s.is_some_and(|age_s| age_s > FIX_FRESH_S);
    // A phone that may be anywhere within more than the whole circle says nothing of whether it is in it.
    let uncertain = out_of_range.is_none() && evidence.accuracy_m > radius;
    let all = [
        out_of_range,
        uncertain.then_some(Flag::PlaceUncertain),
        stale.then_some(Flag::StaleFix),
        evidence.mock.then_some(Flag::MockLocation),
    ];
    all.into_iter().flatten().collect()
}

/// A distance to 0.1 m, for people; never rounded over the limit, so that what is written cannot contradict the verdict.
fn written(distance: Metres, radius: Metres) -> Metres {
    let tenths = distance.0 * 10.0;
    let nearest = Metres(tenths.round() / 10.0);
    match (distance <= radius, nearest <= radius) {
        (true, false) => Metres(tenths.floor() / 10.0),
        (false, true) => Metres(tenths.ceil() / 10.0),
        _ => nearest,
    }
}

/// The session whose window holds this instant (of two that touch, the earlier); else the one of that date whose
/// window is nearest in time.
fn nearest_session(
    facts: &CheckInFacts,
    date: SchoolDate,
    at: Moment,
) -> Option<(&RuleInForce, Window)> {
    facts
        .rules
        .iter()
        .filter(|rule| rule.terms.holds_on(date, facts.day.as_ref()))
        .filter(|rule| rule.terms.binds(&facts.class))
        .map(|rule| (rule, rule.terms.window(date, facts.zone)))
        .min_by_key(|(rule, window)| {
            let away_ms = if window.contains(at) {
                0
            } else {
                (window.opens.unix_ms() - at.unix_ms()).max(at.unix_ms() - window.closes.unix_ms())
            };
            (away_ms, rule.terms.opens.num_seconds_from_midnight())
        })
}

#[cfg(test)]
#[path = "check_in_tests.rs"]
mod tests;
