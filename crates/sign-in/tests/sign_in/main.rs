//! Sign-in over a real nats-server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests stop at the first thing that is wrong"
)]

mod guesses;
mod harness;
mod keys;
mod passwords;
mod sessions;
