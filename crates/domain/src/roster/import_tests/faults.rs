use super::*;

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
