//! The runtime every projection runs in.
//!
//! A projection is a fold: [`Projection::apply`] turns commits into rows. Its view is an LMDB environment, one writer
//! and any number of readers on the same machine; the position of the last commit folded stands in the same
//! transaction as the rows, so that a kill at any instant neither skips nor repeats one.
//!
//! - [`Table`], [`Key`]: what a row is called
//! - [`Writer`]: what a fold writes into
//! - [`View`], [`Snapshot`]: what a query reads from
//! - [`run`]: follows the log, live
//! - [`rebuild`]: builds a new generation beside the live one, then switches
//!
//! Architecture invariants: a view is thrown away rather than repaired; a reader never steps back; a damaged log
//! stops a projection instead of being folded.

mod generation;
mod key;
mod rebuild;
mod row;
mod run;
mod view;
mod writer;

use homeroom_log::Recorded;

pub use generation::Refused;
pub use key::Key;
pub use rebuild::{Progress, Rebuilt, rebuild};
pub use row::{Row, Table};
pub use run::{RunError, run};
pub use view::{Snapshot, View, ViewError, ViewStatus};
pub use writer::{Poison, Writer};

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
