//! Decider states kept in memory, as a baseline only: the log's comparator catches what is stale.
//!
//! A bounded cache rather than a map: a hundred thousand students are as many boundaries, and a serving process has
//! a memory target. What was evicted is loaded again.

use std::any::Any;
use std::sync::Arc;

use homeroom_domain::{Boundary, CommandId, Decider, DomainEvent, Moment};
use homeroom_log::{Position, ReadError, Recorded, Tail};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// What all baselines together may weigh, in bytes as estimated.
const BYTES_MAX: u64 = 64 << 20;
/// What a baseline weighs by itself: its key, its allocations, its place in the cache.
const BASELINE_BYTES: u64 = 320;
/// What one more commit adds besides its share of the state: the command's id and position.
const COMMIT_BYTES: u64 = 96;
/// A commit's raw bytes to the bytes it leaves in a state, roughly: sealed fields and the envelope stay behind.
const RAW_TO_STATE: u64 = 6;

/// A boundary as far as it is known here.
#[derive(Debug, Clone)]
pub(crate) struct Baseline<S> {
    pub(crate) state: S,
    /// The newest commit known.
    pub(crate) tail: Option<Tail>,
    /// When that commit was decided.
    pub(crate) at: Option<Moment>,
    commands: Vec<(CommandId, Position)>,
    bytes: u64,
}

impl<S: Default> Baseline<S> {
    /// A boundary on which nothing has happened.
    pub(crate) fn empty() -> Self {
        Self {
            state: S::default(),
            tail: None,
            at: None,
            commands: Vec::new(),
            bytes: BASELINE_BYTES,
        }
    }
}

impl<S> Baseline<S> {
    /// Where this command was answered, if it was.
    pub(crate) fn answered(&self, command: &CommandId) -> Option<Position> {
        // Newest first: what is retried was mostly sent just now.
        let known = self
            .commands
            .iter()
            .rev()
            .find(|(known, _)| known == command);
        known.map(|(_, position)| *position)
    }

    /// Folds the boundary's next commit, read from the log.
    pub(crate) fn fold<D: Decider<State = S>>(
        &mut self,
        recorded: &Recorded,
    ) -> Result<(), ReadError> {
        let events = decode::<D::Event>(recorded)?;
        let commit = &recorded.commit;
        let bytes = recorded.raw.len() as u64;
        self.follow::<D>(
            recorded.tail(),
            &commit.command.id,
            commit.at,
            &events,
            bytes,
        );
        Ok(())
    }

    /// Folds the boundary's next commit, just appended by us.
    pub(crate) fn follow<D: Decider<State = S>>(
        &mut self,
        tail: Tail,
        command: &CommandId,
        at: Moment,
        events: &[D::Event],
        bytes: u64,
    ) {
        for event in events {
            D::evolve(&mut self.state, event, at);
        }
        self.commands.push((command.clone(), tail.position));
        self.bytes += COMMIT_BYTES + bytes / RAW_TO_STATE;
        (self.tail, self.at) = (Some(tail), Some(at));
    }
}

/// The events of a commit that are this decider's.
pub(crate) fn decode<E: DomainEvent>(recorded: &Recorded) -> Result<Vec<E>, ReadError> {
    let events = recorded
        .commit
        .events
        .iter()
        .filter_map(E::decode)
        .collect::<Result<_, _>>();
    events.map_err(|error| ReadError::Integrity {
        position: recorded.position,
        what: error.to_string(),
    })
}

#[derive(Clone)]
struct Entry {
    bytes: u64,
    baseline: Arc<dyn Any + Send + Sync>,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<Boundary, Entry> for Bytes {
    fn weight(&self, _: &Boundary, entry: &Entry) -> u64 {
        entry.bytes
    }
}

/// The baselines kept.
pub(crate) struct Baselines {
    cache: Cache<Boundary, Entry, Bytes>,
}

impl std::fmt::Debug for Baselines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Baselines")
            .field("bytes", &self.cache.weight())
            .finish_non_exhaustive()
    }
}

impl Baselines {
    pub(crate) fn new() -> Self {
        let typical = BASELINE_BYTES + 20 * COMMIT_BYTES;
        Self {
            cache: Cache::with_weighter((BYTES_MAX / typical) as usize, BYTES_MAX, Bytes),
        }
    }

    /// Takes a baseline out, to be changed and kept again; whoever takes it holds the boundary's turn.
    pub(crate) fn take<S: Clone + Send + Sync + 'static>(
        &self,
        boundary: &Boundary,
    ) -> Option<Baseline<S>> {
        let (_, entry) = self.cache.remove(boundary)?;
        let baseline = entry.baseline.downcast::<Baseline<S>>().ok()?;
        Some(Arc::unwrap_or_clone(baseline))
    }

    /// Looks at a baseline.
    pub(crate) fn look<S: Send + Sync + 'static>(
        &self,
        boundary: &Boundary,
    ) -> Option<Arc<Baseline<S>>> {
        self.cache.get(boundary)?.baseline.downcast().ok()
    }

    /// Keeps a baseline, if it fits.
    pub(crate) fn keep<S: Send + Sync + 'static>(
        &self,
        boundary: &Boundary,
        baseline: impl Into<Arc<Baseline<S>>>,
    ) {
        let baseline = baseline.into();
        self.cache.insert(
            boundary.clone(),
            Entry {
                bytes: baseline.bytes,
                baseline,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stays_within_its_bounds_and_what_is_too_large_is_not_kept() {
        let baselines = Baselines::new();
        for student in 0..20_000 {
            let boundary = Boundary::parse(&format!("leave.p{student}")).unwrap();
            let mut baseline = Baseline::<u32>::empty();
            baseline.bytes = 8 << 10;
            baselines.keep(&boundary, baseline);
        }
        assert!(baselines.cache.weight() <= BYTES_MAX, "{baselines:?}");
        assert!(baselines.cache.weight() > BYTES_MAX / 2, "{baselines:?}");
        let mut whole = Baseline::<u32>::empty();
        whole.bytes = BYTES_MAX + 1;
        baselines.keep(&Boundary::roster(), whole);
        assert!(baselines.look::<u32>(&Boundary::roster()).is_none());
    }

    #[test]
    fn a_baseline_taken_out_is_gone_until_it_is_kept_again() {
        let baselines = Baselines::new();
        let boundary = Boundary::rules();
        baselines.keep(
            &boundary,
            Baseline::<u32> {
                state: 7,
                ..Baseline::empty()
            },
        );
        assert_eq!(
            baselines
                .look::<u32>(&boundary)
                .map(|baseline| baseline.state),
            Some(7)
        );
        let taken = baselines.take::<u32>(&boundary).unwrap();
        assert!(baselines.look::<u32>(&boundary).is_none());
        baselines.keep(&boundary, taken);
        assert!(
            baselines.take::<u64>(&boundary).is_none(),
            "another decider's state is not ours"
        );
    }
}
