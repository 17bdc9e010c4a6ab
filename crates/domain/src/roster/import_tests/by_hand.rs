//! What was decided by hand outlives a file.

use super::*;

fn subject(code: &str) -> Office {
    Office {
        role: Role::SubjectTeacher,
        scope: Scope::Class(class(code)),
        title: None,
    }
}

#[test]
fn an_office_appointed_by_hand_is_not_ended_because_no_file_lists_it() {
    let mut before = import(&[], &roster());
    let guard = Office {
        role: Role::Guard,
        scope: Scope::School,
        title: None,
    };
    let cadre = Office {
        role: Role::ClassCadre,
        scope: Scope::Class(class("24A")),
        title: Some("团支书".into()),
    };
    before.push(by_hand("T3", guard));
    before.push(by_hand("S1", cadre));
    assert_eq!(import(&before, &roster()), []);
}

#[test]
fn an_office_ended_by_hand_does_not_begin_again_because_a_file_still_lists_it() {
    let mut before = import(&[], &roster());
    before.push(ended_by_hand("T3", subject("24A")));
    assert_eq!(import(&before, &roster()), []);
    before.push(by_hand("T3", subject("24A")));
    assert_eq!(import(&before, &roster()), []);
}

#[test]
fn a_homeroom_teacher_replaced_by_hand_is_not_put_back_by_the_old_file() {
    let mut before = import(&[], &roster());
    before.push(ended_by_hand("T1", homeroom("24A")));
    before.push(by_hand("T3", homeroom("24A")));
    assert_eq!(import(&before, &roster()), []);
}

#[test]
fn a_file_that_names_yet_another_homeroom_teacher_replaces_one_appointed_by_hand() {
    let mut before = import(&[], &roster());
    before.push(ended_by_hand("T1", homeroom("24A")));
    before.push(by_hand("T3", homeroom("24A")));
    let mut newer = roster();
    newer.classes[0].homeroom_teacher = mark("T2");
    newer.staff[0] = staff_line(2, "T1", Role::SubjectTeacher, &["24级乙班"]);
    newer.staff[1].scopes = vec!["24级乙班".into(), "24级甲班".into()];
    let events = import(&before, &newer);
    assert_eq!(
        events,
        [
            appointed("T1", subject("24B")),
            ended("T3", homeroom("24A")),
            appointed("T2", homeroom("24A")),
        ]
    );
    before.extend(events);
    assert_eq!(import(&before, &newer), []);
}

#[test]
fn whoever_stands_in_for_a_holder_whom_a_file_replaces_stands_in_no_longer() {
    let mut before = import(&[], &roster());
    let RosterEvent::OfficeAppointed(deputy) = by_hand("T3", homeroom("24A")) else {
        unreachable!()
    };
    let deputy = OfficeAppointed {
        to: Some(at("2026-12-01T00:00:00+08:00")),
        deputises_for: Some(person("T1")),
        ..deputy
    };
    before.push(RosterEvent::OfficeAppointed(deputy));
    assert_eq!(
        import(&before, &roster()),
        [],
        "a deputy is no second teacher"
    );
    let mut newer = roster();
    newer.classes[0].homeroom_teacher = mark("T2");
    newer.staff[0] = staff_line(2, "T1", Role::SubjectTeacher, &["24级乙班"]);
    newer.staff[1].scopes = vec!["24级乙班".into(), "24级甲班".into()];
    let ends: Vec<_> = import(&before, &newer)
        .into_iter()
        .filter_map(|event| match event {
            RosterEvent::OfficeEnded(e) => Some((e.person, e.deputises_for)),
            _ => None,
        })
        .collect();
    assert_eq!(
        ends,
        [(person("T1"), None), (person("T3"), Some(person("T1"))),]
    );
}
