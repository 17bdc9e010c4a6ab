mod class_day;
mod student_day;

use homeroom_domain::attendance::{
    AttendanceEvent, CheckInDenied, CheckInRefused, CheckedIn, DutyFact, DutyStatus, Punctuality,
    SessionClosed, SessionEvent, SessionKey,
};
use homeroom_domain::leave::{LeaveEvent, LeaveType, SlipApproved, SlipRejected, SlipSubmitted};
use homeroom_domain::office::Role;
use homeroom_domain::place::Metres;
use homeroom_domain::rule::Window;
use homeroom_domain::sealed::{Category, Sealed};
use homeroom_domain::{Boundary, ClassId, Moment, PersonId, RuleId, SchoolDate, SlipId};
use homeroom_log::{Hash, Position};
use homeroom_projection::testing::Story;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::{Attendance, AttendanceProjection, Closing, SessionDay, SessionExpected, StudentDuty};

fn student(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

fn class(text: &str) -> ClassId {
    ClassId::parse(text).unwrap()
}

fn monday() -> SchoolDate {
    "2026-11-23".parse().unwrap()
}

fn on_monday(time: &str) -> String {
    format!("2026-11-23T{time}+08:00")
}

fn at(time: &str) -> Moment {
    Moment::parse(&on_monday(time)).unwrap()
}

fn session_of(class_id: &str) -> SessionKey {
    SessionKey {
        rule: RuleId::parse("r1").unwrap(),
        rule_version: 1,
        class: class(class_id),
        date: monday(),
    }
}

fn window() -> Window {
    Window {
        opens: at("06:50:00"),
        on_time_until: at("07:10:00"),
        closes: at("07:20:00"),
    }
}

fn expected() -> [SessionExpected; 1] {
    [SessionExpected {
        rule: RuleId::parse("r1").unwrap(),
        version: 1,
        window: window(),
    }]
}

fn sealed(person: &str, category: Category) -> Sealed {
    Sealed {
        person: student(person),
        category,
        ciphertext: "AAAA".into(),
    }
}

fn slip(number: u32) -> SlipId {
    SlipId {
        student: student("p1"),
        number,
    }
}

/// What happens in these stories, each to its own boundary; class c1 unless said otherwise.
trait Telling {
    fn checks_in(&mut self, who: &str, time: &str, late_s: Option<u32>) -> Position;
    fn is_refused(
        &mut self,
        who: &str,
        time: &str,
        session: Option<SessionKey>,
        reason: CheckInDenied,
    ) -> Position;
    fn closes(&mut self, class_id: &str, time: &str, duty: &[&str]) -> Position;
    fn leave(&mut self, time: &str, event: LeaveEvent) -> Position;
}

impl Telling for Story {
    fn checks_in(&mut self, who: &str, time: &str, late_s: Option<u32>) -> Position {
        let event = CheckedIn {
            student: student(who),
            session: session_of("c1"),
            punctuality: late_s.map_or(Punctuality::OnTime, |by_s| Punctuality::Late { by_s }),
            distance_m: Metres(12.3),
            flags: vec![],
            place: sealed(who, Category::Place),
            device: Some(sealed(who, Category::Device)),
        };
        let boundary = Boundary::attendance(&student(who), monday());
        self.tell(
            boundary,
            &on_monday(time),
            &[AttendanceEvent::CheckedIn(event)],
        )
    }

    fn is_refused(
        &mut self,
        who: &str,
        time: &str,
        session: Option<SessionKey>,
        reason: CheckInDenied,
    ) -> Position {
        let event = CheckInRefused {
            student: student(who),
            class: class("c1"),
            date: monday(),
            session,
            reason,
            place: sealed(who, Category::Place),
            device: None,
        };
        let boundary = Boundary::attendance(&student(who), monday());
        self.tell(
            boundary,
            &on_monday(time),
            &[AttendanceEvent::Refused(event)],
        )
    }

    fn closes(&mut self, class_id: &str, time: &str, duty: &[&str]) -> Position {
        let session = session_of(class_id);
        let boundary = Boundary::session(&session.rule, &session.class, session.date);
        let Window {
            opens,
            on_time_until,
            closes,
        } = window();
        let duty = duty.iter().map(|who| student(who)).collect();
        let event = SessionClosed {
            session,
            opens,
            on_time_until,
            closes,
            duty,
        };
        self.tell(boundary, &on_monday(time), &[SessionEvent::Closed(event)])
    }

    fn leave(&mut self, time: &str, event: LeaveEvent) -> Position {
        self.tell(Boundary::leave(&student("p1")), &on_monday(time), &[event])
    }
}

/// p1's slip from 06:00 to 18:00.
fn submitted(number: u32) -> LeaveEvent {
    LeaveEvent::Submitted(SlipSubmitted {
        slip: slip(number),
        class: class("c1"),
        leave: LeaveType::Sick,
        from: at("06:00:00"),
        to: at("18:00:00"),
        reason: sealed("p1", Category::Reason),
        waits_for: Role::HomeroomTeacher,
    })
}

fn approved(number: u32) -> LeaveEvent {
    let office = Role::HomeroomTeacher;
    LeaveEvent::Approved(SlipApproved {
        slip: slip(number),
        by: student("t1"),
        office,
        comment: None,
    })
}

fn rejected(number: u32) -> LeaveEvent {
    let reason = sealed("p1", Category::Reason);
    LeaveEvent::Rejected(SlipRejected {
        slip: slip(number),
        by: student("t1"),
        office: Role::HomeroomTeacher,
        reason,
    })
}

fn far() -> CheckInDenied {
    CheckInDenied::OutOfRange {
        distance_m: Metres(1_504.0),
        radius_m: Metres(300.0),
    }
}

/// The story, folded.
fn folded(story: &Story) -> (Attendance, TempDir) {
    let views = TempDir::new().unwrap();
    let view = story.folded(&AttendanceProjection, views.path()).unwrap();
    (Attendance::read(&view).unwrap(), views)
}

/// The only session of class c1 on Monday, its members being these.
fn the_session(story: &Story, members: &[&str]) -> SessionDay {
    let (attendance, _views) = folded(story);
    let members: Vec<PersonId> = members.iter().map(|who| student(who)).collect();
    let mut day = attendance
        .class_day(&class("c1"), monday(), &members, &expected())
        .unwrap();
    assert_eq!(day.sessions.len(), 1);
    day.sessions.remove(0)
}

fn duty_of<'a>(session: &'a SessionDay, who: &str) -> &'a StudentDuty {
    session
        .students
        .iter()
        .find(|duty| duty.student == student(who))
        .unwrap()
}

fn statuses(session: &SessionDay) -> Vec<(&str, &'static str)> {
    session
        .students
        .iter()
        .map(|duty| (duty.student.as_str(), duty.duty.status.as_str()))
        .collect()
}

#[test]
fn the_evidence_of_an_attempt_stays_sealed_and_is_found_by_its_position() {
    let mut story = Story::default();
    let position = story.checks_in("p1", "07:00:00", None);
    let (attendance, _views) = folded(&story);
    let evidence = attendance
        .evidence(&student("p1"), position)
        .unwrap()
        .unwrap();
    assert_eq!(
        (evidence.place.category, evidence.device.unwrap().category),
        (Category::Place, Category::Device)
    );
    assert_eq!(attendance.evidence(&student("p2"), position).unwrap(), None);
}

/// One step of a story; those of different boundaries may change places.
#[derive(Debug, Clone)]
enum Step {
    CheckIn(&'static str),
    Refused(&'static str),
    Closing,
    Slip,
}

fn told(steps: &[Step]) -> Story {
    let mut story = Story::default();
    for step in steps {
        match step {
            Step::CheckIn(who) => story.checks_in(who, "07:00:00", None),
            Step::Refused(who) => story.is_refused(who, "07:05:00", Some(session_of("c1")), far()),
            Step::Closing => story.closes("c1", "07:20:01", &["p1", "p2", "p3", "p4"]),
            Step::Slip => {
                story.leave("06:00:00", submitted(1));
                story.leave("06:10:00", approved(1))
            }
        };
    }
    story
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_verdicts_are_the_same_in_whatever_order_the_boundaries_wrote(
        steps in Just(vec![Step::CheckIn("p2"), Step::Refused("p2"), Step::Refused("p3"), Step::CheckIn("p4"), Step::Closing, Step::Slip])
            .prop_shuffle(),
    ) {
        let session = the_session(&told(&steps), &[]);
        let expected = [("p1", "excused"), ("p2", "on_time"), ("p3", "absent"), ("p4", "on_time")];
        prop_assert_eq!(statuses(&session), expected);
        prop_assert_eq!(duty_of(&session, "p2").refused.len(), 1);
    }
}

#[test]
fn the_same_log_gives_the_same_digest_and_another_log_another() {
    let digest = |steps: &[Step]| -> Hash {
        let (attendance, _views) = folded(&told(steps));
        attendance.0.digest().unwrap()
    };
    let steps = [
        Step::CheckIn("p2"),
        Step::Refused("p3"),
        Step::Closing,
        Step::Slip,
    ];
    assert_eq!(digest(&steps), digest(&steps));
    assert_ne!(digest(&steps), digest(&steps[..3]));
}

#[test]
fn a_decision_on_a_slip_that_was_never_submitted_stops_the_view() {
    let mut story = Story::default();
    story.leave("06:10:00", approved(1));
    let views = TempDir::new().unwrap();
    let stopped = story
        .folded(&AttendanceProjection, views.path())
        .unwrap_err();
    assert!(stopped.to_string().contains("p1-1"), "{stopped}");
}
