//! A data folder over many starts: it goes on where it was, or says what is wrong with it.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::harness::{Up, copy, processes_on, refused, run, up};

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_everything_and_the_next_start_goes_on_where_it_was() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let first = Up::start(&data);
    let position = first.commit("before").await;
    let epoch = first.get("/healthz").await["log"]["epoch"].clone();
    assert_eq!(first.stop(Signal::SIGINT), 0);
    assert_eq!(
        processes_on(&data),
        Vec::<String>::new(),
        "nothing is left running"
    );
    assert!(run(&data).is_none(), "nothing says that it runs");
    let second = Up::start(&data);
    assert_eq!(second.head().await, position);
    assert_eq!(second.get("/healthz").await["log"]["epoch"], epoch);
    assert_eq!(
        second.get("/v1/clock").await["now"],
        "2026-11-23T06:00:00+08:00"
    );
    assert_eq!(second.commit("after").await, position + 1);
    assert_eq!(second.stop(Signal::SIGTERM), 0);
}

/// A stopped school, and the place for a copy of it.
async fn stopped_school(dir: &Path) -> std::path::PathBuf {
    let data = dir.join("data");
    let school = Up::start(&data);
    school.commit("something").await;
    assert_eq!(school.stop(Signal::SIGTERM), 0);
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_folder_is_refused_by_what_is_wrong_and_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let school = stopped_school(dir.path()).await;
    let damaged = |name: &str, damage: &dyn Fn(&Path), words: &[&str]| {
        let data = dir.path().join(name);
        copy(&school, &data);
        damage(&data);
        let settings = fs::read(data.join("homeroom.json")).ok();
        refused(
            up(&data),
            7,
            &[&["damaged", &*data.to_string_lossy()], words].concat(),
        );
        assert_eq!(
            fs::read(data.join("homeroom.json")).ok(),
            settings,
            "{name}"
        );
        assert_eq!(
            processes_on(&data),
            Vec::<String>::new(),
            "{name}: nothing is left running"
        );
    };
    let settings = |data: &Path| data.join("homeroom.json");
    damaged(
        "unreadable",
        &|data| fs::write(settings(data), "{").unwrap(),
        &["homeroom.json"],
    );
    damaged(
        "missing",
        &|data| fs::remove_file(settings(data)).unwrap(),
        &["homeroom.json"],
    );
    damaged(
        "storeless",
        &|data| fs::remove_dir_all(data.join("nats")).unwrap(),
        &["nats/store"],
    );
    let streams = |data: &Path| data.join("nats/store/jetstream/LOG/streams/HR_s1");
    assert!(
        streams(&school).is_dir(),
        "where nats-server keeps the stream"
    );
    damaged(
        "streamless",
        &|data| fs::remove_dir_all(streams(data)).unwrap(),
        &["stream"],
    );
    let another_epoch = |data: &Path| {
        let text = fs::read_to_string(settings(data)).unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["epoch"] = "another".into();
        fs::write(settings(data), json.to_string()).unwrap();
    };
    damaged("elsewhere", &another_epoch, &["began as another"]);
    // The one that nobody touched still starts.
    assert_eq!(Up::start(&school).stop(Signal::SIGTERM), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_chosen_once_is_not_chosen_again() {
    let dir = TempDir::new().unwrap();
    let data = stopped_school(dir.path()).await;
    let with = |arguments: &[&str]| {
        let mut command = up(&data);
        command.args(arguments);
        command
    };
    refused(with(&["--clock", "real"]), 3, &["manual", "real"]);
    refused(
        with(&["--clock", "2026-11-23T06:30:00+08:00x60"]),
        3,
        &["manual"],
    );
    refused(
        with(&["--zone", "Europe/Paris"]),
        3,
        &["Asia/Shanghai", "Europe/Paris"],
    );
    refused(with(&["--school", "s2"]), 3, &["s1", "s2"]);
    refused(
        with(&["--nats", "nats://127.0.0.1:1"]),
        3,
        &["log of its own"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_begun_with_a_real_clock_takes_no_other_and_no_sample() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let school = Up::start_as(&data, up(&data));
    assert_eq!(school.get("/healthz").await["clock"], "real");
    assert_eq!(school.stop(Signal::SIGTERM), 0);
    for arguments in [&["--clock", "manual"][..], &["--sample"]] {
        let mut command = up(&data);
        command.args(arguments);
        refused(command, 3, &["real", "manual"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_clock_goes_on_from_where_it_was_begun() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let scaled = || {
        let mut command = up(&data);
        command.args(["--clock", "2026-11-23T06:30:00+08:00x60"]);
        command
    };
    let school = Up::start_as(&data, scaled());
    let first = school.get("/v1/clock").await;
    assert_eq!(
        (&first["clock"], &first["speed"]),
        (&"scaled".into(), &60.0.into())
    );
    assert_eq!(school.stop(Signal::SIGTERM), 0);
    // Without a word about it, the folder knows.
    let school = Up::start_as(&data, up(&data));
    let second = school.get("/v1/clock").await;
    assert_eq!(second["clock"], "scaled");
    assert!(
        second["now"].as_str() > first["now"].as_str(),
        "{first} then {second}"
    );
}
