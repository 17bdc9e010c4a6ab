//! The schemas of every event, for whoever reads the log without this program.

use crate::attendance::{AttendanceEvent, SessionEvent};
use crate::calendar::CalendarEvent;
use crate::event::DomainEvent;
use crate::leave::LeaveEvent;
use crate::reading::ReadingEvent;
use crate::report::{ReportEvent, TemplateEvent};
use crate::roster::RosterEvent;
use crate::rule::RuleEvent;

/// The schema of one event's data, in one version.
#[derive(Debug, Clone)]
pub struct EventSchema {
    /// The kind of boundary it happens on: [`Boundary::kind`](crate::Boundary::kind).
    pub boundary: &'static str,
    /// Its type in the log.
    pub type_: &'static str,
    /// Its version.
    pub v: u16,
    /// The JSON Schema of its data.
    pub schema: schemars::Schema,
}

/// Every event that may stand in the log.
pub fn all() -> Vec<EventSchema> {
    [
        ("roster", RosterEvent::schemas()),
        ("rules", RuleEvent::schemas()),
        ("attendance", AttendanceEvent::schemas()),
        ("session", SessionEvent::schemas()),
        ("leave", LeaveEvent::schemas()),
        ("template", TemplateEvent::schemas()),
        ("report", ReportEvent::schemas()),
        ("reading", ReadingEvent::schemas()),
        ("calendar", CalendarEvent::schemas()),
    ]
    .into_iter()
    .flat_map(|(boundary, schemas)| {
        schemas
            .into_iter()
            .map(move |(type_, v, schema)| EventSchema {
                boundary,
                type_,
                v,
                schema,
            })
    })
    .collect()
}

/// The files of `schemas/events`: name and content.
///
/// # Errors
/// When a schema cannot be JSON.
pub fn files() -> Result<Vec<(String, String)>, serde_json::Error> {
    let file = |event: EventSchema| {
        let name = format!("{}.v{}.json", event.type_, event.v);
        Ok((name, serde_json::to_string_pretty(&event.schema)? + "\n"))
    };
    all().into_iter().map(file).collect()
}
