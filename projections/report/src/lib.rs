//! Reports: what was inspected, by class and date.
//!
//! - [`ReportProjection`]: the fold
//! - [`Reports`]: the questions: a class's reports of a day, one report

mod fold;
mod ledger;
mod rows;

use std::path::Path;

use homeroom_projection::{Projection, View};

pub use fold::ReportProjection;
pub use ledger::{Report, Reports};

/// Opens the view.
pub fn view(views: &Path) -> View {
    View::new(views, ReportProjection::NAME, ReportProjection::VERSION)
}

#[cfg(test)]
mod tests;
