//! Faults of a project: all of them at once, each with its place.

mod asked;
mod file;
mod kind;
mod sink;
mod suggest;

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::yaml::Span;

pub(crate) use asked::{Asked, Form};
pub use file::SourceFile;
pub use kind::FaultKind;
pub(crate) use sink::Sink;
pub(crate) use suggest::{did_you_mean, list_known, nearest};

/// Where a value of the project comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Key path in the project file (`functions.process-image.memory`), or the argument that gave the value (`--suffix`).
    pub key_path: String,
    /// Place in the project file; absent for a value that comes from elsewhere.
    pub span: Option<Span>,
}

impl Place {
    /// A place outside the project file, such as an argument.
    #[must_use]
    pub fn outside(name: &str) -> Self {
        Self { key_path: name.to_owned(), span: None }
    }

    /// Line in the project file, from 1; 0 for a place outside.
    #[must_use]
    pub fn line(&self) -> usize {
        self.span.map_or(0, |span| span.line)
    }
}

/// One fault: what, where and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Where.
    pub place: Place,
    /// The file that the place is in, when it is not the project file but one that it includes.
    pub file: Option<SourceFile>,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.kind)?;
        if self.place.span.is_none() && !self.place.key_path.is_empty() {
            write!(formatter, " ({})", self.place.key_path)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

impl Diagnostic for Fault {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.kind.code()))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.kind.help().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.file.as_ref().map(SourceFile::source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.place.span?;
        let label = (!self.place.key_path.is_empty()).then(|| self.place.key_path.clone());
        Some(Box::new(std::iter::once(LabeledSpan::new(label, span.start, span.end.saturating_sub(span.start)))))
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Fault", 7)?;
        fields.serialize_field("code", self.kind.code())?;
        fields.serialize_field("message", &self.kind.to_string())?;
        match &self.file {
            Some(file) => fields.serialize_field("file", file.name())?,
            None => fields.skip_field("file")?,
        }
        fields.serialize_field("key_path", &self.place.key_path)?;
        fields.serialize_field("line", &self.place.span.map(|span| span.line))?;
        fields.serialize_field("column", &self.place.span.map(|span| span.column))?;
        fields.serialize_field("help", &self.kind.help())?;
        fields.end()
    }
}

/// All faults of a project, in the order of the file.
///
/// As a diagnostic it shows each with its line; serialized it is `{"file": ..., "faults": [...]}`.
#[derive(Debug, Clone)]
pub struct Faults {
    source: NamedSource<String>,
    faults: Vec<Fault>,
}

impl Faults {
    /// Sorts by place, included files last, and drops repetitions.
    pub(crate) fn new(file_name: &str, text: &str, mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|one, other| {
            let key = |fault: &Fault| {
                let file = fault.file.as_ref().map(|file| file.name().to_owned());
                (file, fault.place.span.map_or(usize::MAX, |span| span.start))
            };
            key(one).cmp(&key(other))
        });
        let mut unique: Vec<Fault> = Vec::with_capacity(faults.len());
        for fault in faults {
            if !unique.contains(&fault) {
                unique.push(fault);
            }
        }
        Self { source: NamedSource::new(file_name, text.to_owned()), faults: unique }
    }

    /// The faults.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// Name of the project file, as it was given.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.source.name()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => write!(formatter, "1 fault in {}", self.source.name()),
            count => write!(formatter, "{count} faults in {}", self.source.name()),
        }
    }
}

impl std::error::Error for Faults {}

impl Diagnostic for Faults {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("invalid-project"))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.faults.iter().map(|fault| fault as &dyn Diagnostic)))
    }
}

impl Serialize for Faults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Faults", 2)?;
        fields.serialize_field("file", self.source.name())?;
        fields.serialize_field("faults", &self.faults)?;
        fields.end()
    }
}
