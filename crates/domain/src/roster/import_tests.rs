use super::*;
use crate::office::{Office, Scope};
use crate::roster::*;
use crate::sealed::Category;
use crate::testing::{at, given};

fn mark(text: &str) -> Mark {
    Mark(text.to_owned())
}

fn person(number: &str) -> PersonId {
    PersonId::parse(&format!("p{number}")).unwrap()
}

fn class(code: &str) -> ClassId {
    ClassId::parse(&format!("c{code}")).unwrap()
}

fn sealed(number: &str) -> Sealed {
    Sealed {
        person: person(number),
        category: Category::Identity,
        ciphertext: "AAAA".into(),
    }
}

fn class_line(line: u32, code: &str, name: &str, teacher: &str) -> ClassLine {
    ClassLine {
        line,
        id: class(code),
        code: code.into(),
        name: name.into(),
        entered: 2024,
        major: "计算机应用".into(),
        homeroom_teacher: mark(teacher),
    }
}

fn staff_line(line: u32, number: &str, role: Role, scopes: &[&str]) -> StaffLine {
    StaffLine {
        line,
        person: person(number),
        number: mark(number),
        identity: mark(&format!("identity of {number}")),
        sealed: sealed(number),
        role,
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
    }
}

fn student_line(line: u32, number: &str, class: &str) -> StudentLine {
    StudentLine {
        line,
        person: person(number),
        number: mark(number),
        identity: mark(&format!("identity of {number}")),
        sealed: sealed(number),
        class: class.into(),
        dorm: Some("A505".into()),
    }
}

fn cadre_line(line: u32, student: &str, role: Role, scope: &str, title: &str) -> CadreLine {
    CadreLine {
        line,
        student: mark(student),
        role,
        scope: scope.into(),
        title: title.into(),
    }
}

/// Two classes, their teachers, an officer, a counsellor, a student each, a cadre of the class and one of the department.
fn roster() -> ImportRoster {
    ImportRoster {
        classes: vec![
            class_line(2, "24A", "24级甲班", "T1"),
            class_line(3, "24B", "24级乙班", "T2"),
        ],
        staff: vec![
            staff_line(2, "T1", Role::HomeroomTeacher, &["24级甲班"]),
            staff_line(3, "T2", Role::HomeroomTeacher, &["24级乙班"]),
            staff_line(4, "T3", Role::SubjectTeacher, &["24级甲班", "24级乙班"]),
            staff_line(5, "T4", Role::Counsellor, &["24级"]),
            staff_line(6, "T5", Role::StudentAffairsOfficer, &["综职系"]),
        ],
        students: vec![
            student_line(2, "S1", "24级甲班"),
            student_line(3, "S2", "24级乙班"),
        ],
        cadres: vec![
            cadre_line(2, "S1", Role::ClassCadre, "24级甲班", "考勤委员"),
            cadre_line(3, "S2", Role::DepartmentCadre, "综职系", "卫生部"),
        ],
    }
}

fn import(before: &[RosterEvent], roster: &ImportRoster) -> Vec<RosterEvent> {
    given::<RosterDecider>(before.to_vec())
        .when(roster, &(), at("06:00:00"))
        .events()
}

/// The faults as `(at, code)`.
fn faults(before: &[RosterEvent], roster: &ImportRoster) -> Vec<(String, &'static str)> {
    let refused = given::<RosterDecider>(before.to_vec())
        .when(roster, &(), at("06:00:00"))
        .then_refused(RefusalKind::Invalid, "roster-refused");
    for fault in refused.faults() {
        assert!(
            fault.chinese.ends_with('。') && fault.english.ends_with('.'),
            "{fault:?}"
        );
    }
    refused
        .faults()
        .into_iter()
        .map(|fault| (fault.at, fault.code))
        .collect()
}

fn one_fault(roster: &ImportRoster) -> (String, &'static str) {
    let mut faults = faults(&[], roster);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.remove(0)
}

fn homeroom(class_code: &str) -> Office {
    Office {
        role: Role::HomeroomTeacher,
        scope: Scope::Class(class(class_code)),
        title: None,
    }
}

fn appointed(number: &str, office: Office) -> RosterEvent {
    RosterEvent::OfficeAppointed(OfficeAppointed {
        person: person(number),
        office,
    })
}

fn ended(number: &str, office: Office) -> RosterEvent {
    RosterEvent::OfficeEnded(OfficeEnded {
        person: person(number),
        office,
    })
}

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
fn every_fault_is_named_at_once_and_nothing_is_half_imported() {
    let mut bad = roster();
    bad.students.push(student_line(4, "S1", "24级甲班"));
    bad.students.push(student_line(5, "S3", "没有这个班"));
    bad.cadres
        .push(cadre_line(4, "S404", Role::ClassCadre, "24级甲班", "班长"));
    bad.classes[1].homeroom_teacher = mark("T404");
    assert_eq!(
        faults(&[], &bad),
        [
            ("students.csv:4:学号".to_owned(), "repeated"),
            ("students.csv:5:班级".to_owned(), "unknown-class"),
            (
                "classes.csv:3:班主任工号".to_owned(),
                "unknown-homeroom-teacher"
            ),
            ("cadres.csv:4:学号".to_owned(), "unknown-student"),
        ]
    );
}

#[test]
fn a_class_code_or_name_that_stands_twice_is_a_fault() {
    let mut bad = roster();
    bad.classes.push(class_line(4, "24A", "24级丁班", "T1"));
    assert_eq!(
        one_fault(&bad),
        ("classes.csv:4:班级代码".into(), "repeated")
    );
    let mut bad = roster();
    bad.classes.push(class_line(4, "24D", "24级甲班", "T1"));
    assert_eq!(one_fault(&bad), ("classes.csv:4:班级".into(), "repeated"));
}

#[test]
fn a_class_name_of_another_class_from_before_is_a_fault() {
    let first = import(&[], &roster());
    let classes = vec![class_line(2, "24Z", "24级甲班", "T1")];
    let bad = ImportRoster {
        classes,
        ..ImportRoster::default()
    };
    assert_eq!(
        faults(&first, &bad),
        [("classes.csv:2:班级".to_owned(), "class-name-taken")]
    );
}

#[test]
fn two_homeroom_teachers_of_one_class_are_a_fault() {
    let mut contradicting = roster();
    contradicting.staff[1].scopes.push("24级甲班".into());
    assert_eq!(
        one_fault(&contradicting),
        ("staff.csv:3:范围".into(), "two-homeroom-teachers")
    );
    let first = import(&[], &roster());
    let two = ImportRoster {
        staff: vec![
            staff_line(2, "T1", Role::HomeroomTeacher, &["24级甲班"]),
            staff_line(3, "T2", Role::HomeroomTeacher, &["24级甲班"]),
        ],
        ..ImportRoster::default()
    };
    assert_eq!(
        faults(&first, &two),
        [("staff.csv:3:范围".to_owned(), "two-homeroom-teachers")]
    );
}

#[test]
fn a_student_is_no_homeroom_teacher() {
    let mut bad = roster();
    bad.classes[0].homeroom_teacher = mark("S1");
    bad.staff.remove(0);
    assert_eq!(
        one_fault(&bad),
        (
            "classes.csv:2:班主任工号".into(),
            "unknown-homeroom-teacher"
        )
    );
}

#[test]
fn scopes_that_are_nearly_a_class_or_a_grade_are_faults_and_no_departments() {
    for (role, scope, code) in [
        (Role::SubjectTeacher, "综职系", "unknown-class"),
        (Role::SubjectTeacher, "24级", "unknown-class"),
        (Role::Counsellor, "24级戊班", "unknown-class"),
        (Role::Counsellor, "29级", "unknown-grade"),
        (Role::Counsellor, "二四级", "unknown-grade"),
        (Role::Counsellor, " ", "text-length"),
    ] {
        let mut bad = roster();
        bad.staff[3] = staff_line(5, "T4", role, &[scope]);
        assert_eq!(
            one_fault(&bad),
            ("staff.csv:5:范围".into(), code),
            "{scope}"
        );
    }
    let mut nothing = roster();
    nothing.staff[3].scopes.clear();
    assert_eq!(
        one_fault(&nothing),
        ("staff.csv:5:范围".into(), "scope-missing")
    );
}

#[test]
fn a_grade_may_be_written_with_two_or_four_digits() {
    let mut four = roster();
    four.staff[3].scopes = vec!["2024级".into()];
    assert_eq!(import(&import(&[], &roster()), &four), []);
}

#[test]
fn a_cadre_belongs_to_the_class() {
    let mut bad = roster();
    bad.cadres[0].scope = "24级乙班".into();
    assert_eq!(
        one_fault(&bad),
        ("cadres.csv:2:范围".into(), "cadre-of-another-class")
    );
    bad.cadres[0].scope = "24级戊班".into();
    assert_eq!(
        one_fault(&bad),
        ("cadres.csv:2:范围".into(), "unknown-class")
    );
    bad.cadres[0] = cadre_line(2, "T5", Role::ClassCadre, "24级甲班", "班长");
    assert_eq!(
        one_fault(&bad),
        ("cadres.csv:2:学号".into(), "unknown-student")
    );
    bad.cadres[0] = cadre_line(2, "S1", Role::SchoolLeader, "综职系", "校长");
    assert_eq!(
        one_fault(&bad),
        ("cadres.csv:2:类别".into(), "unknown-cadre")
    );
}

#[test]
fn the_same_line_twice_is_a_fault() {
    let mut bad = roster();
    bad.cadres.push(cadre_line(
        4,
        "S1",
        Role::ClassCadre,
        "24级甲班",
        "考勤委员",
    ));
    assert_eq!(one_fault(&bad), ("cadres.csv:4:学号".into(), "repeated"));
    let mut bad = roster();
    bad.staff.push(staff_line(
        7,
        "T5",
        Role::StudentAffairsOfficer,
        &["综职系"],
    ));
    assert_eq!(one_fault(&bad), ("staff.csv:7:范围".into(), "repeated"));
}

#[test]
fn a_staff_number_under_two_names_is_a_fault() {
    let mut bad = roster();
    let mut line = staff_line(7, "T5", Role::SubjectTeacher, &["24级甲班"]);
    line.identity = mark("somebody else");
    bad.staff.push(line);
    assert_eq!(
        one_fault(&bad),
        ("staff.csv:7:工号".into(), "same-number-two-people")
    );
}

#[test]
fn a_number_is_a_students_or_a_member_of_staffs_whoever_came_first() {
    let mut bad = roster();
    bad.students.push(student_line(4, "T5", "24级甲班"));
    assert_eq!(
        one_fault(&bad),
        ("students.csv:4:学号".into(), "number-of-staff")
    );
    let first = import(&[], &roster());
    let staff = vec![staff_line(2, "S1", Role::SubjectTeacher, &["24级甲班"])];
    let bad = ImportRoster {
        staff,
        ..ImportRoster::default()
    };
    assert_eq!(
        faults(&first, &bad),
        [("staff.csv:2:工号".to_owned(), "number-of-a-student")]
    );
}

#[test]
fn a_line_read_against_an_older_roster_is_refused_instead_of_enrolling_a_number_twice() {
    let first = import(&[], &roster());
    let mut line = student_line(2, "S1", "24级甲班");
    line.person = person("S1again");
    let stale = ImportRoster {
        students: vec![line],
        ..ImportRoster::default()
    };
    assert_eq!(
        faults(&first, &stale),
        [("students.csv:2:学号".to_owned(), "roster-moved-on")]
    );
}

#[test]
fn texts_have_a_limit() {
    let mut bad = roster();
    bad.cadres[0].title = "长".repeat(61);
    assert_eq!(one_fault(&bad), ("cadres.csv:2:职务".into(), "text-length"));
    let mut bad = roster();
    bad.students[0].dorm = Some("A\n505".into());
    bad.cadres.remove(0);
    assert_eq!(
        one_fault(&bad),
        ("students.csv:2:宿舍".into(), "text-length")
    );
    let mut bad = roster();
    bad.classes.push(class_line(4, "24D", "24级丁班", "T1"));
    bad.classes[2].entered = 20;
    assert_eq!(
        one_fault(&bad),
        ("classes.csv:4:入学年份".into(), "impossible-year")
    );
}
