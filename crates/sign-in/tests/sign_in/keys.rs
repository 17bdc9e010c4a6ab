use homeroom_sign_in::{BadToken, KeyError, NewKey, NewKeyRefused, SignIn};
use serde_json::json;

use crate::harness::{Kept, at, cheap, person};

fn wish(name: &str) -> NewKey {
    NewKey {
        name: name.to_owned(),
        actions: vec!["read_class_day".to_owned()],
        office: json!({"role": "homeroom_teacher"}),
        expires: None,
    }
}

async fn bad(sign_in: &SignIn, key: &str, when: i64) -> Option<BadToken> {
    match sign_in.check_key(key, at(when)).await {
        Ok(_) => None,
        Err(KeyError::Bad(bad)) => Some(bad),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_key_is_for_what_it_was_made_for_and_is_shown_once() {
    let kept = Kept::start().await;
    let (one, other) = (kept.serve(cheap()).await, kept.serve(cheap()).await);
    let (key, made) = one
        .make_key(wish("data hub"), &person("p1"), at(0))
        .await
        .unwrap();
    assert!(key.expose().starts_with("hrk_s1_"));
    let known = other.check_key(key.expose(), at(1)).await.unwrap();
    assert_eq!((&known.id, &known.actions), (&made.id, &made.actions));
    assert_eq!(known.made_by, person("p1"));
    let listed = other.list_keys().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(!format!("{listed:?} {key:?}").contains(key.expose()));
}

#[tokio::test]
async fn a_key_ends_by_itself_or_when_it_is_revoked() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let for_an_hour = NewKey {
        expires: Some(at(3_600)),
        ..wish("for an hour")
    };
    let (hour, _) = sign_in
        .make_key(for_an_hour, &person("p1"), at(0))
        .await
        .unwrap();
    assert_eq!(bad(&sign_in, hour.expose(), 3_599).await, None);
    assert_eq!(
        bad(&sign_in, hour.expose(), 3_600).await,
        Some(BadToken::Expired)
    );
    let (key, made) = sign_in
        .make_key(wish("hub"), &person("p1"), at(0))
        .await
        .unwrap();
    assert!(sign_in.revoke_key(&made.id, at(1)).await.unwrap());
    assert!(matches!(
        bad(&sign_in, key.expose(), 1).await,
        Some(BadToken::Ended(_))
    ));
    for unknown in ["nothing", "../secret", ""] {
        assert!(
            !sign_in.revoke_key(&unknown.into(), at(1)).await.unwrap(),
            "{unknown}"
        );
    }
    sign_in.delete_key(&made.id).await.unwrap();
    assert_eq!(sign_in.list_keys().await.unwrap().len(), 1);
    assert_eq!(
        bad(&sign_in, key.expose(), 20).await,
        Some(BadToken::Unknown)
    );
}

#[tokio::test]
async fn a_key_for_nothing_is_not_made() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let for_nothing = NewKey {
        actions: Vec::new(),
        ..wish("hub")
    };
    let past = NewKey {
        expires: Some(at(0)),
        ..wish("hub")
    };
    for new in [for_nothing, past, wish(" "), wish(&"x".repeat(81))] {
        let refused = sign_in.make_key(new, &person("p1"), at(0)).await;
        assert!(
            matches!(refused, Err(NewKeyRefused::Fault(_))),
            "{refused:?}"
        );
    }
    assert_eq!(sign_in.list_keys().await.unwrap(), []);
}
