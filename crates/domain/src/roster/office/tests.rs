use super::*;
use crate::decider::Decider;
use crate::refusal::RefusalKind;
use crate::rights::{Target, grant};
use crate::roster::testing::*;
use crate::roster::*;
use crate::testing::{Outcome, at};

fn appoint(who: &str, office: Office) -> AppointOffice {
    AppointOffice {
        person: person(who),
        office,
        from: None,
        to: None,
    }
}

fn end(who: &str, office: Office) -> EndOffice {
    EndOffice {
        person: person(who),
        office,
        deputises_for: None,
    }
}

/// t2 stands in for t1 from noon to 18:00.
fn delegate() -> DelegateOffice {
    DelegateOffice {
        holder: person("t1"),
        office: homeroom("c1"),
        deputy: person("t2"),
        from: Some(at("12:00:00")),
        to: at("18:00:00"),
    }
}

fn after(mut events: Vec<RosterEvent>, outcome: Outcome<RosterDecider>) -> Vec<RosterEvent> {
    events.extend(outcome.events());
    events
}

/// Whether this person may approve the slips of a student of c1 at this time.
fn approves(events: &[RosterEvent], who: &str, time: &str) -> bool {
    let mut state = RosterState::default();
    for event in events {
        RosterDecider::evolve(&mut state, event, Moment::MIN);
    }
    let target = Target::student(person("s1"), class("c1"), 2024);
    grant(
        Action::ApproveSlip,
        &state.held(&person(who)),
        &target,
        at(time),
    )
    .is_some()
}

#[track_caller]
fn refused(outcome: Outcome<RosterDecider>, kind: RefusalKind, code: &str) {
    outcome.then_refused(kind, code);
}

#[test]
fn somebody_appointed_holds_the_office_from_that_instant_or_from_when_it_was_said() {
    let guard = office(Role::Guard, Scope::School);
    let now = RosterCommand::AppointOffice(appoint("t2", guard.clone()));
    let events = asks(&school(), Some("secretary"), now, "08:00:00").events();
    let RosterEvent::OfficeAppointed(e) = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!((e.from, e.to, e.imported), (at("08:00:00"), None, false));
    let later = RosterCommand::AppointOffice(AppointOffice {
        from: Some(at("09:00:00")),
        to: Some(at("10:00:00")),
        ..appoint("t2", guard.clone())
    });
    let events = asks(&school(), Some("secretary"), later, "08:00:00").events();
    let RosterEvent::OfficeAppointed(e) = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!((e.from, e.to), (at("09:00:00"), Some(at("10:00:00"))));
}

#[test]
fn a_replaced_homeroom_teacher_loses_power_at_the_instant_at_which_the_new_one_begins() {
    let replace = RosterCommand::AppointOffice(AppointOffice {
        from: Some(at("12:00:00")),
        ..appoint("t2", homeroom("c1"))
    });
    let events = after(
        school(),
        asks(&school(), Some("officer"), replace, "08:00:00"),
    );
    for (time, t1, t2) in [
        ("08:00:00", true, false),
        ("11:59:59.999", true, false),
        ("12:00:00", false, true),
        ("2027-11-23T08:00:00+08:00", false, true),
    ] {
        assert_eq!(
            (approves(&events, "t1", time), approves(&events, "t2", time)),
            (t1, t2),
            "{time}"
        );
    }
}

#[test]
fn whoever_stands_in_for_a_replaced_or_ended_holder_stands_in_no_longer() {
    let delegated = after(
        school(),
        asks(
            &school(),
            Some("t1"),
            RosterCommand::DelegateOffice(delegate()),
            "08:00:00",
        ),
    );
    assert!(approves(&delegated, "t2", "13:00:00"));
    let replaced = RosterCommand::AppointOffice(appoint("t3", homeroom("c1")));
    let ended = RosterCommand::EndOffice(end("t1", homeroom("c1")));
    for command in [replaced, ended] {
        let events = after(
            delegated.clone(),
            asks(&delegated, Some("officer"), command, "13:00:00"),
        );
        assert!(
            approves(&events, "t2", "12:59:59.999"),
            "what was is not rewritten"
        );
        assert!(!approves(&events, "t2", "13:00:00") && !approves(&events, "t1", "13:00:00"));
    }
}

#[test]
fn an_ended_office_counts_no_longer_from_that_instant_and_cannot_be_ended_twice() {
    let command = || RosterCommand::EndOffice(end("t1", homeroom("c1")));
    let events = after(
        school(),
        asks(&school(), Some("secretary"), command(), "08:00:00"),
    );
    assert!(approves(&events, "t1", "07:59:59.999") && !approves(&events, "t1", "08:00:00"));
    refused(
        asks(&events, Some("secretary"), command(), "09:00:00"),
        RefusalKind::Conflict,
        "office-not-held",
    );
}

#[test]
fn an_office_that_was_to_begin_later_and_is_ended_before_never_begins() {
    let later = RosterCommand::AppointOffice(AppointOffice {
        from: Some(at("12:00:00")),
        ..appoint("t2", homeroom("c2"))
    });
    let events = after(
        school(),
        asks(&school(), Some("officer"), later, "08:00:00"),
    );
    let command = RosterCommand::EndOffice(end("t2", homeroom("c2")));
    let events = after(
        events.clone(),
        asks(&events, Some("officer"), command, "09:00:00"),
    );
    let mut state = RosterState::default();
    for event in &events {
        RosterDecider::evolve(&mut state, event, Moment::MIN);
    }
    assert_eq!(state.held(&person("t2")), []);
}

#[test]
fn a_deputy_may_from_the_first_instant_to_the_last_and_then_no_more_by_itself() {
    let events = after(
        school(),
        asks(
            &school(),
            Some("t1"),
            RosterCommand::DelegateOffice(delegate()),
            "08:00:00",
        ),
    );
    for (time, t2) in [
        ("11:59:59.999", false),
        ("12:00:00", true),
        ("17:59:59.999", true),
        ("18:00:00", false),
    ] {
        assert_eq!(approves(&events, "t2", time), t2, "{time}");
        assert!(approves(&events, "t1", time), "the holder keeps the office");
    }
}

#[test]
fn whoever_delegated_may_end_it_early_and_so_may_whoever_appoints() {
    let delegated = after(
        school(),
        asks(
            &school(),
            Some("t1"),
            RosterCommand::DelegateOffice(delegate()),
            "08:00:00",
        ),
    );
    let command = || {
        RosterCommand::EndOffice(EndOffice {
            deputises_for: Some(person("t1")),
            ..end("t2", homeroom("c1"))
        })
    };
    for actor in ["t1", "officer", "it"] {
        let events = after(
            delegated.clone(),
            asks(&delegated, Some(actor), command(), "13:00:00"),
        );
        assert!(!approves(&events, "t2", "13:00:00") && approves(&events, "t1", "13:00:00"));
    }
    for actor in ["t2", "t3", "s1"] {
        refused(
            asks(&delegated, Some(actor), command(), "13:00:00"),
            RefusalKind::Forbidden,
            "office-not-yours",
        );
    }
}

#[test]
fn a_delegation_is_the_holders_or_the_appointers_to_give() {
    for actor in [Some("t1"), Some("officer"), Some("it"), None] {
        let delegated = RosterCommand::DelegateOffice(delegate());
        assert_eq!(
            asks(&school(), actor, delegated, "08:00:00").events().len(),
            1
        );
    }
    for actor in ["t2", "t3", "s1", "nobody"] {
        let delegated = RosterCommand::DelegateOffice(delegate());
        refused(
            asks(&school(), Some(actor), delegated, "08:00:00"),
            RefusalKind::Forbidden,
            "office-not-yours",
        );
    }
}

#[test]
fn a_delegation_cannot_outlast_the_office_nor_begin_before_it() {
    let mut events = school();
    let of_c2 = OfficeAppointed {
        from: at("10:00:00"),
        to: Some(at("16:00:00")),
        ..appointed("t1", homeroom("c2"))
    };
    events.push(RosterEvent::OfficeAppointed(of_c2));
    let asked = |from: &str, to: &str| {
        let command = DelegateOffice {
            office: homeroom("c2"),
            from: Some(at(from)),
            to: at(to),
            ..delegate()
        };
        asks(
            &events,
            Some("t1"),
            RosterCommand::DelegateOffice(command),
            "08:00:00",
        )
    };
    assert_eq!(asked("10:00:00", "16:00:00").events().len(), 1);
    for (from, to) in [("10:00:00", "16:00:00.001"), ("09:59:59.999", "16:00:00")] {
        refused(asked(from, to), RefusalKind::Denied, "outlasts-the-office");
    }
    refused(
        asked("16:00:00", "17:00:00"),
        RefusalKind::Conflict,
        "office-not-held",
    );
}

#[test]
fn a_deputy_cannot_delegate_further_in_whichever_way() {
    let mut events = after(
        school(),
        asks(
            &school(),
            Some("t1"),
            RosterCommand::DelegateOffice(delegate()),
            "08:00:00",
        ),
    );
    let stands_in = OfficeAppointed {
        deputises_for: Some(person("officer")),
        ..appointed("t2", office(Role::StudentAffairsOfficer, department()))
    };
    events.push(RosterEvent::OfficeAppointed(stands_in));
    let further = DelegateOffice {
        holder: person("t2"),
        deputy: person("t3"),
        to: at("17:00:00"),
        ..delegate()
    };
    let of_the_officer = DelegateOffice {
        holder: person("officer"),
        office: office(Role::StudentAffairsOfficer, department()),
        deputy: person("t3"),
        ..delegate()
    };
    for command in [further, of_the_officer] {
        refused(
            asks(
                &events,
                Some("t2"),
                RosterCommand::DelegateOffice(command),
                "12:00:00",
            ),
            RefusalKind::Forbidden,
            "cannot-be-delegated-further",
        );
    }
}

#[test]
fn nobody_holds_one_office_twice_at_once_and_may_hold_it_again_later() {
    let taught = || office(Role::SubjectTeacher, Scope::Class(class("c1")));
    let from_to = |from: &str, to: &str| {
        RosterCommand::AppointOffice(AppointOffice {
            from: Some(at(from)),
            to: Some(at(to)),
            ..appoint("t2", taught())
        })
    };
    let events = after(
        school(),
        asks(
            &school(),
            Some("it"),
            from_to("10:00:00", "12:00:00"),
            "08:00:00",
        ),
    );
    for (from, to) in [
        ("09:00:00", "10:00:00.001"),
        ("11:59:59.999", "13:00:00"),
        ("10:30:00", "11:00:00"),
    ] {
        refused(
            asks(&events, Some("it"), from_to(from, to), "08:00:00"),
            RefusalKind::Conflict,
            "office-already-held",
        );
    }
    for (from, to) in [("09:00:00", "10:00:00"), ("12:00:00", "13:00:00")] {
        assert_eq!(
            asks(&events, Some("it"), from_to(from, to), "08:00:00")
                .events()
                .len(),
            1
        );
    }
    let twice = after(
        school(),
        asks(
            &school(),
            Some("t1"),
            RosterCommand::DelegateOffice(delegate()),
            "08:00:00",
        ),
    );
    refused(
        asks(
            &twice,
            Some("t1"),
            RosterCommand::DelegateOffice(delegate()),
            "08:00:00",
        ),
        RefusalKind::Conflict,
        "office-already-held",
    );
}

#[test]
fn an_office_begins_no_earlier_than_now_and_ends_after_it_begins() {
    let asked = |from: &str, to: &str| {
        let command = AppointOffice {
            from: Some(at(from)),
            to: Some(at(to)),
            ..appoint("t2", homeroom("c2"))
        };
        asks(
            &school(),
            Some("it"),
            RosterCommand::AppointOffice(command),
            "08:00:00",
        )
    };
    refused(
        asked("07:59:59.999", "12:00:00"),
        RefusalKind::Denied,
        "begins-in-the-past",
    );
    refused(
        asked("09:00:00", "09:00:00"),
        RefusalKind::Invalid,
        "ends-before-it-begins",
    );
    refused(
        asked("09:00:00", "08:30:00"),
        RefusalKind::Invalid,
        "ends-before-it-begins",
    );
    assert!(!asked("08:00:00", "08:00:00.001").events().is_empty());
    let ended = DelegateOffice {
        from: None,
        to: at("07:00:00"),
        ..delegate()
    };
    refused(
        asks(
            &school(),
            Some("t1"),
            RosterCommand::DelegateOffice(ended),
            "08:00:00",
        ),
        RefusalKind::Invalid,
        "ends-before-it-begins",
    );
}

#[test]
fn an_unknown_person_and_an_office_there_is_none_of_are_refused() {
    let asked = |who: &str, office: Office| {
        asks(
            &school(),
            None,
            RosterCommand::AppointOffice(appoint(who, office)),
            "08:00:00",
        )
    };
    refused(
        asked("p404", homeroom("c1")),
        RefusalKind::NotFound,
        "unknown-person",
    );
    for (role, scope) in [
        (Role::Student, Scope::Person(person("s1"))),
        (Role::Guardian, Scope::Person(person("s1"))),
        (Role::Clock, Scope::School),
        (Role::HomeroomTeacher, Scope::Grade(2024)),
        (Role::ClassCadre, department()),
        (Role::ItAdmin, Scope::Class(class("c1"))),
        (Role::Counsellor, Scope::DormFloor("A5".into())),
    ] {
        refused(
            asked("t2", office(role, scope)),
            RefusalKind::Invalid,
            "no-such-office",
        );
    }
    for scope in [
        Scope::Class(class("c404")),
        Scope::Grade(1999),
        Scope::Department(" ".into()),
    ] {
        refused(
            asked("t2", office(Role::Counsellor, scope)),
            RefusalKind::Invalid,
            "no-such-scope",
        );
    }
    let long = Office {
        title: Some("长".repeat(61)),
        ..homeroom("c1")
    };
    refused(asked("t2", long), RefusalKind::Invalid, "text-length");
}

#[test]
fn staff_hold_the_offices_of_staff_and_students_those_of_students_of_their_own_class() {
    let asked = |who: &str, role, scope| {
        let command = RosterCommand::AppointOffice(appoint(who, office(role, scope)));
        asks(&school(), None, command, "08:00:00")
    };
    for (who, role, scope) in [
        ("s1", Role::HomeroomTeacher, Scope::Class(class("c1"))),
        ("t2", Role::ClassCadre, Scope::Class(class("c1"))),
        ("s2", Role::ClassCadre, Scope::Class(class("c1"))),
        ("t2", Role::DepartmentCadre, department()),
        ("s1", Role::ItAdmin, Scope::School),
    ] {
        refused(
            asked(who, role, scope),
            RefusalKind::Denied,
            "office-not-for-them",
        );
    }
    assert!(
        !asked("s1", Role::ClassCadre, Scope::Class(class("c1")))
            .events()
            .is_empty()
    );
    assert!(
        !asked("s2", Role::DepartmentCadre, Scope::DormFloor("A5".into()))
            .events()
            .is_empty()
    );
}

#[test]
fn who_may_appoint_to_what_is_what_the_table_of_rights_says() {
    let cadre = || ("s1", office(Role::ClassCadre, Scope::Class(class("c1"))));
    let of_c2 = || ("s2", office(Role::ClassCadre, Scope::Class(class("c2"))));
    let teacher = || ("t2", homeroom("c2"));
    let senior = || ("t2", office(Role::ItAdmin, Scope::School));
    let may = |actor: &str, (who, office): (&str, Office)| {
        let command = RosterCommand::AppointOffice(appoint(who, office));
        asks(&school(), Some(actor), command, "08:00:00")
    };
    for (actor, allowed) in [
        ("t1", [true, false, false, false]),
        ("officer", [true, true, true, false]),
        ("secretary", [true, true, true, false]),
        ("leader", [false, false, true, true]),
        ("it", [true, true, true, true]),
        ("s1", [false; 4]),
        ("t2", [false; 4]),
    ] {
        for (asked, allowed) in [cadre(), of_c2(), teacher(), senior()]
            .into_iter()
            .zip(allowed)
        {
            let said = format!("{actor} {asked:?}");
            let outcome = may(actor, asked);
            if allowed {
                assert_eq!(outcome.events().len(), 1, "{said}");
            } else {
                refused(outcome, RefusalKind::Forbidden, "office-not-yours");
            }
        }
    }
}

#[test]
fn nobody_appoints_themselves_or_stands_in_for_themselves() {
    let appointed = RosterCommand::AppointOffice(appoint("it", homeroom("c2")));
    let delegated = |deputy: &str| {
        RosterCommand::DelegateOffice(DelegateOffice {
            deputy: person(deputy),
            ..delegate()
        })
    };
    for (actor, command) in [
        ("it", appointed),
        ("t1", delegated("t1")),
        ("officer", delegated("officer")),
    ] {
        refused(
            asks(&school(), Some(actor), command, "08:00:00"),
            RefusalKind::Forbidden,
            "office-for-oneself",
        );
    }
}

#[test]
fn an_officer_whose_own_office_has_ended_appoints_nobody_from_that_instant() {
    let mut events = school();
    events.push(RosterEvent::OfficeEnded(OfficeEnded {
        person: person("officer"),
        office: office(Role::StudentAffairsOfficer, department()),
        to: at("08:00:00"),
        deputises_for: None,
        imported: false,
    }));
    let command = || RosterCommand::AppointOffice(appoint("t2", homeroom("c2")));
    assert!(
        !asks(&events, Some("officer"), command(), "07:59:59.999")
            .events()
            .is_empty()
    );
    refused(
        asks(&events, Some("officer"), command(), "08:00:00"),
        RefusalKind::Forbidden,
        "office-not-yours",
    );
}
