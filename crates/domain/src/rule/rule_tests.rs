use chrono::{NaiveTime, Weekday};

use super::*;
use crate::calendar::DayKind;
use crate::place::{Datum, Metres, Point};
use crate::refusal::{Language, RefusalKind, Refuse};
use crate::rule::{Circle, OutOfRangeUse, RuleCreated, RuleRetired, RuleRevised};
use crate::testing::{at, given};

const SHANGHAI: Zone = Zone::Asia__Shanghai;

fn time(text: &str) -> NaiveTime {
    text.parse().unwrap()
}

fn id(text: &str) -> RuleId {
    RuleId::parse(text).unwrap()
}

fn class(text: &str) -> ClassId {
    ClassId::parse(text).unwrap()
}

/// On weekdays, for every class, 300 m around the gate.
fn terms(name: &str, opens: &str, on_time_until: &str, closes: &str) -> RuleTerms {
    RuleTerms {
        name: name.into(),
        classes: RuleClasses::All,
        weekdays: vec![
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
        ],
        calendar: CalendarUse::Follows,
        out_of_range: OutOfRangeUse::Refuse,
        opens: time(opens),
        on_time_until: time(on_time_until),
        closes: time(closes),
        place: Circle {
            centre: Point {
                lat: 30.912345,
                lng: 113.921234,
                datum: Datum::Wgs84,
            },
            radius_m: Metres(300.0),
        },
    }
}

fn morning() -> RuleTerms {
    terms("早点名", "06:50:00", "07:10:00", "07:20:00")
}

fn created(rule: &str, terms: RuleTerms) -> RuleEvent {
    RuleEvent::Created(RuleCreated {
        rule: id(rule),
        version: 1,
        terms,
    })
}

fn create(rule: &str, terms: RuleTerms) -> RuleCommand {
    RuleCommand::Create(CreateRule {
        rule: id(rule),
        terms,
    })
}

fn revise(rule: &str, version: u32, terms: RuleTerms) -> RuleCommand {
    RuleCommand::Revise(ReviseRule {
        rule: id(rule),
        version,
        terms,
    })
}

fn retire(rule: &str) -> RuleCommand {
    RuleCommand::Retire(RetireRule { rule: id(rule) })
}

fn when(
    events: impl IntoIterator<Item = RuleEvent>,
    command: &RuleCommand,
) -> crate::testing::Outcome<RuleDecider> {
    given::<RuleDecider>(events).when(command, &(), at("06:00:00"))
}

#[test]
fn a_rule_is_created_in_version_1() {
    when([], &create("r1", morning())).then([created("r1", morning())]);
}

#[test]
fn ck06_overlapping_rules_are_refused_by_name_and_touching_ones_accepted() {
    let first = terms("上午", "08:00:00", "08:10:00", "12:00:00");
    let overlapping = create("r2", terms("中午", "11:00:00", "11:10:00", "15:00:00"));
    let refused = when([created("r1", first.clone())], &overlapping)
        .then_refused(RefusalKind::Conflict, "rules-overlap");
    assert!(refused.sentence(Language::English).contains("上午"));

    let touching = terms("下午", "12:00:00", "12:10:00", "16:00:00");
    when(
        [created("r1", first.clone())],
        &create("r2", touching.clone()),
    )
    .then([created("r2", touching.clone())]);

    let third = create("r3", terms("傍晚", "15:00:00", "15:10:00", "19:00:00"));
    when([created("r1", first), created("r2", touching)], &third)
        .then_refused(RefusalKind::Conflict, "rules-overlap");
}

#[test]
fn ck06_a_rule_may_also_end_in_the_second_in_which_another_one_opens() {
    let later = created("r1", terms("下午", "12:00:00", "12:10:00", "16:00:00"));
    let touching = terms("上午", "08:00:00", "08:10:00", "12:00:00");
    when([later.clone()], &create("r2", touching.clone())).then([created("r2", touching)]);
    when(
        [later],
        &create("r2", terms("上午", "08:00:00", "08:10:00", "12:00:01")),
    )
    .then_refused(RefusalKind::Conflict, "rules-overlap");
}

#[test]
fn rules_overlap_only_on_a_common_weekday_and_for_a_common_class() {
    let of = |classes: &[&str], weekdays: &[Weekday]| RuleTerms {
        classes: RuleClasses::Only(classes.iter().map(|c| class(c)).collect()),
        weekdays: weekdays.to_vec(),
        ..morning()
    };
    let before = || [created("r1", of(&["c1"], &[Weekday::Mon]))];
    when(before(), &create("r2", of(&["c2"], &[Weekday::Mon])))
        .then([created("r2", of(&["c2"], &[Weekday::Mon]))]);
    when(before(), &create("r2", of(&["c1"], &[Weekday::Tue])))
        .then([created("r2", of(&["c1"], &[Weekday::Tue]))]);
    let both = create("r2", of(&["c2", "c1"], &[Weekday::Tue, Weekday::Mon]));
    when(before(), &both).then_refused(RefusalKind::Conflict, "rules-overlap");
    when(before(), &create("r2", morning())).then_refused(RefusalKind::Conflict, "rules-overlap");
}

#[test]
fn a_retired_rule_overlaps_nothing() {
    let retired = RuleEvent::Retired(RuleRetired { rule: id("r1") });
    when(
        [created("r1", morning()), retired],
        &create("r2", morning()),
    )
    .then([created("r2", morning())]);
}

#[test]
fn a_revision_raises_the_version_that_was_seen() {
    let later = terms("早点名", "06:50:00", "07:15:00", "07:20:00");
    let revised = RuleEvent::Revised(RuleRevised {
        rule: id("r1"),
        version: 2,
        terms: later.clone(),
    });
    when([created("r1", morning())], &revise("r1", 1, later.clone())).then([revised.clone()]);
    // The rule does not overlap itself, and the same terms again change nothing.
    when(
        [created("r1", morning()), revised.clone()],
        &revise("r1", 2, later),
    )
    .then_nothing();
    let refused = when(
        [created("r1", morning()), revised],
        &revise("r1", 1, morning()),
    )
    .then_refused(RefusalKind::Conflict, "rule-version-moved-on");
    assert_eq!(refused, RuleRefused::VersionMovedOn { now: 2 });
}

#[test]
fn a_revision_that_would_overlap_another_rule_is_refused() {
    let evening = terms("晚点名", "21:00:00", "21:10:00", "21:30:00");
    when(
        [created("r1", morning()), created("r2", evening.clone())],
        &revise("r1", 1, evening),
    )
    .then_refused(RefusalKind::Conflict, "rules-overlap");
}

#[test]
fn an_unknown_or_retired_rule_is_not_revised_and_retiring_twice_is_once() {
    when([], &revise("r1", 1, morning())).then_refused(RefusalKind::NotFound, "unknown-rule");
    when([], &retire("r1")).then_refused(RefusalKind::NotFound, "unknown-rule");
    let retired = RuleEvent::Retired(RuleRetired { rule: id("r1") });
    when([created("r1", morning())], &retire("r1")).then([retired.clone()]);
    when([created("r1", morning()), retired.clone()], &retire("r1")).then_nothing();
    when(
        [created("r1", morning()), retired],
        &revise("r1", 1, morning()),
    )
    .then_refused(RefusalKind::Conflict, "rule-retired");
}

#[test]
fn terms_that_make_no_sense_are_refused_by_the_field_at_fault() {
    let with = |change: fn(&mut RuleTerms)| {
        let mut terms = morning();
        change(&mut terms);
        terms
    };
    let cases: [(RuleTerms, &str); 21] = [
        (with(|t| t.name = "  ".into()), "name"),
        (with(|t| t.name = "很".repeat(61)), "name"),
        (with(|t| t.classes = RuleClasses::Only(vec![])), "classes"),
        (
            with(|t| t.classes = RuleClasses::Only(vec![class("c1"), class("c1")])),
            "classes",
        ),
        (with(|t| t.weekdays.clear()), "weekdays"),
        (with(|t| t.weekdays.push(Weekday::Mon)), "weekdays"),
        (with(|t| t.opens = time("06:50:00.5")), "opens"),
        (with(|t| t.closes = time("23:59:60")), "closes"),
        (with(|t| t.on_time_until = t.opens), "on_time_until"),
        (
            with(|t| t.on_time_until = time("06:00:00")),
            "on_time_until",
        ),
        (with(|t| t.closes = time("07:09:59")), "closes"),
        // Over midnight: later; now refused in words.
        (terms("查寝", "22:30:00", "23:00:00", "01:00:00"), "closes"),
        (with(|t| t.place.centre.lat = f64::NAN), "place.centre"),
        (with(|t| t.place.centre.lat = 90.1), "place.centre"),
        (with(|t| t.place.centre.lng = -180.1), "place.centre"),
        (
            with(|t| (t.place.centre.lat, t.place.centre.lng) = (0.0, 0.0)),
            "place.centre",
        ),
        (with(|t| t.place.radius_m = Metres(0.0)), "place.radius_m"),
        (with(|t| t.place.radius_m = Metres(-1.0)), "place.radius_m"),
        (
            with(|t| t.place.radius_m = Metres(100_000.1)),
            "place.radius_m",
        ),
        (
            with(|t| t.place.radius_m = Metres(f64::NAN)),
            "place.radius_m",
        ),
        (
            with(|t| t.place.radius_m = Metres(f64::INFINITY)),
            "place.radius_m",
        ),
    ];
    for (terms, field) in cases {
        let refused =
            when([], &create("r1", terms)).then_refused(RefusalKind::Invalid, "invalid-rule");
        assert_eq!(refused.field().as_deref(), Some(field));
    }
}

#[test]
fn a_rule_without_late_and_the_largest_radius_are_fine() {
    let mut terms = morning();
    terms.closes = terms.on_time_until;
    terms.place.radius_m = Metres(100_000.0);
    assert_eq!(terms.check(), Ok(()));
}

#[test]
fn rules_in_force_have_a_limit() {
    let many = (0..RULES_MAX).map(|n| {
        let of_one = RuleTerms {
            classes: RuleClasses::Only(vec![class(&format!("c{n}"))]),
            ..morning()
        };
        created(&format!("r{n}"), of_one)
    });
    when(many, &create("rnew", morning())).then_refused(RefusalKind::Denied, "too-many-rules");
}

#[test]
fn a_window_is_the_rule_on_a_date_in_the_schools_zone() {
    let date: SchoolDate = "2026-11-23".parse().unwrap();
    let window = morning().window(date, SHANGHAI);
    assert_eq!(window.opens, Moment::parse("2026-11-22T22:50:00Z").unwrap());
    let sunday = "2026-11-22".parse().unwrap();
    assert!(morning().holds_on(date, None) && !morning().holds_on(sunday, None));
    assert!(!window.contains(at("06:49:59.999")) && window.contains(at("06:50:00")));
    assert!(window.contains(at("07:20:00.999")) && !window.contains(at("07:20:01")));
    assert_eq!(
        (
            window.late_s(at("07:10:00.999")),
            window.late_s(at("07:10:01"))
        ),
        (0, 1)
    );
    assert!(!window.is_over(at("07:20:00.999")) && window.is_over(at("07:20:01")));
}

#[test]
fn a_window_on_a_day_when_the_clocks_change_keeps_its_wall_clock_times() {
    let berlin = Zone::Europe__Berlin;
    let night = terms("night", "01:30:00", "02:30:00", "03:30:00");
    // On 2026-03-29 the hour from 02:00 does not exist: the window is an hour shorter, and its edges stay in order.
    let window = night.window("2026-03-29".parse().unwrap(), berlin);
    assert_eq!(
        window.on_time_until,
        Moment::parse("2026-03-29T03:00:00+02:00").unwrap()
    );
    assert!(window.opens < window.on_time_until && window.on_time_until < window.closes);
}

#[test]
fn ck15_a_rule_holds_on_no_holiday_and_on_a_make_up_workday_as_on_the_day_it_is_run_as() {
    let day = |date: &str, kind, as_weekday| CalendarDay {
        date: date.parse().unwrap(),
        kind,
        as_weekday,
        name: "国庆节".into(),
    };
    let holds = |terms: &RuleTerms, day: &CalendarDay| terms.holds_on(day.date, Some(day));
    let holiday = day("2026-10-05", DayKind::Holiday, None);
    let sunday = day("2026-10-11", DayKind::Workday, None);
    let as_thursday = day("2026-10-11", DayKind::Workday, Some(Weekday::Thu));
    let follows = morning();
    assert!(follows.holds_on(holiday.date, None), "a Monday by itself");
    assert!(!holds(&follows, &holiday));
    assert!(!follows.holds_on(sunday.date, None));
    assert!(holds(&follows, &sunday) && holds(&follows, &as_thursday));
    let mondays = RuleTerms {
        weekdays: vec![Weekday::Mon],
        ..morning()
    };
    assert!(holds(&mondays, &sunday) && !holds(&mondays, &as_thursday));
    let ignores = RuleTerms {
        calendar: CalendarUse::Ignores,
        ..morning()
    };
    assert!(holds(&ignores, &holiday) && !holds(&ignores, &sunday));
}

#[test]
fn two_rules_of_which_one_ignores_the_calendar_may_meet_on_any_day() {
    let boarders = RuleTerms {
        calendar: CalendarUse::Ignores,
        weekdays: vec![Weekday::Sun],
        ..terms("周日点名", "07:00:00", "07:10:00", "07:20:00")
    };
    let create = |terms| {
        let rule = id("r2");
        given::<RuleDecider>([created("r1", morning())]).when(
            &RuleCommand::Create(CreateRule { rule, terms }),
            &(),
            at("08:00:00"),
        )
    };
    create(boarders.clone()).then_refused(RefusalKind::Conflict, "rules-overlap");
    let sundays = RuleTerms {
        calendar: CalendarUse::Follows,
        ..boarders
    };
    assert_eq!(create(sundays).events().len(), 1);
}
