//! The log over a real nats-server, which is killed, cut and damaged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests stop at the first thing that is wrong"
)]

mod append;
mod bucket;
mod crash;
mod damage;
mod follow;
mod harness;
mod lost_answers;
mod model;
mod proxy;
mod rights;
mod server;
mod vault;
