//! Which sessions are over: a pure function of the history and the clock.

use homeroom_domain::attendance::SessionKey;
use homeroom_domain::rule::Window;
use homeroom_domain::{Moment, SchoolDate, Zone};

use super::history::{History, RuleHistory, RuleVersion};

/// How far ahead the next end is looked for: a rule holds on some day of the week, after the longest holidays too.
const AHEAD_DAYS: usize = 70;
/// A window is over once its last second is.
const LAST_SECOND_MS: i64 = 1_000;

/// A session that is over.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Due {
    pub(super) session: SessionKey,
    pub(super) window: Window,
}

/// The sessions of the dates from `from` on whose windows are over at `now`, the earliest first.
pub(super) fn due(history: &History, from: SchoolDate, now: Moment, zone: Zone) -> Vec<Due> {
    let mut due = Vec::new();
    for (rule, told) in &history.rules {
        let Some(first) = told.versions.first() else {
            continue;
        };
        let dates = from.max(first.from.date(zone)).iter_days();
        for date in dates.take_while(|date| *date <= now.date(zone)) {
            let Some((version, window)) = told.session_on(history, date, zone) else {
                continue;
            };
            if !window.is_over(now) {
                continue;
            }
            let classes = history.classes_at(window.closes);
            due.extend(
                classes
                    .filter(|class| version.terms.binds(class))
                    .map(|class| Due {
                        session: SessionKey {
                            rule: rule.clone(),
                            rule_version: version.version,
                            class: class.clone(),
                            date,
                        },
                        window,
                    }),
            );
        }
    }
    due.sort_by_key(|due| due.window.closes);
    due
}

/// The next instant at which some window will be over.
pub(super) fn next_end(history: &History, now: Moment, zone: Zone) -> Option<Moment> {
    let ends = history.rules.values().filter_map(|rule| {
        let dates = now.date(zone).iter_days().take(AHEAD_DAYS);
        let windows = dates.filter_map(|date| rule.session_on(history, date, zone));
        let over = windows.map(|(_, window)| window.closes.plus_ms(LAST_SECOND_MS));
        over.filter(|over| *over > now).min()
    });
    ends.min()
}

impl RuleHistory {
    /// The session of a date: by the newest version that was made before its own window was over. What was made, or
    /// changed, after a window had ended says nothing of that day; what was retired before its end has no session.
    /// The calendar counts as it was told until the window ended.
    fn session_on(
        &self,
        history: &History,
        date: SchoolDate,
        zone: Zone,
    ) -> Option<(&RuleVersion, Window)> {
        let sessions = self
            .versions
            .iter()
            .rev()
            .map(|version| (version, version.terms.window(date, zone)));
        let (version, window) = sessions
            .into_iter()
            .find(|(version, window)| !window.is_over(version.from))?;
        let retired = self.retired.is_some_and(|retired| !window.is_over(retired));
        let day = history.calendar_day(date, window.closes);
        let holds = version.terms.holds_on(date, day.as_ref());
        (holds && !retired).then_some((version, window))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
