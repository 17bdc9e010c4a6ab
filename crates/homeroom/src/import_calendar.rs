//! `homeroom import-calendar`: public holidays and make-up workdays from a CSV file, through the HTTP API.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{self, Api};
use crate::exit::Exit;
use crate::say;

/// How long the service may be away.
const PATIENCE: Duration = Duration::from_secs(5);

/// Imports public holidays and make-up workdays: a CSV file with the columns date, kind (holiday or workday), name.
///
/// Every year that the file mentions becomes what it says; other years and the school's own days stay. Importing what is
/// already so changes nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file.
    file: PathBuf,
    /// Where the service is; else what runs on the data folder.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The data folder.
    #[arg(
        long,
        value_name = "FOLDER",
        env = "HOMEROOM_DATA",
        default_value = "data"
    )]
    data: PathBuf,
    /// What shows who asks: an API key for change_calendar, or what `homeroom sign-in` printed. Better given as
    /// HOMEROOM_TOKEN.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "HOMEROOM_TOKEN",
        hide_env_values = true
    )]
    token: String,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    date: chrono::NaiveDate,
    kind: String,
    name: String,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let bytes = std::fs::read(&args.file).with_context(|| args.file.display().to_string())?;
    let body = body(&args.file, &bytes)?;
    let url = api::url(args.url, &args.data)?;
    let answer = Api::new(&url, PATIENCE)?
        .post(&args.token, &key()?, "/v1/calendar/import", &body)
        .await?;
    let imported = answer.ok("the calendar")?;
    match imported["days_changed"].as_u64() {
        Some(0) => say::line("the calendar was so already"),
        _ => say::line(format_args!(
            "{} days changed (position {})",
            imported["days_changed"], imported["position"]
        )),
    }
    Ok(())
}

/// The file as `POST /v1/calendar/import` takes it.
///
/// # Errors
/// When a line is not a day, by its number.
pub(crate) fn body(file: &Path, bytes: &[u8]) -> anyhow::Result<Value> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut days = Vec::new();
    let lines = csv::Reader::from_reader(bytes).into_deserialize::<Line>();
    for (index, line) in lines.enumerate() {
        let line = line.map_err(|error| {
            let at = format_args!("{}:{}: {error}", file.display(), index + 2).to_string();
            Exit::Refused.because(at)
        })?;
        if !matches!(line.kind.as_str(), "holiday" | "workday") {
            return Err(Exit::Refused.because(format_args!(
                "{}:{}: the kind is {:?}, and must be holiday or workday",
                file.display(),
                index + 2,
                line.kind
            )));
        }
        days.push(line);
    }
    Ok(json!({ "days": days }))
}

/// A key of its own for every import that is typed.
fn key() -> anyhow::Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).context("no random numbers")?;
    Ok(format!(
        "import-calendar-{}",
        data_encoding::HEXLOWER.encode(&bits)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_day_is_refused_by_its_number() {
        let file = Path::new("days.csv");
        let sound = "date,kind,name\n2026-10-01,holiday,国庆节\n";
        let days = body(file, sound.as_bytes()).unwrap();
        assert_eq!(days["days"][0]["date"], "2026-10-01");
        for bad in [
            "2026-02-30,holiday,x",
            "2026-10-02,vacation,x",
            "2026-10-02",
        ] {
            let error = body(file, format!("{sound}{bad}\n").as_bytes()).unwrap_err();
            assert_eq!(Exit::of(&error), Exit::Refused);
            assert!(error.to_string().starts_with("days.csv:3: "), "{error}");
        }
    }
}
