//! `homeroom audit`: what happened, from the log alone, its chains verified on the way.

mod names;
mod replay;
mod slip;
mod state;

use homeroom_domain::{Boundary, Moment, Zone};
use homeroom_log::Recorded;
use serde_json::{Value, json};

use crate::cli::Place;
use crate::exit::Exit;
use crate::reach::{Alone, Reached, reach};
use names::Names;

/// Tells what happened, from the log alone, and verifies the hash chain on the way.
///
/// No view is read. On a stopped data folder the private nats-server is started for as long as it takes. Exit code 4
/// means that a chain is broken.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Slip(slip::Args),
    Replay(replay::Args),
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Slip(args) => slip::run(args).await,
        Command::Replay(args) => replay::run(args).await,
    }
}

/// What both take.
#[derive(Debug, clap::Args)]
struct Auditing {
    #[command(flatten)]
    place: Place,
    /// Open sealed names and texts too. Needs the keys, which the auditor's own user of the private nats-server may not
    /// read: the service's is used.
    #[arg(long)]
    open: bool,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

impl Auditing {
    async fn reach(&self) -> anyhow::Result<(Reached, Names)> {
        let reached = reach(&self.place, "audit", Alone::StartServer).await?;
        let names = if self.open {
            Names::opened(&reached).await?
        } else {
            Names::sealed()
        };
        Ok((reached, names))
    }
}

/// Every commit of a boundary, its chain verified.
async fn history(reached: &Reached, boundary: &Boundary) -> anyhow::Result<Vec<Recorded>> {
    let history = reached.log.load(boundary).await?;
    if history.is_empty() {
        return Err(Exit::Refused.because(format_args!("nothing ever happened on {boundary}")));
    }
    Ok(history)
}

/// What was verified of a chain, for a program.
fn chain(boundary: &Boundary, history: &[Recorded]) -> Value {
    json!({
        "boundary": boundary, "verified": true, "commits": history.len(),
        "first": history.first().map(Recorded::tail), "last": history.last().map(Recorded::tail),
    })
}

/// The same in a sentence.
fn chain_sentence(boundary: &Boundary, history: &[Recorded]) -> String {
    let (Some(first), Some(last)) = (history.first(), history.last()) else {
        return format!("chain of {boundary}: empty");
    };
    format!(
        "chain of {boundary} verified: {} commits from position {} to {}, each names the SHA-256 of the one before; the last has {}",
        history.len(),
        first.position,
        last.position,
        last.hash
    )
}

/// A commit's envelope, for a program.
async fn envelope(commit: &Recorded, names: &Names, zone: Zone) -> anyhow::Result<Value> {
    let recorded = &commit.commit;
    let who = match &recorded.actor.id {
        Some(id) => names.of(id).await?,
        None => Value::Null,
    };
    Ok(json!({
        "position": commit.position, "hash": commit.hash, "follows": recorded.follows, "commit": recorded.commit,
        "at": recorded.at.rfc3339(zone), "clock": recorded.clock, "facts": recorded.facts,
        "command": recorded.command,
        "actor": {"id": recorded.actor.id, "who": who, "office": recorded.actor.office, "via": recorded.actor.via},
    }))
}

/// Who did it, as what, through what, in words.
fn actor(envelope: &Value) -> String {
    let actor = &envelope["actor"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let who = text(&actor["who"])
        .or_else(|| text(&actor["id"]))
        .unwrap_or_else(|| "the service".to_owned());
    let (office, via) = (text(&actor["office"]), text(&actor["via"]));
    format!(
        "{who} as {}, via {}",
        office.unwrap_or_default(),
        via.unwrap_or_default()
    )
}

/// The same with every instant in the school's own zone, for people.
fn local(mut value: Value, zone: Zone) -> Value {
    match &mut value {
        Value::String(text) => {
            if let Ok(at) = Moment::parse(text) {
                *text = at.rfc3339(zone);
            }
        }
        Value::Array(array) => array
            .iter_mut()
            .for_each(|child| *child = local(child.take(), zone)),
        Value::Object(object) => object
            .values_mut()
            .for_each(|child| *child = local(child.take(), zone)),
        _ => {}
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_instants_in_their_own_zone() {
        let told =
            json!({"slips": [{"from": "2026-11-23T23:00:00.000Z", "to": null, "slip": "p1-1"}]});
        let expected =
            json!({"slips": [{"from": "2026-11-24T07:00:00+08:00", "to": null, "slip": "p1-1"}]});
        assert_eq!(local(told, Zone::Asia__Shanghai), expected);
    }
}
