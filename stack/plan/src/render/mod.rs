//! Template sources and policy sources: rendering, and reading back what was rendered.

mod escape;
mod explain;
mod pieces;
mod policy;
mod source;

pub(crate) use policy::{PolicyRenderer, built_in_policies, document, merged_document};
pub(crate) use source::{ALIAS, MANAGED_POLICY, PERMISSION, Source, TemplateRenderer};
