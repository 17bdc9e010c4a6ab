//! What is printed: results to stdout, notices and progress to stderr.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::LazyLock;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Row, Table};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Every progress bar of this process; notices are printed above them. Draws nothing where stderr is no terminal.
static BARS: LazyLock<MultiProgress> =
    LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));

/// A line of the result. Whoever reads it may stop reading.
pub(crate) fn line(text: impl fmt::Display) {
    BARS.suspend(|| {
        let _ = writeln!(io::stdout().lock(), "{text}");
    });
}

/// The result, for a program.
pub(crate) fn json(value: &serde_json::Value) {
    line(format_args!("{value:#}"));
}

/// A notice.
pub(crate) fn notice(text: impl fmt::Display) {
    BARS.suspend(|| {
        let _ = writeln!(io::stderr().lock(), "homeroom: {text}");
    });
}

/// Something that must not be overlooked.
pub(crate) fn alarm(text: impl fmt::Display) {
    let (red, plain) = if io::stderr().is_terminal() {
        ("\x1b[1;31m", "\x1b[0m")
    } else {
        ("", "")
    };
    notice(format_args!("{red}ALARM: {text}{plain}"));
}

/// Why the process ends, in one sentence.
pub(crate) fn failure(error: &anyhow::Error) {
    notice(format_args!("{error:#}"));
}

/// A progress bar over so many things, with rate and time left.
pub(crate) fn bar(doing: &str, length: u64, unit: &str) -> ProgressBar {
    let bar = BARS.add(ProgressBar::new(length));
    let template = format!(
        "{{msg}} {{wide_bar}} {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left"
    );
    bar.set_style(
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_message(doing.to_owned());
    bar
}

/// A sign of life for something whose length is unknown.
pub(crate) fn spinner(doing: &str) -> ProgressBar {
    let spinner = BARS.add(ProgressBar::new_spinner());
    spinner.set_message(doing.to_owned());
    spinner.enable_steady_tick(std::time::Duration::from_millis(120));
    spinner
}

/// A table with nothing in it yet.
pub(crate) fn table(header: impl Into<Row>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(header);
    table
}
