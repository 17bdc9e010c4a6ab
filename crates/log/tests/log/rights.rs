//! What a projector's password is good for: reading.

use std::time::Duration;

use async_nats::{Client, ConnectOptions};
use futures::StreamExt;
use homeroom_log::Batching;

use crate::harness::{School, boundary, draft};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_projectors_credentials_can_neither_append_nor_change_the_stream_nor_read_keys() {
    let school = School::open().await;
    let log = school.log("serve").await;
    let appender = log.appender(Batching::Adaptive);
    appender.append(draft(&boundary(1), None)).await.unwrap();
    let serve = homeroom_log::connect(&school.url("serve"), "test")
        .await
        .unwrap();
    homeroom_log::Vault::open(serve, &crate::harness::school_id())
        .await
        .unwrap();
    for user in ["project_leave", "rebuild", "audit"] {
        let rogue = client(&school, user).await;
        // Directly.
        let direct = rogue.request("hr.s1.leave.p1", "{}".into()).await;
        assert!(direct.is_err(), "{user}: {direct:?}");
        rogue.publish("hr.s1.leave.p1", "{}".into()).await.unwrap();
        // By making the server answer into the log, or into a bucket.
        for target in [
            "hr.s1.leave.p1",
            "hr.s1.leave.evil",
            "$KV.hr_s1_keys.school",
            "$KV.hr_s1_clock.now",
        ] {
            for body in [
                r#"{"seq":1}"#,
                r#"{"seq":1,"batch":5}"#,
                r#"{"last_by_subj":"hr.s1.leave.p1"}"#,
            ] {
                rogue
                    .publish_with_reply("hr_log.DIRECT.GET.HR_s1", target, body.into())
                    .await
                    .unwrap();
            }
            rogue
                .publish_with_reply("hr_log.STREAM.INFO.HR_s1", target, "".into())
                .await
                .unwrap();
        }
        // By a consumer that delivers there, or by changing the stream.
        let deliver = r#"{"stream_name":"HR_s1","config":{"deliver_subject":"$KV.hr_s1_keys.school","ack_policy":"none"}}"#;
        for (subject, body) in [
            ("$JS.API.CONSUMER.CREATE.HR_s1", deliver),
            ("$JS.API.CONSUMER.CREATE.HR_s1.evil", deliver),
            (
                "$JS.API.STREAM.UPDATE.HR_s1",
                r#"{"name":"HR_s1","subjects":["hr.s1.>"],"max_age":1000000000}"#,
            ),
            ("$JS.API.STREAM.PURGE.HR_s1", ""),
            ("$JS.API.STREAM.DELETE.HR_s1", ""),
            ("$JS.API.STREAM.MSG.DELETE.HR_s1", r#"{"seq":1}"#),
            (
                "hr_log.STREAM.UPDATE.HR_s1",
                r#"{"name":"HR_s1","subjects":["hr.s1.>"],"max_age":1000000000}"#,
            ),
            ("hr_log.DIRECT.GET.KV_hr_s1_keys", r#"{"seq":1}"#),
            (
                "$JS.API.STREAM.CREATE.EVIL",
                r#"{"name":"EVIL","subjects":["evil.>"]}"#,
            ),
            ("$JS.API.DIRECT.GET.KV_hr_s1_keys", r#"{"seq":1}"#),
            ("$JS.API.DIRECT.GET.KV_hr_s1_keys.$KV.hr_s1_keys.school", ""),
            ("$JS.API.STREAM.MSG.GET.KV_hr_s1_keys", r#"{"seq":1}"#),
        ] {
            let answer = rogue.request(subject, body.into()).await;
            assert!(answer.is_err(), "{user} {subject}: {answer:?}");
        }
        // Nor can it hear what is written.
        let mut overheard = rogue.subscribe("hr.s1.>").await.unwrap();
        appender
            .append(draft(&boundary(2 + user.len()), None))
            .await
            .unwrap();
        let heard = tokio::time::timeout(Duration::from_millis(300), overheard.next()).await;
        assert!(!matches!(heard, Ok(Some(_))), "{user} hears appends");
    }
    // Nothing of all that arrived: three appends of ours besides the first, the stream as it was, keys as they were.
    assert_eq!(log.head().await.unwrap().0, 4);
    assert_eq!(log.load(&boundary(1)).await.unwrap().len(), 1);
    school.log("project_leave").await;
    let admin = client(&school, "admin").await;
    let info = admin
        .request("$JS.API.STREAM.INFO.KV_hr_s1_keys", "".into())
        .await
        .unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info.payload).unwrap();
    assert_eq!(
        info["state"]["last_seq"], 1,
        "the school's own record and nothing else"
    );
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
