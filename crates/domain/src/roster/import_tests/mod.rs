mod by_hand;
mod changes;
mod faults;

use super::*;
use crate::office::{Office, Scope};
use crate::roster::*;
use crate::sealed::Category;
use crate::testing::{at, given};
use crate::time::Zone;

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

fn facts() -> RosterFacts {
    RosterFacts {
        actor: None,
        zone: Zone::Asia__Shanghai,
    }
}

fn import(before: &[RosterEvent], roster: &ImportRoster) -> Vec<RosterEvent> {
    given::<RosterDecider>(before.to_vec())
        .when(
            &RosterCommand::Import(roster.clone()),
            &facts(),
            at("06:00:00"),
        )
        .events()
}

/// The faults as `(at, code)`.
fn faults(before: &[RosterEvent], roster: &ImportRoster) -> Vec<(String, &'static str)> {
    let refused = given::<RosterDecider>(before.to_vec())
        .when(
            &RosterCommand::Import(roster.clone()),
            &facts(),
            at("06:00:00"),
        )
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
        from: at("06:00:00"),
        to: None,
        deputises_for: None,
        imported: true,
    })
}

fn ended(number: &str, office: Office) -> RosterEvent {
    RosterEvent::OfficeEnded(OfficeEnded {
        person: person(number),
        office,
        to: at("06:00:00"),
        deputises_for: None,
        imported: true,
    })
}

/// Appointed by hand instead.
fn by_hand(number: &str, office: Office) -> RosterEvent {
    let RosterEvent::OfficeAppointed(e) = appointed(number, office) else {
        unreachable!()
    };
    RosterEvent::OfficeAppointed(OfficeAppointed {
        imported: false,
        ..e
    })
}

/// Ended by hand instead.
fn ended_by_hand(number: &str, office: Office) -> RosterEvent {
    let RosterEvent::OfficeEnded(e) = ended(number, office) else {
        unreachable!()
    };
    RosterEvent::OfficeEnded(OfficeEnded {
        imported: false,
        ..e
    })
}
