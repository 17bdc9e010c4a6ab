//! Leave: every slip of every student, and how it was decided.
//!
//! - [`LeaveProjection`]: the fold
//! - [`Leave`]: the questions: one slip, a student's slips

mod fold;
mod ledger;
mod rows;

use std::path::Path;

use homeroom_projection::{Projection, View};

pub use fold::LeaveProjection;
pub use ledger::{Decided, Leave, Page, SLIPS_PAGE_MAX, Slip};

/// Opens the view.
pub fn view(views: &Path) -> View {
    View::new(views, LeaveProjection::NAME, LeaveProjection::VERSION)
}

#[cfg(test)]
mod tests;
