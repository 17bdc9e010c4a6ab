use super::*;

#[test]
fn a_class_day_names_every_student_with_the_verdict() {
    let mut story = Story::default();
    story.checks_in("p1", "07:00:00", None);
    story.checks_in("p2", "07:10:01", Some(1));
    story.is_refused("p3", "07:05:00", Some(session_of("c1")), far());
    let closed = story.closes("c1", "07:20:01", &["p1", "p2", "p3", "p4"]);
    let session = the_session(&story, &[]);
    assert_eq!(
        statuses(&session),
        [
            ("p1", "on_time"),
            ("p2", "late"),
            ("p3", "absent"),
            ("p4", "absent")
        ]
    );
    assert_eq!(
        session.closed,
        Some(Closing {
            at: at("07:20:01"),
            position: closed
        })
    );
    assert_eq!(session.window, Some(window()));
    assert_eq!(
        duty_of(&session, "p2").duty.status,
        DutyStatus::Late { by_s: 1 }
    );
    assert_eq!(
        duty_of(&session, "p1")
            .check_in
            .as_ref()
            .map(|check_in| check_in.position),
        Some(Position(1))
    );
    let refused = &duty_of(&session, "p3").refused;
    assert_eq!(
        refused
            .iter()
            .map(|attempt| &attempt.reason)
            .collect::<Vec<_>>(),
        [&far()]
    );
}

#[test]
fn ck11_while_a_session_is_open_nobody_in_it_is_absent() {
    let mut story = Story::default();
    story.checks_in("p1", "07:00:00", None);
    let session = the_session(&story, &["p1", "p2"]);
    assert_eq!(statuses(&session), [("p1", "on_time"), ("p2", "open")]);
    assert_eq!(session.closed, None);
}

#[test]
fn a_class_without_any_event_still_has_its_expected_session() {
    let session = the_session(&Story::default(), &["p1"]);
    assert_eq!(statuses(&session), [("p1", "open")]);
}

#[test]
fn ck02_a_refused_attempt_changes_no_status_and_a_later_right_one_counts() {
    let mut story = Story::default();
    story.is_refused("p1", "07:05:00", Some(session_of("c1")), far());
    story.checks_in("p1", "07:08:00", None);
    let session = the_session(&story, &["p1"]);
    assert_eq!(statuses(&session), [("p1", "on_time")]);
    assert_eq!(duty_of(&session, "p1").refused.len(), 1);
}

#[test]
fn whoever_moved_into_the_class_after_the_closing_was_not_on_duty() {
    let mut story = Story::default();
    story.is_refused("p9", "07:21:00", Some(session_of("c1")), far());
    story.closes("c1", "07:20:01", &["p1"]);
    let session = the_session(&story, &["p1", "p9"]);
    assert_eq!(
        statuses(&session),
        [("p1", "absent"), ("p9", "not_on_duty")]
    );
}

#[test]
fn lv29_lv31_leave_excuses_once_it_is_approved_however_late() {
    let mut story = Story::default();
    story.leave("06:00:00", submitted(1));
    story.closes("c1", "07:20:01", &["p1"]);
    let waiting = the_session(&story, &[]);
    assert_eq!(duty_of(&waiting, "p1").duty.status, DutyStatus::Absent);
    assert_eq!(duty_of(&waiting, "p1").duty.pending_slip, Some(slip(1)));
    story.leave("09:00:00", approved(1));
    let excused = the_session(&story, &[]);
    assert_eq!(
        duty_of(&excused, "p1").duty.status,
        DutyStatus::Excused { slip: slip(1) }
    );
}

#[test]
fn lv32_a_rejected_slip_excuses_nothing_and_the_next_one_may() {
    let mut story = Story::default();
    story.leave("06:00:00", submitted(1));
    story.leave("06:10:00", rejected(1));
    story.closes("c1", "07:20:01", &["p1"]);
    assert_eq!(statuses(&the_session(&story, &[])), [("p1", "absent")]);
    story.leave("08:00:00", submitted(2));
    story.leave("08:10:00", approved(2));
    let duty = duty_of(&the_session(&story, &[]), "p1").duty.clone();
    assert_eq!(duty.status, DutyStatus::Excused { slip: slip(2) });
}

#[test]
fn a_check_in_to_a_rule_that_was_retired_since_is_not_lost() {
    let mut story = Story::default();
    story.checks_in("p1", "07:00:00", None);
    let (attendance, _views) = folded(&story);
    let day = attendance
        .class_day(&class("c1"), monday(), &[student("p1"), student("p2")], &[])
        .unwrap();
    assert_eq!(day.sessions[0].window, None);
    assert_eq!(statuses(&day.sessions[0]), [("p1", "on_time")]);
}

#[test]
fn an_attempt_on_a_day_without_duty_is_told_apart() {
    let mut story = Story::default();
    let position = story.is_refused("p1", "07:00:00", None, CheckInDenied::NoSession);
    let (attendance, _views) = folded(&story);
    let day = attendance
        .class_day(&class("c1"), monday(), &[student("p1")], &[])
        .unwrap();
    assert_eq!(day.sessions, []);
    assert_eq!(day.without_session[0].1.position, position);
    let day = attendance
        .student_day(&student("p1"), monday(), &class("c1"), &[])
        .unwrap();
    assert_eq!(day.without_session[0].reason, CheckInDenied::NoSession);
}

#[test]
fn two_sessions_of_a_day_come_in_the_order_in_which_they_open() {
    let noon = Window {
        opens: at("12:00:00"),
        on_time_until: at("12:10:00"),
        closes: at("12:20:00"),
    };
    let noon = SessionExpected {
        rule: RuleId::parse("r0").unwrap(),
        version: 1,
        window: noon,
    };
    let mut story = Story::default();
    story.closes("c1", "07:20:01", &["p1"]);
    let (attendance, _views) = folded(&story);
    let expected = [noon, expected()[0].clone()];
    let day = attendance
        .class_day(&class("c1"), monday(), &[student("p1")], &expected)
        .unwrap();
    let rules: Vec<&str> = day
        .sessions
        .iter()
        .map(|session| session.rule.as_str())
        .collect();
    assert_eq!(rules, ["r1", "r0"]);
}
