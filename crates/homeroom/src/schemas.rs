//! `homeroom schemas`: what this program promises, as files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use homeroom_log::Commit;

use crate::exit::Exit;
use crate::say;

/// Writes or checks the OpenAPI description and the JSON Schemas: commands, events, the commit.
///
/// The events and the commit are a promise for as long as any log exists; `golden/` beside them is written by hand.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Args {
    /// Write them into a folder.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
    /// Check that a folder holds exactly these; exit code 3 if not.
    #[arg(long, value_name = "FOLDER")]
    check: Option<PathBuf>,
}

/// The folders of which every file is generated.
const GENERATED: [&str; 2] = ["commands", "events"];

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let files = files()?;
    match (&args.write, &args.check) {
        (Some(folder), _) => write(folder, &files),
        (None, Some(folder)) => check(folder, &files),
        (None, None) => Ok(()),
    }
}

/// Every file by its path in the folder.
fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let mut files: BTreeMap<String, String> =
        homeroom_server::schema_files()?.into_iter().collect();
    for (name, content) in homeroom_domain::schema::files()? {
        files.insert(format!("events/{name}"), content);
    }
    let commit = serde_json::to_string_pretty(&schemars::schema_for!(Commit))? + "\n";
    files.insert("commit.json".to_owned(), commit);
    Ok(files)
}

fn write(folder: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<()> {
    for stale in stale(folder, files) {
        fs::remove_file(folder.join(&stale)).with_context(|| stale.clone())?;
    }
    for (name, content) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        fs::write(&path, content).with_context(|| path.display().to_string())?;
    }
    say::line(format_args!(
        "{} files written to {}",
        files.len(),
        folder.display()
    ));
    Ok(())
}

fn check(folder: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for (name, content) in files {
        match fs::read_to_string(folder.join(name)) {
            Ok(there) if there == *content => {}
            Ok(_) => wrong.push(format!("{name} is not current")),
            Err(_) => wrong.push(format!("{name} is missing")),
        }
    }
    wrong.extend(
        stale(folder, files)
            .into_iter()
            .map(|name| format!("{name} describes nothing any more")),
    );
    if wrong.is_empty() {
        say::line(format_args!(
            "{} files in {} are current",
            files.len(),
            folder.display()
        ));
        return Ok(());
    }
    Err(Exit::Refused.because(format_args!(
        "{}: {}; write them anew with `homeroom schemas --write {}`",
        folder.display(),
        wrong.join(", "),
        folder.display()
    )))
}

/// Files in the generated folders that nothing generates.
fn stale(folder: &Path, files: &BTreeMap<String, String>) -> Vec<String> {
    let names = GENERATED.iter().flat_map(|sub| {
        let entries = fs::read_dir(folder.join(sub))
            .into_iter()
            .flatten()
            .flatten();
        entries.map(move |entry| format!("{sub}/{}", entry.file_name().to_string_lossy()))
    });
    let mut stale: Vec<String> = names.filter(|name| !files.contains_key(name)).collect();
    stale.sort();
    stale
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_was_written_is_current_until_a_file_is_changed_missing_or_too_many() {
        let (dir, files) = (TempDir::new().unwrap(), files().unwrap());
        assert!(
            files.contains_key("openapi.json") && files.contains_key("events/checked_in.v1.json")
        );
        assert!(check(dir.path(), &files).is_err(), "nothing is there yet");
        write(dir.path(), &files).unwrap();
        check(dir.path(), &files).unwrap();
        for (change, said) in [
            ("commit.json", "commit.json is not current"),
            (
                "events/never_happened.v1.json",
                "events/never_happened.v1.json describes nothing any more",
            ),
        ] {
            fs::write(dir.path().join(change), "{}").unwrap();
            let error = check(dir.path(), &files).unwrap_err();
            assert_eq!(Exit::of(&error), Exit::Refused);
            assert!(error.to_string().contains(said), "{error}");
            write(dir.path(), &files).unwrap();
            check(dir.path(), &files).unwrap();
        }
        fs::remove_file(dir.path().join("commands/check_in.json")).unwrap();
        let error = check(dir.path(), &files).unwrap_err().to_string();
        assert!(
            error.contains("commands/check_in.json is missing"),
            "{error}"
        );
    }
}
