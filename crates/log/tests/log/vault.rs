use homeroom_domain::PersonId;
use homeroom_domain::sealed::{Category, Sealed};
use homeroom_log::{Bucket, BucketError, Revision, Vault, VaultError, connect};

use crate::harness::{School, school_id};

fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

async fn vault(school: &School) -> Vault {
    Vault::open(
        connect(&school.url("serve"), "test").await.unwrap(),
        &school_id(),
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn what_is_sealed_opens_again_and_after_a_restart() {
    let mut school = School::open().await;
    let keys = vault(&school).await;
    keys.ensure(&[person("p1"), person("p2")]).await.unwrap();
    let sealed = keys
        .seal(&person("p1"), Category::Reason, "发烧".as_bytes())
        .await
        .unwrap();
    assert_eq!(
        keys.open_sealed(&sealed).await.unwrap().unwrap(),
        "发烧".as_bytes()
    );
    assert!(!serde_json::to_string(&sealed).unwrap().contains("发烧"));
    let twice = keys
        .seal(&person("p1"), Category::Reason, "发烧".as_bytes())
        .await
        .unwrap();
    assert_ne!(sealed, twice, "equal texts do not look equal");
    school = tokio::task::spawn_blocking(move || {
        school.kill_and_restart();
        school
    })
    .await
    .unwrap();
    let keys = vault(&school).await;
    assert_eq!(
        keys.open_sealed(&sealed).await.unwrap().unwrap(),
        "发烧".as_bytes()
    );
}

#[tokio::test]
async fn a_sealed_field_does_not_open_as_another_persons_or_another_category() {
    let school = School::open().await;
    let keys = vault(&school).await;
    keys.ensure(&[person("p1"), person("p2")]).await.unwrap();
    let sealed = keys
        .seal(&person("p1"), Category::Place, b"here")
        .await
        .unwrap();
    for forged in [
        Sealed {
            person: person("p2"),
            ..sealed.clone()
        },
        Sealed {
            category: Category::Device,
            ..sealed.clone()
        },
        Sealed {
            ciphertext: sealed
                .ciphertext
                .replacen(|c: char| c.is_ascii_alphanumeric(), "_", 1),
            ..sealed.clone()
        },
        Sealed {
            ciphertext: String::new(),
            ..sealed.clone()
        },
    ] {
        assert!(
            matches!(keys.open_sealed(&forged).await, Err(VaultError::Forged(_))),
            "{forged:?}"
        );
    }
}

#[tokio::test]
async fn a_key_that_was_never_made_is_not_taken_for_a_destroyed_one() {
    let school = School::open().await;
    let keys = vault(&school).await;
    let sealed = Sealed {
        person: person("p9"),
        category: Category::Reason,
        ciphertext: "AAAA".into(),
    };
    let opened = keys.open_sealed(&sealed).await;
    assert!(
        matches!(opened, Err(VaultError::NoKey { .. })),
        "{opened:?}"
    );
    let refused = keys.seal(&person("p9"), Category::Reason, b"x").await;
    assert!(
        matches!(refused, Err(VaultError::NoKey { .. })),
        "{refused:?}"
    );
    // Not remembered either: the key may be made at any time, by another process.
    vault(&school).await.ensure(&[person("p9")]).await.unwrap();
    keys.seal(&person("p9"), Category::Reason, b"x")
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_destroyed_key_sealed_reads_as_none_and_the_key_is_never_made_again() {
    let school = School::open().await;
    let keys = vault(&school).await;
    keys.ensure(&[person("p1")]).await.unwrap();
    let reason = keys
        .seal(&person("p1"), Category::Reason, b"fever")
        .await
        .unwrap();
    let place = keys
        .seal(&person("p1"), Category::Place, b"here")
        .await
        .unwrap();
    let admin = crate::rights::client(&school, "admin").await;
    let subject = "$KV.hr_s1_keys.p1";
    let read = admin.request(
        "$JS.API.DIRECT.GET.KV_hr_s1_keys.$KV.hr_s1_keys.p1",
        "".into(),
    );
    let mut record: serde_json::Value =
        serde_json::from_slice(&read.await.unwrap().payload).unwrap();
    // One of the keys.
    record[Category::Reason.as_str()] = serde_json::Value::Null;
    admin
        .request(subject, record.to_string().into())
        .await
        .unwrap();
    let keys = vault(&school).await;
    assert!(keys.open_sealed(&reason).await.unwrap().is_none());
    assert_eq!(keys.open_sealed(&place).await.unwrap().unwrap(), b"here");
    // All of them.
    admin.request(subject, "".into()).await.unwrap();
    for _ in 0..2 {
        let keys = vault(&school).await;
        assert!(keys.open_sealed(&reason).await.unwrap().is_none());
        assert!(keys.open_sealed(&place).await.unwrap().is_none());
        let refused = keys.seal(&person("p1"), Category::Place, b"there").await;
        assert!(
            matches!(refused, Err(VaultError::Destroyed { .. })),
            "{refused:?}"
        );
        keys.ensure(&[person("p1")]).await.unwrap();
    }
}

#[tokio::test]
async fn a_school_whose_own_keys_are_lost_is_given_no_others() {
    let school = School::open().await;
    vault(&school).await;
    let admin = crate::rights::client(&school, "admin").await;
    admin
        .request("$KV.hr_s1_keys.school", "".into())
        .await
        .unwrap();
    let connection = connect(&school.url("serve"), "test").await.unwrap();
    let refused = Vault::open(connection, &school_id()).await.unwrap_err();
    assert!(matches!(refused, VaultError::Missing(_)), "{refused}");
}

#[tokio::test]
async fn a_shared_value_is_not_written_over_one_that_was_not_seen() {
    let school = School::open().await;
    let clock = |user| {
        let url = school.url(user);
        async move { Bucket::clock(connect(&url, "test").await.unwrap(), &school_id()) }
    };
    let (serve, other) = (clock("serve").await, clock("clock").await);
    assert!(serve.get("now").await.unwrap().is_none());
    let first = serve.put("now", "1".into(), Revision::NONE).await.unwrap();
    let blind = other.put("now", "2".into(), Revision::NONE).await;
    assert!(matches!(blind, Err(BucketError::Moved(_))), "{blind:?}");
    assert_eq!(other.get("now").await.unwrap(), Some(("1".into(), first)));
    other.put("now", "3".into(), first).await.unwrap();
    assert_eq!(serve.get("now").await.unwrap().unwrap().0, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_made_by_many_at_once_are_the_same_keys() {
    let school = School::open().await;
    let (a, b) = (vault(&school).await, vault(&school).await);
    let people: Vec<_> = (0..50).map(|n| person(&format!("p{n}"))).collect();
    let (one, two) = tokio::join!(a.ensure(&people), b.ensure(&people));
    one.unwrap();
    two.unwrap();
    for person in &people {
        let sealed = a.seal(person, Category::Identity, b"x").await.unwrap();
        assert_eq!(b.open_sealed(&sealed).await.unwrap().unwrap(), b"x");
    }
    assert_eq!(
        a.mark("number", "2026010101"),
        b.mark("number", "2026010101")
    );
    assert_ne!(
        a.mark("number", "2026010101"),
        a.mark("identity", "2026010101")
    );
    assert_eq!(a.digest(b"body"), b.digest(b"body"));
}
