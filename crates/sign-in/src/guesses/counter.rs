//! A count of wrong passwords, and how long it makes the next one wait.

use homeroom_domain::Moment;

/// The first delay; it doubles with each further wrong password.
const DELAY_MS: i64 = 1_000;

/// Wrong passwords of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counter {
    pub(super) wrong: u32,
    pub(super) last: Moment,
}

/// How one kind is slowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// So many cost nothing.
    pub(super) free: u32,
    pub(super) delay_ms_max: i64,
    /// They are forgotten when there was none for so long.
    pub(super) forget_ms: i64,
}

impl Counter {
    /// The first instant at which another may be tried; none if now.
    pub(super) fn not_before(mut self, pace: Pace, at: Moment) -> Option<Moment> {
        self.forget(pace, at);
        let doublings = self.wrong.checked_sub(pace.free)?.min(40);
        let delay_ms = (DELAY_MS << doublings).min(pace.delay_ms_max);
        // Nobody waits longer than the delay, whatever was done to the clock.
        let until = self.last.min(at).plus_ms(delay_ms);
        (at < until).then_some(until)
    }

    pub(super) fn count(&mut self, pace: Pace, at: Moment) {
        self.forget(pace, at);
        self.wrong = self.wrong.saturating_add(1);
        self.last = at;
    }

    /// The one that was counted in advance was none.
    pub(super) fn take_back(&mut self) {
        self.wrong = self.wrong.saturating_sub(1);
    }

    /// What another process counted counts too.
    pub(super) fn join(&mut self, other: Counter) {
        self.wrong = self.wrong.max(other.wrong);
        self.last = self.last.max(other.last);
    }

    fn forget(&mut self, pace: Pace, at: Moment) {
        if at >= self.last.plus_ms(pace.forget_ms) {
            self.wrong = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        free: 3,
        delay_ms_max: 60_000,
        forget_ms: 3_600_000,
    };

    fn second(second: i64) -> Moment {
        Moment::from_unix_ms(1_764_000_000_000 + second * 1_000)
    }

    #[test]
    fn the_first_ones_are_free_and_then_each_doubles_the_wait_up_to_the_longest() {
        let mut counter = Counter::default();
        let mut now = second(0);
        let mut waits = Vec::new();
        for _ in 0..12 {
            let until = counter.not_before(PACE, now).unwrap_or(now);
            waits.push((until.unix_ms() - now.unix_ms()) / 1_000);
            now = until;
            counter.count(PACE, now);
        }
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(counter.not_before(PACE, now.plus_ms(3_600_000)), None);
        counter.count(PACE, now.plus_ms(3_600_000));
        assert_eq!(
            counter.wrong, 1,
            "after an hour without one they are forgotten"
        );
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nobody_wait_longer_than_the_delay() {
        let mut counter = Counter::default();
        (0..20).for_each(|_| counter.count(PACE, second(1_000_000)));
        assert_eq!(counter.not_before(PACE, second(5)), Some(second(65)));
    }
}
