use proptest::prelude::*;

use super::*;

fn minute(m: i64) -> Moment {
    Moment::from_unix_ms(1_800_000_000_000 + m * 60_000)
}

/// The instant by which one had to be there, in every test here.
const DUE: i64 = 30;

fn slip(number: u32) -> SlipId {
    SlipId::parse(&format!("p1-{number}")).unwrap()
}

fn check_in(m: i64, by_s: u32) -> DutyFact {
    let punctuality = if by_s == 0 {
        Punctuality::OnTime
    } else {
        Punctuality::Late { by_s }
    };
    DutyFact::CheckedIn {
        at: minute(m),
        punctuality,
        distance_m: Metres(12.3),
        flags: vec![],
    }
}

fn refused(m: i64) -> DutyFact {
    DutyFact::CheckInRefused {
        at: minute(m),
        reason: CheckInDenied::NoSession,
    }
}

fn submitted(number: u32, from: i64, to: i64) -> DutyFact {
    DutyFact::LeaveSubmitted {
        at: minute(0),
        slip: slip(number),
        from: minute(from),
        to: minute(to),
    }
}

fn approved(number: u32) -> DutyFact {
    DutyFact::LeaveApproved {
        at: minute(1),
        slip: slip(number),
    }
}

fn rejected(number: u32) -> DutyFact {
    DutyFact::LeaveRejected {
        at: minute(1),
        slip: slip(number),
    }
}

fn closed(on_duty: bool) -> DutyFact {
    DutyFact::SessionClosed {
        at: minute(60),
        on_duty,
    }
}

fn status(facts: &[DutyFact]) -> DutyStatus {
    duty(minute(DUE), facts).status
}

/// The rule of the school, read aloud: facts sorted first, then one question after the other.
fn naive(facts: &[DutyFact]) -> Duty {
    let mut check_ins: Vec<(Moment, Punctuality)> = Vec::new();
    let mut waiting: Vec<SlipId> = Vec::new();
    let mut excusing: Vec<SlipId> = Vec::new();
    for fact in facts {
        match fact {
            DutyFact::CheckedIn {
                at, punctuality, ..
            } => check_ins.push((*at, *punctuality)),
            DutyFact::LeaveSubmitted { slip, from, to, .. } => {
                let was = |wanted: fn(&DutyFact) -> Option<&SlipId>| {
                    facts.iter().any(|f| wanted(f) == Some(slip))
                };
                let approved = was(|f| {
                    if let DutyFact::LeaveApproved { slip, .. } = f {
                        Some(slip)
                    } else {
                        None
                    }
                });
                let rejected = was(|f| {
                    if let DutyFact::LeaveRejected { slip, .. } = f {
                        Some(slip)
                    } else {
                        None
                    }
                });
                if minute(DUE) < *from || minute(DUE) >= *to {
                    continue;
                }
                if approved {
                    excusing.push(slip.clone());
                } else if !rejected {
                    waiting.push(slip.clone());
                }
            }
            _ => {}
        }
    }
    check_ins.sort_by_key(|(at, _)| *at);
    excusing.sort();
    waiting.sort();
    let closed = facts.iter().find_map(|f| {
        if let DutyFact::SessionClosed { on_duty, .. } = f {
            Some(*on_duty)
        } else {
            None
        }
    });
    let status = if let Some((_, punctuality)) = check_ins.first() {
        match punctuality {
            Punctuality::OnTime => DutyStatus::OnTime,
            Punctuality::Late { by_s } => DutyStatus::Late { by_s: *by_s },
        }
    } else if closed == Some(false) {
        DutyStatus::NotOnDuty
    } else if let Some(slip) = excusing.first() {
        DutyStatus::Excused { slip: slip.clone() }
    } else if closed == Some(true) {
        DutyStatus::Absent
    } else {
        DutyStatus::Open
    };
    Duty {
        status,
        pending_slip: waiting.first().cloned(),
    }
}

prop_compose! {
    /// Any history of one duty, shuffled.
    fn facts()(
        check_ins in prop::collection::btree_map(0_i64..60, 0_u32..3, 0..3),
        attempts in prop::collection::vec(0_i64..60, 0..3),
        leave in prop::collection::vec((0_i64..60, 1_i64..60, 0_u8..3), 0..4),
        closing in prop::option::of(any::<bool>()),
    )(
        facts in Just({
            let mut facts: Vec<DutyFact> = check_ins.into_iter().map(|(m, by_s)| check_in(m, by_s)).collect();
            facts.extend(attempts.into_iter().map(refused));
            for (number, (from, long, decision)) in (1..).zip(leave) {
                facts.push(submitted(number, from, from + long));
                match decision {
                    1 => facts.push(approved(number)),
                    2 => facts.push(rejected(number)),
                    _ => {}
                }
            }
            facts.extend(closing.map(closed));
            facts
        }).prop_shuffle(),
    ) -> Vec<DutyFact> {
        facts
    }
}

proptest! {
    #[test]
    fn the_verdict_is_the_naive_one_in_whatever_order_the_facts_arrive(facts in facts()) {
        prop_assert_eq!(duty(minute(DUE), &facts), naive(&facts));
        let mut by_time = facts.clone();
        by_time.sort_by_key(DutyFact::at);
        prop_assert_eq!(duty(minute(DUE), &by_time), duty(minute(DUE), &facts));
    }
}

#[test]
fn leave_excuses_from_its_first_instant_to_just_before_its_last() {
    let with = |from, to| status(&[submitted(1, from, to), approved(1), closed(true)]);
    assert_eq!(with(DUE, 40), DutyStatus::Excused { slip: slip(1) });
    assert_eq!(with(20, DUE), DutyStatus::Absent);
    assert_eq!(with(DUE + 1, 40), DutyStatus::Absent);
}

#[test]
fn ck02_an_attempt_that_was_refused_is_neither_present_nor_late() {
    assert_eq!(status(&[refused(10), refused(50)]), DutyStatus::Open);
    assert_eq!(
        status(&[refused(10), refused(50), closed(true)]),
        DutyStatus::Absent
    );
}

#[test]
fn ck11_nobody_is_absent_before_the_session_is_closed() {
    assert_eq!(status(&[]), DutyStatus::Open);
    assert_eq!(status(&[closed(true)]), DutyStatus::Absent);
    assert_eq!(status(&[closed(false)]), DutyStatus::NotOnDuty);
}

#[test]
fn lv29_leave_approved_after_the_closing_excuses() {
    assert_eq!(
        status(&[submitted(1, 0, 60), closed(true)]),
        DutyStatus::Absent
    );
    let excused = status(&[submitted(1, 0, 60), closed(true), approved(1)]);
    assert_eq!(excused, DutyStatus::Excused { slip: slip(1) });
}

#[test]
fn lv31_a_slip_that_waits_is_shown_and_excuses_nothing() {
    let waiting = duty(minute(DUE), &[submitted(1, 0, 60), closed(true)]);
    assert_eq!(
        waiting,
        Duty {
            status: DutyStatus::Absent,
            pending_slip: Some(slip(1))
        }
    );
}

#[test]
fn lv32_a_rejected_slip_explains_no_absence() {
    let rejected = duty(
        minute(DUE),
        &[submitted(1, 0, 60), rejected(1), closed(true)],
    );
    assert_eq!(
        rejected,
        Duty {
            status: DutyStatus::Absent,
            pending_slip: None
        }
    );
}

#[test]
fn whoever_was_there_was_there_whatever_leave_says() {
    assert_eq!(
        status(&[
            submitted(1, 0, 60),
            approved(1),
            check_in(31, 60),
            closed(true)
        ]),
        DutyStatus::Late { by_s: 60 }
    );
}

#[test]
fn the_verdict_is_one_flat_json_object() {
    let late = Duty {
        status: DutyStatus::Late { by_s: 61 },
        pending_slip: None,
    };
    assert_eq!(
        serde_json::to_value(late).unwrap(),
        serde_json::json!({"status": "late", "late_s": 61})
    );
}
