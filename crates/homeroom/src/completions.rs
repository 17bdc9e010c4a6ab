//! `homeroom completions`: what a shell needs to complete what is typed.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;

/// Prints the completions for a shell.
///
/// For bash: homeroom completions bash > ~/.local/share/bash-completion/completions/homeroom
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "homeroom", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(())
}
