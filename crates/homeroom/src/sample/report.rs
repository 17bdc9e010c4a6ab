//! One hygiene report, on the shipped template, by a cadre of the hygiene section.

use serde_json::json;

use super::files::Sample;
use super::people::People;
use crate::say;

const CLASS: &str = "24JY1";
const DATE: &str = "2026-11-23";

/// Publishes the template and files the report.
pub(super) async fn file(people: &mut People, sample: &Sample) -> anyhow::Result<()> {
    let published = people
        .post(
            &sample.officer,
            "sample-template-hygiene",
            "/v1/templates",
            &sample.template,
        )
        .await?;
    let template = published.ok("the sample template")?["template"].clone();
    let Some(cadre) = sample.hygiene_cadre() else {
        return Ok(());
    };
    let body = json!({
        "template": template, "class": CLASS, "date": DATE,
        "answers": [
            {"item": "floor", "value": {"deduction": 150}},
            {"item": "blackboard", "value": {"deduction": 0}},
            {"item": "desks", "value": {"deduction": 100}},
            {"item": "waste", "value": {"choice": "未倒"}},
            {"item": "windows", "value": {"yes_no": true}},
            {"item": "people", "value": {"number": 6}},
            {"item": "remark", "value": {"text": "后排地面有纸屑"}},
        ],
        "note": "已当面提醒值日生",
    });
    let filed = people
        .post(cadre, "sample-hygiene-report", "/v1/reports", &body)
        .await?;
    if filed.status.is_client_error() {
        let why = filed.body["detail"].as_str().unwrap_or_default();
        say::notice(format_args!("the sample report is not filed: {why}"));
        return Ok(());
    }
    let position = filed.position().unwrap_or_default();
    filed.ok("the sample report")?;
    let path = format!("/v1/classes/{CLASS}/reports?date={DATE}");
    let reports = people
        .get_after(&sample.officer, &path, position)
        .await?
        .ok("the class's reports")?;
    for report in reports["reports"].as_array().into_iter().flatten() {
        let text = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
        #[allow(
            clippy::cast_precision_loss,
            reason = "hundredths of a point, for people to read"
        )]
        let score = report["score_hundredths"].as_i64().unwrap_or_default() as f64 / 100.0;
        say::line(format_args!(
            "\nReport on {CLASS}, {DATE}: {}, {score} points, filed by {} at {} (position {})",
            text("template_name"),
            report["filed_by"]["name"].as_str().unwrap_or_default(),
            text("filed_at"),
            report["position"],
        ));
    }
    Ok(())
}
