//! Where the check is, and what it has found.

use super::SchemaFault;
use crate::template::{TemplateError, TemplateFault};

/// A way down into the template, made on the stack.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
    /// A path that is written out already.
    Path(&'p str),
}

impl<'p> At<'p> {
    /// The place of a written path.
    pub(super) fn path(path: &'p str) -> Self {
        Self { parent: None, step: Step::Path(path) }
    }

    pub(super) fn key(&'p self, key: &'p str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    pub(super) fn index(&'p self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }
}

impl std::fmt::Display for At<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(formatter)?;
        }
        match self.step {
            Step::Key(key) if key.contains(['/', '~']) => {
                write!(formatter, "/{}", key.replace('~', "~0").replace('/', "~1"))
            }
            Step::Key(key) => write!(formatter, "/{key}"),
            Step::Index(index) => write!(formatter, "/{index}"),
            Step::Path(path) => formatter.write_str(path),
        }
    }
}

/// Findings, and whether something could not be decided.
#[derive(Default)]
pub(super) struct Found {
    pub(super) faults: Vec<TemplateError>,
    /// True when a value is known at deployment only, so that a comparison has no outcome.
    pub(super) unknown: bool,
}

impl Found {
    pub(super) fn push(&mut self, at: &At<'_>, fault: SchemaFault) {
        self.faults.push(TemplateError::new(at.to_string(), TemplateFault::Schema(Box::new(fault))));
    }

    /// An intrinsic function with wrong arguments.
    pub(super) fn function(&mut self, at: &At<'_>, message: impl Into<String>) {
        self.faults.push(TemplateError::new(at.to_string(), TemplateFault::InvalidFunction(message.into())));
    }

    /// A contradiction in words.
    pub(super) fn say(&mut self, at: &At<'_>, message: impl Into<String>) {
        self.push(at, SchemaFault::Contradiction(message.into()));
    }

    pub(super) fn has_errors(&self) -> bool {
        self.faults.iter().any(|error| !error.fault.is_warning())
    }
}
