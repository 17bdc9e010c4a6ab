//! Closing a session: from then on, who had duty and was not there was absent.

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::PersonId;
use crate::refusal::{Language, Refuse, RefusalKind};
use crate::rule::Window;
use crate::time::Moment;

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
    /// The members of the class now.
    pub duty: Vec<PersonId>,
}

/// Whether a session is closed.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionState {
    closed: bool,
}

/// Why a session was not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowStillOpen {
    /// The last instant at which a check-in counts.
    pub closes: Moment,
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
            Language::Chinese => format!("打卡时段到 {} 才结束。", self.closes),
            Language::English => format!("The window is open until {}.", self.closes),
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
        Boundary::session(&command.session.rule, &command.session.class, command.session.date)
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
            return Err(WindowStillOpen { closes: command.window.closes });
        }
        let mut duty = facts.duty.clone();
        duty.sort_unstable();
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
mod tests {
    use super::*;
    use crate::id::{ClassId, RuleId};

    fn close() -> CloseSession {
        let at = |text| Moment::parse(text).unwrap();
        CloseSession {
            session: SessionKey {
                rule: RuleId::parse("r1").unwrap(),
                rule_version: 1,
                class: ClassId::parse("c1").unwrap(),
                date: "2026-11-23".parse().unwrap(),
            },
            window: Window {
                opens: at("2026-11-23T06:50:00+08:00"),
                on_time_until: at("2026-11-23T07:10:00+08:00"),
                closes: at("2026-11-23T07:20:00+08:00"),
            },
        }
    }

    #[test]
    fn ck11_a_session_closes_only_after_its_last_second_is_over() {
        let facts = CloseFacts { duty: vec![PersonId::parse("p2").unwrap(), PersonId::parse("p1").unwrap()] };
        let decide = |at| SessionDecider::decide(&SessionState::default(), &close(), &facts, Moment::parse(at).unwrap());
        assert!(decide("2026-11-23T07:20:00.999+08:00").is_err());
        let events = decide("2026-11-23T07:20:01+08:00").unwrap();
        let SessionEvent::Closed(closed) = &events[0];
        assert_eq!(closed.duty.iter().map(PersonId::as_str).collect::<Vec<_>>(), ["p1", "p2"]);
    }

    #[test]
    fn closing_twice_closes_once() {
        let facts = CloseFacts { duty: Vec::new() };
        let at = Moment::parse("2026-11-23T08:00:00+08:00").unwrap();
        let mut state = SessionState::default();
        let events = SessionDecider::decide(&state, &close(), &facts, at).unwrap();
        SessionDecider::evolve(&mut state, &events[0], at);
        assert_eq!(SessionDecider::decide(&state, &close(), &facts, at).unwrap(), []);
    }
}
