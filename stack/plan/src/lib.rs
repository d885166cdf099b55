//! Pure planning: from the text of a project file to a [`Plan`], without touching a clock, a file, the environment or AWS.
//!
//! The way of a project through this crate:
//! `parse_project` (text to `Project`), `plan` (project and [`plan::Context`] to [`Plan`]), of which the typed
//! [`Template`] is the centre. The local cloud reads templates through the same [`template`] module, so that it and the
//! deployer cannot disagree about what a template says.

mod assemble;
pub mod broadening;
pub mod built;
mod companions;
mod construct;
mod deferred;
mod deployments;
pub mod diff;
pub mod event;
mod expression;
pub mod fault;
pub mod graph;
mod links;
mod names;
mod naming;
pub mod plan;
mod planning;
pub mod policy;
pub mod project;
mod raw;
mod render;
mod resolve;
mod role;
pub mod schema;
mod scope;
mod settings;
pub mod sources;
pub mod specification;
mod stack_options;
pub mod template;
#[cfg(test)]
mod tests;
mod values;
pub mod yaml;

pub use built::Built;
pub use event::Event;
pub use fault::{Fault, Faults};
pub use plan::{Context, Plan};
pub use planning::{check_project, plan, region};
pub use project::{Project, included_files, parse_project};
pub use settings::LOCAL_ACCOUNT;
pub use stack_options::{StackOptions, Watcher};
pub use template::Template;
