//! The fold: check-ins, closings and slips into days, sessions and leave. No verdict is stored: the verdict is a
//! function of these facts, taken on reading.

use homeroom_domain::attendance::{AttendanceEvent, Punctuality, SessionEvent};
use homeroom_domain::leave::LeaveEvent;
use homeroom_domain::sealed::Sealed;
use homeroom_domain::{ClassId, PersonId, SchoolDate, SlipId};
use homeroom_log::Recorded;
use homeroom_projection::{Key, Poison, Projection, SealedRow, Writer, each_event};

use crate::rows::{
    AttemptRow, CheckInRow, DAYS, DayRow, DecidedRow, EVIDENCE, EvidenceRow, LEAVE, LeaveRow,
    SESSIONS, STUDENT_DAYS, SessionRow, day_key, evidence_key, leave_key, session_key,
    student_day_key,
};

/// Folds attendance.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttendanceProjection;

impl Projection for AttendanceProjection {
    const NAME: &'static str = "attendance";
    const VERSION: u32 = 2;

    fn apply(&self, commit: &Recorded, view: &mut Writer<'_>) -> Result<(), Poison> {
        let stamp = Stamp {
            position: commit.position.0,
            at_ms: commit.commit.at.unix_ms(),
        };
        match commit.commit.boundary.kind() {
            "attendance" => each_event(commit, view, |event, view| attendance(event, stamp, view)),
            "session" => each_event(commit, view, |event, view| session(event, stamp, view)),
            "leave" => each_event(commit, view, |event, view| leave(event, stamp, view)),
            _ => Ok(()),
        }
    }
}

/// Where in the log, and when.
#[derive(Clone, Copy)]
struct Stamp {
    position: u64,
    at_ms: i64,
}

fn attendance(event: &AttendanceEvent, stamp: Stamp, view: &mut Writer<'_>) -> Result<(), Poison> {
    let Stamp { position, at_ms } = stamp;
    match event {
        AttendanceEvent::CheckedIn(e) => {
            let late_s = match e.punctuality {
                Punctuality::OnTime => None,
                Punctuality::Late { by_s } => Some(by_s),
            };
            let row = CheckInRow {
                position,
                at_ms,
                rule: e.session.rule.to_string(),
                rule_version: e.session.rule_version,
                late_s,
                distance_m: e.distance_m.0,
                flags: e
                    .flags
                    .iter()
                    .map(|flag| flag.as_str().to_owned())
                    .collect(),
            };
            evidence(&e.student, stamp, &e.place, e.device.as_ref(), view)?;
            change_day(&e.session.class, e.session.date, &e.student, view, |day| {
                day.check_ins.push(row);
            })
        }
        AttendanceEvent::Refused(e) => {
            let reason_json = serde_json::to_string(&e.reason).map_err(|error| Poison::Row {
                table: "days",
                what: error.to_string(),
            })?;
            let judged_by = e
                .session
                .as_ref()
                .map(|session| (session.rule.to_string(), session.rule_version));
            let row = AttemptRow {
                position,
                at_ms,
                judged_by,
                reason_json,
            };
            evidence(&e.student, stamp, &e.place, e.device.as_ref(), view)?;
            change_day(&e.class, e.date, &e.student, view, |day| {
                day.attempts.push(row);
            })
        }
    }
}

fn change_day(
    class: &ClassId,
    date: SchoolDate,
    student: &PersonId,
    view: &mut Writer<'_>,
    change: impl FnOnce(&mut DayRow),
) -> Result<(), Poison> {
    let key = day_key(class, date, student);
    let mut day = match view.get(&DAYS, &key)? {
        Some(day) => day,
        None => {
            on_that_day(class, date, student, view)?;
            DayRow::default()
        }
    };
    change(&mut day);
    view.put(&DAYS, &key, &day)
}

/// Remembers that the student has facts or duty on that date under that class.
fn on_that_day(
    class: &ClassId,
    date: SchoolDate,
    student: &PersonId,
    view: &mut Writer<'_>,
) -> Result<(), Poison> {
    view.put(
        &STUDENT_DAYS,
        &student_day_key(student, date).text(class.as_str()),
        &class.to_string(),
    )
}

fn evidence(
    student: &PersonId,
    stamp: Stamp,
    place: &Sealed,
    device: Option<&Sealed>,
    view: &mut Writer<'_>,
) -> Result<(), Poison> {
    let row = EvidenceRow {
        place: place.into(),
        device: device.map(SealedRow::from),
    };
    view.put(&EVIDENCE, &evidence_key(student, stamp.position), &row)
}

fn session(
    SessionEvent::Closed(e): &SessionEvent,
    stamp: Stamp,
    view: &mut Writer<'_>,
) -> Result<(), Poison> {
    let session = &e.session;
    let row = SessionRow {
        rule_version: session.rule_version,
        opens_ms: e.opens.unix_ms(),
        on_time_until_ms: e.on_time_until.unix_ms(),
        closes_ms: e.closes.unix_ms(),
        position: stamp.position,
        closed_ms: stamp.at_ms,
        duty: e.duty.iter().map(ToString::to_string).collect(),
    };
    view.put(
        &SESSIONS,
        &session_key(&session.class, session.date, &session.rule),
        &row,
    )?;
    e.duty
        .iter()
        .try_for_each(|student| on_that_day(&session.class, session.date, student, view))
}

fn leave(event: &LeaveEvent, stamp: Stamp, view: &mut Writer<'_>) -> Result<(), Poison> {
    match event {
        LeaveEvent::Submitted(e) => {
            let row = LeaveRow {
                from_ms: e.from.unix_ms(),
                to_ms: e.to.unix_ms(),
                submitted_position: stamp.position,
                submitted_ms: stamp.at_ms,
                decided: None,
            };
            view.put(&LEAVE, &leave_key(&e.slip), &row)
        }
        LeaveEvent::Approved(e) => decided(&e.slip, true, stamp, view),
        LeaveEvent::Rejected(e) => decided(&e.slip, false, stamp, view),
        // The slip is as it was.
        LeaveEvent::DecisionRefused(_) => Ok(()),
    }
}

fn decided(
    slip: &SlipId,
    approved: bool,
    stamp: Stamp,
    view: &mut Writer<'_>,
) -> Result<(), Poison> {
    let key: Key = leave_key(slip);
    let Some(mut row) = view.get(&LEAVE, &key)? else {
        return Err(Poison::Integrity(format!(
            "the slip {slip} is decided and was never submitted"
        )));
    };
    row.decided = Some(DecidedRow {
        approved,
        position: stamp.position,
        at_ms: stamp.at_ms,
    });
    view.put(&LEAVE, &key, &row)
}
