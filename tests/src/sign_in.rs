//! Signing in as people do: by a first password, then one of their own.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::process::binary;

/// What everybody chooses.
const OWN_PASSWORD: &str = "correct horse battery";

/// The administrator, by a first password from the terminal of whoever has the data folder; the session's token.
pub async fn admin(url: &str, data: &Path) -> String {
    let mut create = Command::new(binary());
    create.args(["admin", "create", "--again", "--json", "--data"]);
    let said = create.arg(data).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    by_first_password(url, "admin", said["first_password"].as_str().unwrap()).await
}

/// Anybody, by a first password from the administrator; the session's token.
pub async fn person(url: &str, admin: &str, number: &str) -> String {
    let asked = json!({"numbers": [number]});
    let given = post(url, Some(admin), "/v1/first-passwords", &asked).await;
    let first = given["given"][0]["first_password"].as_str().unwrap();
    by_first_password(url, number, first).await
}

async fn by_first_password(url: &str, number: &str, first: &str) -> String {
    let sign_in = json!({"number": number, "password": first, "held_by": "token"});
    let signed_in = post(url, None, "/v1/sign-in", &sign_in).await;
    assert_eq!(signed_in["must_change_password"], true, "{signed_in:#}");
    let own = json!({"new": OWN_PASSWORD, "held_by": "token"});
    let changed = post(url, signed_in["token"].as_str(), "/v1/password", &own).await;
    changed["token"].as_str().unwrap().to_owned()
}

async fn post(url: &str, token: Option<&str>, path: &str, body: &Value) -> Value {
    let mut request = reqwest::Client::new()
        .post(format!("{url}{path}"))
        .json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert!(status.is_success(), "{path}: {status} {body:#}");
    body
}
