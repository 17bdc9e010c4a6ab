//! `homeroom audit replay`: a boundary as it was.

use comfy_table::Table;
use homeroom_domain::{Boundary, Moment};
use homeroom_log::{Position, Recorded};
use serde_json::{Value, json};

use super::{Auditing, actor, chain, chain_sentence, envelope, history, local, state};
use crate::say;

/// Shows a boundary as it was at a position or an instant, folded from the log again.
///
/// Boundaries: leave.<person>, attendance.<person>.<yyyymm>, session.<rule>.<class>.<yyyymmdd>, roster.school,
/// rules.school, template.<template>, report.<class>.<template>.<yyyymmdd>.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The boundary, such as leave.pabc…
    #[arg(value_parser = Boundary::parse)]
    boundary: Boundary,
    /// Up to and with this position of the log, or this instant (RFC 3339 with an offset); else to its newest commit.
    #[arg(long, value_name = "POSITION|TIME", value_parser = Until::parse)]
    until: Option<Until>,
    #[command(flatten)]
    auditing: Auditing,
}

/// Up to where history is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Position(Position),
    Moment(Moment),
}

impl Until {
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(Position(position)));
        }
        Moment::parse(text).map(Self::Moment).map_err(|_| {
            format!(
                "{text:?} is neither a position nor an instant such as 2026-11-23T07:11:00+08:00"
            )
        })
    }

    fn includes(self, commit: &Recorded) -> bool {
        match self {
            Self::Position(position) => commit.position <= position,
            Self::Moment(moment) => commit.commit.at <= moment,
        }
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let (reached, names) = args.auditing.reach().await?;
    let zone = reached.log.identity().zone;
    // The whole chain is verified, also what came later.
    let whole = history(&reached, &args.boundary).await?;
    let then = whole
        .iter()
        .filter(|commit| args.until.is_none_or(|until| until.includes(commit)));
    let then: Vec<&Recorded> = then.collect();
    let state = names.data(&state::fold(&args.boundary, &then)?).await?;
    let mut commits = Vec::with_capacity(then.len());
    for commit in &then {
        let mut told = envelope(commit, &names, zone).await?;
        told["events"] = commit
            .commit
            .events
            .iter()
            .map(|event| json!(event.type_))
            .collect();
        commits.push(told);
    }
    if args.auditing.json {
        say::json(&json!({
            "boundary": args.boundary, "commits": commits, "later": whole.len() - then.len(), "state": state,
            "chain": chain(&args.boundary, &whole),
        }));
        return Ok(());
    }
    say::line(table(&commits));
    let state = local(state, zone);
    say::line(format_args!(
        "as it was then ({} commits came later):\n{state:#}",
        whole.len() - then.len()
    ));
    say::line(format_args!("\n{}", chain_sentence(&args.boundary, &whole)));
    Ok(())
}

fn table(commits: &[Value]) -> Table {
    let mut table = say::table(["position", "at", "what", "by"]);
    for commit in commits {
        table.add_row([
            commit["position"].to_string(),
            commit["at"].as_str().unwrap_or_default().to_owned(),
            happened(&commit["events"]),
            actor(commit),
        ]);
    }
    table
}

/// `slip_submitted`, or `student_enrolled ×1087, class_opened ×24`.
fn happened(events: &Value) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for event in events
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        match counted.iter_mut().find(|(name, _)| *name == event) {
            Some((_, count)) => *count += 1,
            None => counted.push((event, 1)),
        }
    }
    let words = counted.into_iter().map(|(name, count)| match count {
        1 => name.to_owned(),
        many => format!("{name} ×{many}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_is_a_position_or_an_instant() {
        assert_eq!(Until::parse("42"), Ok(Until::Position(Position(42))));
        let instant = Moment::parse("2026-11-23T07:11:00+08:00").unwrap();
        assert_eq!(
            Until::parse("2026-11-23T07:11:00+08:00"),
            Ok(Until::Moment(instant))
        );
        for bad in ["", "-1", "2026-11-23", "2026-11-23T07:11:00", "yesterday"] {
            assert!(Until::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn many_events_of_a_kind_are_counted() {
        assert_eq!(happened(&json!(["a", "b", "a", "a"])), "a ×3, b");
        assert_eq!(happened(&json!([])), "");
    }
}
