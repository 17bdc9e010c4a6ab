//! What a process logs, to stderr: `up` collects it in the data folder.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::stop;

/// What is logged by a part of the service unless `HOMEROOM_LOG` says otherwise.
const PART: &str = "info,async_nats=warn";
/// And by a tool, whose own sentences are what people read.
const TOOL: &str = "warn,async_nats=error";

/// Starts logging.
pub(crate) fn start() {
    let otherwise = if stop::is_supervised() { PART } else { TOOL };
    let filter = std::env::var("HOMEROOM_LOG")
        .ok()
        .and_then(|filter| EnvFilter::try_new(filter).ok())
        .unwrap_or_else(|| EnvFilter::new(otherwise));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
}
