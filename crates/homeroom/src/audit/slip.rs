//! `homeroom audit slip`: a slip's whole history.

use homeroom_domain::leave::{LeaveDecider, LeaveEvent, LeaveState};
use homeroom_domain::{Boundary, Decider, DomainEvent, SlipId, Zone};
use homeroom_log::Recorded;
use serde_json::{Value, json};

use super::names::Names;
use super::{Auditing, actor, chain, chain_sentence, envelope, history, local};
use crate::exit::Exit;
use crate::say;

/// Tells a slip's whole history: who did what, as what, when, at which position of the log.
///
/// Every commit about this student's leave is read, and each is verified to follow the one before.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The slip, such as pabc…-1.
    #[arg(value_parser = SlipId::parse)]
    slip: SlipId,
    #[command(flatten)]
    auditing: Auditing,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let (reached, names) = args.auditing.reach().await?;
    let boundary = Boundary::leave(&args.slip.student);
    let history = history(&reached, &boundary).await?;
    let zone = reached.log.identity().zone;
    let told = tell(&args.slip, &history, &names, zone).await?;
    let student = names.of(&args.slip.student).await?;
    if args.auditing.json {
        say::json(&json!({
            "slip": args.slip, "student": student, "status": told.status, "steps": told.steps,
            "chain": chain(&boundary, &history),
        }));
        return Ok(());
    }
    let whose = student
        .as_str()
        .map(|student| format!(" of {student}"))
        .unwrap_or_default();
    say::line(format_args!("slip {}{whose}: {}", args.slip, told.status));
    for step in told.steps {
        say::line(paragraph(&local(step, zone)));
    }
    say::line(format_args!("\n{}", chain_sentence(&boundary, &history)));
    Ok(())
}

struct Told {
    status: &'static str,
    steps: Vec<Value>,
}

async fn tell(
    slip: &SlipId,
    history: &[Recorded],
    names: &Names,
    zone: Zone,
) -> anyhow::Result<Told> {
    let (mut state, mut steps) = (LeaveState::default(), Vec::new());
    for commit in history {
        for record in &commit.commit.events {
            let data: Value = serde_json::from_str(record.data.get())?;
            if let Some(event) = LeaveEvent::decode(record) {
                LeaveDecider::evolve(&mut state, &event?, commit.commit.at);
            }
            // By its data and not by what this version knows: a later version's events tell the story too.
            if data["slip"] == json!(slip) {
                let mut step = envelope(commit, names, zone).await?;
                step["event"] = json!(record.type_);
                step["v"] = json!(record.v);
                step["data"] = names.data(&data).await?;
                steps.push(step);
            }
        }
    }
    let slip = state.slip(slip).ok_or_else(|| {
        Exit::Refused.because(format_args!(
            "there is no slip {slip}: the student has {}",
            state.slips().len()
        ))
    })?;
    Ok(Told {
        status: slip.status.as_str(),
        steps,
    })
}

/// One step in words.
fn paragraph(step: &Value) -> String {
    let text = |name: &str| step[name].as_str().unwrap_or_default();
    let clock = step["clock"]
        .as_str()
        .map(|clock| format!(" (a {clock} clock)"))
        .unwrap_or_default();
    let mut lines = format!(
        "\n#{}  {}{clock}  {}\n  by {}; decided on what was known at position {}\n",
        step["position"],
        text("at"),
        text("event"),
        actor(step),
        step["facts"]
    );
    let data = step["data"].as_object().into_iter().flatten();
    for (name, value) in data.filter(|(name, _)| *name != "slip") {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        lines.push_str(&format!("  {name}: {value}\n"));
    }
    lines + &format!("  SHA-256 {}", text("hash"))
}
