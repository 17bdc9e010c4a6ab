//! A log that is not what it was: the parts that know stop, and that is not overlooked.

use std::fs;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::harness::{Up, copy, run, said, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_set_back_to_an_older_copy_stops_every_projection_and_up_ends_with_4() {
    let dir = TempDir::new().unwrap();
    let (data, older) = (dir.path().join("data"), dir.path().join("older"));
    let school = Up::start(&data);
    school.commit("kept").await;
    assert_eq!(school.stop(Signal::SIGTERM), 0);
    copy(&data.join("nats/store"), &older);
    let school = Up::start(&data);
    let lost = school.commit("lost").await;
    wait_for("every view to have it", Duration::from_secs(20), || {
        let health = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(school.get("/healthz"))
        });
        let projections = health["projections"].as_array()?;
        projections
            .iter()
            .all(|one| one["position"].as_u64() == Some(lost))
            .then_some(())
    });
    assert_eq!(school.stop(Signal::SIGTERM), 0);
    fs::remove_dir_all(data.join("nats/store")).unwrap();
    copy(&older, &data.join("nats/store"));
    let school = Up::start(&data);
    let stopped = wait_for("five parts to stop", Duration::from_secs(30), || {
        let stopped = run(&data)?["stopped"].as_object()?.clone();
        (stopped.len() == 5).then_some(stopped)
    });
    for (part, sentence) in &stopped {
        assert!(part.starts_with("project "), "{part}");
        assert!(
            sentence.as_str().unwrap().contains("not whole"),
            "{part}: {sentence}"
        );
    }
    let said = said(&data);
    assert_eq!(said.matches("ALARM: project ").count(), 5, "{said}");
    assert!(
        school.children("homeroom project ").is_empty(),
        "none is started again"
    );
    assert_eq!(school.stop(Signal::SIGTERM), 4);
}
