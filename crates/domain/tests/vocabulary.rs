//! Ids, boundaries, instants and places: what is one, and what is not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use chrono::NaiveTime;
use homeroom_domain::leave::LeaveType;
use homeroom_domain::office::Role;
use homeroom_domain::place::{Datum, Point, PointError};
use homeroom_domain::sealed::Category;
use homeroom_domain::time::Zone;
use homeroom_domain::{Boundary, ClassId, Moment, PersonId, RuleId, SchoolDate, SchoolId, SlipId};
use proptest::prelude::*;

fn date(text: &str) -> SchoolDate {
    text.parse().unwrap()
}

#[test]
fn ids_are_letters_and_digits_so_that_they_may_be_tokens_of_a_subject() {
    let id = PersonId::from_bits([0xFF; 10]);
    assert_eq!(id.as_str(), "p7777777777777777");
    assert_eq!(PersonId::parse(id.as_str()).unwrap(), id);
    for bad in [
        "",
        "a.b",
        "a b",
        "a*",
        ">",
        "a\r\n",
        "学号",
        "p-1",
        &"p".repeat(65),
    ] {
        assert!(PersonId::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_slip_id_has_one_spelling() {
    let slip = SlipId::parse("p1-12").unwrap();
    assert_eq!(
        (slip.student.as_str(), slip.number, slip.to_string()),
        ("p1", 12, "p1-12".to_owned())
    );
    for bad in [
        "p1",
        "p1-",
        "-1",
        "p1-0",
        "p1-007",
        "p1-+7",
        "p1--7",
        "p1-7-7",
        "p1-4294967296",
        "p1-７",
    ] {
        assert!(SlipId::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_boundary_is_one_exact_subject() {
    let (student, rule, class) = (
        PersonId::parse("p1").unwrap(),
        RuleId::parse("r1").unwrap(),
        ClassId::parse("c1").unwrap(),
    );
    let boundary = Boundary::attendance(&student, date("2026-01-31"));
    assert_eq!(
        boundary.subject(&SchoolId::parse("s1").unwrap()),
        "hr.s1.attendance.p1.202601"
    );
    assert_eq!(boundary.kind(), "attendance");
    assert_eq!(
        Boundary::session(&rule, &class, date("2026-11-23")).as_str(),
        "session.r1.c1.20261123"
    );
    assert_eq!(
        Boundary::parse("leave.p1").unwrap(),
        Boundary::leave(&student)
    );
    for bad in [
        "",
        "leave",
        "leave.",
        ".p1",
        "leave..p1",
        "leave.*",
        "leave.>",
        "leave.p 1",
        "leave.p1\r\n",
    ] {
        assert!(Boundary::parse(bad).is_err(), "{bad:?}");
    }
    assert!(Boundary::parse(&format!("leave.{}", "p".repeat(Boundary::LENGTH_MAX))).is_err());
}

#[test]
fn an_instant_is_rfc3339_with_an_offset_and_a_possible_date() {
    let moment = Moment::parse("2026-11-23T07:11:00.5+08:00").unwrap();
    assert_eq!(moment.to_string(), "2026-11-22T23:11:00.500Z");
    assert_eq!(
        moment.rfc3339(Zone::Asia__Shanghai),
        "2026-11-23T07:11:00.500+08:00"
    );
    for bad in [
        "2026-11-23",
        "2026-11-23T07:11:00",
        "2026-02-30T07:11:00+08:00",
        "2026-11-23T24:00:00+08:00",
        "1969-12-31T23:59:59Z",
        "9999-12-31T00:00:01Z",
        "+12026-11-23T07:11:00Z",
        "now",
    ] {
        assert!(Moment::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn ck17_the_date_is_the_schools_own() {
    let moment = Moment::parse("2026-03-01T23:05:00Z").unwrap();
    assert_eq!(moment.date(Zone::Asia__Shanghai), date("2026-03-02"));
    assert_eq!(moment.date(Zone::UTC), date("2026-03-01"));
}

#[test]
fn a_time_that_a_clock_change_skips_or_repeats_still_means_one_instant() {
    let berlin = Zone::Europe__Berlin;
    let at = |day: &str, time: &str| {
        Moment::at(date(day), time.parse::<NaiveTime>().unwrap(), berlin).to_string()
    };
    assert_eq!(
        at("2026-03-29", "02:30:00"),
        "2026-03-29T01:00:00.000Z",
        "skipped: the first instant after the gap"
    );
    assert_eq!(
        at("2026-10-25", "02:30:00"),
        "2026-10-25T00:30:00.000Z",
        "repeated: the first of the two"
    );
    // Samoa skipped a whole day.
    let samoa = Moment::at(
        date("2011-12-30"),
        "12:00:00".parse().unwrap(),
        Zone::Pacific__Apia,
    );
    assert_eq!(samoa.date(Zone::Pacific__Apia), date("2011-12-31"));
}

#[test]
fn a_point_is_checked_field_by_field() {
    let point = |lat, lng| {
        Point {
            lat,
            lng,
            datum: Datum::Wgs84,
        }
        .check()
        .map(drop)
    };
    assert_eq!(point(90.0, -180.0), Ok(()));
    assert_eq!(point(f64::NAN, 0.0), Err(PointError::Latitude));
    assert_eq!(point(-90.1, 0.0), Err(PointError::Latitude));
    assert_eq!(point(0.0, f64::NAN), Err(PointError::Longitude));
    assert_eq!(point(0.0, 180.1), Err(PointError::Longitude));
    assert_eq!(point(0.0, -0.0), Err(PointError::NullIsland));
}

#[test]
fn a_place_is_the_same_in_either_datum_and_numbers_of_the_wrong_one_are_half_a_kilometre_off() {
    let gate = Point {
        lat: 30.912345,
        lng: 113.921234,
        datum: Datum::Wgs84,
    };
    let there = gate.gcj02();
    assert_eq!(there.datum, Datum::Gcj02);
    assert!(gate.distance(there).0 < 0.001 && there.distance(gate).0 < 0.001);
    let mistaken = Point {
        datum: Datum::Wgs84,
        ..there
    };
    let off_m = gate.distance(mistaken).0;
    assert!((400.0..700.0).contains(&off_m), "{off_m}");
    // Also in Samoa and at the pole, where nothing is moved.
    let point = |lat, lng, datum| Point { lat, lng, datum };
    let across = point(-13.8, -179.999, Datum::Gcj02).distance(point(-13.8, 179.999, Datum::Wgs84));
    assert!((across.0 - 216.2).abs() < 1.0, "{across:?}");
    let over = point(89.999, 0.0, Datum::Wgs84).distance(point(89.999, 180.0, Datum::Gcj02));
    assert!((over.0 - 223.4).abs() < 1.0, "{over:?}");
}

#[test]
fn a_word_has_the_same_name_in_a_row_as_in_the_log() {
    for role in Role::ALL {
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        assert_eq!(Role::from_name(role.as_str()), Some(role));
    }
    for leave in LeaveType::ALL {
        assert_eq!(serde_json::to_value(leave).unwrap(), leave.as_str());
        assert_eq!(LeaveType::from_name(leave.as_str()), Some(leave));
    }
    for category in Category::ALL {
        assert_eq!(serde_json::to_value(category).unwrap(), category.as_str());
    }
}

proptest! {
    #[test]
    fn an_instant_survives_being_written_and_read(ms in 0_i64..253_402_214_400_000) {
        let moment = Moment::from_unix_ms(ms);
        prop_assert_eq!(Moment::parse(&moment.to_string()).unwrap(), moment);
        prop_assert_eq!(Moment::parse(&moment.rfc3339(Zone::Asia__Shanghai)).unwrap(), moment);
    }

    #[test]
    fn reading_anything_at_all_never_panics(text in "\\PC{0,80}") {
        let _ = (Moment::parse(&text), Boundary::parse(&text), SlipId::parse(&text), PersonId::parse(&text));
    }
}
