//! Closing a session: from then on, who had duty and was not there was absent.

use chrono::NaiveTime;

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::PersonId;
use crate::refusal::{Language, RefusalKind, Refuse};
use crate::rule::Window;
use crate::time::{Moment, SchoolDate, Zone};

use super::{SessionClosed, SessionEvent, SessionKey};

/// Asks that a session be closed.
#[derive(Debug, Clone)]
pub struct CloseSession {
    /// The session.
    pub session: SessionKey,
    /// Its window.
    pub window: Window,
}

/// Who has duty in the session now.
#[derive(Debug, Clone)]
pub struct CloseFacts {
    /// The members of the class now, in any order.
    pub duty: Vec<PersonId>,
    /// The school's zone.
    pub zone: Zone,
}

/// Whether a session is closed.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionState {
    closed: bool,
}

/// Why a session was not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowStillOpen {
    /// The date of the session.
    pub date: SchoolDate,
    /// The last second at which a check-in counts, in the school's zone.
    pub closes: NaiveTime,
}

impl Refuse for WindowStillOpen {
    fn code(&self) -> &'static str {
        "window-still-open"
    }
    fn kind(&self) -> RefusalKind {
        RefusalKind::Conflict
    }
    fn sentence(&self, language: Language) -> String {
        match language {
            Language::Chinese => format!("打卡时段到 {} {} 才结束。", self.date, self.closes),
            Language::English => {
                format!("The window is open until {} on {}.", self.closes, self.date)
            }
        }
    }
}

/// Decides the closing of sessions.
#[derive(Debug)]
pub struct SessionDecider;

impl Decider for SessionDecider {
    type Command = CloseSession;
    type Event = SessionEvent;
    type State = SessionState;
    type Facts = CloseFacts;
    type Refusal = WindowStillOpen;

    fn boundary(command: &CloseSession) -> Boundary {
        Boundary::session(
            &command.session.rule,
            &command.session.class,
            command.session.date,
        )
    }

    fn evolve(state: &mut SessionState, SessionEvent::Closed(_): &SessionEvent, _: Moment) {
        state.closed = true;
    }

    fn decide(
        state: &SessionState,
        command: &CloseSession,
        facts: &CloseFacts,
        at: Moment,
    ) -> Result<Vec<SessionEvent>, WindowStillOpen> {
        if state.closed {
            return Ok(Vec::new());
        }
        if !command.window.is_over(at) {
            let closes = command.window.closes.time_of_day(facts.zone);
            return Err(WindowStillOpen {
                date: command.window.closes.date(facts.zone),
                closes,
            });
        }
        let mut duty = facts.duty.clone();
        duty.sort_unstable();
        duty.dedup();
        Ok(vec![SessionEvent::Closed(SessionClosed {
            session: command.session.clone(),
            opens: command.window.opens,
            on_time_until: command.window.on_time_until,
            closes: command.window.closes,
            duty,
        })])
    }
}

#[cfg(test)]
#[path = "close_tests.rs"]
mod tests;
