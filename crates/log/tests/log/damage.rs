//! What a disk, a careless hand or a restored backup does to the store; always to a copy of it.

use std::path::{Path, PathBuf};

use homeroom_log::{Batching, Checkpoint, FollowError, Log, Position};

use crate::harness::{School, boundary, draft, identity};

/// A school of so many commits, stopped, and the checkpoint of a reader that has read it all.
async fn filled(commits: usize) -> (School, Checkpoint) {
    let mut school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    append(&log, &appender, 0..commits).await;
    let last = log.read(Position(commits as u64)).await.unwrap();
    school.stop();
    let at = Checkpoint {
        epoch: identity().epoch,
        position: last.position,
        hash: Some(last.hash),
    };
    (school, at)
}

async fn append(_log: &Log, appender: &homeroom_log::Appender, which: std::ops::Range<usize>) {
    let all = which.map(|n| {
        let appender = appender.clone();
        async move { appender.append(draft(&boundary(n), None)).await.unwrap() }
    });
    futures::future::join_all(all).await;
}

/// What a reader with this checkpoint says, or the positions it reads to the head.
async fn read_on(school: &School, at: Checkpoint) -> Result<Vec<u64>, FollowError> {
    let log = match Log::open(
        homeroom_log::connect(&school.url("project_leave"), "test")
            .await
            .unwrap(),
        &identity().school,
    )
    .await
    {
        Ok(log) => log,
        Err(error) => {
            return Err(FollowError::Integrity {
                position: Position(1),
                what: error.to_string(),
            });
        }
    };
    let head = log.head().await.unwrap();
    let mut follower = log.follow(at);
    let mut read = Vec::new();
    loop {
        let next =
            tokio::time::timeout(std::time::Duration::from_millis(1_500), follower.next()).await;
        match next {
            Ok(batch) => read.extend(batch?.iter().map(|recorded| recorded.position.0)),
            Err(_) => return Ok(read),
        }
        if read.last() == Some(&head.0) {
            return Ok(read);
        }
    }
}

fn start() -> Checkpoint {
    Checkpoint::start(identity().epoch)
}

/// The block files of the log's stream, in order.
fn blocks(school: &School) -> Vec<PathBuf> {
    let mut blocks = Vec::new();
    find(&school.dir.path().join("store"), &mut blocks);
    blocks.retain(|path| {
        path.to_string_lossy().contains("/HR_s1/") && path.extension().is_some_and(|e| e == "blk")
    });
    blocks.sort_by_key(|path| {
        path.file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    });
    blocks
}

/// The server's own summaries of the store, which it would otherwise believe over the blocks.
fn summaries(school: &School) -> Vec<PathBuf> {
    let mut files = Vec::new();
    find(&school.dir.path().join("store"), &mut files);
    files.retain(|path| {
        path.to_string_lossy().contains("/HR_s1/") && path.ends_with("msgs/index.db")
    });
    files
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else {
            files.push(path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undamaged_copy_is_read_to_its_end_and_on() {
    let (original, at) = filled(300).await;
    let mut copy = School::on_copy_of(original.dir.path());
    copy.start();
    assert_eq!(
        read_on(&copy, start()).await.unwrap(),
        (1..=300).collect::<Vec<_>>()
    );
    assert_eq!(read_on(&copy, at).await.unwrap(), Vec::<u64>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flipped_bit_anywhere_in_a_stored_block_stops_the_reader() {
    let (original, at) = filled(300).await;
    for share in [0.1, 0.5, 0.9] {
        let mut copy = School::on_copy_of(original.dir.path());
        let block = blocks(&copy).pop().unwrap();
        let mut bytes = std::fs::read(&block).unwrap();
        let place = (bytes.len() as f64 * share) as usize;
        bytes[place] ^= 0x10;
        std::fs::write(&block, bytes).unwrap();
        // With the server's summary and without it, as after a crash.
        for summary in [true, false] {
            if !summary {
                summaries(&copy)
                    .iter()
                    .for_each(|file| std::fs::remove_file(file).unwrap());
            }
            copy.start();
            let from_checkpoint = read_on(&copy, at.clone()).await;
            let from_start = read_on(&copy, start()).await;
            let read_all = from_start.as_ref().is_ok_and(|read| read.len() == 300);
            assert!(!read_all, "the damage at {share} went unseen");
            // A reader from the start may see a shorter log that is whole; then the one with a checkpoint stops.
            assert!(
                from_start.is_err() || from_checkpoint.is_err(),
                "{share} {summary}: {from_start:?} {from_checkpoint:?}"
            );
            let said = from_start
                .err()
                .or(from_checkpoint.err())
                .unwrap()
                .to_string();
            assert!(said.contains("position"), "{said}");
            copy.stop();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_tail_stops_the_reader_and_so_does_one_that_has_grown_again() {
    let (original, at) = filled(300).await;
    let mut copy = School::on_copy_of(original.dir.path());
    let block = blocks(&copy).pop().unwrap();
    let length = std::fs::metadata(&block).unwrap().len();
    std::fs::File::options()
        .write(true)
        .open(&block)
        .unwrap()
        .set_len(length - length / 3)
        .unwrap();
    summaries(&copy)
        .iter()
        .for_each(|file| std::fs::remove_file(file).unwrap());
    copy.start();
    let cut = read_on(&copy, at.clone()).await.unwrap_err().to_string();
    assert!(
        cut.contains("but 300 was acknowledged or read before"),
        "{cut}"
    );
    // The same numbers are used again for other commits.
    let log = copy.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    append(&log, &appender, 1_000..1_300).await;
    let grown = read_on(&copy, at).await.unwrap_err().to_string();
    assert!(grown.contains("position 300"), "{grown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_deleted_and_made_anew_stops_the_reader() {
    let (mut original, at) = filled(50).await;
    original.start();
    let admin = homeroom_log::connect(&original.url("admin"), "test")
        .await
        .unwrap();
    // The administrator may do it; nobody else may (see the tests of rights).
    let client = crate::rights::client(&original, "admin").await;
    client
        .request("$JS.API.STREAM.DELETE.HR_s1", "".into())
        .await
        .unwrap();
    for bucket in ["hr_s1_keys", "hr_s1_clock", "hr_s1_sign_in"] {
        client
            .request(format!("$JS.API.STREAM.DELETE.KV_{bucket}"), "".into())
            .await
            .unwrap();
    }
    let gone = read_on(&original, at.clone())
        .await
        .unwrap_err()
        .to_string();
    assert!(gone.contains("holds no log"), "{gone}");
    let anew = homeroom_log::Identity {
        epoch: homeroom_log::Epoch::from("epochtwo"),
        ..identity()
    };
    homeroom_log::create(&admin, &anew, 1).await.unwrap();
    let log = original.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    append(&log, &appender, 0..60).await;
    let other = read_on(&original, at).await.unwrap_err().to_string();
    assert!(
        other.contains("epochtwo") && other.contains("epochone"),
        "{other}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_restored_stops_the_reader_and_the_appender() {
    let (mut school, _) = filled(50).await;
    let older = School::on_copy_of(school.dir.path());
    school.start();
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    append(&log, &appender, 100..150).await;
    let last = log.read(Position(100)).await.unwrap();
    let at = Checkpoint {
        epoch: identity().epoch,
        position: last.position,
        hash: Some(last.hash),
    };
    let reader = school.log("project_leave").await;
    let mut follower = reader.follow(at.clone());
    let server = school.server.take().unwrap();
    let port = server.address().port();
    server.stop();
    let store = school.dir.path().join("store");
    std::fs::remove_dir_all(&store).unwrap();
    crate::harness::copy(&older.dir.path().join("store"), &store);
    let binary = homeroom_log::server_process::NatsBinary::find(None).unwrap();
    let restarted = homeroom_log::server_process::NatsServer::start(
        &binary,
        school.dir.path(),
        &identity().school,
        Some(port),
    );
    school.server = Some(restarted.unwrap());
    // The reader that lived through it, one that starts now, and the appender that lived through it.
    let lived = tokio::time::timeout(std::time::Duration::from_secs(20), follower.next())
        .await
        .unwrap();
    assert!(lived.unwrap_err().to_string().contains("ends at 50"));
    let fresh = read_on(&school, at).await.unwrap_err().to_string();
    assert!(
        fresh.contains("but 100 was acknowledged or read before"),
        "{fresh}"
    );
    let refused = appender
        .append(draft(&boundary(999), None))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, homeroom_log::AppendError::Damaged(_)),
        "{refused}"
    );
}
