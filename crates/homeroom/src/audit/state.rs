//! A boundary's state, folded again and told as JSON.

use std::collections::{BTreeMap, BTreeSet};

use homeroom_domain::attendance::{AttendanceEvent, SessionEvent};
use homeroom_domain::calendar::CalendarEvent;
use homeroom_domain::leave::{LeaveDecider, LeaveEvent, LeaveState};
use homeroom_domain::reading::ReadingEvent;
use homeroom_domain::report::{ReportEvent, TemplateEvent};
use homeroom_domain::roster::{RosterEvent, RosterState};
use homeroom_domain::rule::{RuleEvent, RulesState};
use homeroom_domain::{Boundary, ClassId, Decider, DomainEvent, Moment, PersonId};
use homeroom_domain::{roster::RosterDecider, rule::RuleDecider};
use homeroom_log::{ReadError, Recorded};
use serde_json::{Value, json};

use crate::exit::Exit;

/// The state that these commits add up to.
///
/// # Errors
/// When an event cannot be read, or this program knows no such boundary.
pub(super) fn fold(boundary: &Boundary, commits: &[&Recorded]) -> anyhow::Result<Value> {
    match boundary.kind() {
        "leave" => leave(commits),
        "attendance" => attendance(commits),
        "session" => session(commits),
        "rules" => rules(commits),
        "roster" => roster(commits),
        "template" => template(commits),
        "report" => report(commits),
        "reading" => readings(commits),
        "calendar" => calendar(commits),
        other => Err(Exit::Refused.because(format_args!(
            "this program knows no boundary of kind {other:?}"
        ))),
    }
}

/// Every event that is one of `E`, with its instant.
fn events<E: DomainEvent>(commits: &[&Recorded]) -> anyhow::Result<Vec<(E, Moment)>> {
    let mut events = Vec::new();
    for commit in commits {
        for event in commit.commit.events.iter().filter_map(E::decode) {
            let event = event.map_err(|error| ReadError::Integrity {
                position: commit.position,
                what: error.to_string(),
            })?;
            events.push((event, commit.commit.at));
        }
    }
    Ok(events)
}

fn folded<D: Decider>(events: &[(D::Event, Moment)]) -> D::State {
    let mut state = D::State::default();
    for (event, at) in events {
        D::evolve(&mut state, event, *at);
    }
    state
}

fn leave(commits: &[&Recorded]) -> anyhow::Result<Value> {
    let state: LeaveState = folded::<LeaveDecider>(&events::<LeaveEvent>(commits)?);
    let slip = |slip: &homeroom_domain::leave::Slip| {
        json!({
            "slip": slip.id, "type": slip.leave, "from": slip.from, "to": slip.to, "status": slip.status.as_str(),
        })
    };
    Ok(json!({ "slips": state.slips().iter().map(slip).collect::<Vec<_>>() }))
}

fn attendance(commits: &[&Recorded]) -> anyhow::Result<Value> {
    let (mut check_ins, mut refused) = (Vec::new(), Vec::new());
    for (event, at) in events::<AttendanceEvent>(commits)? {
        match event {
            AttendanceEvent::CheckedIn(e) => check_ins.push(json!({
                "at": at, "session": e.session, "punctuality": e.punctuality, "distance_m": e.distance_m,
            })),
            AttendanceEvent::Refused(e) => refused.push(json!({
                "at": at, "date": e.date, "session": e.session, "reason": e.reason,
            })),
        }
    }
    Ok(json!({"check_ins": check_ins, "refused": refused}))
}

fn calendar(commits: &[&Recorded]) -> anyhow::Result<Value> {
    let mut days = BTreeMap::new();
    for (event, _) in events::<CalendarEvent>(commits)? {
        match event {
            CalendarEvent::Set(e) => days.insert((e.day.date, e.source), json!(e)),
            CalendarEvent::Cleared(e) => days.remove(&(e.date, e.source)),
        };
    }
    Ok(json!({ "days": days.into_values().collect::<Vec<_>>() }))
}

fn readings(commits: &[&Recorded]) -> anyhow::Result<Value> {
    let events = events::<ReadingEvent>(commits)?.into_iter();
    let readings = events.map(|(ReadingEvent::Read(read), at)| json!({"at": at, "read": read}));
    Ok(json!({ "readings": readings.collect::<Vec<_>>() }))
}

fn session(commits: &[&Recorded]) -> anyhow::Result<Value> {
    let closed = events::<SessionEvent>(commits)?.into_iter().next_back();
    Ok(match closed {
        Some((SessionEvent::Closed(closed), at)) => json!({"closed": at, "session": closed}),
        None => json!({"closed": null}),
    })
}

fn rules(commits: &[&Recorded]) -> anyhow::Result<Value> {
    let events = events::<RuleEvent>(commits)?;
    let state: RulesState = folded::<RuleDecider>(&events);
    let ids: BTreeSet<_> = events
        .iter()
        .map(|(event, _)| match event {
            RuleEvent::Created(e) => &e.rule,
            RuleEvent::Revised(e) => &e.rule,
            RuleEvent::Retired(e) => &e.rule,
        })
        .collect();
    let rules = ids.into_iter().filter_map(|id| {
        let rule = state.rule(id)?;
        Some(json!({"rule": id, "version": rule.version, "in_force": rule.in_force, "terms": rule.terms}))
    });
    Ok(json!({ "rules": rules.collect::<Vec<_>>() }))
}

fn roster(commits: &[&Recorded]) -> anyhow::Result<Value> {
    let events = events::<RosterEvent>(commits)?;
    let state: RosterState = folded::<RosterDecider>(&events);
    let people: BTreeSet<&PersonId> = events
        .iter()
        .filter_map(|(event, _)| match event {
            RosterEvent::StudentEnrolled(e) => Some(&e.student),
            RosterEvent::StaffJoined(e) => Some(&e.staff),
            _ => None,
        })
        .collect();
    let (mut members, mut staff) = (BTreeMap::<&ClassId, Vec<&PersonId>>::new(), Vec::new());
    for id in &people {
        match state.person(id).and_then(|person| person.class.as_ref()) {
            Some(class) => members.entry(class).or_default().push(id),
            None => staff.push(id),
        }
    }
    let classes: Vec<Value> = state
        .classes()
        .map(|(id, class)| {
            json!({"class": id, "code": class.code, "name": class.name, "students": members.get(id)})
        })
        .collect();
    let offices: Vec<Value> = people
        .iter()
        .flat_map(|id| {
            state
                .tenures_of(id)
                .map(move |held| json!({"person": id, "office": held.office, "from": held.from, "to": held.to, "deputises_for": held.deputises_for}))
        })
        .collect();
    Ok(json!({"classes": classes, "staff": staff, "offices": offices}))
}

fn template(commits: &[&Recorded]) -> anyhow::Result<Value> {
    let newest = events::<TemplateEvent>(commits)?.into_iter().next_back();
    Ok(match newest {
        Some((TemplateEvent::Published(e), at)) => {
            json!({"published": at, "version": e.version, "terms": e.terms})
        }
        None => json!({"published": null}),
    })
}

fn report(commits: &[&Recorded]) -> anyhow::Result<Value> {
    let filed = events::<ReportEvent>(commits)?.into_iter().next_back();
    Ok(match filed {
        Some((ReportEvent::Filed(filed), at)) => json!({"filed": at, "report": filed}),
        None => json!({"filed": null}),
    })
}
