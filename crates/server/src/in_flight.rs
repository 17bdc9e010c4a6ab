//! One command at a time on one boundary, within this process.
//!
//! The log's comparator alone decides who wins; this only spares a student who clicks twice, and the batch his
//! second click would travel in, a conflict that is certain.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use homeroom_domain::Boundary;
use tokio::sync::OwnedMutexGuard;

/// Enough that a thousand connections seldom wait for each other's table.
const SHARDS: usize = 64;

type Lock = Arc<tokio::sync::Mutex<()>>;

/// The boundaries on which a command is being decided.
#[derive(Debug)]
pub(crate) struct InFlight {
    hasher: RandomState,
    shards: Box<[Mutex<HashMap<Boundary, Lock>>]>,
}

/// The right to decide on one boundary, until dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    table: &'a InFlight,
    boundary: &'a Boundary,
    lock: Option<Lock>,
    held: Option<OwnedMutexGuard<()>>,
}

impl InFlight {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self {
            hasher: RandomState::new(),
            shards,
        }
    }

    /// Waits for one's turn, in the order of asking.
    pub(crate) async fn enter<'a>(&'a self, boundary: &'a Boundary) -> Turn<'a> {
        let lock = Arc::clone(self.shard(boundary).entry(boundary.clone()).or_default());
        // Made before the wait, so that whoever gives up waiting leaves nothing behind either.
        let mut turn = Turn {
            table: self,
            boundary,
            lock: Some(Arc::clone(&lock)),
            held: None,
        };
        turn.held = Some(lock.lock_owned().await);
        turn
    }

    fn shard(&self, boundary: &Boundary) -> MutexGuard<'_, HashMap<Boundary, Lock>> {
        let index = self.hasher.hash_one(boundary) as usize % SHARDS;
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.held = None;
        self.lock = None;
        let mut shard = self.table.shard(self.boundary);
        if shard
            .get(self.boundary)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            shard.remove(self.boundary);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn len(table: &InFlight) -> usize {
        table
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap().len())
            .sum()
    }

    #[tokio::test]
    async fn a_boundary_is_entered_by_one_at_a_time_and_left_without_a_trace() {
        let table = Arc::new(InFlight::new());
        let inside = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let all = (0..100).map(|index| {
            let (table, inside) = (Arc::clone(&table), Arc::clone(&inside));
            tokio::spawn(async move {
                let boundary = Boundary::parse(&format!("leave.p{}", index % 2)).unwrap();
                let _turn = table.enter(&boundary).await;
                // Two boundaries, so never more than two inside.
                assert!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            })
        });
        for one in all.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        assert_eq!(len(&table), 0);
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_leaves_no_trace() {
        let table = InFlight::new();
        let boundary = Boundary::rules();
        let turn = table.enter(&boundary).await;
        let waited = tokio::time::timeout(Duration::from_millis(20), table.enter(&boundary)).await;
        assert!(waited.is_err());
        drop(turn);
        assert_eq!(len(&table), 0);
        let _again = table.enter(&boundary).await;
    }
}
