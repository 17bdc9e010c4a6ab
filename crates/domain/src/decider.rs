//! The shape of every decision.

use crate::boundary::Boundary;
use crate::event::DomainEvent;
use crate::refusal::Refuse;
use crate::time::Moment;

/// Decides commands on one kind of boundary.
///
/// Pure and synchronous: time, ids and facts come in as arguments, so any decision can be taken again later
/// and questioned.
pub trait Decider {
    /// What may be asked.
    type Command;
    /// What may have happened.
    type Event: DomainEvent;
    /// The fold of a boundary's events.
    type State: Default + Clone + Send + Sync + 'static;
    /// What the decision needs from outside its boundary.
    type Facts;
    /// Why nothing happened.
    type Refusal: Refuse;

    /// The boundary that decides this command.
    fn boundary(command: &Self::Command) -> Boundary;

    /// Folds one event into the state.
    fn evolve(state: &mut Self::State, event: &Self::Event, at: Moment);

    /// Decides.
    ///
    /// A refusal that matters in a dispute is an event among the `Ok` events (see
    /// [`DomainEvent::refusal`]); any other refusal is an `Err` and leaves nothing behind. No events means that
    /// the command asks for what is already so.
    ///
    /// # Errors
    /// When the command is refused.
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        facts: &Self::Facts,
        at: Moment,
    ) -> Result<Vec<Self::Event>, Self::Refusal>;
}
