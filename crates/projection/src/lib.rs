//! The runtime every projection runs in.
//!
//! A projection is a fold: [`Projection::apply`] turns commits into rows. Its view is an LMDB environment, one writer
//! and any number of readers on the same machine; the position of the last commit folded stands in the same
//! transaction as the rows, so that a kill at any instant neither skips nor repeats one.
//!
//! - [`Table`], [`Key`]: what a row is called
//! - [`Writer`]: what a fold writes into
//! - [`View`], [`Snapshot`]: what a query reads from
//! - [`run()`]: follows the log, live
//! - [`rebuild()`]: builds a new generation beside the live one, then switches
//!
//! Architecture invariants: a view is thrown away rather than repaired; a reader never steps back; a damaged log
//! stops a projection instead of being folded.

mod environment;
mod feed;
mod fold;
mod generation;
mod generations;
mod key;
mod rebuild;
mod row;
mod run;
mod sealed_row;
mod snapshot;
#[cfg(feature = "testing")]
pub mod testing;
mod view;
mod writer;

use homeroom_domain::DomainEvent;
use homeroom_log::Recorded;

pub use generation::Refused;
pub use key::Key;
pub use rebuild::{Progress, Rebuilt, rebuild};
pub use row::{Row, Table};
pub use run::{ANNOUNCE_INTERVAL, RunError, run};
pub use sealed_row::SealedRow;
pub use snapshot::{Entry, Snapshot};
pub use view::{View, ViewError, ViewStatus};
pub use writer::{Poison, Writer};

/// Folds each event of a commit that is one of `E`; counts those that are unknown.
///
/// # Errors
/// When an event cannot be read, or `fold` fails.
pub fn each_event<E: DomainEvent>(
    commit: &Recorded,
    view: &mut Writer<'_>,
    mut fold: impl FnMut(&E, &mut Writer<'_>) -> Result<(), Poison>,
) -> Result<(), Poison> {
    for record in &commit.commit.events {
        match E::decode(record) {
            Some(event) => fold(&event?, view)?,
            None => view.skip_unknown_event(),
        }
    }
    Ok(())
}

/// A fold of the log into a view.
pub trait Projection: Send + Sync + 'static {
    /// Its name: a folder, a sub-command, a user of nats-server.
    const NAME: &'static str;
    /// Raise it with every change to what is written: the next start builds a new generation.
    const VERSION: u32;

    /// Folds one commit. Must depend on nothing but its arguments: the same log gives the same bytes.
    ///
    /// # Errors
    /// When the commit cannot be read; nothing of it is kept, and the projection stops there.
    fn apply(&self, commit: &Recorded, view: &mut Writer<'_>) -> Result<(), Poison>;
}
