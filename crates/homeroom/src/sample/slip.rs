//! One slip: an absent student asks for the next day, the homeroom teacher approves, the trail tells.

use serde_json::{Value, json};

use super::files::Sample;
use super::people::People;
use crate::say;

/// Walks the slip; says which it is, or nothing where the clock no longer allows it.
pub(super) async fn walk(people: &mut People, sample: &Sample) -> anyhow::Result<Option<String>> {
    let Some((student, class)) = sample.silent_student() else {
        return Ok(None);
    };
    let body = json!({
        "type": "sick", "reason": "发烧，医生让休息一天",
        "from": "2026-11-24T07:00:00+08:00", "to": "2026-11-24T18:00:00+08:00",
    });
    let submitted = people
        .post(student, "sample-slip", "/v1/slips", &body)
        .await?;
    if submitted.status.is_client_error() {
        let why = submitted.body["detail"].as_str().unwrap_or_default();
        say::notice(format_args!("the sample slip is not walked: {why}"));
        return Ok(None);
    }
    let submitted = submitted.ok("the sample slip")?;
    let slip = submitted["slip"].as_str().unwrap_or_default().to_owned();
    let comment = json!({"comment": "好好休息，回来补作业"});
    let path = format!("/v1/slips/{slip}/approve");
    let approved = people
        .post(&class.teacher, "sample-slip-approved", &path, &comment)
        .await?;
    // Somebody may have decided it otherwise meanwhile; the trail tells that too.
    let position = approved.position().unwrap_or_default();
    let told = people
        .get_after(student, &format!("/v1/slips/{slip}"), position)
        .await?;
    show(&told.ok("the trail of the sample slip")?);
    Ok(Some(slip))
}

fn show(slip: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    say::line(format_args!(
        "\nSlip {}: {} {}, {} to {}, {}; {}",
        text(&slip["slip"]),
        text(&slip["student"]["number"]),
        text(&slip["student"]["name"]),
        text(&slip["from"]),
        text(&slip["to"]),
        text(&slip["reason"]),
        text(&slip["status"]),
    ));
    let mut table = say::table(["position", "at", "who", "as", "what", "SHA-256"]);
    for step in slip["trail"].as_array().into_iter().flatten() {
        let actor = &step["actor"];
        table.add_row([
            step["position"].to_string(),
            text(&step["at"]),
            format!("{} {}", text(&actor["number"]), text(&actor["name"])),
            text(&actor["office"]),
            text(&step["event"]),
            text(&step["hash"]).chars().take(12).collect(),
        ]);
    }
    say::line(table);
}
