//! Findings of a template, with its text, for people and programs.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

use crate::template::{Position, TemplateError};

/// All findings of one template, in the order of its text. As a diagnostic it shows each with its line.
#[derive(Debug)]
pub struct TemplateFindings {
    source: NamedSource<String>,
    findings: Vec<Finding>,
}

/// One finding and the byte where it is.
#[derive(Debug)]
struct Finding {
    error: TemplateError,
    offset: Option<usize>,
}

impl TemplateFindings {
    /// The findings of [`check_text`](super::check_text) for `text`, which is called `file_name`.
    #[must_use]
    pub fn new(file_name: &str, text: &str, findings: Vec<TemplateError>) -> Self {
        let findings = findings
            .into_iter()
            .map(|error| Finding { offset: error.position.and_then(|position| offset_of(text, position)), error })
            .collect();
        Self { source: NamedSource::new(file_name, text.to_owned()), findings }
    }

    /// True when one of them is no warning.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| !finding.error.fault.is_warning())
    }

    /// The findings.
    pub fn iter(&self) -> impl Iterator<Item = &TemplateError> {
        self.findings.iter().map(|finding| &finding.error)
    }
}

/// Byte of a place: lines and columns count characters.
fn offset_of(text: &str, position: Position) -> Option<usize> {
    let start = match position.line.checked_sub(1)? {
        0 => 0,
        breaks => text.match_indices('\n').nth(breaks - 1)?.0 + 1,
    };
    let line = text[start..].lines().next().unwrap_or_default();
    let column = position.column.saturating_sub(1);
    Some(start + line.char_indices().nth(column).map_or(line.len(), |(index, _)| index))
}

impl fmt::Display for TemplateFindings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.iter().filter(|error| !error.fault.is_warning()).count();
        let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        write!(formatter, "{}", count(errors, "fault"))?;
        if errors < self.findings.len() {
            write!(formatter, " and {}", count(self.findings.len() - errors, "warning"))?;
        }
        write!(formatter, " in {}", self.source.name())
    }
}

impl std::error::Error for TemplateFindings {}

impl Diagnostic for TemplateFindings {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("invalid-template"))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.findings.iter().map(|finding| finding as &dyn Diagnostic)))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fault.fmt(formatter)
    }
}

impl std::error::Error for Finding {}

impl Diagnostic for Finding {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.error.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.error.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.error.help()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let offset = self.offset?;
        Some(Box::new(std::iter::once(LabeledSpan::new(Some(self.error.path.clone()), offset, 0))))
    }
}
