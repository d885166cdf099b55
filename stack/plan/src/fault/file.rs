//! A file beside the project file that faults may be in.

use std::sync::Arc;

use miette::{NamedSource, SourceCode};

/// An included file: its name and its text. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SourceFile(Arc<NamedSource<String>>);

impl SourceFile {
    /// A file by the name that messages show.
    pub(crate) fn new(name: &str, text: &str) -> Self {
        Self(Arc::new(NamedSource::new(name, text.to_owned())))
    }

    /// Its name, relative to the project file.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.inner()
    }

    pub(super) fn source_code(&self) -> &dyn SourceCode {
        self.0.as_ref()
    }
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.text() == other.text()
    }
}

impl Eq for SourceFile {}
