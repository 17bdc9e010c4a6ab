//! The trail: where every boundary's history stands in the log, and which commits tell a slip's story.
//!
//! The log holds the evidence; this view only says where to look. It is also the projection that checks every commit
//! against the one before it on its boundary, and stops where the chain is broken.

mod fold;
mod rows;

use std::path::Path;

use homeroom_domain::{Boundary, SlipId};
use homeroom_log::{Position, Tail};
use homeroom_projection::{Key, Projection, Snapshot, View, ViewError};

pub use fold::TrailProjection;
pub use rows::Step;

use rows::{STEPS, STORIES, step_position};

/// Names the view.
pub fn view(views: &Path) -> View {
    View::new(views, TrailProjection::NAME, TrailProjection::VERSION)
}

/// The questions the trail answers, at one position.
#[derive(Debug)]
pub struct Trail(pub Snapshot);

impl Trail {
    /// Reads the view as it is now.
    ///
    /// # Errors
    /// When the view cannot be read; so everywhere below.
    pub fn read(view: &View) -> Result<Self, ViewError> {
        view.read().map(Self)
    }

    /// The newest commit of a boundary; `None` where nothing ever happened.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn tail(&self, boundary: &Boundary) -> Result<Option<Tail>, ViewError> {
        let Some((key, row)) = self.0.last(&STEPS, &Key::new().text(boundary.as_str()))? else {
            return Ok(None);
        };
        Ok(Some(row.tail(step_position(key).ok_or_else(unreadable)?)))
    }

    /// Every commit of a boundary, oldest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn positions(&self, boundary: &Boundary) -> Result<Vec<Step>, ViewError> {
        let steps = self.0.prefix(&STEPS, &Key::new().text(boundary.as_str()))?;
        steps
            .map(|step| {
                let (key, row) = step?;
                let position = step_position(key).ok_or_else(unreadable)?;
                Ok(row.step(position))
            })
            .collect()
    }

    /// Every commit that holds an event about a slip, on whatever boundary, oldest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn slip_positions(&self, slip: &SlipId) -> Result<Vec<Position>, ViewError> {
        let commits = self.0.scan(&STORIES, &Key::new().text(&slip.to_string()))?;
        commits
            .map(|commit| step_position(commit?.0).ok_or_else(unreadable))
            .collect()
    }
}

fn unreadable() -> ViewError {
    ViewError::Unreadable {
        name: TrailProjection::NAME,
        what: "a key is not what was written".to_owned(),
    }
}

#[cfg(test)]
mod tests;
