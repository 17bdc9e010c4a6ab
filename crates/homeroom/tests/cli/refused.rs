//! What `up` refuses, in one sentence each, with nothing left running.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::harness::{Up, ended, homeroom, processes_on, refused, up};

/// A program that calls itself this version of nats-server.
fn nats_server(dir: &Path, says: &str) -> std::path::PathBuf {
    let path = dir.join("nats-server");
    fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_port_in_use_is_said_and_nothing_is_started() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = homeroom();
    command
        .args(["up", "--listen", &address])
        .args(["--data".as_ref(), data.as_os_str()]);
    let port = taken.local_addr().unwrap().port().to_string();
    refused(command, 8, &[&port, "in use", "--listen"]);
    assert_eq!(processes_on(&data), Vec::<String>::new());
    assert!(!data.join("homeroom.json").exists() && !data.join("nats").exists());
}

#[test]
fn a_folder_in_use_is_said_with_who_uses_it() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let first = Up::start(&data);
    let pid = format!("process {}", first.pid());
    refused(up(&data), 6, &[&pid, &data.to_string_lossy(), "--data"]);
    assert_eq!(first.stop(nix::sys::signal::Signal::SIGTERM), 0);
}

#[test]
fn a_folder_of_something_else_is_refused_and_left_as_it_was() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("thesis.doc"), "years of work").unwrap();
    refused(
        up(dir.path()),
        7,
        &["not a data folder", &dir.path().to_string_lossy()],
    );
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["thesis.doc"]);
}

#[test]
fn a_nats_server_that_is_too_old_missing_or_none_is_said() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let with = |server: &Path| {
        let mut command = up(&data);
        command.env("HOMEROOM_NATS_SERVER", server);
        command
    };
    let old = nats_server(dir.path(), "nats-server: v2.10.0");
    refused(with(&old), 9, &["2.10.0", "too old", "2.12"]);
    let other = nats_server(dir.path(), "a teapot");
    refused(with(&other), 9, &["not a nats-server"]);
    refused(with(&dir.path().join("nowhere")), 9, &["nowhere"]);
    assert!(!data.exists(), "nothing was begun");
}

#[test]
fn what_is_typed_wrongly_ends_with_2() {
    let dir = TempDir::new().unwrap();
    for arguments in [
        &["--clock", "sundial"][..],
        &["--zone", "Atlantis"],
        &["--listen", "everywhere"],
        &["--sample", "--clock", "real"],
        &["--school", "school.one"],
    ] {
        let mut command = up(dir.path());
        command.args(arguments);
        let (code, said) = ended(command);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
