//! Appending and following, without HTTP: group commit beside a publish per commit, then what was written read again.
//!
//!     cargo bench -p homeroom-log --bench log
//!
//! `HOMEROOM_BENCH_COMMITS` (300000): commits appended by a thousand writers; fewer writers append fewer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at the first thing that is not as it should be"
)]

#[path = "../tests/log/harness.rs"]
#[allow(dead_code, reason = "what the tests use besides")]
mod harness;

use std::time::{Duration, Instant};

use homeroom_domain::Boundary;
use homeroom_log::{Appender, Batching, Checkpoint, Draft, Log, Tail};
use serde_json::json;
use serde_json::value::to_raw_value;

use harness::School;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let commits = std::env::var("HOMEROOM_BENCH_COMMITS").ok();
    let commits: u64 = commits
        .and_then(|text| text.parse().ok())
        .unwrap_or(300_000);
    let school = School::open().await;

    let serve = school.log("serve").await;
    let each = append(&serve, Batching::Off, 1_000, commits / 15).await;
    for (writers, share) in [(1, 150), (8, 40), (64, 4), (1_000, 1)] {
        let grouped = append(&serve, Batching::Adaptive, writers, commits / share).await;
        if writers == 1_000 {
            println!("ratio to a publish per commit: {:.2}", grouped / each);
        }
    }
    for user in ["serve", "project_leave"] {
        follow(user, &school.log(user).await).await;
    }
}

/// Appends, every writer on a boundary of its own and one commit after the other; returns commits/s.
async fn append(log: &Log, batching: Batching, writers: u64, commits: u64) -> f64 {
    let appender = log.appender(batching);
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let boundary = format!("leave.p{batching:?}{writers}-{writer}");
            let boundary = Boundary::parse(&boundary).unwrap();
            let (appender, count) = (appender.clone(), commits / writers);
            tokio::spawn(async move { write(&appender, &boundary, count).await })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    took.sort_unstable();
    let rate = took.len() as f64 / start.elapsed().as_secs_f64();
    let ms = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "{batching:?}, {writers:>4} writers {rate:>8.0}/s  p50 {:>6.2} ms  p99 {:>6.2} ms",
        ms(50),
        ms(99)
    );
    rate
}

async fn write(appender: &Appender, boundary: &Boundary, count: u64) -> Vec<Duration> {
    let (mut tail, mut took) = (None, Vec::new());
    for _ in 0..count {
        let start = Instant::now();
        tail = Some(appender.append(draft(boundary, tail)).await.unwrap());
        took.push(start.elapsed());
    }
    took
}

/// A commit of the size of a slip.
fn draft(boundary: &Boundary, follows: Option<Tail>) -> Draft {
    let mut draft = harness::draft(boundary, follows);
    let data = json!({"slip": "p1-1", "said": "x".repeat(180)});
    draft.events[0].data = to_raw_value(&data).unwrap();
    draft
}

/// Reads the whole log, parsed and hashed; the second time it is in memory.
async fn follow(user: &str, log: &Log) {
    let epoch = &log.identity().epoch;
    let head = log.head().await.unwrap();
    for time in ["first", "again"] {
        let mut follower = log.follow(Checkpoint::start(epoch.clone()));
        let (start, mut read) = (Instant::now(), 0);
        while read < head.0 {
            read += follower.next().await.unwrap().len() as u64;
        }
        let rate = read as f64 / start.elapsed().as_secs_f64();
        println!("follow as {user}, {time}: {rate:.0}/s of {read} commits");
    }
}
