use homeroom_domain::PersonId;
use homeroom_sign_in::{Attempt, Group, SignIn, SignInRefused};

use crate::harness::{Kept, OWN, at, cheap, client, settled, tries};

/// How a wrong password is answered: `None` if it was looked at, else for how many seconds nothing is.
async fn wrong(sign_in: &SignIn, who: &str, address: &str, when: i64) -> Option<i64> {
    let tried = tries(sign_in, who, "a guess", client(address, None), at(when)).await;
    match tried {
        Err(SignInRefused::Wrong) => None,
        Err(SignInRefused::Later { until }) => Some((until.unix_ms() - at(when).unix_ms()) / 1_000),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn from_one_address_a_guesser_waits_longer_and_longer_and_so_does_the_right_password() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    settled(&sign_in, "p1").await;
    let (mut now, mut looked_at, mut waits) = (0, 0, Vec::new());
    while looked_at < 14 {
        match wrong(&sign_in, "p1", "198.51.100.1", now).await {
            None => looked_at += 1,
            Some(wait) => {
                waits.push(wait);
                now += wait;
            }
        }
    }
    assert_eq!(waits[..4], [1, 2, 4, 8]);
    let wait = wrong(&sign_in, "p1", "198.51.100.1", now).await.unwrap();
    assert!(
        waits.iter().all(|one| *one <= 900) && wait <= 900,
        "{waits:?}"
    );
    let right = tries(&sign_in, "p1", OWN, client("198.51.100.1", None), at(now)).await;
    assert!(matches!(right, Err(SignInRefused::Later { .. })));
    let right = tries(
        &sign_in,
        "p1",
        OWN,
        client("198.51.100.1", None),
        at(now + wait),
    )
    .await;
    right.unwrap();
}

#[tokio::test]
async fn a_known_device_is_not_held_up_by_what_ten_thousand_addresses_guess() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let device = settled(&sign_in, "p1").await.device;
    let mut looked_at = 0;
    for n in 0..200 {
        let address = format!("198.51.{}.{}", n / 100, n % 100);
        looked_at += i32::from(wrong(&sign_in, "p1", &address, 1).await.is_none());
    }
    assert!(
        looked_at <= 31,
        "{looked_at} guesses at once from 200 addresses"
    );
    let known = client("198.51.1.1", Some(device.expose()));
    tries(&sign_in, "p1", OWN, known, at(2)).await.unwrap();
    // The cookie is good for its owner's account and for no other.
    settled(&sign_in, "p2").await;
    for n in 0..200 {
        let address = format!("198.51.{}.{}", n / 100, n % 100);
        wrong(&sign_in, "p2", &address, 3).await;
    }
    let of_another = client("198.51.1.1", Some(device.expose()));
    let other = tries(&sign_in, "p2", OWN, of_another, at(3)).await;
    assert!(matches!(other, Err(SignInRefused::Later { .. })));
    // Nobody waits for more than a minute for what others did.
    let elsewhere = client("192.0.2.1", None);
    tries(&sign_in, "p2", OWN, elsewhere, at(64)).await.unwrap();
}

#[tokio::test]
async fn guessing_at_one_person_slows_nobody_else_at_the_same_address() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    for who in ["p1", "p2"] {
        settled(&sign_in, who).await;
    }
    for _ in 0..20 {
        wrong(&sign_in, "p1", "203.0.113.7", 1).await;
    }
    let other = tries(&sign_in, "p2", OWN, client("203.0.113.7", None), at(1)).await;
    other.unwrap();
}

#[tokio::test]
async fn two_serves_count_together_what_comes_from_everywhere() {
    let kept = Kept::start().await;
    let serves = [kept.serve(cheap()).await, kept.serve(cheap()).await];
    settled(&serves[0], "p1").await;
    let mut looked_at = 0;
    for n in 0..100_usize {
        let address = format!("198.51.100.{n}");
        // Half a second each, so that what one has written is known to the other.
        let when = 10 * (n as i64) / 20;
        let tried = wrong(&serves[n % 2], "p1", &address, when).await;
        looked_at += i32::from(tried.is_none());
    }
    assert!(looked_at < 50, "{looked_at} of 100 guesses were looked at");
}

#[tokio::test]
async fn a_number_that_nobody_has_is_slowed_like_any_other() {
    let kept = Kept::start().await;
    let sign_in = kept.serve(cheap()).await;
    let nobody = async |number: &str| {
        let attempt = Attempt {
            number,
            person: None::<&PersonId>,
            group: Group::Student,
            password: "a guess".into(),
            client: client("198.51.100.1", None),
        };
        matches!(
            sign_in.sign_in(attempt, at(0)).await,
            Err(SignInRefused::Later { .. })
        )
    };
    let mut slowed = 0;
    for _ in 0..10 {
        slowed += i32::from(nobody("T9999").await);
    }
    assert_eq!(slowed, 6, "after four that cost nothing");
    assert!(nobody(" t9999 ").await, "however it is typed");
    assert!(!nobody("T9998").await);
}
