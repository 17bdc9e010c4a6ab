use homeroom_domain::SchoolId;
use homeroom_log::Epoch;
use homeroom_server::ClockSetting;
use tempfile::TempDir;

use super::*;

fn settings() -> Settings {
    Settings {
        school: SchoolId::parse("s1").unwrap(),
        zone: homeroom_domain::Zone::Asia__Shanghai,
        clock: ClockSetting::Manual,
        log: LogPlace::Private,
        epoch: Epoch::from_bits([7; 10]),
    }
}

/// A folder as an initialisation leaves it.
fn school() -> (TempDir, Folder) {
    let dir = TempDir::new().unwrap();
    let folder = Folder::new(dir.path());
    folder.begin().unwrap();
    fs::create_dir_all(folder.nats().join("store")).unwrap();
    folder.finish(&settings()).unwrap();
    (dir, folder)
}

#[test]
fn a_folder_that_is_missing_empty_or_only_locked_holds_nothing() {
    let dir = TempDir::new().unwrap();
    let missing = Folder::new(&dir.path().join("a/b"));
    assert!(matches!(missing.look(), Ok(Found::Nothing)));
    let empty = Folder::new(dir.path());
    assert!(matches!(empty.look(), Ok(Found::Nothing)));
    let _lock = empty.lock().unwrap();
    let _part = empty.join_parts().unwrap();
    assert!(matches!(empty.look(), Ok(Found::Nothing)));
}

#[test]
fn a_folder_of_something_else_is_foreign_and_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("thesis.doc"), "years of work").unwrap();
    let error = Folder::new(dir.path()).look().unwrap_err();
    assert!(matches!(error, FolderError::Foreign(_)), "{error}");
    assert!(error.to_string().contains(&*dir.path().to_string_lossy()));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let file = Folder::new(&dir.path().join("thesis.doc"));
    assert!(matches!(file.look(), Err(FolderError::Foreign(_))));
}

#[test]
fn a_finished_folder_is_the_school_it_was_made_for() {
    let (_dir, folder) = school();
    let Found::School(found) = folder.look().unwrap() else {
        panic!("it holds a school");
    };
    assert_eq!(found, settings());
}

#[test]
fn an_initialisation_that_did_not_end_is_begun_again() {
    let dir = TempDir::new().unwrap();
    let folder = Folder::new(dir.path());
    folder.begin().unwrap();
    fs::create_dir_all(folder.nats().join("store")).unwrap();
    assert!(matches!(folder.look(), Ok(Found::Nothing)));
    folder.begin().unwrap();
    assert!(!folder.nats().exists(), "nothing of it is used");
}

#[test]
fn a_school_whose_store_or_settings_are_gone_is_damaged_and_said_so() {
    let (_dir, folder) = school();
    fs::remove_dir_all(folder.nats()).unwrap();
    let error = folder.look().unwrap_err().to_string();
    assert!(error.contains("nats/store"), "{error}");
    let (dir, folder) = school();
    fs::remove_file(dir.path().join("homeroom.json")).unwrap();
    let error = folder.look().unwrap_err().to_string();
    assert!(
        error.contains("damaged") && error.contains("homeroom.json"),
        "{error}"
    );
    for unreadable in ["", "{", "{\"format\":1}", "\0\0\0\0"] {
        let (dir, folder) = school();
        fs::write(dir.path().join("homeroom.json"), unreadable).unwrap();
        let error = folder.look().unwrap_err();
        assert!(matches!(error, FolderError::Damaged { .. }), "{error}");
    }
}

#[test]
fn settings_of_a_later_format_are_refused() {
    let later = settings().write().replace("\"format\": 1", "\"format\": 2");
    let error = Settings::read(later.as_bytes()).unwrap_err();
    assert!(error.contains("format 2"), "{error}");
}

#[test]
fn a_folder_is_locked_by_one_at_a_time_and_says_by_whom() {
    let dir = TempDir::new().unwrap();
    let folder = Folder::new(dir.path());
    let lock = folder.lock().unwrap();
    let error = folder.lock().unwrap_err();
    let pid = format!("process {}", std::process::id());
    assert!(matches!(error, FolderError::Locked { .. }), "{error}");
    assert!(error.to_string().contains(&pid), "{error}");
    drop(lock);
    folder.lock().unwrap();
}

#[test]
fn what_is_running_is_not_believed_of_a_process_that_is_gone() {
    let dir = TempDir::new().unwrap();
    let folder = Folder::new(dir.path());
    let mut run = Run {
        up_pid: std::process::id(),
        url: "http://127.0.0.1:1".into(),
        nats: None,
        clock: "manual".into(),
        sample: Some(SampleState::Played),
        stopped: std::collections::BTreeMap::new(),
    };
    run.write(&folder).unwrap();
    assert!(Run::read(&folder).is_some());
    let mut child = std::process::Command::new("true").spawn().unwrap();
    run.up_pid = child.id();
    child.wait().unwrap();
    run.write(&folder).unwrap();
    assert!(Run::read(&folder).is_none());
    Run::clear(&folder).unwrap();
    Run::clear(&folder).unwrap();
}
