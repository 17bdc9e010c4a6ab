use super::*;

#[test]
fn a_student_day_tells_the_facts_in_the_order_of_the_log() {
    let mut story = Story::default();
    story.leave("06:00:00", submitted(1));
    story.is_refused("p1", "07:21:00", Some(session_of("c1")), far());
    story.closes("c1", "07:20:01", &["p1", "p2"]);
    story.leave("09:00:00", approved(1));
    let (attendance, _views) = folded(&story);
    let day = attendance
        .student_day(&student("p1"), monday(), &class("c1"), &expected())
        .unwrap();
    assert_eq!(day.sessions.len(), 1);
    assert_eq!(
        day.sessions[0].duty.status,
        DutyStatus::Excused { slip: slip(1) }
    );
    let facts: Vec<(u64, &str)> = day.sessions[0]
        .facts
        .iter()
        .map(|explained| {
            let name = match explained.fact {
                DutyFact::LeaveSubmitted { .. } => "submitted",
                DutyFact::CheckInRefused { .. } => "refused",
                DutyFact::SessionClosed { on_duty: true, .. } => "closed",
                DutyFact::LeaveApproved { .. } => "approved",
                _ => "other",
            };
            (explained.position.0, name)
        })
        .collect();
    assert_eq!(
        facts,
        [
            (1, "submitted"),
            (2, "refused"),
            (3, "closed"),
            (4, "approved")
        ]
    );
}

#[test]
fn a_slip_that_does_not_reach_into_the_window_explains_nothing_here() {
    for (from, to, facts) in [
        ("05:00:00", "06:50:00", 0),
        ("05:00:00", "06:50:01", 1),
        ("07:20:00", "08:00:00", 1),
        ("07:20:01", "08:00:00", 0),
    ] {
        let mut story = Story::default();
        let LeaveEvent::Submitted(mut event) = submitted(1) else {
            unreachable!()
        };
        (event.from, event.to) = (at(from), at(to));
        story.leave("04:00:00", LeaveEvent::Submitted(event));
        let (attendance, _views) = folded(&story);
        let day = attendance
            .student_day(&student("p1"), monday(), &class("c1"), &expected())
            .unwrap();
        assert_eq!(day.sessions[0].facts.len(), facts, "{from} to {to}");
    }
}

#[test]
fn a_student_who_changed_class_keeps_the_morning_of_the_old_one() {
    let mut story = Story::default();
    story.closes("c1", "07:20:01", &["p1"]);
    story.closes("c2", "07:20:02", &["p2"]);
    let (attendance, _views) = folded(&story);
    let day = attendance
        .student_day(&student("p1"), monday(), &class("c2"), &expected())
        .unwrap();
    let sessions: Vec<_> = day
        .sessions
        .iter()
        .map(|session| (session.class.as_str(), session.duty.status.clone()))
        .collect();
    assert_eq!(sessions, [("c1", DutyStatus::Absent)]);
}
