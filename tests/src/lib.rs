//! The harness of the end-to-end tests: a school of one's own for each test, run by the real binary over a
//! real nats-server, with a clock moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a harness stops at the first thing that is not as it should be"
)]

mod process;
mod school;
pub mod sign_in;

pub use process::{Homeroom, binary};
pub use school::{Answer, Person, School};

/// An instant on the Monday that the tests play on, 2026-11-23, in the school's zone: `at("07:11")` or `at("07:11:30")`.
pub fn at(time: &str) -> String {
    on("2026-11-23", time)
}

/// An instant on a date in the school's zone.
pub fn on(date: &str, time: &str) -> String {
    let seconds = if time.len() == 5 { ":00" } else { "" };
    format!("{date}T{time}{seconds}+08:00")
}
