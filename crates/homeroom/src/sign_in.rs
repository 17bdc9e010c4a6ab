//! `homeroom sign-in`: signing in from a terminal.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use crate::api::{self, Api};
use crate::exit::Exit;
use crate::say;

/// How long the service may be away.
const PATIENCE: Duration = Duration::from_secs(5);

/// Signs in and prints the session's token, for HOMEROOM_TOKEN or an Authorization header.
///
/// Asks for the password; where nobody sits at a terminal, reads it from the first line of its input. After a first
/// password it asks for one of one's own (the second line).
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The staff number, the school number, a guardian's phone, or admin.
    number: String,
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
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let api = Api::new(&api::url(args.url, &args.data)?, PATIENCE)?;
    let mut answers = Answers::new()?;
    let password = answers.next("password: ")?;
    let body = json!({"number": args.number, "password": password, "held_by": "token"});
    let signed_in = api.post_plain(None, "/v1/sign-in", &body).await?;
    let signed_in = signed_in.ok("signing in")?;
    let token = token(&signed_in)?;
    if signed_in["must_change_password"] != true {
        say::line(token);
        return Ok(());
    }
    say::notice("this is a first password: choose one of your own");
    let new = answers.next("new password: ")?;
    if answers.typed && answers.next("again: ")? != new {
        return Err(Exit::Refused.because("the two are not the same; nothing was changed"));
    }
    let body = json!({"new": new, "held_by": "token"});
    let changed = api.post_plain(Some(&token), "/v1/password", &body).await?;
    say::line(self::token(&changed.ok("choosing a password")?)?);
    Ok(())
}

fn token(signed_in: &Value) -> anyhow::Result<String> {
    let token = signed_in["token"].as_str();
    token
        .map(str::to_owned)
        .context("the service gave no token")
}

/// What is answered to each question.
struct Answers {
    typed: bool,
    lines: std::vec::IntoIter<String>,
}

impl Answers {
    fn new() -> anyhow::Result<Self> {
        let typed = std::io::stdin().is_terminal();
        let mut input = String::new();
        if !typed {
            std::io::stdin()
                .read_to_string(&mut input)
                .context("reading the password")?;
        }
        let lines: Vec<String> = input.lines().map(str::to_owned).collect();
        Ok(Self {
            typed,
            lines: lines.into_iter(),
        })
    }

    fn next(&mut self, question: &str) -> anyhow::Result<String> {
        if self.typed {
            return rpassword::prompt_password(question).context("reading the password");
        }
        self.lines.next().ok_or_else(|| {
            Exit::Refused.because(format_args!(
                "no answer to \"{}\"",
                question.trim_end_matches(": ")
            ))
        })
    }
}
