use homeroom_domain::leave::{
    Decision, DecisionDenied, LeaveEvent, LeaveType, SlipApproved, SlipDecisionRefused,
    SlipRejected, SlipStatus, SlipSubmitted,
};
use homeroom_domain::office::Role;
use homeroom_domain::sealed::{Category, Sealed};
use homeroom_domain::{Boundary, ClassId, Moment, PersonId, SlipId};
use homeroom_log::Position;
use homeroom_projection::testing::Story;
use tempfile::TempDir;

use crate::{Leave, LeaveProjection};

fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

fn slip(number: u32) -> SlipId {
    SlipId {
        student: person("p1"),
        number,
    }
}

fn sealed(words: &str) -> Sealed {
    Sealed {
        person: person("p1"),
        category: Category::Reason,
        ciphertext: words.into(),
    }
}

fn submitted(number: u32) -> LeaveEvent {
    LeaveEvent::Submitted(SlipSubmitted {
        slip: slip(number),
        class: ClassId::parse("c1").unwrap(),
        leave: LeaveType::HomeVisit,
        from: Moment::parse("2026-11-23T08:00:00+08:00").unwrap(),
        to: Moment::parse("2026-11-23T18:00:00+08:00").unwrap(),
        reason: sealed("why"),
        waits_for: Role::HomeroomTeacher,
    })
}

fn approved(number: u32) -> LeaveEvent {
    let comment = Some(sealed("get well"));
    LeaveEvent::Approved(SlipApproved {
        slip: slip(number),
        by: person("t1"),
        office: Role::HomeroomTeacher,
        comment,
    })
}

fn rejected(number: u32) -> LeaveEvent {
    LeaveEvent::Rejected(SlipRejected {
        slip: slip(number),
        by: person("t1"),
        office: Role::HomeroomTeacher,
        reason: sealed("no proof"),
    })
}

fn refused(number: u32) -> LeaveEvent {
    LeaveEvent::DecisionRefused(SlipDecisionRefused {
        slip: slip(number),
        by: person("p2"),
        decision: Decision::Approve,
        reason: DecisionDenied::NotTheHomeroomTeacher,
    })
}

/// Each event at 06:01, 06:02 and so on, at positions 1, 2 and so on.
fn folded(events: &[LeaveEvent]) -> (Leave, TempDir) {
    let mut story = Story::default();
    for (minute, event) in (1..).zip(events) {
        let at = format!(
            "2026-11-23T{:02}:{:02}:00+08:00",
            6 + minute / 60,
            minute % 60
        );
        story.tell(
            Boundary::leave(&person("p1")),
            &at,
            std::slice::from_ref(event),
        );
    }
    let views = TempDir::new().unwrap();
    let view = story.folded(&LeaveProjection, views.path()).unwrap();
    (Leave::read(&view).unwrap(), views)
}

#[test]
fn a_slip_says_what_was_asked_when_and_where_in_the_log() {
    let (leave, _views) = folded(&[submitted(1)]);
    let found = leave.slip(&slip(1)).unwrap().unwrap();
    assert_eq!(
        (found.status, found.waits_for, found.decided),
        (SlipStatus::Waiting, Some(Role::HomeroomTeacher), None)
    );
    assert_eq!(
        (found.leave, found.reason),
        (LeaveType::HomeVisit, sealed("why"))
    );
    assert_eq!(found.submitted, Position(1));
    assert_eq!(
        found.submitted_at,
        Moment::parse("2026-11-23T06:01:00+08:00").unwrap()
    );
    assert_eq!(leave.slip(&slip(2)).unwrap(), None);
}

#[test]
fn a_decision_says_who_as_what_and_with_what_words() {
    let (leave, _views) = folded(&[submitted(1), approved(1)]);
    let found = leave.slip(&slip(1)).unwrap().unwrap();
    assert_eq!(
        (found.status, found.waits_for),
        (SlipStatus::Approved, None)
    );
    let decided = found.decided.unwrap();
    assert_eq!(
        (decided.by, decided.office, decided.position),
        (person("t1"), Role::HomeroomTeacher, Position(2))
    );
    assert_eq!(decided.words, Some(sealed("get well")));
}

#[test]
fn lv16_decisions_that_were_refused_are_counted_and_decide_nothing() {
    let (leave, _views) = folded(&[submitted(1), refused(1), refused(1)]);
    let found = leave.slip(&slip(1)).unwrap().unwrap();
    assert_eq!(
        (found.status, found.decisions_refused),
        (SlipStatus::Waiting, 2)
    );
}

#[test]
fn lv21_a_rejected_slip_stays_readable_beside_the_next_one() {
    let (leave, _views) = folded(&[submitted(1), rejected(1), submitted(2)]);
    let page = leave.slips_of(&person("p1"), None, 10).unwrap();
    let seen: Vec<_> = page
        .slips
        .iter()
        .map(|slip| (slip.id.number, slip.status))
        .collect();
    assert_eq!(seen, [(2, SlipStatus::Waiting), (1, SlipStatus::Rejected)]);
}

#[test]
fn pages_come_newest_first_and_miss_nothing() {
    let events: Vec<LeaveEvent> = (1..=25).map(submitted).collect();
    let (leave, _views) = folded(&events);
    let mut numbers = Vec::new();
    let mut before = None;
    loop {
        let page = leave.slips_of(&person("p1"), before, 10).unwrap();
        assert!(page.slips.len() <= 10);
        numbers.extend(page.slips.iter().map(|slip| slip.id.number));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(numbers, (1..=25).rev().collect::<Vec<_>>());
    assert_eq!(leave.slips_of(&person("p2"), None, 10).unwrap().slips, []);
    assert_eq!(
        leave.slips_of(&person("p1"), None, 0).unwrap().slips.len(),
        1,
        "a page is never empty for lack of room"
    );
}

#[test]
fn a_decision_on_a_slip_that_was_never_submitted_stops_the_view() {
    let mut story = Story::default();
    story.tell(
        Boundary::leave(&person("p1")),
        "2026-11-23T06:00:00+08:00",
        &[approved(1)],
    );
    let views = TempDir::new().unwrap();
    let stopped = story.folded(&LeaveProjection, views.path()).unwrap_err();
    assert!(stopped.to_string().contains("p1-1"), "{stopped}");
}
