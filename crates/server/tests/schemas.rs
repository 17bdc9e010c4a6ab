//! What stands in `schemas/` is what this API takes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use homeroom_server::{command_schemas, schema_files};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "schemas"]
        .iter()
        .collect()
}

/// `HOMEROOM_WRITE_SCHEMAS=1` writes them instead.
#[test]
fn the_description_and_the_schemas_of_all_commands_are_current() {
    let files = schema_files().unwrap();
    if std::env::var_os("HOMEROOM_WRITE_SCHEMAS").is_some() {
        std::fs::create_dir_all(folder().join("commands")).unwrap();
        for (name, content) in &files {
            std::fs::write(folder().join(name), content).unwrap();
        }
    }
    for (name, content) in &files {
        let written = std::fs::read_to_string(folder().join(name)).unwrap_or_default();
        assert_eq!(
            &written, content,
            "schemas/{name} is not current: run `just schemas`"
        );
    }
    let expected: BTreeSet<String> = files
        .iter()
        .filter_map(|(name, _)| name.strip_prefix("commands/"))
        .map(str::to_owned)
        .collect();
    let present: BTreeSet<String> = std::fs::read_dir(folder().join("commands"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(present, expected, "a schema of a command that is no more");
}

/// A body of every command, as a client sends it.
fn bodies() -> Vec<(&'static str, Value)> {
    let place = json!({"lat": 30.9123, "lng": 113.9212, "datum": "wgs84"});
    let rule = json!({
        "name": "早点名", "classes": {"only": ["26JY1"]}, "weekdays": ["Mon"],
        "opens": "06:50:00", "on_time_until": "07:10:00", "closes": "07:20:00",
        "place": {"centre": place, "radius_m": 300.0},
    });
    let template = json!({
        "name": "卫生", "full_marks_hundredths": 10_000,
        "items": [
            {"key": "floor", "label": "地面", "required": true, "kind": {"deduction": {"max_hundredths": 500}}},
            {"key": "windows", "label": "开窗", "required": false, "kind": "yes_no"},
        ],
    });
    let slip = json!({
        "type": "sick", "reason": "发烧",
        "from": "2026-11-24T08:00:00+08:00", "to": "2026-11-24T18:00:00+08:00",
    });
    let report = json!({
        "template": "t1", "class": "26JY1", "date": "2026-11-23",
        "answers": [{"item": "floor", "value": {"deduction": 250}}, {"item": "windows", "value": {"yes_no": true}}],
    });
    let holiday = json!({"date": "2026-10-01", "kind": "holiday", "name": "国庆节"});
    let office = json!({"role": "homeroom_teacher", "scope": {"class": "26JY1"}});
    vec![
        ("approve_slip", json!({})),
        ("approve_slip", json!({"comment": "好好休息"})),
        ("check_in", json!({"place": place, "accuracy_m": 5.0})),
        (
            "check_in",
            json!({"place": place, "accuracy_m": 5.0, "device": "a phone"}),
        ),
        ("create_rule", rule.clone()),
        ("file_report", report),
        ("publish_template", template.clone()),
        ("publish_template_version", template),
        ("reject_slip", json!({"reason": "没有证明"})),
        ("retire_rule", json!({})),
        ("revise_rule", json!({"version": 1, "terms": rule})),
        ("submit_slip", slip),
        (
            "add_guardian",
            json!({"phone": "13900000001", "name": "赵父"}),
        ),
        ("remove_guardian", json!({"phone": "13900000001"})),
        (
            "appoint_office",
            json!({"person": "T3", "office": office, "from": "2026-11-24T00:00:00+08:00"}),
        ),
        ("end_office", json!({"person": "T3", "office": office})),
        (
            "delegate_office",
            json!({"holder": "T1", "office": office, "deputy": "T2", "to": "2026-11-30T00:00:00+08:00"}),
        ),
        (
            "enrol_student",
            json!({"number": "2026010146", "name": "郑七", "class": "26JY1", "on": "2026-11-24"}),
        ),
        ("import_calendar", json!({"days": [holiday]})),
        (
            "set_calendar_day",
            json!({"date": "2026-10-10", "kind": "workday", "as_weekday": "Thu", "name": "调休"}),
        ),
        ("clear_calendar_day", json!({"date": "2026-10-10"})),
        ("graduate_class", json!({"last_day": "2027-06-30"})),
        (
            "let_student_leave",
            json!({"last_day": "2026-11-30", "how": "transferred_out"}),
        ),
        (
            "move_student",
            json!({"class": "26DS1", "on": "2026-11-23"}),
        ),
        ("suspend_student", json!({"from": "2026-12-01"})),
        ("resume_student", json!({"from": "2027-02-20"})),
    ]
}

#[test]
fn a_body_of_every_command_is_valid_by_its_schema_and_one_with_an_unknown_field_is_not() {
    let schemas = command_schemas();
    let mut checked = BTreeSet::new();
    for (name, body) in bodies() {
        let (_, schema) = schemas.iter().find(|(known, _)| known == name).unwrap();
        let validator = jsonschema::validator_for(schema).unwrap();
        let problems: Vec<String> = validator
            .iter_errors(&body)
            .map(|error| error.to_string())
            .collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
        let mut more = body.clone();
        more["state"] = json!("approved");
        assert!(!validator.is_valid(&more), "{name} with an unknown field");
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for field in required.iter().filter_map(Value::as_str) {
            let mut less = body.clone();
            less.as_object_mut().unwrap().remove(field);
            assert!(!validator.is_valid(&less), "{name} without {field}");
        }
        checked.insert(name);
    }
    assert_eq!(
        checked.len(),
        schemas.len(),
        "every command has a body here"
    );
}
