//! The log: one JetStream stream a school, one message a command.
//!
//! - [`commit`]: what a message holds, and the chain that links a boundary's commits
//! - [`create()`]: the explicit initialisation; nothing else ever makes a stream
//! - [`Log`]: reading: one boundary, one position, the whole from a [`Checkpoint`] on
//! - [`Appender`]: writing: group commit, every append with the boundary's own comparator
//! - [`Vault`]: the keys of sealed fields, outside the log
//! - [`Bucket`]: small shared values: a clock moved by hand, and what sign-in keeps
//! - [`server_process`]: the private nats-server of a school on one machine
//!
//! Architecture invariants: no append without the boundary's exact subject as comparator; a reader stops
//! rather than skips; the stream is never created because it was not found.

mod announce;
mod append;
mod batch_read;
mod bucket;
pub mod commit;
mod connection;
mod create;
mod durability;
mod follow;
mod identity;
mod log;
mod open;
pub mod server_process;
mod vault;

pub use append::{AppendError, Appender, Batching, Draft};
pub use bucket::{Bucket, BucketError, LIST_MAX, Revision};
pub use commit::{CommandRecord, Commit, Hash, Position, Recorded, SimulatedClock, Tail};
pub use connection::{ConnectError, Connection, connect};
pub use create::{CreateError, create};
pub use durability::{Durability, Fsync};
pub use follow::{Checkpoint, FollowError, Follower};
pub use identity::{ClockKind, Epoch, Identity};
pub use log::{Log, ReadError};
pub use open::OpenError;
pub use vault::{Vault, VaultError};
