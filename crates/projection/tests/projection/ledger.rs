//! A projection whose rows tell whether a commit was skipped, repeated or torn from its position.

use homeroom_log::Recorded;
use homeroom_projection::{Key, Poison, Projection, Snapshot, Table, Writer};

/// Commits folded: equal to the position, or a commit was skipped or repeated.
const TOTAL: Table<u64> = Table::new("total");
/// boundary → the positions of its commits: grows past a page of LMDB, and is written anew with every commit.
const COMMITS: Table<Vec<u64>> = Table::new("commits");

/// It bears the name of a real one, since nats-server has a user for each.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ledger<const VERSION: u32>;

pub(crate) const NAME: &str = "trail";

impl<const V: u32> Projection for Ledger<V> {
    const NAME: &'static str = NAME;
    const VERSION: u32 = V;

    fn apply(&self, commit: &Recorded, view: &mut Writer<'_>) -> Result<(), Poison> {
        view.update(&TOTAL, &Key::new(), |total| *total += 1)?;
        let boundary = Key::new().text(commit.commit.boundary.as_str());
        view.update(&COMMITS, &boundary, |commits| {
            commits.push(commit.position.0);
        })
    }
}

/// A ledger that cannot read the commit at one position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Poisoned(pub(crate) u64);

impl Projection for Poisoned {
    const NAME: &'static str = NAME;
    const VERSION: u32 = 1;

    fn apply(&self, commit: &Recorded, view: &mut Writer<'_>) -> Result<(), Poison> {
        Ledger::<1>.apply(commit, view)?;
        if commit.position.0 == self.0 {
            return Err(Poison::Row {
                table: "total",
                what: "a test says no".to_owned(),
            });
        }
        Ok(())
    }
}

/// Rows and position of one transaction belong together.
pub(crate) fn assert_whole(snapshot: &Snapshot) {
    let total = snapshot
        .load(&TOTAL, &Key::new())
        .unwrap()
        .unwrap_or_default();
    assert_eq!(
        total,
        snapshot.position().0,
        "rows and position are of the same transaction"
    );
    let commits: usize = snapshot
        .prefix(&COMMITS, &Key::new())
        .unwrap()
        .map(|row| row.unwrap().1.len())
        .sum();
    assert_eq!(
        commits as u64, total,
        "every commit is in its boundary's row, once"
    );
}
