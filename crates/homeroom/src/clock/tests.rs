use chrono::Weekday;
use homeroom_domain::calendar::{CalendarDay, CalendarDaySet, CalendarEvent, DayKind, DaySource};
use homeroom_domain::place::{Metres, Point};
use homeroom_domain::roster::{
    ClassOpened, RosterEvent, StudentEnrolled, StudentMoved, StudentSuspended,
};
use homeroom_domain::rule::{
    CalendarUse, Circle, OutOfRangeUse, RuleClasses, RuleCreated, RuleEvent, RuleRetired,
    RuleRevised, RuleTerms,
};
use homeroom_domain::sealed::{Category, Mark, Sealed};
use homeroom_domain::{ClassId, PersonId, RuleId};

use super::*;

const ZONE: Zone = Zone::Asia__Shanghai;

fn at(text: &str) -> Moment {
    Moment::parse(&format!("2026-11-{text}:00+08:00")).unwrap()
}

fn terms(opens: &str, closes: &str) -> RuleTerms {
    RuleTerms {
        name: "早点名".into(),
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
        opens: opens.parse().unwrap(),
        on_time_until: closes.parse().unwrap(),
        closes: closes.parse().unwrap(),
        place: Circle {
            centre: serde_json::from_value::<Point>(
                serde_json::json!({"lat": 30.9, "lng": 113.9, "datum": "wgs84"}),
            )
            .unwrap(),
            radius_m: Metres(300.0),
        },
    }
}

fn rule() -> RuleId {
    RuleId::parse("r1").unwrap()
}

fn class(text: &str) -> ClassId {
    ClassId::parse(text).unwrap()
}

fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

impl History {
    fn with_class(mut self, id: &str, from: &str) -> Self {
        let opened = ClassOpened {
            class: class(id),
            code: id.into(),
            name: id.into(),
            entered: 2026,
            major: String::new(),
        };
        self.roster_event(&RosterEvent::ClassOpened(opened), at(from));
        self
    }

    fn with_rule(mut self, terms: RuleTerms, from: &str) -> Self {
        let (rule, version) = (rule(), 1);
        self.rule_event(
            RuleEvent::Created(RuleCreated {
                rule,
                version,
                terms,
            }),
            at(from),
        );
        self
    }

    fn revised(mut self, terms: RuleTerms, from: &str) -> Self {
        let (rule, version) = (rule(), 2);
        self.rule_event(
            RuleEvent::Revised(RuleRevised {
                rule,
                version,
                terms,
            }),
            at(from),
        );
        self
    }

    fn retired(mut self, from: &str) -> Self {
        self.rule_event(RuleEvent::Retired(RuleRetired { rule: rule() }), at(from));
        self
    }
}

/// Day of the month, class and rule version of every session that is over.
fn over(history: &History, from: &str, now: &str) -> Vec<(String, String, u32)> {
    let due = due(
        history,
        format!("2026-11-{from}").parse().unwrap(),
        at(now),
        ZONE,
    );
    let name = |due: Due| {
        let session = due.session;
        (
            session.date.format("%d").to_string(),
            session.class.to_string(),
            session.rule_version,
        )
    };
    due.into_iter().map(name).collect()
}

fn one_class() -> History {
    History::default().with_class("c1", "01T08:00")
}

#[test]
fn a_session_is_over_once_the_last_second_of_its_window_is() {
    let history = one_class().with_rule(terms("06:50:00", "07:20:00"), "23T06:00");
    assert!(over(&history, "23", "23T07:20").is_empty());
    let a_second_later = at("23T07:20").plus_ms(1_000);
    assert_eq!(
        next_end(&history, at("23T06:00"), ZONE),
        Some(a_second_later)
    );
    let from = "2026-11-23".parse().unwrap();
    assert_eq!(due(&history, from, a_second_later.plus_ms(-1), ZONE), []);
    assert_eq!(due(&history, from, a_second_later, ZONE).len(), 1);
    assert_eq!(
        next_end(&history, a_second_later, ZONE),
        Some(at("24T07:20").plus_ms(1_000)),
        "then the next morning"
    );
}

#[test]
fn a_friday_is_followed_by_a_monday() {
    let history = one_class().with_rule(terms("06:50:00", "07:20:00"), "23T06:00");
    assert_eq!(
        next_end(&history, at("27T08:00"), ZONE),
        Some(at("30T07:20").plus_ms(1_000))
    );
    let days: Vec<String> = over(&history, "01", "30T12:00")
        .into_iter()
        .map(|(day, _, _)| day)
        .collect();
    assert_eq!(days, ["23", "24", "25", "26", "27", "30"]);
}

#[test]
fn nothing_is_over_that_ended_before_its_rule_was_made_or_its_class_was_opened() {
    let history = one_class()
        .with_rule(terms("06:50:00", "07:20:00"), "24T07:20")
        .with_class("c2", "26T07:21");
    let found = over(&history, "01", "27T12:00");
    let days = |wanted: &str| -> Vec<String> {
        let of_class = found.iter().filter(|(_, class, _)| class == wanted);
        of_class.map(|(day, _, _)| day.clone()).collect()
    };
    assert_eq!(
        days("c1"),
        ["24", "25", "26", "27"],
        "made in the last second of its window"
    );
    assert_eq!(days("c2"), ["27"]);
}

#[test]
fn a_session_is_closed_by_the_version_that_held_when_its_window_ended() {
    let history = one_class()
        .with_rule(terms("06:50:00", "07:20:00"), "23T06:00")
        .revised(terms("06:50:00", "07:40:00"), "24T07:00");
    let found = over(&history, "23", "25T12:00");
    let versions: Vec<u32> = found.iter().map(|(_, _, version)| *version).collect();
    assert_eq!(versions, [1, 2, 2], "revised within its window on the 24th");
    let history = one_class()
        .with_rule(terms("06:50:00", "07:20:00"), "23T06:00")
        .revised(terms("06:00:00", "06:30:00"), "24T07:00");
    let found = over(&history, "24", "25T12:00");
    let versions: Vec<u32> = found.iter().map(|(_, _, version)| *version).collect();
    assert_eq!(
        versions,
        [1, 2],
        "the new window of the 24th had ended when it was made"
    );
}

#[test]
fn a_rule_that_was_retired_leaves_what_had_ended_to_be_closed_and_nothing_else() {
    let made = || one_class().with_rule(terms("06:50:00", "07:20:00"), "23T06:00");
    let days = |history: &History| -> Vec<String> {
        over(history, "23", "26T12:00")
            .into_iter()
            .map(|(day, _, _)| day)
            .collect()
    };
    assert_eq!(
        days(&made().retired("24T07:20")),
        ["23"],
        "its window still open"
    );
    assert_eq!(days(&made().retired("24T07:21")), ["23", "24"]);
    assert_eq!(
        next_end(&made().retired("24T07:21"), at("24T08:00"), ZONE),
        None
    );
}

#[test]
fn a_rule_binds_the_classes_it_names() {
    let mut terms = terms("06:50:00", "07:20:00");
    terms.classes = RuleClasses::Only(vec![class("c2")]);
    let history = one_class()
        .with_class("c2", "01T08:00")
        .with_rule(terms, "23T06:00");
    assert_eq!(
        over(&history, "23", "23T08:00"),
        [("23".into(), "c2".into(), 1)]
    );
}

#[test]
fn duty_have_those_who_were_members_when_the_window_ended() {
    let mut history = one_class().with_class("c2", "01T08:00");
    let sealed = |id: &str| Sealed {
        person: person(id),
        category: Category::Identity,
        ciphertext: String::new(),
    };
    for (id, joined) in [("p2", "02T08:00"), ("p1", "02T08:00"), ("p3", "23T08:00")] {
        let enrolled = StudentEnrolled {
            student: person(id),
            class: class("c1"),
            on: at(joined).date(ZONE),
            dorm: None,
            number: Mark(id.into()),
            identity: Mark(id.into()),
            sealed: sealed(id),
        };
        history.roster_event(&RosterEvent::StudentEnrolled(enrolled), at(joined));
    }
    let moved = StudentMoved {
        student: person("p2"),
        from: class("c1"),
        to: class("c2"),
        on: at("24T12:00").date(ZONE),
    };
    history.roster_event(&RosterEvent::StudentMoved(moved), at("24T12:00"));
    let suspended = StudentSuspended {
        student: person("p3"),
        from: at("26T00:00").date(ZONE),
    };
    history.roster_event(&RosterEvent::StudentSuspended(suspended), at("25T12:00"));
    let members = |id: &str, when: &str| -> Vec<String> {
        let all = history.on_duty(at(when).date(ZONE), at(when));
        let members = all.get(&class(id)).cloned().unwrap_or_default();
        members.iter().map(ToString::to_string).collect()
    };
    assert_eq!(members("c1", "23T07:20"), ["p1", "p2"]);
    assert_eq!(members("c1", "24T07:20"), ["p1", "p2", "p3"]);
    assert_eq!(members("c1", "25T07:20"), ["p1", "p3"]);
    assert_eq!(members("c2", "24T07:20"), Vec::<String>::new());
    assert_eq!(members("c2", "25T07:20"), ["p2"]);
    assert_eq!(members("c1", "26T07:20"), ["p1"], "p3 is suspended");
}

#[test]
fn a_holiday_told_before_the_window_ends_has_no_session_and_one_told_later_changes_nothing_of_that_day()
 {
    let told = |at_: &str| {
        let mut history = one_class().with_rule(terms("06:50:00", "07:20:00"), "02T06:00");
        let day = CalendarDay {
            date: "2026-11-24".parse().unwrap(),
            kind: DayKind::Holiday,
            as_weekday: None,
            name: "校庆".into(),
        };
        let source = DaySource::School;
        let event = CalendarEvent::Set(CalendarDaySet { source, day });
        history.calendar_event(event, at(at_));
        over(&history, "23", "25T08:00")
            .into_iter()
            .map(|(day, _, _)| day)
            .collect::<Vec<_>>()
    };
    assert_eq!(told("23T12:00"), ["23", "25"]);
    assert_eq!(told("24T07:20"), ["23", "25"]);
    assert_eq!(told("24T07:21"), ["23", "24", "25"]);
}
