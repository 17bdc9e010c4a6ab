//! Durable check-ins over HTTP: one student each, every part sharing this machine, the load generator too.
//!
//! Runs the service as it is, then its peer: the same service with one publish a command instead of group
//! commit; prints commands/s, latencies and the ratio.
//!
//!     cargo build --release && cargo bench -p homeroom-benches --bench check_ins
//!
//! `HOMEROOM_BENCH_STUDENTS` (60000) bounds the check-ins of a run, `HOMEROOM_BENCH_CONNECTIONS` (1000) the
//! connections.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first thing that is not as it should be"
)]

use std::time::Duration;

use homeroom_benches::{BenchSchool, Load, run_closed_loop, run_offered};

/// A closed-loop run ends here even if students are left.
const AT_MOST: Duration = Duration::from_secs(15);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let students = setting("HOMEROOM_BENCH_STUDENTS", 60_000);
    let connections = setting("HOMEROOM_BENCH_CONNECTIONS", 1_000);
    println!(
        "{students} students, {connections} connections, {} cores",
        std::thread::available_parallelism().unwrap()
    );

    let grouped = closed("group commit", &[], students, connections).await;
    let each = closed(
        "a publish per command",
        &["--group-commit", "off"],
        students,
        connections,
    )
    .await;
    println!("ratio of the two: {:.2}", grouped.rate() / each.rate());

    let school = BenchSchool::start(students.min(20_000), &[]).await;
    let count = school.students;
    let alone = offered(&school, 1, 0, 500.min(count), 100.0).await;
    show("one at a time, 100/s", &alone);
    let steady = offered(&school, 256, 500.min(count), count, 2_000.0).await;
    show("2,000/s offered", &steady);
}

async fn closed(name: &str, args: &[&str], students: usize, connections: usize) -> Load {
    let school = BenchSchool::start(students, args).await;
    let requests: Vec<Vec<u8>> = (0..students).map(|index| school.check_in(index)).collect();
    let load = run_closed_loop(school.address, connections, students, AT_MOST, move |i| {
        requests[i].clone()
    })
    .await;
    show(name, &load);
    load
}

async fn offered(
    school: &BenchSchool,
    connections: usize,
    from: usize,
    to: usize,
    per_second: f64,
) -> Load {
    let requests: Vec<Vec<u8>> = (from..to).map(|index| school.check_in(index)).collect();
    run_offered(
        school.address,
        connections,
        to - from,
        per_second,
        move |i| requests[i].clone(),
    )
    .await
}

fn show(name: &str, load: &Load) {
    assert_eq!(
        load.other, 0,
        "{name}: {} requests were refused",
        load.other
    );
    let ms = |share| load.latencies.quantile_ms(share);
    println!(
        "{name:<24} {:>8.0}/s  p50 {:>7.2} ms  p99 {:>7.2} ms  p99.9 {:>7.2} ms  ({} check-ins)",
        load.rate(),
        ms(0.5),
        ms(0.99),
        ms(0.999),
        load.accepted
    );
}

fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}
