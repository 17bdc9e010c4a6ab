//! The real executable: what it refuses and how it says so, what it survives, what its tools tell.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod cluster;
mod folder;
mod harness;
mod integrity;
mod kills;
mod refused;
mod tools;
