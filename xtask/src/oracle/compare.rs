//! Which findings the two have in common.

use std::collections::BTreeMap;
use std::path::PathBuf;

use miette::Diagnostic as _;
use stack_plan::template::{TemplateError, check_text_beside};

use super::lint::Finding;

/// A finding that only one of the two has.
pub(super) struct Row {
    /// Rule of cfn-lint, or our code.
    pub(super) kind: String,
    pub(super) file: PathBuf,
    pub(super) line: usize,
    pub(super) path: String,
    pub(super) message: String,
}

#[derive(Default)]
pub(super) struct Report {
    pub(super) templates: usize,
    /// Templates without an error of cfn-lint.
    pub(super) clean: usize,
    /// Error findings that we have as well.
    pub(super) found: usize,
    pub(super) missed: Vec<Row>,
    /// Errors of ours in templates without an error of cfn-lint, where it has no warning either.
    pub(super) false_alarms: Vec<Row>,
}

/// Compares errors of the kinds E0 to E3: syntax, functions, parameters, resources.
pub(super) fn compare(texts: &BTreeMap<PathBuf, String>, theirs: &BTreeMap<PathBuf, Option<Vec<Finding>>>) -> Report {
    let mut report = Report::default();
    for (file, text) in texts {
        let Some(Some(theirs)) = theirs.get(file) else { continue };
        report.templates += 1;
        let nested = |url: &str| std::fs::read_to_string(file.parent()?.join(url)).ok();
        let ours = check_text_beside(text, &["us-east-1"], &nested);
        for finding in theirs.iter().filter(|finding| is_compared(&finding.rule)) {
            if ours.iter().any(|error| is_same(error, finding)) {
                report.found += 1;
            } else {
                report.missed.push(Row {
                    kind: finding.rule.clone(),
                    file: file.clone(),
                    line: finding.line,
                    path: finding.path.clone(),
                    message: finding.message.clone(),
                });
            }
        }
        if theirs.iter().any(|finding| finding.rule.starts_with('E')) {
            continue;
        }
        report.clean += 1;
        let errors = ours.iter().filter(|error| !error.fault.is_warning());
        for error in errors.filter(|error| !theirs.iter().any(|finding| is_same(error, finding))) {
            report.false_alarms.push(Row {
                kind: error.code().map(|code| code.to_string()).unwrap_or_default(),
                file: file.clone(),
                line: line_of(error),
                path: error.path.clone(),
                message: error.fault.to_string(),
            });
        }
    }
    report
}

fn is_compared(rule: &str) -> bool {
    ["E0", "E1", "E2", "E3"].iter().any(|kind| rule.starts_with(kind))
}

fn line_of(error: &TemplateError) -> usize {
    error.position.map_or(0, |position| position.line)
}

/// The same line, or the same place: one path is the beginning of the other, and names a resource at least; or the same
/// property of the same resource, however the way to it is told. A circle is reported once here and at every member
/// there.
fn is_same(error: &TemplateError, finding: &Finding) -> bool {
    let is_circle =
        finding.rule == "E3004" && error.code().is_some_and(|code| code.to_string() == "circular-dependency");
    let ours: Vec<&str> = error.path.split('/').skip(1).collect();
    let theirs: Vec<&str> = finding.path.split('/').collect();
    let common = ours.len().min(theirs.len());
    let is_property = common >= 4 && ours[..3] == theirs[..3] && ours.last() == theirs.last();
    is_circle
        || is_property
        || line_of(error) == finding.line
        || ours == theirs
        || (common >= 3 && ours[..common] == theirs[..common])
}
