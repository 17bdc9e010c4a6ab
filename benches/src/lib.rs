//! What the benchmarks share: a school of any size on the real service, and a load generator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a benchmark stops at the first thing that is not as it should be"
)]

mod load;
mod school;

pub use load::{Latencies, Load, run_closed_loop, run_offered};
pub use school::BenchSchool;
