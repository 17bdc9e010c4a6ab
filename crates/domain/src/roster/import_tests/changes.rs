use super::*;

#[test]
fn a_first_import_opens_the_classes_enrols_everybody_and_appoints_all_offices() {
    let events = import(&[], &roster());
    let count =
        |wanted: fn(&RosterEvent) -> bool| events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|e| matches!(e, RosterEvent::ClassOpened(_))), 2);
    assert_eq!(count(|e| matches!(e, RosterEvent::StaffJoined(_))), 5);
    assert_eq!(count(|e| matches!(e, RosterEvent::StudentEnrolled(_))), 2);
    assert_eq!(
        count(|e| matches!(e, RosterEvent::OfficeAppointed(_))),
        2 + 2 + 1 + 1 + 2
    );
    assert_eq!(events.len(), 2 + 5 + 2 + 8);
    for office in [
        appointed("T1", homeroom("24A")),
        appointed(
            "T4",
            Office {
                role: Role::Counsellor,
                scope: Scope::Grade(2024),
                title: None,
            },
        ),
        appointed(
            "T5",
            Office {
                role: Role::StudentAffairsOfficer,
                scope: Scope::Department("综职系".into()),
                title: None,
            },
        ),
        appointed(
            "S1",
            Office {
                role: Role::ClassCadre,
                scope: Scope::Class(class("24A")),
                title: Some("考勤委员".into()),
            },
        ),
    ] {
        assert!(events.contains(&office), "{office:?}");
    }
}

#[test]
fn the_same_roster_again_changes_nothing() {
    let first = import(&[], &roster());
    assert_eq!(import(&first, &roster()), []);
}

#[test]
fn lines_that_are_absent_change_nothing() {
    let first = import(&[], &roster());
    let part = ImportRoster {
        students: vec![student_line(2, "S2", "24级乙班")],
        ..ImportRoster::default()
    };
    assert_eq!(import(&first, &part), []);
    assert_eq!(import(&first, &ImportRoster::default()), []);
}

#[test]
fn later_files_may_refer_to_classes_and_people_known_from_before() {
    let first = import(&[], &roster());
    let part = ImportRoster {
        students: vec![student_line(2, "S9", "24级甲班")],
        cadres: vec![cadre_line(
            2,
            "S1",
            Role::ClassCadre,
            "24级甲班",
            "考勤委员",
        )],
        ..ImportRoster::default()
    };
    let events = import(&first, &part);
    assert!(
        matches!(&events[..], [RosterEvent::StudentEnrolled(e)] if e.class == class("24A")),
        "{events:?}"
    );
}

#[test]
fn a_changed_line_corrects_the_person_and_nobody_else() {
    let first = import(&[], &roster());
    let mut changed = roster();
    changed.students[0].identity = mark("another phone");
    changed.students[1].dorm = None;
    changed.staff[2].identity = mark("another name");
    changed.classes[1].name = "24级丙班".into();
    changed.students[1].class = "24级丙班".into();
    changed.staff[1].scopes = vec!["24级丙班".into()];
    changed.staff[2].scopes = vec!["24级甲班".into(), "24级丙班".into()];
    let events = import(&first, &changed);
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| match event {
            RosterEvent::ClassCorrected(e) if e.class == class("24B") && e.name == "24级丙班" => {
                "class"
            }
            RosterEvent::StaffCorrected(e) if e.staff == person("T3") => "staff",
            RosterEvent::StudentCorrected(e) if e.student == person("S1") => "S1",
            RosterEvent::StudentCorrected(e) if e.student == person("S2") && e.dorm.is_none() => {
                "S2"
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["class", "staff", "S1", "S2"]);
}

#[test]
fn a_student_who_moves_leaves_the_offices_of_the_old_class_behind() {
    let first = import(&[], &roster());
    let moved = ImportRoster {
        students: vec![student_line(2, "S1", "24级乙班")],
        ..ImportRoster::default()
    };
    let cadre = Office {
        role: Role::ClassCadre,
        scope: Scope::Class(class("24A")),
        title: Some("考勤委员".into()),
    };
    let step = StudentMoved {
        student: person("S1"),
        from: class("24A"),
        to: class("24B"),
        on: "2026-11-23".parse().unwrap(),
    };
    assert_eq!(
        import(&first, &moved),
        [RosterEvent::StudentMoved(step), ended("S1", cadre)]
    );
}

#[test]
fn another_homeroom_teacher_takes_the_class_over() {
    let first = import(&[], &roster());
    let mut changed = roster();
    changed.classes[0].homeroom_teacher = mark("T2");
    changed.staff[0] = staff_line(2, "T1", Role::SubjectTeacher, &["24级甲班"]);
    changed.staff[1].scopes = vec!["24级乙班".into(), "24级甲班".into()];
    let subject = Office {
        role: Role::SubjectTeacher,
        scope: Scope::Class(class("24A")),
        title: None,
    };
    let events = import(&first, &changed);
    let expected = [
        appointed("T1", subject),
        ended("T1", homeroom("24A")),
        appointed("T2", homeroom("24A")),
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_class_keeps_its_homeroom_teacher_until_another_is_named() {
    let first = import(&[], &roster());
    let staff = vec![staff_line(2, "T1", Role::SubjectTeacher, &["24级甲班"])];
    let events = import(
        &first,
        &ImportRoster {
            staff,
            ..ImportRoster::default()
        },
    );
    assert!(
        matches!(&events[..], [RosterEvent::OfficeAppointed(_)]),
        "{events:?}"
    );
}

#[test]
fn a_member_of_staff_who_is_listed_holds_what_is_listed_and_no_more() {
    let first = import(&[], &roster());
    let staff = vec![staff_line(2, "T3", Role::SubjectTeacher, &["24级乙班"])];
    let left = Office {
        role: Role::SubjectTeacher,
        scope: Scope::Class(class("24A")),
        title: None,
    };
    assert_eq!(
        import(
            &first,
            &ImportRoster {
                staff,
                ..ImportRoster::default()
            }
        ),
        [ended("T3", left)]
    );
    let staff = vec![staff_line(2, "T4", Role::DepartmentSecretary, &["综职系"])];
    let counsellor = Office {
        role: Role::Counsellor,
        scope: Scope::Grade(2024),
        title: None,
    };
    let secretary = Office {
        role: Role::DepartmentSecretary,
        scope: Scope::Department("综职系".into()),
        title: None,
    };
    let promoted = import(
        &first,
        &ImportRoster {
            staff,
            ..ImportRoster::default()
        },
    );
    assert_eq!(
        promoted,
        [ended("T4", counsellor), appointed("T4", secretary)]
    );
}

#[test]
fn a_cadre_with_another_title_gives_the_old_one_up() {
    let first = import(&[], &roster());
    let cadres = vec![cadre_line(2, "S1", Role::ClassCadre, "24级甲班", "班长")];
    let events = import(
        &first,
        &ImportRoster {
            cadres,
            ..ImportRoster::default()
        },
    );
    let cadre = |title: &str| {
        let scope = Scope::Class(class("24A"));
        Office {
            role: Role::ClassCadre,
            scope,
            title: Some(title.into()),
        }
    };
    assert_eq!(
        events,
        [
            ended("S1", cadre("考勤委员")),
            appointed("S1", cadre("班长"))
        ]
    );
}

#[test]
fn one_person_may_stand_on_several_lines_with_an_office_each() {
    let mut twice = roster();
    twice
        .staff
        .push(staff_line(7, "T1", Role::SubjectTeacher, &["24级乙班"]));
    let events = import(&[], &twice);
    assert_eq!(
        events
            .iter()
            .filter(|e| matches!(e, RosterEvent::StaffJoined(_)))
            .count(),
        5
    );
    assert_eq!(import(&events, &twice), []);
}

#[test]
fn a_grade_may_be_written_with_two_or_four_digits() {
    let mut four = roster();
    four.staff[3].scopes = vec!["2024级".into()];
    assert_eq!(import(&import(&[], &roster()), &four), []);
}
