//! Attendance: who was there, who was late, who was refused and why, who is excused, who is absent.
//!
//! - [`AttendanceProjection`]: the fold of check-ins, closings and slips into facts
//! - [`Attendance`]: the questions: a class's day, a student's day
//!
//! Architecture invariant: verdicts are not stored. They are
//! [`duty`](homeroom_domain::attendance::duty) of the stored facts, so that leave approved late, or a closing that
//! arrives before a check-in it overtook, changes nothing but the answer.

mod answers;
mod day;
mod facts;
mod fold;
mod rows;
mod session;

use std::path::Path;

use homeroom_projection::{Projection, View};

pub use answers::{
    Attempt, ClassDay, Closing, Evidence, Explained, SessionDay, SessionExpected, SessionOfStudent,
    StudentDay, StudentDuty,
};
pub use day::Attendance;
pub use fold::AttendanceProjection;

/// Opens the view.
pub fn view(views: &Path) -> View {
    View::new(
        views,
        AttendanceProjection::NAME,
        AttendanceProjection::VERSION,
    )
}

#[cfg(test)]
mod tests;
