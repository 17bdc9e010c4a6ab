use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use homeroom_log::Position;

use crate::harness::{School, wait_for};
use crate::ledger::{Ledger, assert_whole};
use crate::process::ProjectorProcess;

/// As random as a kill has to be.
fn instants() -> impl Iterator<Item = Duration> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Duration::from_micros(20_000 + state % 120_000)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_killed_fifty_times_at_random_instants_ends_with_the_bytes_of_an_uninterrupted_fold()
 {
    let mut school = School::open().await;
    school.append(5_000).await;
    let (url, views, view) = (school.url(), school.views(), school.view());
    let over = Arc::new(AtomicBool::new(false));
    // The log grows all the while, so that kills hit builds, catching up and following live.
    let appending = {
        let over = Arc::clone(&over);
        tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                school.append(40).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            school
        })
    };
    let mut positions = vec![Position::START];
    for (n, instant) in instants().take(50).enumerate() {
        let projector = ProjectorProcess::project(&url, &views);
        if n == 10 {
            // The kills before this one hit builds, which begin anew each time; those after it hit the live view.
            wait_for(&view, Position::START).await;
        }
        tokio::time::sleep(instant).await;
        projector.kill();
        if let Ok(snapshot) = view.read() {
            assert_whole(&snapshot);
            positions.push(snapshot.position());
        }
    }
    over.store(true, Ordering::Relaxed);
    let school = appending.await.unwrap();
    assert!(
        positions.is_sorted(),
        "no kill takes a commit back: {positions:?}"
    );
    positions.dedup();
    assert!(
        positions.len() > 20,
        "the kills fell into work, not into starting: {positions:?}"
    );
    let projector = school.project(Ledger::<1>);
    let killed = school.settled(&view).await;
    projector.stop().await;
    assert_eq!(killed, school.uninterrupted().await);
}
