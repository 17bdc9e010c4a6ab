//! `homeroom up --sample`: the sample department's morning, against an independent computation of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use homeroom_tests::{Homeroom, sign_in};
use serde_json::Value;
use tempfile::TempDir;

/// The student-affairs officer of the sample, who reads every class.
const OFFICER: &str = "T1026";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// What `tests/independent/morning.py` says of every student.
fn independently() -> BTreeMap<String, Value> {
    let python = Command::new("python3")
        .arg(root().join("tests/independent/morning.py"))
        .arg(root().join("sample"))
        .output()
        .unwrap();
    assert!(
        python.status.success(),
        "{}",
        String::from_utf8_lossy(&python.stderr)
    );
    serde_json::from_slice(&python.stdout).unwrap()
}

async fn get(token: &str, url: &str) -> Value {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let response = client.get(url).bearer_auth(token).send().await.unwrap();
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert!(status.is_success(), "{url}: {body:#}");
    body
}

/// Waits until the sample has been played: it says so in run.json.
async fn played(data: &Path) {
    for _ in 0..1_200 {
        let run = std::fs::read(data.join("run.json"))
            .ok()
            .and_then(|b| serde_json::from_slice::<Value>(&b).ok());
        if run.is_some_and(|run| run["sample"] == "played") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the sample was not played within two minutes");
}

#[tokio::test]
async fn the_sample_morning_agrees_with_an_independent_computation_student_by_student() {
    let data = TempDir::new().unwrap();
    let up = Homeroom::up(data.path(), &["--sample"]);
    played(data.path()).await;
    let expected = independently();
    let admin = sign_in::admin(&up.url, data.path()).await;
    let officer = sign_in::person(&up.url, &admin, OFFICER).await;
    let classes = get(&officer, &format!("{}/v1/classes", up.url)).await;
    let mut seen = 0;
    for class in classes["classes"].as_array().unwrap() {
        let code = class["code"].as_str().unwrap();
        let day = get(
            &officer,
            &format!("{}/v1/classes/{code}/days/2026-11-23", up.url),
        )
        .await;
        let session = &day["sessions"][0];
        assert_eq!(session["closed"], true, "{code}");
        let mut tallies = BTreeMap::<&str, u64>::new();
        for student in session["students"].as_array().unwrap() {
            let number = student["number"].as_str().unwrap();
            let want = &expected[number];
            let context = format!("{code} {number}: {student:#} against {want:#}");
            assert_eq!(student["status"], want["status"], "{context}");
            assert_eq!(
                student.get("late_s").unwrap_or(&Value::Null),
                &want["late_s"],
                "{context}"
            );
            let refused: Vec<&Value> = student["refused"]
                .as_array()
                .map(|all| all.iter().map(|one| &one["reason"]).collect())
                .unwrap_or_default();
            assert_eq!(
                refused,
                want["refused"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .collect::<Vec<_>>(),
                "{context}"
            );
            assert_eq!(want["class"], code, "{context}");
            *tallies
                .entry(student["status"].as_str().unwrap())
                .or_default() += 1;
            seen += 1;
        }
        for status in ["on_time", "late", "excused", "absent"] {
            assert_eq!(
                session[status].as_u64(),
                Some(tallies.get(status).copied().unwrap_or(0)),
                "{code} {status}"
            );
        }
    }
    assert_eq!(
        seen,
        expected.len(),
        "every student of the roster has a row"
    );

    // The same morning, counted by the service.
    let path = "v1/tally?from=2026-11-23&to=2026-11-23";
    let tally = get(&officer, &format!("{}/{path}", up.url)).await;
    for status in ["on_time", "late", "excused", "absent"] {
        let counted = expected
            .values()
            .filter(|student| student["status"] == status);
        let counted = counted.count() as u64;
        assert_eq!(tally["total"][status].as_u64(), Some(counted), "{status}");
    }

    let head = get(&officer, &format!("{}/healthz", up.url)).await["log"]["head"].clone();
    up.stop();
    // The next start goes on where it was and plays nothing twice.
    let up = Homeroom::up(data.path(), &["--sample"]);
    played(data.path()).await;
    assert_eq!(
        get(&officer, &format!("{}/healthz", up.url)).await["log"]["head"],
        head
    );
    up.stop();
}
