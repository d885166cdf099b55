//! What reports are made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stack_aws::{DriftOutcome, Outcome};
use stack_plan::plan::{Explanation, Origin};

/// Where a resource comes from and why it is as it is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExplainedResource {
    /// Logical id.
    pub(crate) logical_id: String,
    /// CloudFormation type.
    #[serde(rename = "type")]
    pub(crate) resource_type: String,
    /// Lines and files.
    #[serde(flatten)]
    pub(crate) origin: Origin,
    /// True when the project replaces the built-in template source.
    pub(crate) is_own_source: bool,
    /// What the template source says of its parts.
    pub(crate) explanations: Vec<Explanation>,
}

/// A source that is built in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SourceEntry {
    /// What it is the source of.
    pub(crate) owner: &'static str,
    /// File, relative to the project.
    pub(crate) file: String,
    /// True when the project has one of its own.
    pub(crate) replaced: bool,
}

/// What became of one of several stacks.
#[derive(Debug, Serialize)]
pub(crate) struct StackReport {
    /// Name of the stack.
    pub(crate) name: String,
    /// AWS region.
    pub(crate) region: String,
    /// How it ended.
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    /// Where the first failed resource is declared.
    pub(crate) declared: Option<Declaration>,
}

/// A stack that was left alone.
#[derive(Debug, Serialize)]
pub(crate) struct KeptStack {
    /// Name of the stack.
    pub(crate) stack_name: String,
    /// Why.
    pub(crate) reason: String,
}

/// The drift of one stack.
#[derive(Debug, Serialize)]
pub(crate) struct DriftOfStack {
    /// AWS region.
    pub(crate) region: String,
    /// What was found.
    #[serde(flatten)]
    pub(crate) outcome: DriftOutcome,
    /// Where drifted resources are declared, by logical id.
    pub(crate) declared: BTreeMap<String, Declaration>,
}

/// Where a resource is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Declaration {
    /// Project file.
    pub(crate) file: String,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Key path (`buckets.uploads`).
    pub(crate) key_path: String,
}

/// One thing that a machine needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What is needed.
    pub(crate) name: &'static str,
    /// How it stands.
    pub(crate) state: CheckState,
    /// What was found.
    pub(crate) found: String,
    /// The command that mends it.
    pub(crate) mend: Option<String>,
}

/// How a needed thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckState {
    /// There.
    Good,
    /// Absent, and something else does its work.
    Replaceable,
    /// Absent, and something will not work.
    Missing,
}

/// A finding of a template that CloudFormation does not refuse.
#[derive(Debug, Serialize)]
pub(crate) struct TemplateWarning {
    /// Stable code.
    pub(crate) code: String,
    /// What is wrong.
    pub(crate) message: String,
    /// Path in the template.
    pub(crate) path: String,
    /// Line, from 1.
    pub(crate) line: Option<usize>,
    /// Column in characters, from 1.
    pub(crate) column: Option<usize>,
    /// How to mend it.
    pub(crate) help: Option<String>,
}
