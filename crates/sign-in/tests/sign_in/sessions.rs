use homeroom_sign_in::password::{About, PasswordFault};
use homeroom_sign_in::{
    BadToken, ChangeRefused, CheckError, CreateAdminError, EndedBy, NewPassword, STALE_MS_MAX,
    SessionId, SignIn, SignInRefused, Standing, Via,
};

use crate::harness::{Kept, OWN, at, cheap, client, person, settled, signs_in};

const DAY: i64 = 24 * 3_600;

/// Why a token is bad.
async fn bad(sign_in: &SignIn, token: &str, when: i64) -> Option<BadToken> {
    match sign_in.check(token, at(when)).await {
        Ok(_) => None,
        Err(CheckError::Bad(bad)) => Some(bad),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_first_password_opens_nothing_but_the_door_to_ones_own() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let first = sign_in
        .give_first_password(&person("p1"), at(0))
        .await
        .unwrap();
    let begun = signs_in(&sign_in, "p1", first.expose(), at(0))
        .await
        .unwrap();
    assert_eq!(begun.session.via, Via::FirstPassword);
    let checked = sign_in.check(begun.token.expose(), at(1)).await;
    assert!(matches!(checked, Err(CheckError::MustChangePassword(_))));
    let standing = sign_in.standing(&person("p1"), at(1)).await.unwrap();
    assert!(matches!(standing, Standing::FirstPassword { given, .. } if given == at(0)));
    let wish = |new: &str| NewPassword {
        token: begun.token.expose(),
        current: None,
        new: new.into(),
        about: About { known: &["p1"] },
        client: client("203.0.113.7", None),
    };
    let refused = sign_in.change_password(wish(first.expose()), at(1)).await;
    assert!(matches!(
        refused,
        Err(ChangeRefused::Fault(PasswordFault::Same))
    ));
    let changed = sign_in.change_password(wish(OWN), at(1)).await.unwrap();
    assert_eq!(bad(&sign_in, changed.token.expose(), 2).await, None);
    assert_eq!(
        bad(&sign_in, begun.token.expose(), 2).await,
        Some(BadToken::Ended(EndedBy::PasswordChange))
    );
    let again = signs_in(&sign_in, "p1", first.expose(), at(3)).await;
    assert!(matches!(again, Err(SignInRefused::Wrong)), "used up");
}

#[tokio::test]
async fn a_first_password_is_too_old_after_sixty_days() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let first = sign_in
        .give_first_password(&person("p1"), at(0))
        .await
        .unwrap();
    let late = signs_in(&sign_in, "p1", first.expose(), at(60 * DAY)).await;
    assert!(matches!(late, Err(SignInRefused::FirstPasswordExpired)));
    signs_in(&sign_in, "p1", first.expose(), at(60 * DAY - 1))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_in_any_case_at_last() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let token = settled(&sign_in, "p1").await.token;
    let terms = cheap().staff;
    let idle = terms.idle_ms / 1_000;
    assert_eq!(bad(&sign_in, token.expose(), idle - 1).await, None);
    // Its use was noted, so it goes on from there.
    assert_eq!(bad(&sign_in, token.expose(), 2 * idle - 2).await, None);
    let mut now = 2 * idle - 2;
    let last = terms.absolute_ms / 1_000;
    while now + idle - 1 < last {
        now += idle - 1;
        assert_eq!(bad(&sign_in, token.expose(), now).await, None, "{now}");
    }
    assert_eq!(
        bad(&sign_in, token.expose(), last).await,
        Some(BadToken::Expired)
    );
    let other = signs_in(&sign_in, "p1", OWN, at(0)).await.unwrap().token;
    assert_eq!(
        bad(&sign_in, other.expose(), idle).await,
        Some(BadToken::Expired)
    );
}

#[tokio::test]
async fn what_one_serve_ends_is_over_on_the_others_within_seconds_and_what_it_begins_at_once() {
    let kept = Kept::start().await;
    let (one, other) = (kept.serve(cheap()).await, kept.serve(cheap()).await);
    let phone = settled(&one, "p1").await;
    assert_eq!(bad(&other, phone.token.expose(), 1).await, None);
    let library = signs_in(&one, "p1", OWN, at(2)).await.unwrap();
    assert_eq!(
        bad(&other, library.token.expose(), 2).await,
        None,
        "begun a moment ago"
    );
    let listed = other.sessions(&person("p1"), at(3)).await.unwrap();
    assert_eq!(listed.len(), 2);
    let ended = one
        .end_session(&person("p1"), &phone.session.id, EndedBy::Owner, at(3))
        .await
        .unwrap();
    assert!(ended);
    assert!(matches!(
        bad(&one, phone.token.expose(), 3).await,
        Some(BadToken::Ended(EndedBy::Owner))
    ));
    let stale = 3 + STALE_MS_MAX / 1_000;
    assert!(bad(&other, phone.token.expose(), stale).await.is_some());
    assert_eq!(bad(&other, library.token.expose(), stale).await, None);
    let unknown = SessionId::from("nothing");
    let ended = one
        .end_session(&person("p1"), &unknown, EndedBy::Owner, at(4))
        .await;
    assert!(!ended.unwrap());
}

#[tokio::test]
async fn signing_out_ends_one_session_and_a_new_first_password_ends_all() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let phone = settled(&sign_in, "p1").await.token;
    let library = signs_in(&sign_in, "p1", OWN, at(1)).await.unwrap();
    sign_in.sign_out(phone.expose(), at(2)).await.unwrap();
    sign_in.sign_out(phone.expose(), at(2)).await.unwrap();
    sign_in.sign_out("nonsense", at(2)).await.unwrap();
    assert!(bad(&sign_in, phone.expose(), 2).await.is_some());
    assert_eq!(bad(&sign_in, library.token.expose(), 2).await, None);
    let third = signs_in(&sign_in, "p1", OWN, at(2)).await.unwrap();
    let ended = sign_in
        .end_other_sessions(&third.session, at(3))
        .await
        .unwrap();
    assert_eq!(ended, 1);
    assert!(bad(&sign_in, library.token.expose(), 3).await.is_some());
    sign_in
        .give_first_password(&person("p1"), at(4))
        .await
        .unwrap();
    assert_eq!(
        bad(&sign_in, third.token.expose(), 4).await,
        Some(BadToken::Ended(EndedBy::PasswordReset))
    );
    let old = signs_in(&sign_in, "p1", OWN, at(5)).await;
    assert!(matches!(old, Err(SignInRefused::Wrong)));
}

#[tokio::test]
async fn one_more_session_than_sixteen_ends_the_one_not_used_for_longest() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let first = settled(&sign_in, "p1").await.token;
    let mut tokens = Vec::new();
    for n in 1..=16 {
        tokens.push(signs_in(&sign_in, "p1", OWN, at(n)).await.unwrap().token);
    }
    assert_eq!(
        bad(&sign_in, first.expose(), 20).await,
        Some(BadToken::Ended(EndedBy::Newer))
    );
    for token in &tokens {
        assert_eq!(bad(&sign_in, token.expose(), 20).await, None);
    }
}

#[tokio::test]
async fn the_current_password_is_asked_for_again_before_it_is_changed() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let token = settled(&sign_in, "p1").await.token;
    let wish = |current: Option<&str>| NewPassword {
        token: token.expose(),
        current: current.map(Into::into),
        new: "another horse altogether".into(),
        about: About { known: &["p1"] },
        client: client("203.0.113.7", None),
    };
    for wrong in [None, Some("wrong")] {
        let refused = sign_in.change_password(wish(wrong), at(1)).await;
        assert!(matches!(refused, Err(ChangeRefused::WrongCurrent)));
    }
    sign_in
        .change_password(wish(Some(OWN)), at(2))
        .await
        .unwrap();
    signs_in(&sign_in, "p1", "another horse altogether", at(3))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_first_administrator_is_created_once() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let admin = person("paaaaaaaaaaaaaaaa");
    let first = sign_in.create_admin(&admin, at(0)).await.unwrap();
    let again = sign_in.create_admin(&admin, at(1)).await;
    assert!(matches!(again, Err(CreateAdminError::HasPassword)));
    signs_in(&sign_in, admin.as_str(), first.expose(), at(1))
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_that_opens_a_door_is_kept_or_shown() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let begun = settled(&sign_in, "p1").await;
    let shown = format!("{begun:?} {sign_in:?}");
    assert!(!shown.contains(begun.token.expose()));
    assert!(!shown.contains(begun.device.expose()));
    let sessions = sign_in.sessions(&person("p1"), at(1)).await.unwrap();
    assert!(!format!("{sessions:?}").contains(begun.token.expose()));
}
