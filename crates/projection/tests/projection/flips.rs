use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use homeroom_log::Position;
use homeroom_projection::{RunError, rebuild};

use crate::harness::School;
use crate::ledger::{Ledger, NAME, assert_whole};
use crate::process::ProjectorProcess;

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_beside_a_live_projector_flips_without_a_reader_ever_stepping_back() {
    let mut school = School::open().await;
    school.append(3_000).await;
    let projector = ProjectorProcess::project(&school.url(), &school.views());
    let view = school.view();
    school.settled(&view).await;
    let over = Arc::new(AtomicBool::new(false));
    let reader = {
        let (view, over) = (view.clone(), Arc::clone(&over));
        std::thread::spawn(move || {
            let (mut before, mut reads) = (Position::START, 0_u32);
            while !over.load(Ordering::Relaxed) {
                let snapshot = view.read().expect("it is readable all the while");
                assert!(
                    snapshot.position() >= before,
                    "from {before} back to {}",
                    snapshot.position()
                );
                before = snapshot.position();
                reads += 1;
                if reads.is_multiple_of(100) {
                    assert_whole(&snapshot);
                }
            }
        })
    };
    for generation in ["g000002", "g000003", "g000004"] {
        let rebuilding = ProjectorProcess::rebuild(&school.url(), &school.views());
        school.append(1_000).await;
        let ended_well = tokio::task::spawn_blocking(move || rebuilding.ended_well());
        assert!(ended_well.await.unwrap());
        // The live projector goes on with the new generation, and the reader with both.
        school.append(100).await;
        school.settled(&view).await;
        let mut looks = 0;
        while view.status().generation.as_deref() != Some(generation) {
            looks += 1;
            assert!(looks < 500, "the reader stays with {:?}", view.status());
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
    over.store(true, Ordering::Relaxed);
    reader.join().unwrap();
    projector.kill();
    // The generation in use and the one before are kept.
    let mut kept: Vec<_> = std::fs::read_dir(school.views().join(NAME))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('g'))
        .collect();
    kept.sort();
    assert_eq!(kept, ["g000003", "g000004"]);
    assert_eq!(
        view.read().unwrap().digest().unwrap(),
        school.uninterrupted().await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_works_without_a_projector_and_tells_how_far_it_is() {
    let mut school = School::open().await;
    school.append(6_000).await;
    let mut told = Vec::new();
    let built = rebuild(
        Arc::new(Ledger::<1>),
        &school.log,
        &school.views(),
        |progress| told.push(progress),
    )
    .await;
    assert_eq!(built.unwrap().position, Position(6_000));
    let last = told.last().unwrap();
    assert_eq!(
        (last.position, last.head),
        (Position(6_000), Position(6_000))
    );
    assert!(last.rate > 0.0 && last.remaining().unwrap().is_zero());
    school.settled(&school.view()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rebuilds_of_one_view_at_once_are_one_and_a_refusal() {
    let mut school = School::open().await;
    school.append(4_000).await;
    let views = school.views();
    let (first, second) = tokio::join!(
        rebuild(Arc::new(Ledger::<1>), &school.log, &views, |_| {}),
        rebuild(Arc::new(Ledger::<1>), &school.log, &views, |_| {}),
    );
    let (built, refused) = if first.is_ok() {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(built.unwrap().position, Position(4_000));
    assert!(
        matches!(refused, Err(RunError::Building(NAME))),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_was_killed_is_thrown_away() {
    let mut school = School::open().await;
    school.append(500).await;
    school.rebuild().await;
    let unfinished = school.views().join(NAME).join("g000002.building");
    crate::harness::copy(&school.current(), &unfinished);
    let projector = school.project(Ledger::<1>);
    let view = school.view();
    school.append(10).await;
    school.settled(&view).await;
    assert!(!unfinished.exists());
    assert_eq!(
        view.status().generation.as_deref(),
        Some("g000001"),
        "what was in use is kept"
    );
    projector.stop().await;
}
