use super::*;
use crate::id::{ClassId, RuleId};
use crate::testing::{at, given};

fn close() -> CloseSession {
    CloseSession {
        session: SessionKey {
            rule: RuleId::parse("r1").unwrap(),
            rule_version: 1,
            class: ClassId::parse("c1").unwrap(),
            date: "2026-11-23".parse().unwrap(),
        },
        window: Window {
            opens: at("06:50:00"),
            on_time_until: at("07:10:00"),
            closes: at("07:20:00"),
        },
    }
}

fn facts(duty: &[&str]) -> CloseFacts {
    let duty = duty.iter().map(|id| PersonId::parse(id).unwrap()).collect();
    CloseFacts {
        duty,
        zone: Zone::Asia__Shanghai,
    }
}

#[test]
fn ck11_a_session_closes_only_after_its_last_second_is_over() {
    let refused = given::<SessionDecider>([])
        .when(&close(), &facts(&["p1"]), at("07:20:00.999"))
        .then_refused(RefusalKind::Conflict, "window-still-open");
    assert!(
        refused
            .sentence(Language::English)
            .contains("07:20:00 on 2026-11-23")
    );
    let events = given::<SessionDecider>([])
        .when(&close(), &facts(&["p2", "p1", "p2"]), at("07:20:01"))
        .events();
    let SessionEvent::Closed(closed) = &events[0];
    assert_eq!(
        closed.duty.iter().map(PersonId::as_str).collect::<Vec<_>>(),
        ["p1", "p2"]
    );
    assert_eq!(
        (closed.opens, closed.closes),
        (close().window.opens, close().window.closes)
    );
}

#[test]
fn closing_twice_closes_once() {
    let events = given::<SessionDecider>([])
        .when(&close(), &facts(&[]), at("08:00:00"))
        .events();
    given::<SessionDecider>(events)
        .when(&close(), &facts(&["p1"]), at("09:00:00"))
        .then_nothing();
}

#[test]
fn one_session_is_one_boundary_whatever_the_rules_version() {
    let mut later = close();
    later.session.rule_version = 2;
    assert_eq!(
        SessionDecider::boundary(&later),
        SessionDecider::boundary(&close())
    );
    assert_eq!(
        SessionDecider::boundary(&close()).as_str(),
        "session.r1.c1.20261123"
    );
}
