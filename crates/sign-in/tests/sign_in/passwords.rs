use std::time::{Duration, Instant};

use homeroom_sign_in::password::{HashError, Hasher, PasswordHash, Verdict};
use homeroom_sign_in::{Cost, Hashing};

fn hasher(cost: Cost) -> Hasher {
    Hasher::new(cost, Hashing::default()).unwrap()
}

const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

fn is_right(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Right { .. })
}

#[tokio::test]
async fn a_password_is_kept_by_argon2id_with_owasps_parameters_and_never_shown() {
    let hasher = hasher(Cost::default());
    let hash = hasher.hash("床前明月光疑是地上霜".into()).await.unwrap();
    assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(!format!("{hash:?} {hasher:?}").contains("argon2id$"));
    let again = hasher.hash("床前明月光疑是地上霜".into()).await.unwrap();
    assert_ne!(hash, again, "each has a salt of its own");
    let right = hasher
        .verify("床前明月光疑是地上霜".into(), Some(hash.clone()))
        .await;
    assert!(matches!(right, Ok(Verdict::Right { rehashed: None })));
    for wrong in ["床前明月光疑是地上露", "", &"长".repeat(100_000)] {
        let verdict = hasher.verify(wrong.into(), Some(hash.clone())).await;
        assert!(!is_right(&verdict.unwrap()));
    }
}

#[tokio::test]
async fn a_full_width_digit_is_the_digit() {
    let hasher = hasher(CHEAP);
    let hash = hasher.hash("kfwpz847".into()).await.unwrap();
    let typed = hasher.verify("ｋｆｗｐｚ８４７".into(), Some(hash)).await;
    assert!(is_right(&typed.unwrap()));
}

#[tokio::test]
async fn a_hash_of_older_parameters_still_counts_and_is_made_anew() {
    let hash = hasher(CHEAP).hash("correct horse".into()).await.unwrap();
    let today = hasher(Cost {
        memory_kib: 128,
        ..CHEAP
    });
    let wrong = today.verify("wrong horse".into(), Some(hash.clone())).await;
    assert!(!is_right(&wrong.unwrap()));
    let verdict = today.verify("correct horse".into(), Some(hash)).await;
    let Ok(Verdict::Right {
        rehashed: Some(anew),
    }) = verdict
    else {
        panic!("{verdict:?}");
    };
    assert!(anew.expose().contains("m=128,"));
    let again = today.verify("correct horse".into(), Some(anew)).await;
    assert!(matches!(again, Ok(Verdict::Right { rehashed: None })));
}

#[tokio::test]
async fn where_there_is_no_password_none_is_right_and_it_takes_as_long() {
    let hasher = hasher(Cost::default());
    let hash = hasher.hash("correct horse".into()).await.unwrap();
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        let verdict = hasher.verify("wrong".into(), Some(hash.clone())).await;
        assert!(!is_right(&verdict.unwrap()));
        known.push(start.elapsed());
        let start = Instant::now();
        assert!(!is_right(
            &hasher.verify("wrong".into(), None).await.unwrap()
        ));
        unknown.push(start.elapsed());
    }
    let (known, unknown) = (median(known), median(unknown));
    assert!(
        unknown < 2 * known && known < 2 * unknown,
        "{known:?} {unknown:?}"
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_at_once_as_many_wait_as_may_and_the_others_are_refused_at_once() {
    let hashing = Hashing {
        parallel: 2,
        waiting_max: 40,
    };
    let hasher = Hasher::new(Cost::default(), hashing).unwrap();
    let hash = hasher.hash("correct horse".into()).await.unwrap();
    let all = (0..1_000).map(|_| hasher.verify("correct horse".into(), Some(hash.clone())));
    let start = Instant::now();
    let verdicts = futures::future::join_all(all).await;
    let busy = verdicts
        .iter()
        .filter(|verdict| matches!(verdict, Err(HashError::Busy)))
        .count();
    let right = verdicts.iter().flatten().filter(|v| is_right(v)).count();
    assert_eq!((right, busy), (42, 958), "{:?}", start.elapsed());
    // Whoever hangs up gives back their place, and the async threads were never held up.
    let waiting: Vec<_> = (0..42)
        .map(|_| {
            let (hasher, hash) = (hasher.clone(), hash.clone());
            tokio::spawn(async move { hasher.verify("correct horse".into(), Some(hash)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(5)).await;
    for task in &waiting {
        task.abort();
    }
    for task in waiting {
        let _ = task.await;
    }
    let verdict = hasher.verify("correct horse".into(), Some(hash)).await;
    assert!(is_right(&verdict.unwrap()));
}

#[tokio::test]
async fn what_is_no_hash_is_an_error_and_nobodys_password() {
    let hasher = hasher(CHEAP);
    for text in ["\"\"", "\"plain\"", "\"$argon2id$v=19$m=19456\""] {
        let kept: PasswordHash = serde_json::from_str(text).unwrap();
        let verdict = hasher.verify("plain".into(), Some(kept)).await;
        assert!(
            !matches!(verdict, Ok(Verdict::Right { .. })),
            "{text}: {verdict:?}"
        );
    }
}
