//! Tests of deciders, told in three words: `given` events, `when` command, `then` events or refusal.

use std::fmt::Debug;

use crate::decider::Decider;
use crate::event::DomainEvent;
use crate::refusal::{Language, RefusalKind, Refuse};
use crate::time::Moment;

/// Monday 2026-11-23 at this time of day (or any RFC 3339 instant) in Shanghai.
#[track_caller]
pub(crate) fn at(text: &str) -> Moment {
    let full = if text.contains('T') {
        text.to_owned()
    } else {
        format!("2026-11-23T{text}+08:00")
    };
    Moment::parse(&full).unwrap()
}

/// What has happened on a boundary.
pub(crate) struct Given<D: Decider> {
    state: D::State,
}

/// What has happened on a boundary, in this order.
pub(crate) fn given<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> Given<D> {
    given_at(Moment::MIN, events)
}

/// The same, all of it at one instant.
pub(crate) fn given_at<D: Decider>(
    at: Moment,
    events: impl IntoIterator<Item = D::Event>,
) -> Given<D> {
    let mut state = D::State::default();
    for event in events {
        // Through the log and back, as it will be.
        let event = D::Event::decode(&event.encode().unwrap()).unwrap().unwrap();
        D::evolve(&mut state, &event, at);
    }
    Given { state }
}

impl<D: Decider> Given<D>
where
    D::Event: PartialEq,
{
    /// Decides.
    pub(crate) fn when(self, command: &D::Command, facts: &D::Facts, at: Moment) -> Outcome<D> {
        Outcome(D::decide(&self.state, command, facts, at))
    }
}

/// What was decided.
pub(crate) struct Outcome<D: Decider>(Result<Vec<D::Event>, D::Refusal>);

impl<D: Decider> Outcome<D>
where
    D::Event: PartialEq + Debug,
{
    /// Exactly these events.
    #[track_caller]
    pub(crate) fn then(self, events: impl IntoIterator<Item = D::Event>) {
        assert_eq!(self.events(), events.into_iter().collect::<Vec<_>>());
    }

    /// Nothing: what was asked is already so.
    #[track_caller]
    pub(crate) fn then_nothing(self) {
        self.then([]);
    }

    /// The events, for a test that looks closer.
    #[track_caller]
    pub(crate) fn events(self) -> Vec<D::Event> {
        match self.0 {
            Ok(events) => events,
            Err(refusal) => panic!("refused: {}", refusal.sentence(Language::English)),
        }
    }

    /// Refused, and nothing recorded.
    #[track_caller]
    pub(crate) fn then_refused(self, kind: RefusalKind, code: &str) -> D::Refusal {
        match self.0 {
            Ok(events) => panic!("not refused: {events:?}"),
            Err(refusal) => {
                spoken(&refusal, kind, code);
                refusal
            }
        }
    }

    /// Refused, and the attempt recorded as the only event.
    #[track_caller]
    pub(crate) fn then_recorded_refusal(self, kind: RefusalKind, code: &str) -> D::Event {
        let mut events = self.events();
        assert_eq!(events.len(), 1, "{events:?}");
        let event = events.remove(0);
        spoken(
            event.refusal().expect("the event records a refusal"),
            kind,
            code,
        );
        event
    }
}

/// A refusal has its stable name and one whole sentence in each language.
#[track_caller]
fn spoken(refusal: &dyn Refuse, kind: RefusalKind, code: &str) {
    assert_eq!((refusal.kind(), refusal.code()), (kind, code));
    let (chinese, english) = (
        refusal.sentence(Language::Chinese),
        refusal.sentence(Language::English),
    );
    assert!(chinese.ends_with('。') && !chinese.is_ascii(), "{chinese}");
    assert!(english.ends_with('.') && english != chinese, "{english}");
}
