//! The schemas of every event, for whoever reads the log without this program.

use crate::attendance::{AttendanceEvent, SessionEvent};
use crate::event::DomainEvent;
use crate::leave::LeaveEvent;
use crate::report::{ReportEvent, TemplateEvent};
use crate::roster::RosterEvent;
use crate::rule::RuleEvent;

/// Type, version and JSON Schema of the data of every event of every decider.
pub fn events() -> Vec<(&'static str, u16, schemars::Schema)> {
    [
        RosterEvent::schemas(),
        RuleEvent::schemas(),
        AttendanceEvent::schemas(),
        SessionEvent::schemas(),
        LeaveEvent::schemas(),
        TemplateEvent::schemas(),
        ReportEvent::schemas(),
    ]
    .concat()
}
