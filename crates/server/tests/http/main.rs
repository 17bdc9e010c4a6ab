//! The server over a real nats-server, with real projectors beside it in this process.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests stop at the first thing that is wrong"
)]

mod calendar;
mod clock;
mod commands;
mod harness;
mod people;
mod provider;
mod queries;
mod rights;
mod roster;
mod sign_in;
mod wrong_input;
