use homeroom_domain::PersonId;
use homeroom_domain::sealed::{Category, Sealed};
use homeroom_log::{Vault, VaultError, connect};

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
async fn a_person_without_a_key_reads_as_erased_and_cannot_be_sealed_for() {
    let school = School::open().await;
    let keys = vault(&school).await;
    let sealed = Sealed {
        person: person("p9"),
        category: Category::Reason,
        ciphertext: "AAAA".into(),
    };
    assert!(keys.open_sealed(&sealed).await.unwrap().is_none());
    let refused = keys.seal(&person("p9"), Category::Reason, b"x").await;
    assert!(matches!(refused, Err(VaultError::Destroyed { .. })));
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
