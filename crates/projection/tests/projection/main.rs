//! The projection runtime over a real nats-server, in processes that are killed, on files that are damaged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests stop at the first thing that is wrong"
)]

mod flips;
mod follows;
mod harness;
mod kills;
mod ledger;
mod process;
mod refuses;
mod stops;
