use super::*;
use crate::leave::{SlipApproved, SlipDecisionRefused, SlipRejected, SlipSubmitted};
use crate::office::{Office, Scope};
use crate::sealed::{Category, Sealed};
use crate::testing::{Outcome, at, given};

fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

fn class(text: &str) -> ClassId {
    ClassId::parse(text).unwrap()
}

fn slip(number: u32) -> SlipId {
    SlipId {
        student: person("p1"),
        number,
    }
}

fn sealed() -> Sealed {
    Sealed {
        person: person("p1"),
        category: Category::Reason,
        ciphertext: "AAAA".into(),
    }
}

/// On Monday 2026-11-23 unless the text is a whole instant.
fn submit(from: &str, to: &str) -> LeaveCommand {
    LeaveCommand::Submit(SubmitSlip {
        student: person("p1"),
        leave: LeaveType::Sick,
        from: at(from),
        to: at(to),
        reason: sealed(),
    })
}

fn approve(number: u32) -> LeaveCommand {
    LeaveCommand::Approve(ApproveSlip {
        slip: slip(number),
        comment: None,
    })
}

fn reject(number: u32) -> LeaveCommand {
    LeaveCommand::Reject(RejectSlip {
        slip: slip(number),
        reason: sealed(),
    })
}

fn submitted(number: u32, from: &str, to: &str) -> LeaveEvent {
    LeaveEvent::Submitted(SlipSubmitted {
        slip: slip(number),
        class: class("c1"),
        leave: LeaveType::Sick,
        from: at(from),
        to: at(to),
        reason: sealed(),
        waits_for: Role::HomeroomTeacher,
    })
}

fn approved(number: u32) -> LeaveEvent {
    let office = Role::HomeroomTeacher;
    LeaveEvent::Approved(SlipApproved {
        slip: slip(number),
        by: person("p9"),
        office,
        comment: None,
    })
}

fn rejected(number: u32) -> LeaveEvent {
    let office = Role::HomeroomTeacher;
    LeaveEvent::Rejected(SlipRejected {
        slip: slip(number),
        by: person("p9"),
        office,
        reason: sealed(),
    })
}

/// Somebody with these offices acts on the slips of a student of class c1.
fn facts(actor: &str, offices: &[(Role, Scope)]) -> LeaveFacts {
    let offices = offices.iter().map(|(role, scope)| HeldOffice {
        holder: Some(person(actor)),
        office: Office {
            role: *role,
            scope: scope.clone(),
            title: None,
        },
        from: at("00:00:00"),
        to: None,
        deputises_for: None,
    });
    LeaveFacts {
        class: class("c1"),
        entered: 2026,
        zone: Zone::Asia__Shanghai,
        actor: person(actor),
        offices: offices.collect(),
    }
}

/// The homeroom teacher of class c1.
fn teacher() -> LeaveFacts {
    facts("p9", &[(Role::HomeroomTeacher, Scope::Class(class("c1")))])
}

fn student() -> LeaveFacts {
    facts("p1", &[])
}

fn when(
    events: impl IntoIterator<Item = LeaveEvent>,
    command: &LeaveCommand,
    facts: &LeaveFacts,
) -> Outcome<LeaveDecider> {
    given(events).when(command, facts, at("06:00:00"))
}

fn day_slip() -> LeaveEvent {
    submitted(1, "08:00:00", "18:00:00")
}

#[test]
fn a_slip_waits_for_the_homeroom_teacher() {
    when([], &submit("08:00:00", "18:00:00"), &student()).then([day_slip()]);
}

#[test]
fn lv01_dates_under_an_open_slip_are_refused_naming_it() {
    let five_days = || submitted(1, "2026-12-01T00:00:00+08:00", "2026-12-06T00:00:00+08:00");
    let again = submit("2026-12-01T00:00:00+08:00", "2026-12-06T00:00:00+08:00");
    let refused = when([five_days()], &again, &student())
        .then_refused(RefusalKind::Conflict, "slips-overlap");
    assert_eq!(refused, LeaveRefused::Overlaps { other: slip(1) });
    assert!(refused.sentence(Language::Chinese).contains("p1-1"));
    when([five_days(), approved(1)], &again, &student())
        .then_refused(RefusalKind::Conflict, "slips-overlap");
}

#[test]
fn lv03_slips_by_clock_may_touch_but_not_overlap() {
    let given = || [submitted(1, "10:00:00", "11:00:00")];
    for (from, to) in [
        ("10:00:00", "11:00:00"),
        ("10:30:00", "10:45:00"),
        ("09:00:00", "10:00:01"),
        ("09:00:00", "12:00:00"),
    ] {
        when(given(), &submit(from, to), &student())
            .then_refused(RefusalKind::Conflict, "slips-overlap");
    }
    for (from, to) in [("09:00:00", "10:00:00"), ("11:00:00", "12:00:00")] {
        when(given(), &submit(from, to), &student()).then([submitted(2, from, to)]);
    }
}

#[test]
fn lv05_leave_ends_after_it_starts() {
    for to in ["08:00:00", "07:59:59"] {
        let refused = when([], &submit("08:00:00", to), &student())
            .then_refused(RefusalKind::Invalid, "ends-before-it-starts");
        assert_eq!(refused.field().as_deref(), Some("to"));
    }
}

#[test]
fn one_slip_covers_at_most_366_days() {
    let year = ("2026-11-23T08:00:00+08:00", "2027-11-24T08:00:00+08:00");
    when([], &submit(year.0, year.1), &student()).then([submitted(1, year.0, year.1)]);
    when(
        [],
        &submit(year.0, "2027-11-24T08:00:00.001+08:00"),
        &student(),
    )
    .then_refused(RefusalKind::Denied, "leave-too-long");
}

#[test]
fn lv12_leave_for_yesterday_is_refused_and_for_earlier_today_is_not() {
    let yesterday = "2026-11-22T23:59:59+08:00";
    let refused = when([], &submit(yesterday, "18:00:00"), &student())
        .then_refused(RefusalKind::Denied, "starts-in-the-past");
    assert_eq!(refused.field().as_deref(), Some("from"));
    let earlier = ("2026-11-23T00:00:00+08:00", "18:00:00");
    when([], &submit(earlier.0, earlier.1), &student()).then([submitted(1, earlier.0, earlier.1)]);
}

#[test]
fn lv13_the_instant_is_kept_and_the_date_is_the_schools() {
    // 08:00 in Auckland is 03:00 in Shanghai on the same date: earlier today, not yesterday.
    let auckland = submit("2026-11-23T08:00:00+13:00", "2026-11-23T17:00:00+13:00");
    let events = when([], &auckland, &student()).events();
    let LeaveEvent::Submitted(event) = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!(event.from.to_string(), "2026-11-22T19:00:00.000Z");
    assert_eq!(
        event.from.date(Zone::Asia__Shanghai),
        "2026-11-23".parse().unwrap()
    );
}

#[test]
fn the_homeroom_teacher_approves_or_rejects() {
    when([day_slip()], &approve(1), &teacher()).then([approved(1)]);
    when([day_slip()], &reject(1), &teacher()).then([rejected(1)]);
}

#[test]
fn a_slip_is_decided_once_and_the_second_hears_how() {
    when([day_slip(), approved(1)], &reject(1), &teacher())
        .then_refused(RefusalKind::Conflict, "already-decided");
    let refused = when([day_slip(), rejected(1)], &approve(1), &teacher())
        .then_refused(RefusalKind::Conflict, "already-decided");
    assert!(refused.sentence(Language::English).contains("rejected"));
}

#[test]
fn a_slip_that_is_not_there_cannot_be_decided() {
    when([day_slip()], &approve(2), &teacher()).then_refused(RefusalKind::NotFound, "unknown-slip");
    when([], &reject(1), &teacher()).then_refused(RefusalKind::NotFound, "unknown-slip");
}

#[test]
fn lv16_a_decision_by_the_wrong_person_is_refused_and_recorded() {
    let own = || Scope::Class(class("c1"));
    for (who, offices) in [
        ("nobody in particular", vec![]),
        ("a cadre", vec![(Role::ClassCadre, own())]),
        ("a subject teacher", vec![(Role::SubjectTeacher, own())]),
        (
            "another class's teacher",
            vec![(Role::HomeroomTeacher, Scope::Class(class("c2")))],
        ),
        ("a counsellor", vec![(Role::Counsellor, Scope::Grade(2024))]),
    ] {
        for command in [approve(1), reject(1)] {
            let event = when([day_slip()], &command, &facts("p7", &offices))
                .then_recorded_refusal(RefusalKind::Forbidden, "not-the-homeroom-teacher");
            let LeaveEvent::DecisionRefused(event) = event else {
                panic!("{who}: {event:?}")
            };
            assert_eq!((event.slip, event.by), (slip(1), person("p7")), "{who}");
        }
    }
}

#[test]
fn lv17_nobody_decides_a_slip_of_his_own() {
    // Whatever office he may hold.
    let own = facts("p1", &[(Role::HomeroomTeacher, Scope::Class(class("c1")))]);
    let event = when([day_slip()], &approve(1), &own)
        .then_recorded_refusal(RefusalKind::Forbidden, "own-slip");
    let expected = SlipDecisionRefused {
        slip: slip(1),
        by: person("p1"),
        decision: Decision::Approve,
        reason: DecisionDenied::OwnSlip,
    };
    assert_eq!(event, LeaveEvent::DecisionRefused(expected));
}

#[test]
fn a_refused_decision_leaves_the_slip_as_it_was() {
    let refused = when([day_slip()], &approve(1), &facts("p7", &[]))
        .events()
        .remove(0);
    when([day_slip(), refused], &approve(1), &teacher()).then([approved(1)]);
}

#[test]
fn lv21_a_rejected_slip_frees_its_dates_and_stays() {
    let again = submit("08:00:00", "18:00:00");
    when([day_slip(), rejected(1)], &again, &student())
        .then([submitted(2, "08:00:00", "18:00:00")]);
    let mut state = LeaveState::default();
    for event in [
        day_slip(),
        rejected(1),
        submitted(2, "08:00:00", "18:00:00"),
    ] {
        LeaveDecider::evolve(&mut state, &event, at("06:00:00"));
    }
    let kept: Vec<_> = state
        .slips()
        .iter()
        .map(|slip| (slip.id.number, slip.status))
        .collect();
    assert_eq!(kept, [(1, SlipStatus::Rejected), (2, SlipStatus::Waiting)]);
}

#[test]
fn lv22_a_rejected_slip_cannot_be_decided_anew() {
    when([day_slip(), rejected(1)], &approve(1), &teacher())
        .then_refused(RefusalKind::Conflict, "already-decided");
}
