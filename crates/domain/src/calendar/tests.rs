use super::*;
use crate::refusal::{RefusalKind, Refuse};
use crate::testing::{Outcome, at, given};

fn on(date: &str) -> SchoolDate {
    date.parse().unwrap()
}

fn day(date: &str, kind: DayKind) -> CalendarDay {
    CalendarDay {
        date: on(date),
        kind,
        as_weekday: None,
        name: "国庆节".into(),
    }
}

fn holiday(date: &str) -> CalendarDay {
    day(date, DayKind::Holiday)
}

fn set(source: DaySource, day: CalendarDay) -> CalendarEvent {
    CalendarEvent::Set(CalendarDaySet { source, day })
}

fn cleared(source: DaySource, date: &str) -> CalendarEvent {
    let date = on(date);
    CalendarEvent::Cleared(CalendarDayCleared { source, date })
}

fn asks(before: &[CalendarEvent], command: &CalendarCommand) -> Outcome<CalendarDecider> {
    given(before.to_vec()).when(command, &(), at("08:00:00"))
}

#[test]
fn an_import_makes_the_years_it_mentions_what_it_says_and_leaves_the_others() {
    let known = [
        set(DaySource::National, holiday("2025-10-01")),
        set(DaySource::National, holiday("2026-10-01")),
        set(DaySource::National, holiday("2026-10-08")),
        set(DaySource::School, holiday("2026-10-08")),
    ];
    let file = vec![holiday("2026-10-01"), day("2026-10-10", DayKind::Workday)];
    let events = asks(&known, &CalendarCommand::Import(file.clone())).events();
    assert_eq!(
        events,
        [
            cleared(DaySource::National, "2026-10-08"),
            set(DaySource::National, day("2026-10-10", DayKind::Workday)),
        ]
    );
    let mut all = known.to_vec();
    all.extend(events);
    asks(&all, &CalendarCommand::Import(file)).then_nothing();
}

#[test]
fn the_schools_own_word_counts_over_the_countrys_until_it_is_taken_back() {
    let mut calendar = Calendar::default();
    for event in [
        set(DaySource::School, holiday("2026-10-10")),
        set(DaySource::National, day("2026-10-10", DayKind::Workday)),
    ] {
        calendar.tell(&event);
    }
    assert_eq!(
        calendar.day(on("2026-10-10")).unwrap().kind,
        DayKind::Holiday
    );
    let clear = CalendarCommand::ClearDay(on("2026-10-10"));
    let events = CalendarDecider::decide(&calendar, &clear, &(), at("08:00:00")).unwrap();
    assert_eq!(events, [cleared(DaySource::School, "2026-10-10")]);
    calendar.tell(&events[0]);
    assert_eq!(
        calendar.day(on("2026-10-10")).unwrap().kind,
        DayKind::Workday
    );
    let again = CalendarDecider::decide(&calendar, &clear, &(), at("08:00:00"));
    assert_eq!(again.unwrap(), []);
}

#[test]
fn a_holiday_runs_as_nothing_and_a_make_up_workday_as_the_weekday_said_or_a_monday() {
    let sunday = on("2026-10-11");
    assert_eq!(runs_as(sunday, None), Some(Weekday::Sun));
    assert_eq!(runs_as(sunday, Some(&holiday("2026-10-11"))), None);
    let workday = day("2026-10-11", DayKind::Workday);
    assert_eq!(runs_as(sunday, Some(&workday)), Some(Weekday::Mon));
    let as_thursday = CalendarDay {
        as_weekday: Some(Weekday::Thu),
        ..workday
    };
    assert_eq!(runs_as(sunday, Some(&as_thursday)), Some(Weekday::Thu));
}

#[test]
fn a_day_that_makes_no_sense_is_refused_with_its_place_in_the_list() {
    let refused = |days: Vec<CalendarDay>| {
        let refused = asks(&[], &CalendarCommand::Import(days));
        let refusal = refused.then_refused(RefusalKind::Invalid, "invalid-calendar-day");
        refusal.field().unwrap()
    };
    let nameless = CalendarDay {
        name: " ".into(),
        ..holiday("2026-10-02")
    };
    let as_monday = CalendarDay {
        as_weekday: Some(Weekday::Mon),
        ..holiday("2026-10-02")
    };
    let first = || holiday("2026-10-01");
    assert_eq!(refused(vec![first(), nameless.clone()]), "days[1].name");
    assert_eq!(refused(vec![first(), as_monday]), "days[1].as_weekday");
    assert_eq!(refused(vec![first(), first()]), "days[1].date");
    let own = asks(&[], &CalendarCommand::SetDay(nameless));
    let own = own.then_refused(RefusalKind::Invalid, "invalid-calendar-day");
    assert_eq!(own.field().as_deref(), Some("name"));
    let many = vec![first(); DAYS_MAX + 1];
    asks(&[], &CalendarCommand::Import(many)).then_refused(RefusalKind::Invalid, "too-many");
}
