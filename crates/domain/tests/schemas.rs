//! The log's vocabulary is a promise: what stands in `schemas/` is what this program reads and writes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use homeroom_domain::attendance::{AttendanceEvent, SessionEvent};
use homeroom_domain::calendar::CalendarEvent;
use homeroom_domain::leave::LeaveEvent;
use homeroom_domain::reading::ReadingEvent;
use homeroom_domain::report::{ReportEvent, TemplateEvent};
use homeroom_domain::roster::RosterEvent;
use homeroom_domain::rule::RuleEvent;
use homeroom_domain::{DomainEvent, EventRecord, schema};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "schemas", name]
        .iter()
        .collect()
}

/// One event as it was first written, for every type, version and shape: file name and content.
fn golden() -> Vec<(String, Value)> {
    let mut files: Vec<(String, Value)> = std::fs::read_dir(folder("golden"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (
                name,
                serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(),
            )
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

/// The record read by this decider's events and written again; `None` if it is not one of them.
fn rewritten<E: DomainEvent>(record: &EventRecord) -> Option<EventRecord> {
    E::decode(record).map(|event| event.unwrap().encode().unwrap())
}

#[test]
fn every_golden_event_is_read_and_written_again_as_it_was() {
    for (name, golden) in golden() {
        let record: EventRecord = serde_json::from_value(golden.clone()).unwrap();
        assert!(
            name.starts_with(&format!("{}.v{}.", record.type_, record.v)),
            "{name} holds another event"
        );
        let readers = [
            rewritten::<RosterEvent>(&record),
            rewritten::<RuleEvent>(&record),
            rewritten::<AttendanceEvent>(&record),
            rewritten::<SessionEvent>(&record),
            rewritten::<LeaveEvent>(&record),
            rewritten::<TemplateEvent>(&record),
            rewritten::<ReportEvent>(&record),
            rewritten::<ReadingEvent>(&record),
            rewritten::<CalendarEvent>(&record),
        ];
        let again: Vec<EventRecord> = readers.into_iter().flatten().collect();
        assert_eq!(again.len(), 1, "{name}: exactly one decider knows it");
        assert_eq!(serde_json::to_value(&again[0]).unwrap(), golden, "{name}");
    }
}

#[test]
fn every_event_type_and_version_has_a_golden_example() {
    let golden = golden();
    let held: BTreeSet<(&str, u64)> = golden
        .iter()
        .map(|(_, g)| (g["type"].as_str().unwrap(), g["v"].as_u64().unwrap()))
        .collect();
    let all = schema::all();
    let promised: BTreeSet<(&str, u64)> = all
        .iter()
        .map(|event| (event.type_, u64::from(event.v)))
        .collect();
    assert_eq!(promised, held);
    assert_eq!(
        promised.len(),
        all.len(),
        "an event type belongs to one decider"
    );
}

#[test]
fn every_golden_event_is_valid_by_its_schema_and_one_that_lacks_a_field_is_not() {
    for (name, golden) in golden() {
        let all = schema::all();
        let event = all
            .iter()
            .find(|event| golden["type"] == event.type_ && golden["v"] == event.v)
            .unwrap();
        let validator = jsonschema::validator_for(event.schema.as_value()).unwrap();
        let problems: Vec<String> = validator
            .iter_errors(&golden["data"])
            .map(|error| error.to_string())
            .collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
        let required = event
            .schema
            .get("required")
            .and_then(Value::as_array)
            .unwrap();
        for field in required.iter().map(|field| field.as_str().unwrap()) {
            let mut less = golden["data"].clone();
            less.as_object_mut().unwrap().remove(field);
            assert!(!validator.is_valid(&less), "{name} without {field}");
        }
    }
}

/// `HOMEROOM_WRITE_SCHEMAS=1` writes them instead.
#[test]
fn the_schemas_of_all_events_are_current() {
    let folder = folder("events");
    let files = schema::files().unwrap();
    if std::env::var_os("HOMEROOM_WRITE_SCHEMAS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, content) in &files {
            std::fs::write(folder.join(name), content).unwrap();
        }
    }
    for (name, content) in &files {
        let written = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert_eq!(
            &written, content,
            "schemas/events/{name} is not current: run `just schemas`"
        );
    }
    let expected: BTreeSet<String> = files.into_iter().map(|(name, _)| name).collect();
    let present: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(present, expected, "a schema of an event that is no more");
}
