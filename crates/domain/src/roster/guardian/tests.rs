use super::*;
use crate::decider::Decider;
use crate::office::{Role, Scope};
use crate::refusal::RefusalKind;
use crate::roster::testing::*;
use crate::roster::*;
use crate::testing::Outcome;

fn add(guardian: &str, student: &str) -> RosterCommand {
    let (number, identity, sealed) = identity(guardian);
    RosterCommand::AddGuardian(AddGuardian {
        guardian: person(guardian),
        student: person(student),
        number,
        identity,
        sealed,
    })
}

fn remove(guardian: &str, student: &str) -> RosterCommand {
    let (guardian, student) = (person(guardian), person(student));
    RosterCommand::RemoveGuardian(RemoveGuardian { guardian, student })
}

/// The homeroom teacher of c1 asks.
fn teacher(events: &[RosterEvent], command: RosterCommand) -> Outcome<RosterDecider> {
    asks(events, Some("t1"), command, "08:00:00")
}

fn after(commands: impl IntoIterator<Item = RosterCommand>) -> Vec<RosterEvent> {
    let mut events = school();
    for command in commands {
        let more = asks(&events, Some("officer"), command, "08:00:00").events();
        events.extend(more);
    }
    events
}

fn added(guardian: &str, student: &str) -> RosterEvent {
    let (guardian, student) = (person(guardian), person(student));
    RosterEvent::GuardianAdded(GuardianAdded { guardian, student })
}

#[test]
fn somebody_new_is_registered_and_becomes_the_students_guardian() {
    let events = teacher(&school(), add("g1", "s1")).events();
    assert!(matches!(events[0], RosterEvent::GuardianRegistered(_)));
    assert_eq!(events[1..], [added("g1", "s1")]);
    teacher(&after([add("g1", "s1")]), add("g1", "s1")).then_nothing();
}

#[test]
fn a_guardian_of_one_child_becomes_the_others_without_being_registered_again() {
    let known = after([add("g1", "s1")]);
    let events = asks(&known, Some("officer"), add("g1", "s2"), "08:00:00");
    events.then([added("g1", "s2")]);
}

#[test]
fn another_name_under_the_same_number_corrects_the_guardian() {
    let mut other = add("g1", "s1");
    if let RosterCommand::AddGuardian(add) = &mut other {
        add.identity = Mark("another name".into());
    }
    let events = teacher(&after([add("g1", "s1")]), other).events();
    assert!(
        matches!(events[..], [RosterEvent::GuardianCorrected(_)]),
        "{events:?}"
    );
}

#[test]
fn a_guardian_who_is_taken_off_is_nobodys() {
    let known = after([add("g1", "s1")]);
    let mut all = known.clone();
    all.extend(teacher(&known, remove("g1", "s1")).events());
    let mut state = RosterState::default();
    for event in &all {
        RosterDecider::evolve(&mut state, event, Moment::MIN);
    }
    assert!(!state.is_guardian(&person("g1"), &person("s1")));
    teacher(&all, remove("g1", "s1")).then_refused(RefusalKind::NotFound, "not-their-guardian");
}

#[test]
fn who_may_say_who_a_guardian_is_is_what_the_table_says() {
    for actor in ["t1", "officer", "secretary", "it"] {
        let events = asks(&school(), Some(actor), add("g1", "s1"), "08:00:00").events();
        assert_eq!(events.len(), 2, "{actor}");
    }
    for actor in ["t2", "leader", "s1", "nobody"] {
        asks(&school(), Some(actor), add("g1", "s1"), "08:00:00")
            .then_refused(RefusalKind::Forbidden, "guardians-not-yours");
    }
    teacher(&school(), add("g1", "s2")).then_refused(RefusalKind::Forbidden, "guardians-not-yours");
}

#[test]
fn a_students_or_a_teachers_number_is_no_guardians_and_a_student_has_eight_at_most() {
    for taken in ["s2", "t2"] {
        teacher(&school(), add(taken, "s1")).then_refused(RefusalKind::Conflict, "number-taken");
    }
    let numbers = (0..GUARDIANS_MAX).map(|n| format!("g{n}"));
    let full = after(numbers.map(|guardian| add(&guardian, "s1")));
    teacher(&full, add("g99", "s1")).then_refused(RefusalKind::Denied, "too-many-guardians");
    let it = asks(&full, Some("it"), add("g1", "t1"), "08:00:00");
    it.then_refused(RefusalKind::NotFound, "unknown-student");
}

#[test]
fn guardians_hold_no_office_that_anybody_appoints_to() {
    let known = after([add("g1", "s1")]);
    let guard = office(Role::Guard, Scope::School);
    let appoint = RosterCommand::AppointOffice(AppointOffice {
        person: person("g1"),
        office: guard,
        from: None,
        to: None,
    });
    asks(&known, Some("it"), appoint, "08:00:00")
        .then_refused(RefusalKind::Denied, "office-not-for-them");
}
