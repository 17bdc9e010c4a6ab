//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use homeroom_domain::SchoolId;

use crate::{
    admin, audit, clock, completions, import, import_calendar, init, project, rebuild, rights,
    schemas, serve, sign_in, up,
};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  it failed; the sentence says why
  2  it was typed wrongly
  3  refused: the input is not acceptable, or what was checked is not as it should be
  4  integrity: the log or a view is not what it was; nothing is repaired by itself
  5  unavailable: nats-server or the service does not answer
  6  the data folder, or a view in it, is in use by another process
  7  the data folder is damaged, or is something else's
  8  the port is in use
  9  no nats-server that is new enough

Environment:
  HOMEROOM_DATA         the data folder, instead of --data
  HOMEROOM_NATS         the URL of a NATS cluster, instead of --nats: keeps a password out of the process list
  HOMEROOM_TOKEN        what shows who asks: an API key, or what `homeroom sign-in` printed
  HOMEROOM_PROVIDER_SECRET
                        what this service proves itself with at the school's OpenID Connect provider
  HOMEROOM_NATS_SERVER  the nats-server executable to run
  HOMEROOM_LOG          what is logged to stderr: error, warn, info (default), debug, or a tracing filter";

/// Homeroom 班务留痕: check-in, leave and inspection of a school department, with a trail that can be proved.
///
/// `homeroom up` runs all of it on one machine and one data folder. The other sub-commands are its parts, which can
/// also be run by hand against a NATS cluster of your own, and the tools beside them.
#[derive(Debug, Parser)]
#[command(name = "homeroom", version, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Up(up::Args),
    Serve(serve::Args),
    Project(project::Args),
    Clock(clock::Args),
    Init(init::Args),
    #[command(subcommand)]
    Admin(admin::Command),
    SignIn(sign_in::Args),
    Rights(rights::Args),
    Import(import::Args),
    ImportCalendar(import_calendar::Args),
    Rebuild(rebuild::Args),
    #[command(subcommand)]
    Audit(audit::Command),
    Schemas(schemas::Args),
    Completions(completions::Args),
}

impl Command {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Up(args) => up::run(args).await,
            Command::Serve(args) => serve::run(args).await,
            Command::Project(args) => project::run(args).await,
            Command::Clock(args) => clock::run(args).await,
            Command::Init(args) => init::run(args).await,
            Command::Admin(command) => admin::run(command).await,
            Command::SignIn(args) => sign_in::run(args).await,
            Command::Rights(args) => {
                rights::run(&args);
                Ok(())
            }
            Command::Import(args) => import::run(args).await,
            Command::ImportCalendar(args) => import_calendar::run(args).await,
            Command::Rebuild(args) => rebuild::run(args).await,
            Command::Audit(command) => audit::run(command).await,
            Command::Schemas(args) => schemas::run(&args),
            Command::Completions(args) => completions::run(&args),
        }
    }
}

/// Where the log and the views are; the same for every sub-command.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Place {
    /// The data folder: settings, views, logs, and the private nats-server with its store.
    #[arg(
        long,
        value_name = "FOLDER",
        env = "HOMEROOM_DATA",
        default_value = "data"
    )]
    pub(crate) data: PathBuf,
    /// A NATS cluster of your own, as nats://[user:password@]host:port, instead of the data folder's private
    /// nats-server. Better given as HOMEROOM_NATS: the process list shows what is typed here.
    #[arg(
        long,
        value_name = "URL",
        env = "HOMEROOM_NATS",
        hide_env_values = true
    )]
    pub(crate) nats: Option<String>,
    /// The school's id: letters and digits. Needed only where the data folder does not say it; else s1.
    #[arg(long, value_name = "ID", value_parser = SchoolId::parse)]
    pub(crate) school: Option<SchoolId>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_argument_is_explained() {
        let mut command = Cli::command();
        command.build();
        command.clone().debug_assert();
        let mut commands = vec![command];
        while let Some(command) = commands.pop() {
            assert!(
                command.get_about().is_some() || command.get_name() == "help",
                "{} says nothing of itself",
                command.get_name()
            );
            for argument in command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
            {
                assert!(
                    argument.get_help().is_some(),
                    "{} {} is not explained",
                    command.get_name(),
                    argument.get_id()
                );
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }

    #[test]
    fn no_password_shows_in_the_help() {
        let mut command = Cli::command();
        command.build();
        for sub in command.get_subcommands() {
            for argument in sub
                .get_arguments()
                .filter(|argument| argument.get_id() == "nats")
            {
                assert!(argument.is_hide_env_values_set(), "{}", sub.get_name());
            }
        }
    }

    #[test]
    fn what_the_systemd_units_start_is_what_can_be_typed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/systemd");
        let mut started = Vec::new();
        for unit in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(unit.unwrap().path()).unwrap();
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("ExecStart="))
                .unwrap();
            let words = line.replace("%i", "trail");
            let parsed = Cli::try_parse_from(words.split(' '));
            started.push(
                format!("{:?}", parsed.unwrap().command)
                    .split('(')
                    .next()
                    .unwrap()
                    .to_owned(),
            );
        }
        started.sort();
        assert_eq!(started, ["Clock", "Project", "Serve", "Up"]);
    }
}
