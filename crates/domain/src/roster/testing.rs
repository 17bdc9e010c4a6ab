//! The school that the tests of the roster play with.

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role, Scope};
use crate::sealed::{Category, Mark, Sealed};
use crate::testing::{Outcome, at, given};
use crate::time::{Moment, Zone};

use super::*;

pub(in crate::roster) fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

pub(in crate::roster) fn class(text: &str) -> ClassId {
    ClassId::parse(text).unwrap()
}

pub(in crate::roster) fn identity(of: &str) -> (Mark, Mark, Sealed) {
    let sealed = Sealed {
        person: person(of),
        category: Category::Identity,
        ciphertext: "AAAA".into(),
    };
    (Mark(of.into()), Mark(format!("identity of {of}")), sealed)
}

pub(in crate::roster) fn opened(id: &str, entered: u16) -> RosterEvent {
    RosterEvent::ClassOpened(ClassOpened {
        class: class(id),
        code: id.into(),
        name: format!("班级{id}"),
        entered,
        major: "计算机应用".into(),
    })
}

pub(in crate::roster) fn joined(of: &str) -> RosterEvent {
    let (number, identity, sealed) = identity(of);
    RosterEvent::StaffJoined(StaffJoined {
        staff: person(of),
        number,
        identity,
        sealed,
    })
}

pub(in crate::roster) fn enrolled(of: &str, into: &str) -> RosterEvent {
    let (number, identity, sealed) = identity(of);
    RosterEvent::StudentEnrolled(StudentEnrolled {
        student: person(of),
        class: class(into),
        on: "2026-09-01".parse().unwrap(),
        dorm: None,
        number,
        identity,
        sealed,
    })
}

pub(in crate::roster) fn office(role: Role, scope: Scope) -> Office {
    Office {
        role,
        scope,
        title: None,
    }
}

pub(in crate::roster) fn homeroom(of: &str) -> Office {
    office(Role::HomeroomTeacher, Scope::Class(class(of)))
}

pub(in crate::roster) fn department() -> Scope {
    Scope::Department("综职系".into())
}

pub(in crate::roster) fn appointed(who: &str, office: Office) -> OfficeAppointed {
    OfficeAppointed {
        person: person(who),
        office,
        from: Moment::MIN,
        to: None,
        deputises_for: None,
        imported: true,
    }
}

/// Two classes of a year and one of the year before; their teacher t1 of c1, the officer, the secretary, the school
/// leader and the IT admin; t2 and t3 with no office; the students s1 of c1 and s2 of c2.
pub(in crate::roster) fn school() -> Vec<RosterEvent> {
    let mut events = vec![opened("c1", 2024), opened("c2", 2024), opened("c3", 2023)];
    events.extend(["t1", "t2", "t3", "officer", "secretary", "leader", "it"].map(joined));
    events.extend([enrolled("s1", "c1"), enrolled("s2", "c2")]);
    let offices = [
        ("t1", homeroom("c1")),
        ("officer", office(Role::StudentAffairsOfficer, department())),
        ("secretary", office(Role::DepartmentSecretary, department())),
        ("leader", office(Role::SchoolLeader, Scope::School)),
        ("it", office(Role::ItAdmin, Scope::School)),
    ];
    let offices = offices.map(|(who, office)| RosterEvent::OfficeAppointed(appointed(who, office)));
    events.extend(offices);
    events
}

pub(in crate::roster) fn asks(
    events: &[RosterEvent],
    actor: Option<&str>,
    command: impl Into<RosterCommand>,
    time: &str,
) -> Outcome<RosterDecider> {
    let facts = RosterFacts {
        actor: actor.map(person),
        zone: Zone::Asia__Shanghai,
    };
    given::<RosterDecider>(events.to_vec()).when(&command.into(), &facts, at(time))
}
