//! Verdicts counted. A tally is nothing but a sum: that of a class is the sum of its students', that of a month the sum
//! of its days'.

use super::DutyStatus;

/// How often duties came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Duties there were: all of the following together.
    pub expected: u32,
    /// Checked in on time.
    pub on_time: u32,
    /// Checked in late.
    pub late: u32,
    /// Seconds late, of all late check-ins together.
    pub late_s: u64,
    /// Excused by approved leave.
    pub excused: u32,
    /// Absent.
    pub absent: u32,
    /// Not settled yet: the session is open, or has not begun.
    pub open: u32,
}

impl Tally {
    /// One more verdict. Who had no duty is not counted.
    pub fn count(&mut self, status: &DutyStatus) {
        match status {
            DutyStatus::OnTime => self.on_time += 1,
            DutyStatus::Late { by_s } => {
                self.late += 1;
                self.late_s += u64::from(*by_s);
            }
            DutyStatus::Excused { .. } => self.excused += 1,
            DutyStatus::Absent => self.absent += 1,
            DutyStatus::Open => self.open += 1,
            DutyStatus::NotOnDuty => return,
        }
        self.expected += 1;
    }

    /// All of another tally's.
    pub fn add(&mut self, other: &Tally) {
        self.expected += other.expected;
        self.on_time += other.on_time;
        self.late += other.late;
        self.late_s += other.late_s;
        self.excused += other.excused;
        self.absent += other.absent;
        self.open += other.open;
    }

    /// 出勤率: of those who had to be there and were not excused, how many were, in percent to two decimals. `None` where
    /// nothing is settled.
    pub fn rate_percent(&self) -> Option<f64> {
        let there = self.on_time + self.late;
        let settled = there + self.absent;
        let percent = f64::from(there) * 100.0 / f64::from(settled);
        (settled > 0).then(|| (percent * 100.0).round() / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::id::{PersonId, SlipId};

    fn status() -> impl Strategy<Value = DutyStatus> {
        let student = PersonId::parse("p1").unwrap();
        let slip = SlipId { student, number: 1 };
        prop_oneof![
            Just(DutyStatus::OnTime),
            (0..100_000_u32).prop_map(|by_s| DutyStatus::Late { by_s }),
            Just(DutyStatus::Excused { slip }),
            Just(DutyStatus::Absent),
            Just(DutyStatus::Open),
            Just(DutyStatus::NotOnDuty),
        ]
    }

    /// Counted one by one, by another reading of the same words.
    fn naively(all: &[DutyStatus]) -> Tally {
        let how_many = |name: &str| all.iter().filter(|one| one.as_str() == name).count() as u32;
        let late_s = all.iter().map(|one| match one {
            DutyStatus::Late { by_s } => u64::from(*by_s),
            _ => 0,
        });
        Tally {
            expected: all.len() as u32 - how_many("not_on_duty"),
            on_time: how_many("on_time"),
            late: how_many("late"),
            late_s: late_s.sum(),
            excused: how_many("excused"),
            absent: how_many("absent"),
            open: how_many("open"),
        }
    }

    proptest! {
        #[test]
        fn however_duties_are_split_the_parts_add_up_to_the_whole(
            duties in prop::collection::vec((0..7_u8, 0..5_u8, status()), 0..200),
        ) {
            let all: Vec<DutyStatus> = duties.iter().map(|(_, _, status)| status.clone()).collect();
            let (mut by_student, mut by_day) = (BTreeMap::new(), BTreeMap::new());
            for (student, day, status) in &duties {
                by_student.entry(student).or_insert_with(Tally::default).count(status);
                by_day.entry(day).or_insert_with(Tally::default).count(status);
            }
            let whole = naively(&all);
            let sum = |parts: Vec<Tally>| {
                let mut sum = Tally::default();
                parts.iter().for_each(|part| sum.add(part));
                sum
            };
            prop_assert_eq!(sum(by_student.into_values().collect()), whole);
            prop_assert_eq!(sum(by_day.into_values().collect()), whole);
            let parts = whole.on_time + whole.late + whole.excused + whole.absent + whole.open;
            prop_assert_eq!(parts, whole.expected);
        }
    }

    #[test]
    fn the_rate_is_of_those_who_had_to_be_there_and_were_not_excused() {
        let tally = |on_time, late, absent| Tally {
            expected: 10,
            on_time,
            late,
            excused: 3,
            absent,
            ..Tally::default()
        };
        assert_eq!(tally(5, 1, 1).rate_percent(), Some(85.71));
        assert_eq!(tally(0, 0, 0).rate_percent(), None);
        assert_eq!(tally(0, 0, 7).rate_percent(), Some(0.0));
    }
}
