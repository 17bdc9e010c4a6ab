//! `homeroom rebuild`: a new generation of a view.

use homeroom_projection::Progress;
use serde_json::json;

use crate::cli::Place;
use crate::project::ViewName;
use crate::reach::{Alone, Reached, reach};
use crate::say;

/// Builds a view anew from the first commit, beside the one in use, then switches to it.
///
/// What serves goes on serving meanwhile, and takes the new one without a restart. On a stopped data folder the
/// private nats-server is started for as long as it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The projections.
    #[arg(value_enum, required = true)]
    names: Vec<ViewName>,
    #[command(flatten)]
    place: Place,
    /// Print what was built as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let reached = reach(&args.place, "rebuild", Alone::StartServer).await?;
    for name in args.names {
        rebuild(&reached, name, args.json).await?;
    }
    Ok(())
}

async fn rebuild(reached: &Reached, name: ViewName, as_json: bool) -> anyhow::Result<()> {
    let bar = say::bar(&format!("rebuilding {name}"), 0, "commits");
    let progress = |progress: Progress| {
        bar.set_length(progress.head.0);
        bar.set_position(progress.position.0);
    };
    let rebuilt = name
        .rebuild(&reached.log, &reached.folder.views(), progress)
        .await?;
    bar.finish_and_clear();
    let (position, seconds) = (rebuilt.position.0, rebuilt.took.as_secs_f64());
    #[allow(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = position as f64 / seconds.max(1e-6);
    if as_json {
        say::json(&json!({
            "projection": name.as_str(), "position": position, "took_s": seconds, "commits_per_s": rate.round(),
            "generation": rebuilt.folder,
        }));
    } else {
        say::line(format_args!(
            "{name}: {position} commits in {seconds:.2} s ({rate:.0}/s), in use from now on: {}",
            rebuilt.folder.display()
        ));
    }
    Ok(())
}
