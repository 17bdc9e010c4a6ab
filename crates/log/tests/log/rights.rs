//! What a projector's password is good for: reading.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, HeaderMap};
use futures::StreamExt;
use homeroom_log::{Batching, Bucket, Log, OpenError, Position, Revision, connect};

use crate::harness::{School, boundary, draft, school_id};

pub(crate) async fn client(school: &School, user: &str) -> Client {
    let url = school.url(user);
    let (credentials, address) = url.trim_start_matches("nats://").split_once('@').unwrap();
    let (_, password) = credentials.split_once(':').unwrap();
    let address = address.split('/').next().unwrap();
    ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
        .custom_inbox_prefix(format!("_INBOX_{user}"))
        .request_timeout(Some(Duration::from_millis(400)))
        .connect(address)
        .await
        .unwrap()
}

/// Where a rogue would like to have something written.
const TARGETS: [&str; 5] = [
    "hr.s1.leave.p1",
    "hr.s1.leave.evil",
    "$KV.hr_s1_keys.school",
    "$KV.hr_s1_clock.now",
    "$KV.hr_s1_sign_in.account.p1",
];

const CHANGE: &str = r#"{"name":"HR_s1","subjects":["hr.s1.>"],"max_age":1000000000}"#;
const DELIVER: &str = r#"{"stream_name":"HR_s1","config":{"deliver_subject":"$KV.hr_s1_keys.school","ack_policy":"none"}}"#;

/// What a rogue would like to ask.
const REQUESTS: [(&str, &str); 21] = [
    ("hr.s1.leave.p1", "{}"),
    ("$KV.hr_s1_keys.school", "{}"),
    ("hr_head.s1", "9"),
    // A consumer that delivers into a bucket.
    ("$JS.API.CONSUMER.CREATE.HR_s1", DELIVER),
    ("$JS.API.CONSUMER.CREATE.HR_s1.evil", DELIVER),
    ("hr_log.CONSUMER.CREATE.HR_s1", DELIVER),
    // Another stream, or another configuration.
    (
        "$JS.API.STREAM.CREATE.EVIL",
        r#"{"name":"EVIL","subjects":["evil.>"]}"#,
    ),
    ("$JS.API.STREAM.UPDATE.HR_s1", CHANGE),
    ("hr_log.STREAM.UPDATE.HR_s1", CHANGE),
    ("$JS.API.STREAM.PURGE.HR_s1", ""),
    ("$JS.API.STREAM.DELETE.HR_s1", ""),
    // The keys.
    ("hr_log.DIRECT.GET.KV_hr_s1_keys", r#"{"seq":1}"#),
    ("$JS.API.DIRECT.GET.KV_hr_s1_keys", r#"{"seq":1}"#),
    ("$JS.API.DIRECT.GET.KV_hr_s1_keys.$KV.hr_s1_keys.school", ""),
    ("$JS.API.STREAM.MSG.GET.KV_hr_s1_keys", r#"{"seq":1}"#),
    // The passwords and sign-in sessions.
    ("hr_log.DIRECT.GET.KV_hr_s1_sign_in", r#"{"seq":1}"#),
    SIGN_IN[0],
    SIGN_IN[1],
    SIGN_IN[2],
    SIGN_IN[3],
    SIGN_IN[4],
];

/// What would read or write a password, for whoever lives in the log's account.
const SIGN_IN: [(&str, &str); 5] = [
    ("$KV.hr_s1_sign_in.account.p1", "{}"),
    ("$JS.API.DIRECT.GET.KV_hr_s1_sign_in", r#"{"seq":1}"#),
    (
        "$JS.API.DIRECT.GET.KV_hr_s1_sign_in.$KV.hr_s1_sign_in.account.p1",
        "",
    ),
    ("$JS.API.STREAM.MSG.GET.KV_hr_s1_sign_in", r#"{"seq":1}"#),
    ("$JS.API.STREAM.INFO.KV_hr_s1_sign_in", ""),
];

/// Has the server say something to each target: as its answer, or as the trace of a message.
async fn try_to_have_it_written(rogue: &Client, api: &str) {
    for target in TARGETS {
        for body in [
            r#"{"seq":1}"#,
            r#"{"seq":1,"batch":5}"#,
            r#"{"last_by_subj":"hr.s1.leave.p1"}"#,
        ] {
            let subject = format!("{api}.DIRECT.GET.HR_s1");
            rogue
                .publish_with_reply(subject, target, body.into())
                .await
                .unwrap();
        }
        let subject = format!("{api}.STREAM.INFO.HR_s1");
        rogue
            .publish_with_reply(subject.clone(), target, "".into())
            .await
            .unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Trace-Dest", target);
        for subject in [subject, "hr_view.s1.leave".to_owned()] {
            rogue
                .publish_with_headers(subject, headers.clone(), "".into())
                .await
                .unwrap();
        }
    }
    rogue.flush().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projectors_credentials_can_neither_append_nor_change_the_stream_nor_read_keys() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    appender.append(draft(&boundary(1), None)).await.unwrap();
    for (number, user) in ["project_leave", "rebuild", "audit"].iter().enumerate() {
        let rogue = client(&school, user).await;
        let asked = REQUESTS.map(|(subject, body)| {
            let rogue = &rogue;
            async move { (subject, rogue.request(subject, body.into()).await) }
        });
        for (subject, answer) in futures::future::join_all(asked).await {
            assert!(answer.is_err(), "{user} {subject}: {answer:?}");
        }
        try_to_have_it_written(&rogue, "hr_log").await;
        try_to_have_it_written(&rogue, "$JS.API").await;
        // Nor can it hear what is written, or what others are answered.
        for subject in ["hr.s1.>", "$KV.>", "_INBOX_serve.>", "_INBOX.>", ">"] {
            let mut overheard = rogue.subscribe(subject).await.unwrap();
            rogue.flush().await.unwrap();
            let own = boundary(100 + 10 * number + subject.len());
            appender.append(draft(&own, None)).await.unwrap();
            let heard = tokio::time::timeout(Duration::from_millis(50), overheard.next()).await;
            assert!(!matches!(heard, Ok(Some(_))), "{user} hears {subject}");
        }
    }
    // Nothing of all that arrived: the log holds our commits, the buckets what they held, the stream is as it was.
    assert_eq!(log.head().await.unwrap(), Position(1 + 3 * 5));
    assert_eq!(log.load(&boundary(1)).await.unwrap().len(), 1);
    school.log("project_leave").await;
    let admin = client(&school, "admin").await;
    for (stream, messages) in [
        ("KV_hr_s1_keys", 1),
        ("KV_hr_s1_clock", 0),
        ("KV_hr_s1_sign_in", 0),
    ] {
        let info = admin
            .request(format!("$JS.API.STREAM.INFO.{stream}"), "".into())
            .await
            .unwrap();
        let info: serde_json::Value = serde_json::from_slice(&info.payload).unwrap();
        assert_eq!(info["state"]["last_seq"], messages, "{stream}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_write_only_serve_reads_and_writes_what_sign_in_keeps() {
    let school = School::open().await;
    let bucket = Bucket::sign_in(
        connect(&school.url("serve"), "test").await.unwrap(),
        &school_id(),
    );
    let revision = bucket
        .put("account.p1", "kept".into(), Revision::NONE)
        .await
        .unwrap();
    let clock = client(&school, "clock").await;
    for (subject, body) in SIGN_IN {
        let answer = clock.request(subject, body.into()).await;
        assert!(answer.is_err(), "{subject}: {answer:?}");
    }
    let mut overheard = clock.subscribe("$KV.hr_s1_sign_in.>").await.unwrap();
    clock.flush().await.unwrap();
    let written = bucket.put("account.p1", "again".into(), revision).await;
    assert_ne!(written.unwrap(), revision);
    let heard = tokio::time::timeout(Duration::from_millis(50), overheard.next()).await;
    assert!(!matches!(heard, Ok(Some(_))), "{heard:?}");
    let (value, _) = bucket.get("account.p1").await.unwrap().unwrap();
    assert_eq!(value, "again");
}

#[tokio::test(flavor = "multi_thread")]
async fn within_the_logs_own_account_a_reply_subject_does_write_and_so_no_projector_is_in_it() {
    let school = School::open().await;
    let log = school.log("serve").await;
    log.appender(Batching::Adaptive)
        .append(draft(&boundary(1), None))
        .await
        .unwrap();
    let trusted = client(&school, "serve").await;
    try_to_have_it_written(&trusted, "$JS.API").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(
        log.head().await.unwrap() > Position(1),
        "the test of projectors tries nothing that could work"
    );
}

#[tokio::test]
async fn a_stream_that_was_changed_is_refused_by_what_was_changed() {
    let school = School::open().await;
    let admin = client(&school, "admin").await;
    let info = admin
        .request("$JS.API.STREAM.INFO.HR_s1", "".into())
        .await
        .unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info.payload).unwrap();
    for (option, value, said) in [
        (
            "max_age",
            1_000_000_000_u64.into(),
            "forgets commits by age",
        ),
        ("max_msgs", 5.into(), "has a limit"),
        ("discard", "old".into(), "discards old commits"),
        ("allow_direct", false.into(), "cannot be read directly"),
        ("allow_atomic", false.into(), "takes no atomic batches"),
        ("no_ack", true.into(), "acknowledges nothing"),
        (
            "subjects",
            serde_json::json!(["hr.s1.>", "other.>"]),
            "subjects differ",
        ),
    ] {
        let mut config = info["config"].clone();
        config[option] = value;
        let changed = admin
            .request("$JS.API.STREAM.UPDATE.HR_s1", config.to_string().into())
            .await
            .unwrap();
        assert!(
            !String::from_utf8_lossy(&changed.payload).contains("error"),
            "{changed:?}"
        );
        let connection = homeroom_log::connect(&school.url("project_trail"), "test")
            .await
            .unwrap();
        let refused = Log::open(connection, &school_id()).await.unwrap_err();
        assert!(matches!(refused, OpenError::NotOurs { .. }), "{refused}");
        assert!(refused.to_string().contains(said), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_can_append_and_cannot_change_the_stream() {
    let school = School::open().await;
    let serve = client(&school, "serve").await;
    for (subject, body) in [
        (
            "$JS.API.STREAM.UPDATE.HR_s1",
            r#"{"name":"HR_s1","subjects":["hr.s1.>"],"max_age":1000000000}"#,
        ),
        ("$JS.API.STREAM.PURGE.HR_s1", ""),
        ("$JS.API.STREAM.DELETE.HR_s1", ""),
        (
            "$JS.API.CONSUMER.CREATE.HR_s1",
            r#"{"stream_name":"HR_s1","config":{"ack_policy":"none"}}"#,
        ),
    ] {
        assert!(
            serve.request(subject, body.into()).await.is_err(),
            "{subject}"
        );
    }
    // Even the administrator cannot delete or purge what is in the log.
    let admin = client(&school, "admin").await;
    let appender = school.log("serve").await.appender(Batching::Adaptive);
    appender.append(draft(&boundary(1), None)).await.unwrap();
    for (subject, body) in [
        ("$JS.API.STREAM.PURGE.HR_s1", ""),
        ("$JS.API.STREAM.MSG.DELETE.HR_s1", r#"{"seq":1}"#),
    ] {
        let answer = admin.request(subject, body.into()).await.unwrap();
        assert!(
            String::from_utf8_lossy(&answer.payload).contains("error"),
            "{subject}: {answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_told_apart_by_password() {
    let school = School::open().await;
    let url = school.url("serve");
    let wrong = url.replace("serve:", "clock:");
    assert!(homeroom_log::connect(&wrong, "test").await.is_err());
    let (_, address) = url.split_once('@').unwrap();
    assert!(
        homeroom_log::connect(&format!("nats://{address}"), "test")
            .await
            .is_err()
    );
}
