//! Check-in rules: when and where a class checks in. One boundary for the school, since two rules may not
//! overlap for one student.

mod create;
mod events;
mod refused;
mod retire;
mod revise;
mod state;

pub use create::*;
pub use events::*;
pub use refused::*;
pub use retire::*;
pub use revise::*;
pub use state::*;
