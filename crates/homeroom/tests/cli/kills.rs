//! What is killed is started again, or ends with what started it.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Up, processes_on, said, wait_for};

const AGAIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_killed_is_started_again_and_that_is_said() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let school = Up::start(&data);
    for (process, name) in [
        ("homeroom serve ", "serve"),
        ("homeroom clock ", "clock"),
        ("homeroom project directory ", "project directory"),
        ("homeroom project attendance ", "project attendance"),
        ("homeroom project leave ", "project leave"),
        ("homeroom project report ", "project report"),
        ("homeroom project trail ", "project trail"),
        ("nats-server ", "nats-server"),
    ] {
        let [before] = school.children(process)[..] else {
            panic!("one {process} runs");
        };
        kill(before, Signal::SIGKILL).unwrap();
        wait_for(name, AGAIN, || {
            let [now] = school.children(process)[..] else {
                return None;
            };
            (now != before).then_some(())
        });
        let notice = format!("homeroom: {name} ended (signal: 9 (SIGKILL)");
        wait_for(&notice, AGAIN, || {
            said(&data).contains(&notice).then_some(())
        });
    }
    // On the very port it had, since others know it; and everything works.
    wait_for("serve", AGAIN, || {
        std::net::TcpStream::connect(school.url.trim_start_matches("http://")).ok()
    });
    let position = until_committed(&school).await;
    until_health(&school, |health| {
        let projections = health["projections"].as_array().unwrap();
        projections
            .iter()
            .all(|projection| projection["position"].as_u64() == Some(position))
    })
    .await;
    assert_eq!(school.stop(Signal::SIGTERM), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_that_is_frozen_is_said_by_health_within_ten_seconds_and_unsaid_when_it_goes_on()
 {
    let dir = TempDir::new().unwrap();
    let school = Up::start(&dir.path().join("data"));
    let [leave] = school.children("homeroom project leave ")[..] else {
        panic!("one projector of leave runs");
    };
    kill(leave, Signal::SIGSTOP).unwrap();
    let frozen = std::time::Instant::now();
    until_health(&school, |health| health["status"] == "degraded").await;
    let said_after = frozen.elapsed();
    let reasons = school.get("/healthz").await["reasons"].to_string();
    assert!(
        reasons.contains("the projector of leave has not been heard of"),
        "{reasons}"
    );
    assert!(said_after < Duration::from_secs(10), "{said_after:?}");
    kill(leave, Signal::SIGCONT).unwrap();
    until_health(&school, |health| health["status"] == "ok").await;
    assert_eq!(school.stop(Signal::SIGTERM), 0);
}

/// Waits until health is as hoped.
async fn until_health(school: &Up, hoped: impl Fn(&Value) -> bool) {
    let end = tokio::time::Instant::now() + AGAIN;
    loop {
        let health = school.get("/healthz").await;
        if hoped(&health) {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{health:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A commit as soon as the service takes one again.
async fn until_committed(school: &Up) -> u64 {
    let end = tokio::time::Instant::now() + AGAIN;
    while school.get("/healthz").await["log"]["head"].is_null() {
        assert!(tokio::time::Instant::now() < end, "the log stays away");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    school.commit("after all that").await
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_end_by_themselves_when_up_is_killed_and_the_next_up_goes_on() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let first = Up::start(&data);
    let position = first.commit("before").await;
    first.stop(Signal::SIGKILL);
    // At once: it waits for the parts that are still ending, and ends the nats-server that is not.
    let second = Up::start(&data);
    assert_eq!(second.head().await, position);
    assert_eq!(second.commit("after").await, position + 1);
    second.stop(Signal::SIGKILL);
    wait_for("the parts to end", AGAIN, || {
        let left = processes_on(&data);
        left.iter()
            .all(|line| line.contains("nats-server"))
            .then_some(())
    });
    let third = Up::start(&data);
    assert_eq!(third.head().await, position + 1);
    assert_eq!(third.stop(Signal::SIGTERM), 0);
    assert_eq!(processes_on(&data), Vec::<String>::new());
}
