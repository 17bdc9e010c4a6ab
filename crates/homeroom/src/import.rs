//! `homeroom import`: a roster from CSV files, through the HTTP API.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use comfy_table::Table;
use serde_json::Value;

use crate::api::{self, Api};
use crate::exit::Exit;
use crate::say;

/// The files of a roster, and the parts they are sent as.
const FILES: [&str; 4] = ["classes", "staff", "students", "cadres"];

/// How long the service may be away before the import is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Imports a roster: classes.csv, staff.csv, students.csv, cadres.csv, any of which may be missing.
///
/// UTF-8 with or without BOM, or GB18030. All of it or nothing: every bad line is named by file, line and column, and
/// the exit code is 3. Importing what is already so changes nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder the files are in.
    folder: PathBuf,
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
    /// What shows who asks: an API key for import_roster, or what `homeroom sign-in` printed. Better given as
    /// HOMEROOM_TOKEN.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "HOMEROOM_TOKEN",
        hide_env_values = true
    )]
    token: String,
    /// Print what changed, or what is wrong, as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let files = read(&args.folder)?;
    let url = api::url(args.url, &args.data)?;
    // A key of its own for every import that is typed: the same files may be wanted again after others.
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).context("no random numbers")?;
    let key = format!("import-{}", data_encoding::HEXLOWER.encode(&bits));
    let waiting = say::spinner("importing");
    let answer = Api::new(&url, PATIENCE)?
        .import(&args.token, &key, &files)
        .await;
    waiting.finish_and_clear();
    let answer = answer?;
    if args.json {
        say::json(&answer.body);
    } else if answer.status.is_success() {
        say::line(summary(&answer.body));
    } else if let Some(faults) = answer.body["faults"].as_array() {
        say::line(table(faults));
    }
    answer.ok("the roster").map(drop)
}

fn read(folder: &Path) -> anyhow::Result<Vec<(&'static str, Vec<u8>)>> {
    let mut files = Vec::new();
    for name in FILES {
        let path = folder.join(format!("{name}.csv"));
        match std::fs::read(&path) {
            Ok(bytes) => files.push((name, bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        }
    }
    if files.is_empty() {
        return Err(Exit::Refused.because(format_args!(
            "{} holds none of classes.csv, staff.csv, students.csv, cadres.csv",
            folder.display()
        )));
    }
    Ok(files)
}

/// What an import changed, in one line.
pub(crate) fn summary(imported: &Value) -> String {
    let changes = imported.as_object().into_iter().flatten();
    let changes: Vec<String> = changes
        .filter(|(name, count)| *name != "position" && count.as_u64() > Some(0))
        .map(|(name, count)| format!("{count} {}", name.replace('_', " ")))
        .collect();
    if changes.is_empty() {
        "the roster was so already".to_owned()
    } else {
        format!("{} (position {})", changes.join(", "), imported["position"])
    }
}

fn table(faults: &[Value]) -> Table {
    let mut table = say::table(["where", "what"]);
    for fault in faults {
        let text = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
        table.add_row([text("at"), text("detail")]);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_summary_names_what_changed_and_nothing_else() {
        let imported = json!({"position": 7, "students_enrolled": 3, "staff_joined": 0});
        assert_eq!(summary(&imported), "3 students enrolled (position 7)");
        assert_eq!(
            summary(&json!({"position": 7, "students_enrolled": 0})),
            "the roster was so already"
        );
    }

    #[test]
    fn a_folder_without_a_roster_is_refused() {
        let dir = tempfile::TempDir::new().unwrap();
        let error = read(dir.path()).unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Refused);
        std::fs::write(dir.path().join("staff.csv"), "工号").unwrap();
        assert_eq!(
            read(dir.path()).unwrap(),
            [("staff", "工号".as_bytes().to_vec())]
        );
    }
}
