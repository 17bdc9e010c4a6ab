//! People: members, enrolment, guardians.

use super::*;

#[test]
fn a_student_is_found_by_number_with_class_dorm_and_a_sealed_identity() {
    let (_views, directory) =
        directory(&[&[opened("c1", "24JY1", "计应1班"), enrolled("p1", "c1")]]);
    let student = directory
        .person_by_number(&mark("number of p1"))
        .unwrap()
        .unwrap();
    assert_eq!(student, directory.person(&person("p1")).unwrap().unwrap());
    assert_eq!(
        (student.kind, student.class.clone()),
        (PersonKind::Student, Some(class("c1")))
    );
    assert_eq!(
        (student.dorm.as_deref(), &student.number),
        (Some("3-502"), &mark("number of p1"))
    );
    assert_eq!(student.identity, sealed("p1", "first"));
    assert_eq!(
        directory
            .person_by_number(&mark("number of nobody"))
            .unwrap(),
        None
    );
    assert_eq!(directory.person(&person("p2")).unwrap(), None);
}

#[test]
fn a_student_who_moves_is_a_member_of_the_new_class_alone() {
    let moved = StudentMoved {
        student: person("p1"),
        from: class("c1"),
        to: class("c2"),
        on: date(MORNING),
    };
    let (_views, directory) = directory(&[
        &[
            opened("c1", "24JY1", "计应1班"),
            opened("c2", "24JY2", "计应2班"),
        ],
        &[
            enrolled("p1", "c1"),
            enrolled("p2", "c1"),
            enrolled("p3", "c2"),
        ],
        &[RosterEvent::StudentMoved(moved)],
    ]);
    assert_eq!(members(&directory, "c1"), ["p2"]);
    assert_eq!(members(&directory, "c2"), ["p1", "p3"]);
    let before = date(MORNING).pred_opt().unwrap();
    let then = directory.members(&class("c1"), before).unwrap();
    assert_eq!(then.len(), 2, "on the day before, p1 was still one of it");
    assert_eq!(
        directory.person(&person("p1")).unwrap().unwrap().class,
        Some(class("c2"))
    );
}

#[test]
fn corrections_replace_what_was_said_and_nothing_else() {
    let student = StudentCorrected {
        student: person("p1"),
        dorm: None,
        identity: mark("other"),
        sealed: sealed("p1", "second"),
    };
    let staff = StaffCorrected {
        staff: person("t1"),
        identity: mark("other"),
        sealed: sealed("t1", "second"),
    };
    let (_views, directory) = directory(&[
        &[
            opened("c1", "24JY1", "计应1班"),
            enrolled("p1", "c1"),
            joined("t1"),
        ],
        &[
            RosterEvent::StudentCorrected(student),
            RosterEvent::StaffCorrected(staff),
        ],
    ]);
    let student = directory.person(&person("p1")).unwrap().unwrap();
    assert_eq!((student.dorm, student.class), (None, Some(class("c1"))));
    assert_eq!(student.identity, sealed("p1", "second"));
    let staff = directory
        .person_by_number(&mark("number of t1"))
        .unwrap()
        .unwrap();
    assert_eq!(
        (staff.kind, staff.class, staff.identity),
        (PersonKind::Staff, None, sealed("t1", "second"))
    );
}

/// A class with the student `p1`, and these events after.
fn class_of_one(more: &[RosterEvent]) -> (TempDir, Directory) {
    directory(&[
        &[opened("c1", "24JY1", "计应1班"), enrolled("p1", "c1")],
        more,
    ])
}

#[test]
fn a_suspended_student_is_a_member_without_duty_from_that_date_until_back() {
    let suspended = StudentSuspended {
        student: person("p1"),
        from: "2026-11-10".parse().unwrap(),
    };
    let resumed = StudentResumed {
        student: person("p1"),
        from: "2026-11-23".parse().unwrap(),
    };
    let (_views, directory) = class_of_one(&[
        RosterEvent::StudentSuspended(suspended),
        RosterEvent::StudentResumed(resumed),
    ]);
    let on = |date: &str| {
        let date = date.parse().unwrap();
        let members = directory.members(&class("c1"), date).unwrap().len();
        (
            members,
            directory.on_duty(&class("c1"), date).unwrap().len(),
        )
    };
    assert_eq!(on("2026-08-31"), (0, 0), "not enrolled yet");
    assert_eq!(on("2026-11-09"), (1, 1));
    assert_eq!(on("2026-11-10"), (1, 0));
    assert_eq!(on("2026-11-22"), (1, 0));
    assert_eq!(on("2026-11-23"), (1, 1));
}

#[test]
fn whoever_has_left_is_no_member_and_holds_nothing_from_that_instant_and_may_come_back() {
    let until = moment("2026-11-24T00:00:00+08:00");
    let left = StudentLeft {
        student: person("p1"),
        last_day: "2026-11-23".parse().unwrap(),
        until,
        how: Leaving::Left,
    };
    let left = RosterEvent::StudentLeft(left);
    let (_views, gone) = class_of_one(std::slice::from_ref(&left));
    assert_eq!(members(&gone, "c1"), ["p1"], "the last day is a day");
    let next = "2026-11-24".parse().unwrap();
    assert_eq!(gone.on_duty(&class("c1"), next).unwrap(), []);
    assert_eq!(offices(&gone, "p1", until.plus_ms(-1)), [of_student("p1")]);
    assert_eq!(offices(&gone, "p1", until), []);
    let back = RosterEvent::StudentEnrolled(StudentEnrolled {
        on: "2026-12-01".parse().unwrap(),
        ..match enrolled("p1", "c1") {
            RosterEvent::StudentEnrolled(e) => e,
            _ => unreachable!(),
        }
    });
    let (_views, back) = class_of_one(&[left, back]);
    assert_eq!(back.on_duty(&class("c1"), next).unwrap(), []);
    let day = "2026-12-01".parse().unwrap();
    assert_eq!(back.on_duty(&class("c1"), day).unwrap(), [person("p1")]);
    assert_eq!(offices(&back, "p1", until), [of_student("p1")]);
}

#[test]
fn a_guardian_acts_for_the_child_until_taken_off() {
    let registered = GuardianRegistered {
        guardian: person("g1"),
        number: mark("13800000000"),
        identity: mark("whole"),
        sealed: sealed("g1", "first"),
    };
    let pair = || (person("g1"), person("p1"));
    let (guardian, student) = pair();
    let added = RosterEvent::GuardianAdded(GuardianAdded { guardian, student });
    let events = [RosterEvent::GuardianRegistered(registered), added];
    let (_views, directory) = class_of_one(&events);
    let of_child = Office {
        role: Role::Guardian,
        ..of_student("p1")
    };
    assert_eq!(offices(&directory, "g1", morning()), [of_child]);
    let guardians = directory.guardians(&person("p1")).unwrap();
    assert_eq!(guardians[0].kind, PersonKind::Guardian);
    let (guardian, student) = pair();
    let removed = RosterEvent::GuardianRemoved(GuardianRemoved { guardian, student });
    let (_views, directory) = class_of_one(&[events[0].clone(), events[1].clone(), removed]);
    assert_eq!(offices(&directory, "g1", morning()), []);
    assert_eq!(directory.guardians(&person("p1")).unwrap(), []);
}

#[test]
fn what_an_action_on_a_student_is_about_is_the_student_the_class_and_its_grade() {
    let (_views, directory) = class_of_one(&[]);
    let student = directory.person(&person("p1")).unwrap().unwrap();
    assert_eq!(
        directory.target(&student).unwrap(),
        Target::student(person("p1"), class("c1"), 2024)
    );
}
