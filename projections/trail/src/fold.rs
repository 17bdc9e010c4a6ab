//! The fold: each commit checked against the one before it on its boundary, and entered.

use std::collections::BTreeSet;

use homeroom_domain::{EventRecord, SlipId};
use homeroom_log::{Recorded, Tail};
use homeroom_projection::{Key, Poison, Projection, Writer};
use serde::Deserialize;

use crate::rows::{STEPS, STORIES, StepRow, step_position};

/// Folds the trail.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrailProjection;

impl Projection for TrailProjection {
    const NAME: &'static str = "trail";
    const VERSION: u32 = 1;

    fn apply(&self, commit: &Recorded, view: &mut Writer<'_>) -> Result<(), Poison> {
        let boundary = Key::new().text(commit.commit.boundary.as_str());
        let last = match view.last(&STEPS, &boundary)? {
            Some((key, row)) => step_position(&key).map(|position| row.tail(position)),
            None => None,
        };
        if commit.commit.follows != last {
            return Err(broken(commit, last));
        }
        let step = boundary.number(commit.position.0);
        view.put(&STEPS, &step, &StepRow::of(commit.hash, commit.commit.at))?;
        let slips: BTreeSet<SlipId> = commit.commit.events.iter().filter_map(slip).collect();
        for slip in slips {
            view.put(
                &STORIES,
                &Key::new().text(&slip.to_string()).number(commit.position.0),
                &(),
            )?;
        }
        Ok(())
    }
}

/// The alarm: somebody wrote into the log past its comparators, or changed what is stored.
fn broken(commit: &Recorded, last: Option<Tail>) -> Poison {
    let say = |tail: Option<Tail>| match tail {
        Some(tail) => format!("position {} with hash {}", tail.position, tail.hash),
        None => "nothing".to_owned(),
    };
    Poison::Integrity(format!(
        "the chain of {} is broken at position {}: it says that it follows {}, but there it follows {}",
        commit.commit.boundary,
        commit.position,
        say(commit.commit.follows),
        say(last),
    ))
}

/// The slip an event is about, whatever its type: events of later versions tell a slip's story too.
fn slip(event: &EventRecord) -> Option<SlipId> {
    #[derive(Deserialize)]
    struct About {
        slip: SlipId,
    }
    let data = event.data.get();
    // Most events are about none; parsing them all again would double the cost of the fold.
    if !data.contains("\"slip\"") {
        return None;
    }
    serde_json::from_str::<About>(data)
        .ok()
        .map(|about| about.slip)
}
