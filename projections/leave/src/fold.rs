//! The fold: what happened on a student's leave boundary, into one row a slip.

use homeroom_domain::SlipId;
use homeroom_domain::leave::LeaveEvent;
use homeroom_log::Recorded;
use homeroom_projection::{Poison, Projection, SealedRow, Writer, each_event};

use crate::rows::{DecidedRow, SLIPS, SlipRow, slip_key};

/// Folds leave.
#[derive(Debug, Clone, Copy, Default)]
pub struct LeaveProjection;

impl Projection for LeaveProjection {
    const NAME: &'static str = "leave";
    const VERSION: u32 = 1;

    fn apply(&self, commit: &Recorded, view: &mut Writer<'_>) -> Result<(), Poison> {
        if commit.commit.boundary.kind() != "leave" {
            return Ok(());
        }
        let (position, at_ms) = (commit.position.0, commit.commit.at.unix_ms());
        each_event(commit, view, |event, view| match event {
            LeaveEvent::Submitted(e) => {
                let row = SlipRow {
                    number: e.slip.number,
                    class: e.class.to_string(),
                    leave: e.leave.as_str().to_owned(),
                    from_ms: e.from.unix_ms(),
                    to_ms: e.to.unix_ms(),
                    reason: SealedRow::from(&e.reason),
                    submitted_position: position,
                    submitted_ms: at_ms,
                    waits_for: e.waits_for.as_str().to_owned(),
                    decided: None,
                    decisions_refused: 0,
                };
                view.put(&SLIPS, &slip_key(&e.slip), &row)
            }
            LeaveEvent::Approved(e) => change(&e.slip, view, |row| {
                row.decided = Some(DecidedRow {
                    approved: true,
                    position,
                    at_ms,
                    by: e.by.to_string(),
                    office: e.office.as_str().to_owned(),
                    words: e.comment.as_ref().map(SealedRow::from),
                });
            }),
            LeaveEvent::Rejected(e) => change(&e.slip, view, |row| {
                row.decided = Some(DecidedRow {
                    approved: false,
                    position,
                    at_ms,
                    by: e.by.to_string(),
                    office: e.office.as_str().to_owned(),
                    words: Some(SealedRow::from(&e.reason)),
                });
            }),
            LeaveEvent::DecisionRefused(e) => {
                change(&e.slip, view, |row| row.decisions_refused += 1)
            }
        })
    }
}

fn change(
    slip: &SlipId,
    view: &mut Writer<'_>,
    change: impl FnOnce(&mut SlipRow),
) -> Result<(), Poison> {
    let key = slip_key(slip);
    let Some(mut row) = view.get(&SLIPS, &key)? else {
        return Err(Poison::Integrity(format!(
            "something happens to the slip {slip}, which was never submitted"
        )));
    };
    change(&mut row);
    view.put(&SLIPS, &key, &row)
}
