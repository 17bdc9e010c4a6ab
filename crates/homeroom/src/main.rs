//! `homeroom`: one executable whose sub-commands are the parts of the service and the tools beside it.
//!
//! - [`up`]: everything on one machine, under one supervisor
//! - [`serve`], [`project`], [`clock`]: the parts, each a process of its own
//! - [`init`]: the explicit initialisation of a log on an external cluster
//! - [`admin`], [`sign_in`], [`rights`]: who is who, and who may do what
//! - [`rebuild`], [`import`], [`import_calendar`], [`audit`]: the tools
//! - [`schemas`], [`completions`]: what this program promises and takes
//!
//! What they share: [`folder`] (the data folder), [`reach`] (the way to the log), [`exit`] (what the exit codes mean),
//! [`say`] (what is printed), [`stop`] (how a process is told to end).

#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the doc comments of arguments are what --help prints"
)]

mod admin;
mod api;
mod audit;
mod cli;
mod clock;
mod completions;
mod exit;
mod folder;
mod import;
mod import_calendar;
mod init;
mod logging;
mod project;
mod reach;
mod rebuild;
mod rights;
mod sample;
mod say;
mod schemas;
mod serve;
mod sign_in;
mod stop;
mod up;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

/// A check-in makes many small allocations and keeps them across waits; the system's allocator took a quarter of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long threads that still block may take once everything else has ended.
const LAST_WORK_TIMEOUT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    logging::start();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            say::failure(&error.into());
            return exit::Exit::Failure.into();
        }
    };
    let outcome = runtime.block_on(cli.command.run());
    runtime.shutdown_timeout(LAST_WORK_TIMEOUT);
    match outcome {
        Ok(()) => exit::Exit::Ok.into(),
        Err(error) => {
            let exit = exit::Exit::of(&error);
            say::failure(&error);
            exit.into()
        }
    }
}
