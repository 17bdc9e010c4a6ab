//! `homeroom rights`: who may do what.

use homeroom_domain::Language;
use homeroom_domain::rights;

use crate::say;

/// Prints who may do what: one row an action, one column a role. The service decides by this very table.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// As Markdown, in both languages.
    #[arg(long)]
    markdown: bool,
    /// In which language.
    #[arg(long, value_enum, default_value_t = In::Zh)]
    lang: In,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum In {
    /// Chinese.
    Zh,
    /// English.
    En,
}

pub(crate) fn run(args: &Args) {
    let language = match args.lang {
        In::Zh => Language::Chinese,
        In::En => Language::English,
    };
    let table = if args.markdown {
        rights::markdown()
    } else {
        rights::plain(language)
    };
    say::line(table.trim_end());
}
