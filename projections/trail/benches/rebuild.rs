//! Folding the trail, and where the time goes: raw delivery, reading, folding alone, a rebuild, catching up live.
//!
//!     cargo bench -p homeroom-trail --bench rebuild
//!
//! `HOMEROOM_BENCH_COMMITS` (200000): check-ins in the log, ten of every student.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first thing that is not as it should be"
)]

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use homeroom_domain::attendance::{AttendanceEvent, CheckedIn, Punctuality, SessionKey};
use homeroom_domain::office::{Actor, Role, Via};
use homeroom_domain::place::Metres;
use homeroom_domain::sealed::{Category, Sealed};
use homeroom_domain::{
    Boundary, ClassId, CommandId, CommitId, DomainEvent, Moment, PersonId, RuleId, SchoolDate,
    SchoolId,
};
use homeroom_log::server_process::{NatsBinary, NatsServer};
use homeroom_log::{
    Batching, Checkpoint, ClockKind, CommandRecord, Draft, Epoch, Hash, Identity, Log, Position,
    Recorded, Tail, connect, create,
};
use homeroom_projection::testing::Story;
use homeroom_projection::{rebuild, run};
use homeroom_trail::{TrailProjection, view};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Check-ins of one student, all on one boundary.
const DAYS: u64 = 10;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let commits = std::env::var("HOMEROOM_BENCH_COMMITS")
        .ok()
        .and_then(|text| text.parse().ok());
    let commits: u64 = commits.unwrap_or(200_000) / DAYS * DAYS;
    let (dir, school) = (TempDir::new().unwrap(), SchoolId::parse("s1").unwrap());
    let server =
        NatsServer::start(&NatsBinary::find(None).unwrap(), dir.path(), &school, None).unwrap();
    let identity = Identity {
        school: school.clone(),
        zone: "Asia/Shanghai".parse().unwrap(),
        clock: ClockKind::Simulated,
        epoch: Epoch::from("bench"),
    };
    create(
        &connect(&server.url("admin"), "bench").await.unwrap(),
        &identity,
        1,
    )
    .await
    .unwrap();
    let serve = Log::open(
        connect(&server.url("serve"), "bench").await.unwrap(),
        &school,
    )
    .await
    .unwrap();
    let log = Log::open(
        connect(&server.url("project_trail"), "bench")
            .await
            .unwrap(),
        &school,
    )
    .await
    .unwrap();
    let views = TempDir::new().unwrap();
    // Empty, so that the log that comes afterwards is caught up with live: with an fsync a transaction.
    rebuild(Arc::new(TrailProjection), &log, views.path(), |_| {})
        .await
        .unwrap();

    let started = Instant::now();
    append(&serve, commits).await;
    say("appended", commits, started);

    for _ in 0..2 {
        let started = Instant::now();
        let bytes = raw(&server.url("admin"), commits).await;
        say(
            &format!("delivered raw, {} bytes each", bytes / commits),
            commits,
            started,
        );

        let started = Instant::now();
        raw(&server.url("project_trail"), commits).await;
        say("delivered raw to a reader's account", commits, started);

        let started = Instant::now();
        let all = read(&log, commits).await;
        say("delivered and read", commits, started);

        let started = Instant::now();
        for commit in &all {
            Recorded::read(commit.position, commit.raw.clone()).unwrap();
        }
        say("read alone, one core", commits, started);

        let started = Instant::now();
        for commit in &all {
            std::hint::black_box(Hash::of(&commit.raw));
        }
        say("  of that hashed", commits, started);

        let (mut story, folded) = (Story::default(), TempDir::new().unwrap());
        story.commits = all;
        let started = Instant::now();
        story.folded(&TrailProjection, folded.path()).unwrap();
        say("folded alone, one transaction", commits, started);
        drop(story);

        let built = TempDir::new().unwrap();
        let started = Instant::now();
        rebuild(Arc::new(TrailProjection), &log, built.path(), |_| {})
            .await
            .unwrap();
        say("rebuilt", commits, started);
    }

    let stop = CancellationToken::new();
    let started = Instant::now();
    let (stopping, folder) = (stop.clone(), views.path().to_owned());
    let following = tokio::spawn(async move {
        run(Arc::new(TrailProjection), &log, &folder, &stopping)
            .await
            .unwrap();
    });
    let view = view(views.path());
    while view.read().unwrap().position() < Position(commits) {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    say("caught up live, fsynced", commits, started);
    stop.cancel();
    following.await.unwrap();
}

fn say(what: &str, commits: u64, started: Instant) {
    let took = started.elapsed();
    #[allow(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = commits as f64 / took.as_secs_f64();
    println!("{what:36} {took:>10.2?} {rate:>10.0}/s");
}

async fn append(log: &Log, commits: u64) {
    let appender = log.appender(Batching::Adaptive);
    let students = commits / DAYS;
    let mut tails: Vec<Option<Tail>> = vec![None; usize::try_from(students).unwrap()];
    for day in 0..DAYS {
        let all = tails.iter_mut().zip(0..students).map(|(tail, student)| {
            let appender = appender.clone();
            async move { *tail = Some(appender.append(draft(student, day, *tail)).await.unwrap()) }
        });
        futures::stream::iter(all)
            .for_each_concurrent(4_000, |append| append)
            .await;
    }
}

/// A check-in as the service writes one.
fn draft(student: u64, day: u64, follows: Option<Tail>) -> Draft {
    let id = |prefix: char, n: u64| format!("{prefix}{n:016x}");
    let person = PersonId::parse(&id('p', student)).unwrap();
    let date: SchoolDate = format!("2026-11-{:02}", day + 1).parse().unwrap();
    let place = Sealed {
        person: person.clone(),
        category: Category::Place,
        ciphertext: "c".repeat(150),
    };
    let event = AttendanceEvent::CheckedIn(CheckedIn {
        student: person.clone(),
        session: SessionKey {
            rule: RuleId::parse(&id('r', 1)).unwrap(),
            rule_version: 1,
            class: ClassId::parse(&id('c', student / 45)).unwrap(),
            date,
        },
        punctuality: Punctuality::OnTime,
        distance_m: Metres(42.5),
        flags: Vec::new(),
        place,
        device: None,
    });
    let n = student * DAYS + day;
    Draft {
        commit: CommitId::parse(&id('m', n)).unwrap(),
        boundary: Boundary::attendance(&person, date),
        command: CommandRecord {
            id: CommandId::parse(&id('k', n)).unwrap(),
            type_: "check_in".to_owned(),
            digest: Hash::of(&n.to_be_bytes()),
        },
        actor: Actor {
            id: Some(person),
            office: Role::Student,
            deputises_for: None,
            via: Via::Http,
        },
        at: Moment::parse("2026-11-23T07:00:00+08:00").unwrap(),
        clock: None,
        facts: Position::START,
        follows,
        events: vec![event.encode().unwrap()],
    }
}

/// Every message as nats-server delivers it, in the batches that a follower asks for, nothing read; bytes in all.
async fn raw(url: &str, commits: u64) -> u64 {
    const BATCH: u64 = 2_000;
    let server = url.trim_start_matches("nats://");
    let (user, rest) = server.split_once(':').unwrap();
    let (password, rest) = rest.split_once('@').unwrap();
    let (address, api) = rest.split_once('/').unwrap_or((rest, "$JS.API"));
    let subject = format!("{api}.DIRECT.GET.HR_s1");
    let client = async_nats::ConnectOptions::new()
        .user_and_password(user.to_owned(), password.to_owned())
        .custom_inbox_prefix(format!("_INBOX_{user}"))
        .subscription_capacity(1 << 16)
        .connect(address)
        .await
        .unwrap();
    let batches = (0..commits.div_ceil(BATCH)).map(|batch| {
        let (client, subject) = (client.clone(), subject.clone());
        async move {
            let inbox = client.new_inbox();
            let mut messages = client.subscribe(inbox.clone()).await.unwrap();
            let body = format!(
                r#"{{"seq":{},"batch":{BATCH},"no_hdr":true}}"#,
                batch * BATCH + 1
            );
            client
                .publish_with_reply(subject, inbox, body.into())
                .await
                .unwrap();
            let mut bytes = 0;
            while let Some(message) = messages.next().await {
                if message.status.is_some() {
                    break;
                }
                bytes += message.payload.len() as u64;
            }
            bytes
        }
    });
    futures::stream::iter(batches)
        .buffered(3)
        .fold(0, |sum, bytes| async move { sum + bytes })
        .await
}

async fn read(log: &Log, commits: u64) -> Vec<Recorded> {
    let mut follower = log.follow(Checkpoint::start(log.identity().epoch.clone()));
    let mut all = Vec::new();
    while (all.len() as u64) < commits {
        all.extend(follower.next().await.unwrap());
    }
    all
}
