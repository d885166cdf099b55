//! Pure planning: from the text of a project file to a [`Plan`], without touching a clock, a file, the environment or AWS.
//!
//! The way of a project through this crate:
//! `parse_project` (text to `Project`), `plan` (project and [`plan::Context`] to [`Plan`]), of which the typed
//! [`Template`] is the centre. The local cloud reads templates through the same [`template`] module, so that it and the
//! deployer cannot disagree about what a template says.

pub mod built;
pub mod event;
pub mod plan;
pub mod template;
pub mod yaml;

pub use built::Built;
pub use event::Event;
pub use plan::Plan;
pub use template::Template;
