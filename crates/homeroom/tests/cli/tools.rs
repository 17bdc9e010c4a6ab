//! The tools, on a running school and on a stopped one.

use std::fs;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Up, done, ended, homeroom, processes_on, refused, tool};

const CLASSES: &str =
    "班级代码,班级,入学年份,专业,班主任工号\n26JY1,26级计算机应用1班,2026,计算机应用,T1\n";
const STAFF: &str = "工号,姓名,职务,范围,手机号\nT1,甲老师,班主任,26级计算机应用1班,13000000001\n";
const STUDENTS: &str =
    "学号,姓名,性别,班级,宿舍,手机号\n2026010101,赵一,男,26级计算机应用1班,A101,13100000001\n";

fn roster(dir: &Path) -> std::path::PathBuf {
    let roster = dir.join("roster");
    fs::create_dir_all(&roster).unwrap();
    for (name, text) in [
        ("classes", CLASSES),
        ("staff", STAFF),
        ("students", STUDENTS),
    ] {
        fs::write(roster.join(format!("{name}.csv")), text).unwrap();
    }
    roster
}

fn json(command: Command) -> Value {
    serde_json::from_str(&done(command)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_is_imported_whole_or_every_bad_line_is_named() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let roster = roster(dir.path());
    let import = |token: &str| {
        let mut import = tool(&data, &["import", roster.to_str().unwrap()]);
        import.env("HOMEROOM_TOKEN", token);
        import
    };
    refused(import("none"), 5, &["nothing is running"]);
    let school = Up::start(&data);
    refused(import("none"), 3, &["not-signed-in"]);
    let token = school.token();
    let import = || import(&token);
    school.commit("sets the clock").await;
    let head = school.head().await;
    fs::write(
        roster.join("students.csv"),
        STUDENTS.replace("26级计算机应用1班", "26级炼金术1班"),
    )
    .unwrap();
    let mut bad = import();
    let output = bad.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("students.csv:2:"), "{told}");
    assert_eq!(school.head().await, head, "nothing half imported");
    fs::write(roster.join("students.csv"), STUDENTS).unwrap();
    assert!(done(import()).contains("1 students enrolled"));
    assert!(done(import()).contains("was so already"));
    assert_eq!(school.head().await, head + 1);
}

/// A school with one student, a slip submitted and approved, then stopped; the slip.
async fn school_with_a_slip(dir: &Path) -> (std::path::PathBuf, String) {
    let data = dir.join("data");
    let school = Up::start(&data);
    school.commit("sets the clock").await;
    let mut import = tool(&data, &["import", roster(dir).to_str().unwrap()]);
    done({
        import.env("HOMEROOM_TOKEN", school.token());
        import
    });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |actor: &str, path: &str, body: Value| -> Value {
        let request = client
            .post(format!("{}{path}", school.url))
            .bearer_auth(school.token_of(actor).await);
        let request = request.header("Idempotency-Key", format!("key-of-{actor}"));
        let answer = request.json(&body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert!(status.is_success(), "{body:#}");
        body
    };
    let slip = serde_json::json!({
        "type": "sick", "reason": "牙疼",
        "from": "2026-11-24T08:00:00+08:00", "to": "2026-11-24T18:00:00+08:00",
    });
    let slip = post("2026010101", "/v1/slips", slip).await["slip"]
        .as_str()
        .unwrap()
        .to_owned();
    post(
        "T1",
        &format!("/v1/slips/{slip}/approve"),
        serde_json::json!({}),
    )
    .await;
    assert_eq!(school.stop(Signal::SIGTERM), 0);
    (data, slip)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_tells_a_slips_story_from_the_log_alone_stopped_or_running() {
    let dir = TempDir::new().unwrap();
    let (data, slip) = school_with_a_slip(dir.path()).await;
    fs::remove_dir_all(data.join("views")).unwrap();
    let stopped = json(tool(&data, &["audit", "slip", &slip, "--json"]));
    assert_eq!(
        processes_on(&data),
        Vec::<String>::new(),
        "the nats-server it started has ended"
    );
    let events: Vec<&str> = stopped["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["slip_submitted", "slip_approved"]);
    assert_eq!(stopped["steps"][0]["data"]["reason"], "[sealed]");
    assert_eq!(stopped["steps"][1]["actor"]["office"], "homeroom_teacher");
    assert_eq!(
        stopped["steps"][1]["follows"]["hash"],
        stopped["steps"][0]["hash"]
    );
    assert_eq!(
        (&stopped["status"], &stopped["chain"]["verified"]),
        (&"approved".into(), &true.into())
    );
    let school = Up::start(&data);
    assert_eq!(
        json(tool(&data, &["audit", "slip", &slip, "--json"])),
        stopped
    );
    let opened = done(tool(&data, &["audit", "slip", &slip, "--open"]));
    for word in [
        "2026010101 赵一",
        "T1 甲老师",
        "牙疼",
        "2026-11-24T08:00:00+08:00",
        "verified: 2 commits",
    ] {
        assert!(opened.contains(word), "{word} is not in {opened}");
    }
    drop(school);
    refused(
        tool(&data, &["audit", "slip", &slip.replace("-1", "-2")]),
        3,
        &["no slip"],
    );
    refused(
        tool(&data, &["audit", "slip", "pnobody-1"]),
        3,
        &["nothing ever happened"],
    );
    let (code, said) = ended(tool(&data, &["audit", "slip", "2026010101"]));
    assert_eq!(code, 2, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_shows_a_boundary_as_it_was() {
    let dir = TempDir::new().unwrap();
    let (data, slip) = school_with_a_slip(dir.path()).await;
    let boundary = format!("leave.{}", slip.trim_end_matches("-1"));
    let replay = |until: &[&str]| {
        let mut command = tool(&data, &["audit", "replay", &boundary, "--json"]);
        command.args(until);
        json(command)
    };
    let now = replay(&[]);
    assert_eq!(now["state"]["slips"][0]["status"], "approved");
    let submitted = now["commits"][0]["position"].to_string();
    let then = replay(&["--until", &submitted]);
    assert_eq!(then["state"]["slips"][0]["status"], "waiting");
    assert_eq!((&then["later"], &then["chain"]), (&1.into(), &now["chain"]));
    let before = replay(&["--until", "2026-11-22T00:00:00+08:00"]);
    assert_eq!(before["state"]["slips"], Value::Array(Vec::new()));
    let roster = json(tool(&data, &["audit", "replay", "roster.school", "--json"]));
    assert_eq!(
        roster["state"]["classes"][0]["students"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    refused(
        tool(&data, &["audit", "replay", "leave.pnobody"]),
        3,
        &["nothing ever happened"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_rebuilt_beside_the_one_in_use_stopped_or_running() {
    let dir = TempDir::new().unwrap();
    let (data, _) = school_with_a_slip(dir.path()).await;
    let rebuilt = json(tool(&data, &["rebuild", "leave", "--json"]));
    assert_eq!(processes_on(&data), Vec::<String>::new());
    let school = Up::start(&data);
    assert_eq!(rebuilt["position"], school.head().await);
    let generation = |health: &Value| health["projections"][2]["generation"].clone();
    let before = generation(&school.get("/healthz").await);
    assert!(
        rebuilt["generation"]
            .as_str()
            .unwrap()
            .ends_with(before.as_str().unwrap())
    );
    let told = done(tool(&data, &["rebuild", "leave", "trail"]));
    assert!(
        told.contains("leave: ") && told.contains("trail: "),
        "{told}"
    );
    let end = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while generation(&school.get("/healthz").await) == before {
        assert!(
            tokio::time::Instant::now() < end,
            "what serves takes the new one without a restart"
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[test]
fn completions_and_help_are_printed_for_whoever_asks() {
    for shell in ["bash", "zsh", "fish"] {
        let mut command = homeroom();
        command.args(["completions", shell]);
        assert!(done(command).contains("rebuild"), "{shell}");
    }
    let mut command = homeroom();
    command.args(["up", "--help"]);
    let help = done(command);
    for word in ["--data", "--listen", "--clock", "--sample", "damaged"] {
        assert!(help.contains(word), "{word} is not in {help}");
    }
}

#[test]
fn the_schemas_in_the_repository_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let mut command = homeroom();
    command.args(["schemas", "--check"]).arg(folder);
    done(command);
}
