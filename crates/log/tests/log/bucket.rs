use homeroom_log::{Bucket, BucketError, LIST_MAX, Revision, connect};

use crate::harness::{School, school_id};

async fn bucket(school: &School) -> Bucket {
    let connection = connect(&school.url("serve"), "test").await.unwrap();
    Bucket::sign_in(connection, &school_id())
}

#[tokio::test]
async fn a_value_is_written_only_over_the_revision_that_was_seen_and_so_deleted() {
    let school = School::open().await;
    let bucket = bucket(&school).await;
    let first = bucket
        .put("account.p1", "1".into(), Revision::NONE)
        .await
        .unwrap();
    let late = bucket.put("account.p1", "2".into(), Revision::NONE).await;
    assert!(matches!(late, Err(BucketError::Moved(_))), "{late:?}");
    let second = bucket.put("account.p1", "3".into(), first).await.unwrap();
    let late = bucket.delete("account.p1", first).await;
    assert!(matches!(late, Err(BucketError::Moved(_))), "{late:?}");
    let deleted = bucket.delete("account.p1", second).await.unwrap();
    assert_eq!(bucket.get("account.p1").await.unwrap(), None);
    let (value, seen) = bucket.entry("account.p1").await.unwrap().unwrap();
    assert!(value.is_empty() && seen == deleted);
    bucket.put("account.p1", "4".into(), deleted).await.unwrap();
    assert_eq!(bucket.get("account.p1").await.unwrap().unwrap().0, "4");
}

#[tokio::test]
async fn a_list_holds_what_lives_under_its_prefix_and_says_when_there_is_too_much() {
    let school = School::open().await;
    let bucket = bucket(&school).await;
    assert_eq!(bucket.list("key").await.unwrap(), []);
    for key in ["key.a", "key.b", "key.c", "keys.d", "key.b.e", "key"] {
        bucket
            .put(key, key.to_owned().into(), Revision::NONE)
            .await
            .unwrap();
    }
    let (_, seen) = bucket.get("key.b").await.unwrap().unwrap();
    bucket.delete("key.b", seen).await.unwrap();
    let (_, seen) = bucket.get("key.a").await.unwrap().unwrap();
    bucket.put("key.a", "later".into(), seen).await.unwrap();
    let listed = bucket.list("key").await.unwrap();
    let listed: Vec<(&str, &[u8])> = listed
        .iter()
        .map(|(key, value, _)| (key.as_str(), &value[..]))
        .collect();
    assert_eq!(
        listed,
        [("key.c", &b"key.c"[..]), ("key.a", &b"later"[..])],
        "in the order of their last change"
    );
    let writes = (0..=LIST_MAX).map(|n| {
        let bucket = bucket.clone();
        async move {
            bucket
                .put(&format!("many.{n}"), "1".into(), Revision::NONE)
                .await
        }
    });
    futures::future::try_join_all(writes).await.unwrap();
    let many = bucket.list("many").await;
    assert!(matches!(many, Err(BucketError::TooMany(_))), "{many:?}");
}
