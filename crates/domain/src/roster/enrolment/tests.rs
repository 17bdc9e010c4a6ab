use super::*;
use crate::decider::Decider;
use crate::office::{Office, Role, Scope};
use crate::refusal::RefusalKind;
use crate::roster::testing::*;
use crate::roster::*;
use crate::testing::Outcome;

/// A date of this term.
fn on(date: &str) -> SchoolDate {
    date.parse().unwrap()
}

/// The officer asks at 08:00 on Monday 2026-11-23.
fn officer(events: &[RosterEvent], command: EnrolmentCommand) -> Outcome<RosterDecider> {
    let command = RosterCommand::Enrolment(command);
    asks(events, Some("officer"), command, "08:00:00")
}

fn suspend(student: &str, from: &str) -> EnrolmentCommand {
    let (student, from) = (person(student), on(from));
    EnrolmentCommand::Suspend(SuspendStudent { student, from })
}

fn resume(student: &str, from: &str) -> EnrolmentCommand {
    let (student, from) = (person(student), on(from));
    EnrolmentCommand::Resume(ResumeStudent { student, from })
}

fn leave(student: &str, last_day: &str) -> EnrolmentCommand {
    let (student, last_day) = (person(student), on(last_day));
    EnrolmentCommand::Leave(LetStudentLeave {
        student,
        last_day,
        how: Leaving::TransferredOut,
    })
}

fn move_to(student: &str, to: &str, date: &str) -> EnrolmentCommand {
    EnrolmentCommand::Move(MoveStudent {
        student: person(student),
        to: class(to),
        on: on(date),
    })
}

fn graduate(of: &str, last_day: &str) -> EnrolmentCommand {
    let (class, last_day) = (class(of), on(last_day));
    EnrolmentCommand::Graduate(GraduateClass { class, last_day })
}

fn enrol(student: &str, number: &str, into: &str, date: &str) -> EnrolmentCommand {
    let (_, identity, sealed) = identity(student);
    EnrolmentCommand::Enrol(EnrolStudent {
        student: person(student),
        class: class(into),
        on: on(date),
        dorm: None,
        number: identity_of(number),
        identity,
        sealed,
    })
}

fn identity_of(number: &str) -> crate::sealed::Mark {
    identity(number).0
}

fn cadre(of: &str) -> Office {
    office(Role::ClassCadre, Scope::Class(class(of)))
}

/// [`school`], then what these commands came to.
fn after(commands: impl IntoIterator<Item = EnrolmentCommand>) -> Vec<RosterEvent> {
    let mut events = school();
    for command in commands {
        let more = officer(&events, command).events();
        events.extend(more);
    }
    events
}

fn folded(events: &[RosterEvent]) -> RosterState {
    let mut state = RosterState::default();
    for event in events {
        RosterDecider::evolve(&mut state, event, Moment::MIN);
    }
    state
}

/// Class and standing of a student on a date; the class with a star where there is duty.
fn stands(events: &[RosterEvent], student: &str, date: &str) -> String {
    let state = folded(events);
    let enrolment = &state.person(&person(student)).unwrap().enrolment;
    let class = enrolment
        .class_on(on(date))
        .map_or("-", |class| class.as_str());
    let duty = if enrolment.duty_on(on(date)).is_some() {
        "*"
    } else {
        ""
    };
    format!("{class}{duty} {}", enrolment.standing(on(date)).as_str())
}

/// The offices that end, each with its holder and instant.
fn ends(events: &[RosterEvent]) -> Vec<(String, Moment)> {
    let ended = events.iter().filter_map(|event| match event {
        RosterEvent::OfficeEnded(e) => Some((e.person.to_string(), e.to)),
        _ => None,
    });
    ended.collect()
}

#[test]
fn a_suspended_student_is_of_the_class_without_duty_until_back() {
    let events = after([suspend("s1", "2026-12-01"), resume("s1", "2027-02-22")]);
    for (date, expected) in [
        ("2026-08-31", "- not_yet_enrolled"),
        ("2026-09-01", "c1* enrolled"),
        ("2026-11-30", "c1* enrolled"),
        ("2026-12-01", "c1 suspended"),
        ("2027-02-21", "c1 suspended"),
        ("2027-02-22", "c1* enrolled"),
    ] {
        assert_eq!(stands(&events, "s1", date), expected, "{date}");
    }
}

#[test]
fn what_is_told_of_a_past_date_holds_from_that_date_on() {
    let events = after([suspend("s1", "2026-11-16")]);
    assert_eq!(stands(&events, "s1", "2026-11-15"), "c1* enrolled");
    assert_eq!(stands(&events, "s1", "2026-11-16"), "c1 suspended");
}

#[test]
fn a_student_who_moves_is_of_the_old_class_until_the_day_before() {
    let events = after([move_to("s1", "c2", "2026-11-23")]);
    assert_eq!(stands(&events, "s1", "2026-11-22"), "c1* enrolled");
    assert_eq!(stands(&events, "s1", "2026-11-23"), "c2* enrolled");
}

#[test]
fn a_suspended_student_who_moves_stays_suspended() {
    let events = after([
        suspend("s1", "2026-11-16"),
        move_to("s1", "c2", "2026-11-23"),
    ]);
    assert_eq!(stands(&events, "s1", "2026-11-23"), "c2 suspended");
}

#[test]
fn the_last_day_is_a_day_and_offices_end_with_it() {
    let mut before = school();
    before.push(RosterEvent::OfficeAppointed(appointed("s1", cadre("c1"))));
    let events = officer(&before, leave("s1", "2026-11-30")).events();
    let midnight = crate::testing::at("2026-12-01T00:00:00+08:00");
    assert_eq!(ends(&events), [("s1".to_owned(), midnight)]);
    before.extend(events);
    assert_eq!(stands(&before, "s1", "2026-11-30"), "c1* enrolled");
    assert_eq!(stands(&before, "s1", "2026-12-01"), "- transferred_out");
    let state = folded(&before);
    assert_eq!(state.person(&person("s1")).unwrap().until, Some(midnight));
}

#[test]
fn an_office_is_not_taken_back_from_before_now_since_what_was_done_in_it_was_right() {
    let mut before = school();
    before.push(RosterEvent::OfficeAppointed(appointed("s1", cadre("c1"))));
    let now = crate::testing::at("08:00:00");
    for command in [leave("s1", "2026-11-20"), suspend("s1", "2026-11-20")] {
        let events = officer(&before, command).events();
        assert_eq!(ends(&events), [("s1".to_owned(), now)]);
    }
}

#[test]
fn a_cadre_who_moves_is_no_cadre_of_the_class_left_and_stays_one_of_the_department() {
    let mut before = school();
    let hygiene = office(Role::DepartmentCadre, department());
    for office in [cadre("c1"), hygiene] {
        before.push(RosterEvent::OfficeAppointed(appointed("s1", office)));
    }
    let events = officer(&before, move_to("s1", "c2", "2026-11-23")).events();
    let ended: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            RosterEvent::OfficeEnded(e) => Some(&e.office),
            _ => None,
        })
        .collect();
    assert_eq!(ended, [&cadre("c1")]);
}

#[test]
fn who_has_left_may_come_back_as_the_same_person_and_nobody_else_may_have_the_number() {
    let events = after([leave("s1", "2026-11-20")]);
    let back = enrol("s1", "s1", "c2", "2026-12-01");
    let mut all = events.clone();
    all.extend(officer(&events, back).events());
    assert_eq!(stands(&all, "s1", "2026-11-20"), "c1* enrolled");
    assert_eq!(stands(&all, "s1", "2026-11-25"), "- transferred_out");
    assert_eq!(stands(&all, "s1", "2026-12-01"), "c2* enrolled");
    assert_eq!(folded(&all).person(&person("s1")).unwrap().until, None);
    officer(&events, enrol("s9", "s1", "c2", "2026-12-01"))
        .then_refused(RefusalKind::Conflict, "roster-moved-on");
    officer(&school(), enrol("s9", "s1", "c2", "2026-12-01"))
        .then_refused(RefusalKind::Conflict, "number-taken");
    officer(&school(), enrol("s9", "t1", "c2", "2026-12-01"))
        .then_refused(RefusalKind::Conflict, "number-taken");
}

#[test]
fn a_class_that_graduates_lets_its_students_go_ends_its_offices_and_rewrites_nothing() {
    let mut before = after([
        suspend("s2", "2026-11-16"),
        move_to("s2", "c1", "2026-11-23"),
    ]);
    before.push(RosterEvent::OfficeAppointed(appointed("s1", cadre("c1"))));
    let events = officer(&before, graduate("c1", "2026-11-30")).events();
    let midnight = crate::testing::at("2026-12-01T00:00:00+08:00");
    let mut ended = ends(&events);
    ended.sort();
    assert_eq!(
        ended,
        [("s1".to_owned(), midnight), ("t1".to_owned(), midnight)]
    );
    let mut all = before.clone();
    all.extend(events);
    for student in ["s1", "s2"] {
        assert_eq!(stands(&all, student, "2026-12-01"), "- graduated");
    }
    assert_eq!(stands(&all, "s1", "2026-11-30"), "c1* enrolled");
    assert_eq!(stands(&all, "s2", "2026-11-30"), "c1 suspended");
    officer(&all, graduate("c1", "2026-12-30"))
        .then_refused(RefusalKind::Conflict, "class-graduated");
    officer(&all, enrol("s9", "s9", "c1", "2026-12-01"))
        .then_refused(RefusalKind::Conflict, "class-graduated");
}

#[test]
fn a_new_year_moves_classes_up_without_a_word_since_a_grade_is_the_year_they_entered() {
    let events = school();
    let state = folded(&events);
    assert_eq!(state.class(&class("c1")).unwrap().entered, 2024);
    assert_eq!(stands(&events, "s1", "2027-09-01"), "c1* enrolled");
}

#[test]
fn who_may_change_enrolment_is_what_the_table_says() {
    let ask = |actor: Option<&str>| {
        let command = RosterCommand::Enrolment(suspend("s1", "2026-12-01"));
        asks(&school(), actor, command, "08:00:00")
    };
    for actor in [None, Some("officer"), Some("secretary"), Some("it")] {
        assert_eq!(ask(actor).events().len(), 1, "{actor:?}");
    }
    for actor in ["t1", "t2", "leader", "s1", "nobody"] {
        ask(Some(actor)).then_refused(RefusalKind::Forbidden, "enrolment-not-yours");
    }
}

#[test]
fn whoever_may_change_nobody_learns_nothing_of_who_there_is() {
    let ask = |actor: &str| {
        let command = RosterCommand::Enrolment(suspend("s9", "2026-12-01"));
        asks(&school(), Some(actor), command, "08:00:00")
    };
    ask("t2").then_refused(RefusalKind::Forbidden, "enrolment-not-yours");
    ask("officer").then_refused(RefusalKind::NotFound, "unknown-student");
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let gone = after([leave("s1", "2026-11-20")]);
    for (events, command, kind, code) in [
        (
            &gone,
            suspend("s1", "2026-12-01"),
            RefusalKind::Conflict,
            "not-enrolled",
        ),
        (
            &gone,
            leave("s1", "2026-12-01"),
            RefusalKind::Conflict,
            "not-enrolled",
        ),
        (
            &gone,
            move_to("s1", "c2", "2026-11-23"),
            RefusalKind::Conflict,
            "not-enrolled",
        ),
        (
            &school(),
            resume("s1", "2026-12-01"),
            RefusalKind::Conflict,
            "not-suspended",
        ),
        (
            &school(),
            suspend("s1", "2026-08-01"),
            RefusalKind::Conflict,
            "not-enrolled",
        ),
        (
            &school(),
            suspend("t1", "2026-12-01"),
            RefusalKind::NotFound,
            "unknown-student",
        ),
        (
            &school(),
            suspend("s1", "2028-01-01"),
            RefusalKind::Invalid,
            "date-too-far",
        ),
        (
            &school(),
            suspend("s1", "2024-01-01"),
            RefusalKind::Invalid,
            "date-too-far",
        ),
        (
            &school(),
            move_to("s1", "c1", "2026-11-23"),
            RefusalKind::Conflict,
            "already-in-the-class",
        ),
        (
            &school(),
            move_to("s1", "c9", "2026-11-23"),
            RefusalKind::NotFound,
            "unknown-class",
        ),
        (
            &school(),
            move_to("s1", "c2", "2026-11-24"),
            RefusalKind::Denied,
            "moves-in-the-future",
        ),
        (
            &school(),
            graduate("c9", "2026-11-24"),
            RefusalKind::NotFound,
            "unknown-class",
        ),
    ] {
        officer(events, command).then_refused(kind, code);
    }
}
