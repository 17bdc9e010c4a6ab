//! Inspection: templates, and the reports filed on them.

mod events;
mod file;
mod publish;
mod template;

pub use events::*;
pub use file::*;
pub use publish::*;
pub use template::*;
