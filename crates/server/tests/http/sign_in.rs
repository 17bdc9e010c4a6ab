//! Signing in over HTTP: passwords, cookies, sessions, and what another site's page may not do.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};

use crate::harness::{Answer, School, answer};

const OWN: &str = "correct horse battery";

/// POSTs JSON with these headers and nothing else.
async fn post(school: &School, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut request = school.request(Method::POST, path).json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(request).await
}

async fn first_password(school: &School, number: &str) -> String {
    let asked = json!({"numbers": [number]});
    let given = school.by("admin").post("/v1/first-passwords", &asked).await;
    let given = given.ok().body;
    given["given"][0]["first_password"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn sign_in(school: &School, number: &str, password: &str, held_by: &str) -> Answer {
    let body = json!({"number": number, "password": password, "held_by": held_by});
    post(school, "/v1/sign-in", &body, &[]).await
}

/// Somebody who has chosen a password of their own.
async fn settled(school: &School, number: &str) {
    let first = first_password(school, number).await;
    let token = sign_in(school, number, &first, "token").await.ok().body["token"].clone();
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    let own = json!({"new": OWN});
    post(school, "/v1/password", &own, &[("Authorization", &bearer)])
        .await
        .ok();
}

/// The cookies that an answer sets, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all(SET_COOKIE).iter();
    let pairs = set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

async fn get(school: &School, path: &str, cookie: &str) -> Answer {
    answer(school.request(Method::GET, path).header(COOKIE, cookie)).await
}

#[tokio::test]
async fn a_first_password_is_good_for_choosing_ones_own_and_for_nothing_else() {
    let school = School::open().await;
    let first = first_password(&school, "T1").await;
    let typed = first.to_uppercase().replace('-', " ");
    let signed_in = sign_in(&school, "T1", &typed, "cookie").await.ok();
    assert_eq!(signed_in.body["must_change_password"], true);
    assert_eq!(signed_in.body["who"]["name"], "甲老师");
    let cookie = cookies(&signed_in);
    get(&school, "/v1/classes", &cookie)
        .await
        .refused(403, "must-change-password");
    let with = [("Cookie", cookie.as_str())];
    for (unfit, why) in [
        ("short", "10"),
        ("1234567890", "first that anybody"),
        ("t1 13000000001", "name"),
        (first.as_str(), "old one"),
    ] {
        let body = json!({"new": unfit});
        let mut headers = with.to_vec();
        headers.push(("Accept-Language", "en"));
        let refused = post(&school, "/v1/password", &body, &headers).await;
        let refused = refused.refused(422, "password-unfit");
        assert_eq!(refused.body["field"], "new");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{unfit}: {detail}");
    }
    let changed = post(&school, "/v1/password", &json!({"new": OWN}), &with).await;
    let changed = cookies(&changed.ok());
    get(&school, "/v1/classes", &changed).await.ok();
    get(&school, "/v1/classes", &cookie)
        .await
        .refused(401, "not-signed-in");
    sign_in(&school, "T1", &first, "token")
        .await
        .refused(401, "wrong-password");
    let again = sign_in(&school, "T1", OWN, "token").await.ok();
    assert_eq!(again.body["must_change_password"], false);
}

#[tokio::test]
async fn a_browsers_session_is_in_a_cookie_that_no_script_has_and_ends_by_signing_out() {
    let school = School::open().await;
    settled(&school, "T1").await;
    let signed_in = sign_in(&school, "T1", OWN, "cookie").await.ok();
    assert_eq!(signed_in.body.get("token"), None, "a script could read it");
    for cookie in signed_in.headers.get_all(SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-homeroom"), "{cookie}");
        for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age="] {
            assert!(cookie.contains(part), "{part} is not in {cookie}");
        }
    }
    assert_eq!(signed_in.headers["cache-control"], "no-store");
    let cookie = cookies(&signed_in);
    let me = get(&school, "/v1/me", &cookie).await.ok().body;
    assert_eq!(me["who"]["number"], "T1");
    assert_eq!(me["offices"][0]["role"], "homeroom_teacher");
    assert_eq!(me["offices"][0]["scope"], json!({"class": "26JY1"}));
    let out = post(&school, "/v1/sign-out", &json!({}), &[("Cookie", &cookie)]).await;
    assert_eq!(out.status, 204);
    assert!(
        out.headers[SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    get(&school, "/v1/me", &cookie)
        .await
        .refused(401, "not-signed-in");
}

#[tokio::test]
async fn another_sites_page_can_make_a_browser_change_nothing() {
    let school = School::open().await;
    settled(&school, "2026010101").await;
    let signed_in = sign_in(&school, "2026010101", OWN, "cookie").await.ok();
    let (cookie, head) = (cookies(&signed_in), school.head().await);
    let slip = json!({
        "type": "sick", "reason": "发烧",
        "from": "2026-11-24T08:00:00+08:00", "to": "2026-11-24T18:00:00+08:00",
    });
    for foreign in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        let headers = [
            ("Cookie", cookie.as_str()),
            ("Idempotency-Key", "from-elsewhere"),
            foreign,
        ];
        let refused = post(&school, "/v1/slips", &slip, &headers).await;
        refused.refused(403, "cross-site");
        for path in ["/v1/sign-out", "/v1/password"] {
            let refused = post(&school, path, &json!({"new": OWN}), &headers).await;
            refused.refused(403, "cross-site");
        }
        let number = json!({"number": "2026010101", "password": OWN});
        let refused = post(&school, "/v1/sign-in", &number, &[foreign]).await;
        refused.refused(403, "cross-site");
    }
    assert_eq!(school.head().await, head);
    let ours = [
        ("Cookie", cookie.as_str()),
        ("Idempotency-Key", "from-our-page"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    post(&school, "/v1/slips", &slip, &ours).await.ok();
}

#[tokio::test]
async fn who_guesses_is_slowed_and_nobody_else_is_locked_out() {
    let school = School::open().await;
    for number in ["T1", "T2"] {
        settled(&school, number).await;
    }
    let known = cookies(&sign_in(&school, "T1", OWN, "cookie").await.ok());
    let wrong = sign_in(&school, "T1", "wrong", "token").await;
    let nobody = sign_in(&school, "T9", "wrong", "token").await;
    let wrong = wrong.refused(401, "wrong-password");
    assert_eq!(wrong.body, nobody.refused(401, "wrong-password").body);
    let mut slowed = None;
    for _ in 0..8 {
        let tried = sign_in(&school, "T1", "wrong", "token").await;
        if tried.status == 429 {
            slowed = Some(tried);
            break;
        }
        tried.refused(401, "wrong-password");
    }
    let slowed = slowed.expect("somebody who guesses is slowed");
    let slowed = slowed.refused(429, "too-many-wrong-passwords");
    let wait: u32 = slowed.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    // Not even the right one is looked at from there.
    let right = sign_in(&school, "T1", OWN, "token").await;
    right.refused(429, "too-many-wrong-passwords");
    // The person on a device of their own is not held up, nor is anybody else at the same address.
    let body = json!({"number": "T1", "password": OWN});
    post(&school, "/v1/sign-in", &body, &[("Cookie", &known)])
        .await
        .ok();
    sign_in(&school, "T2", OWN, "token").await.ok();
}

#[tokio::test]
async fn ones_sessions_are_listed_and_ended_and_every_server_knows_within_seconds() {
    let mut school = School::open().await;
    let other = school.serve().await;
    let (phone, library) = (school.new_token("T1").await, school.new_token("T1").await);
    let ask = async |token: &str, server: usize| {
        let url = format!("http://{}/v1/sign-in-sessions", school.address(server));
        answer(reqwest::Client::new().get(url).bearer_auth(token)).await
    };
    ask(&library, other).await.ok();
    let sessions = ask(&phone, 0).await.ok().body;
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let lost = sessions
        .iter()
        .find(|one| one["this_one"] == false)
        .unwrap();
    let path = format!("/v1/sign-in-sessions/{}/end", lost["id"].as_str().unwrap());
    let bearer = format!("Bearer {phone}");
    let stranger = school.by("T2").post(&path, &json!({})).await;
    stranger.refused(404, "unknown-session");
    post(&school, &path, &json!({}), &[("Authorization", &bearer)])
        .await
        .ok();
    ask(&library, 0).await.refused(401, "not-signed-in");
    let end = Instant::now() + Duration::from_secs(10);
    while ask(&library, other).await.status != 401 {
        assert!(Instant::now() < end, "the other server still lets it in");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ask(&phone, other).await.ok();
    let all = json!({});
    let ended = school
        .by("admin")
        .post("/v1/people/T1/end-sign-in-sessions", &all)
        .await
        .ok();
    assert_eq!(ended.body["ended"], 1);
    ask(&phone, 0).await.refused(401, "not-signed-in");
}

#[tokio::test]
async fn who_holds_no_office_and_who_has_left_cannot_sign_in() {
    let school = School::open().await;
    for number in ["T2", "2026010102"] {
        settled(&school, number).await;
        sign_in(&school, number, OWN, "token").await.ok();
    }
    let student = school.token("2026010102").await;
    let teacher = json!({"role": "homeroom_teacher", "scope": {"class": "26DS1"}});
    let admin = school.by("admin");
    let end = json!({"person": "T2", "office": teacher});
    admin.post("/v1/offices/end", &end).await.ok();
    let leave = json!({"last_day": "2026-11-23", "how": "left"});
    let path = "/v1/students/2026010102/leave";
    admin.post(path, &leave).await.ok();
    sign_in(&school, "2026010102", OWN, "token").await.ok();
    school.clock("2026-11-24T00:00:00+08:00").await.ok();
    for number in ["T2", "2026010102"] {
        let refused = sign_in(&school, number, OWN, "token").await;
        refused.refused(401, "wrong-password");
    }
    let me = school.request(Method::GET, "/v1/me").bearer_auth(student);
    answer(me).await.refused(403, "not-yours");
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do() {
    let school = School::open().await;
    for path in [
        "/healthz",
        "/v1/classes",
        "/openapi.json",
        "/nothing",
        "/docs/",
    ] {
        let answered = answer(school.request(Method::GET, path)).await;
        for (name, word) in [
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            let value = answered.headers[name].to_str().unwrap();
            assert!(value.contains(word), "{path}: {name}: {value}");
        }
    }
}
