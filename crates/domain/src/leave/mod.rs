//! Slips: asked, decided. One boundary per student, so that no two slips of one student can overlap.

mod approve;
mod events;
mod reject;
mod slip;
mod submit;

pub use approve::*;
pub use events::*;
pub use reject::*;
pub use slip::*;
pub use submit::*;
