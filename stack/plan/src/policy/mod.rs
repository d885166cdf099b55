//! IAM policy documents as values: reading them, and deciding what they allow.
//!
//! The planner proves with it that each link of a project is granted and nothing else is; the local cloud asks it about
//! every request. What is not understood never allows and always denies.

mod condition;
mod decide;
mod document;
mod pattern;
#[cfg(test)]
mod tests;

pub(crate) use condition::instant;
pub use decide::{Caller, Decision, Request, decide};
pub use document::{Document, DocumentError, Effect, Principals, Statement};
pub use pattern::{arn_like, glob};
