//! Folding a batch: one transaction, the rows and how far they go together.

use std::sync::Arc;

use homeroom_log::Recorded;

use crate::Projection;
use crate::generation::{Generation, Meta};
use crate::run::RunError;
use crate::writer::Poison;

/// Folds a batch on a thread that may block, and says how far the view goes then. On [`RunError::Poison`] what came
/// before that commit is folded and kept.
pub(crate) async fn fold<P: Projection>(
    projection: &Arc<P>,
    generation: &Generation,
    batch: Vec<Recorded>,
) -> Result<Meta, RunError> {
    let (projection, generation) = (Arc::clone(projection), generation.clone());
    let folded =
        tokio::task::spawn_blocking(move || fold_now(&*projection, &generation, &batch)).await;
    // A panic is a defect of the projection, and ends it as it would have here.
    folded.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

pub(crate) fn fold_now<P: Projection>(
    projection: &P,
    generation: &Generation,
    batch: &[Recorded],
) -> Result<Meta, RunError> {
    match fold_all(projection, generation, batch) {
        Err(RunError::Poison {
            name,
            position,
            poison,
        }) => {
            // Its transaction is dropped, with whatever it wrote; what came before it is folded again and kept.
            let before = batch
                .iter()
                .take_while(|commit| commit.position < position)
                .count();
            fold_all(projection, generation, &batch[..before])?;
            Err(RunError::Poison {
                name,
                position,
                poison,
            })
        }
        outcome => outcome,
    }
}

fn fold_all<P: Projection>(
    projection: &P,
    generation: &Generation,
    batch: &[Recorded],
) -> Result<Meta, RunError> {
    let mut writer = generation.write().map_err(RunError::files::<P>)?;
    let (Some(first), Some(last)) = (batch.first(), batch.last()) else {
        return Ok(writer.meta);
    };
    if first.position != writer.meta.position.next() {
        let what = format!(
            "it is at {}, and {} was to be folded",
            writer.meta.position, first.position
        );
        return Err(RunError::files::<P>(what));
    }
    for commit in batch {
        projection
            .apply(commit, &mut writer)
            .map_err(|poison| match poison {
                Poison::Store(what) => RunError::files::<P>(what),
                poison => RunError::Poison {
                    name: P::NAME,
                    position: commit.position,
                    poison,
                },
            })?;
    }
    generation
        .commit(writer, last)
        .map_err(RunError::files::<P>)
}
