//! A session as the view and the rules know it together.

use std::collections::BTreeSet;

use homeroom_domain::attendance::{Duty, duty};
use homeroom_domain::rule::Window;
use homeroom_domain::{ClassId, Moment, PersonId, RuleId};
use homeroom_log::Position;
use homeroom_projection::ViewError;

use crate::answers::{Closing, Explained, SessionExpected, SessionOfStudent};
use crate::day::unreadable;
use crate::rows::{AttemptRow, CheckInRow, DayRow, SessionRow};

/// A session as the view and the rules know it.
pub(crate) struct Session {
    pub(crate) rule: RuleId,
    pub(crate) version: u32,
    pub(crate) window: Option<Window>,
    pub(crate) closed: Option<Closing>,
    /// `None` while it is open: then the members of the class have duty.
    pub(crate) duty: Option<BTreeSet<PersonId>>,
}

impl Session {
    pub(crate) fn closed(rule: RuleId, row: &SessionRow) -> Result<Self, ViewError> {
        let duty = row
            .duty
            .iter()
            .map(|id| PersonId::parse(id).map_err(|_| unreadable("the duty list", id)));
        let window = Window {
            opens: Moment::from_unix_ms(row.opens_ms),
            on_time_until: Moment::from_unix_ms(row.on_time_until_ms),
            closes: Moment::from_unix_ms(row.closes_ms),
        };
        let closed = Closing {
            at: Moment::from_unix_ms(row.closed_ms),
            position: Position(row.position),
        };
        let duty = Some(duty.collect::<Result<_, _>>()?);
        Ok(Self {
            rule,
            version: row.rule_version,
            window: Some(window),
            closed: Some(closed),
            duty,
        })
    }

    pub(crate) fn expected(session: &SessionExpected) -> Self {
        Self {
            rule: session.rule.clone(),
            version: session.version,
            window: Some(session.window),
            closed: None,
            duty: None,
        }
    }

    /// Somebody did something in it, and its rule is no longer in force.
    pub(crate) fn orphaned(rule: RuleId, version: u32) -> Self {
        Self {
            rule,
            version,
            window: None,
            closed: None,
            duty: Some(BTreeSet::new()),
        }
    }

    pub(crate) fn has(&self, row: &CheckInRow) -> bool {
        row.rule == self.rule.as_str()
    }

    pub(crate) fn judged(&self, row: &AttemptRow) -> bool {
        row.judged_by
            .as_ref()
            .is_some_and(|(rule, _)| rule == self.rule.as_str())
    }

    /// True if this day holds anything done in the session.
    pub(crate) fn touches(&self, row: &DayRow) -> bool {
        row.check_ins.iter().any(|row| self.has(row))
            || row.attempts.iter().any(|row| self.judged(row))
    }

    pub(crate) fn verdict(&self, facts: &[Explained]) -> Duty {
        // Without a window nobody knows by when one had to be there, and no leave can cover it.
        let due = self
            .window
            .map_or(Moment::MAX, |window| window.on_time_until);
        duty(due, facts.iter().map(|explained| &explained.fact))
    }

    pub(crate) fn of_student(self, class: ClassId, facts: Vec<Explained>) -> SessionOfStudent {
        let duty = self.verdict(&facts);
        SessionOfStudent {
            class,
            rule: self.rule,
            rule_version: self.version,
            window: self.window,
            closed: self.closed,
            duty,
            facts,
        }
    }
}
