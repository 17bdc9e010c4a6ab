//! The finished product, told as the stories of the people who use it: the real binary, real HTTP, a real
//! nats-server, processes that are really killed.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests stop at the first thing that is wrong"
)]

mod check_in;
mod failures;
mod leave;
mod main_job;
mod privacy;
mod report;
mod retries;
mod roster;
mod tally;
mod wrong_input;
