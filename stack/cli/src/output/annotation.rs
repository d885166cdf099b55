//! Annotations of GitHub Actions: a fault stands beside the line of the project file that it is about, in the view of the change.
//!
//! A line `::error file=...,line=...::text` in the output of a step is one ("workflow commands" in GitHub's documentation).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde_json::Value;
use stack_aws::Outcome;

use super::diagnostic;
use crate::report::{Declaration, Report};

/// What an annotation says.
struct Annotation<'a> {
    /// File, line and column, where it is about a place.
    place: Option<(String, u64, u64)>,
    title: &'a str,
    text: String,
}

/// An annotation for each fault of an error.
pub(super) fn of_error(error: &dyn Diagnostic) -> String {
    let mut text = String::new();
    collect(&diagnostic::to_json(error), &mut text);
    text
}

/// An annotation for the resource at which a deployment failed.
pub(super) fn of_report(report: &Report) -> String {
    let Report::Stack { outcome, declared: Some(Declaration { file, line, .. }) } = report else {
        return String::new();
    };
    let cause = match outcome.as_ref() {
        Outcome::RolledBack { cause: Some(cause), .. } | Outcome::NeedsRollback { cause: Some(cause), .. } => cause,
        Outcome::DestroyFailed { failures, .. } if !failures.is_empty() => &failures[0],
        _ => return String::new(),
    };
    let place = Some((in_workspace(file), u64::try_from(*line).unwrap_or(1), 1));
    let text = format!("{} {}: {}", cause.logical_id, cause.status, cause.reason);
    line_of(&Annotation { place, title: &cause.status, text })
}

/// The faults below an error, or the error itself when it has none.
fn collect(error: &Value, text: &mut String) {
    if let Some(faults) = error["faults"].as_array().filter(|faults| !faults.is_empty()) {
        for fault in faults {
            collect(fault, text);
        }
        return;
    }
    let first = &error["places"][0];
    let number = |key: &str| first[key].as_u64();
    let place = first["file"].as_str().and_then(|file| Some((in_workspace(file), number("line")?, number("column")?)));
    let help = error["help"].as_str().map(|help| format!("\n{help}")).unwrap_or_default();
    let message = error["message"].as_str().unwrap_or_default();
    let title = error["code"].as_str().unwrap_or("stack");
    text.push_str(&line_of(&Annotation { place, title, text: format!("{message}{help}") }));
}

fn line_of(annotation: &Annotation<'_>) -> String {
    let Annotation { place, title, text } = annotation;
    let mut line = "::error ".to_owned();
    if let Some((file, number, column)) = place {
        // Writing to a String cannot fail.
        let _ = write!(line, "file={},line={number},col={column},", property(file));
    }
    let _ = writeln!(line, "title={}::{}", property(title), data(text));
    line
}

/// A file as seen from the root of the workspace, from which GitHub looks.
fn in_workspace(file: &str) -> String {
    let root = std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
    let here = std::env::current_dir().ok();
    let below = root.zip(here).and_then(|(root, here)| Some(here.strip_prefix(root).ok()?.join(file)));
    below.map_or_else(|| file.to_owned(), |path| without_dots(&path).display().to_string())
}

/// `a/../b` is `b`.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if plain.pop() => {}
            part => plain.push(part),
        }
    }
    plain
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_fault_has_a_line_that_nothing_in_it_can_leave() {
        let mut text = String::new();
        collect(
            &json!({"message": "2 faults", "faults": [
                {"message": "100%\n::error::x", "code": "a-b", "help": "h",
                 "places": [{"file": "a,b:c.yaml", "line": 3, "column": 7}]},
                {"message": "no place"},
            ]}),
            &mut text,
        );
        assert_eq!(
            text,
            "::error file=a%2Cb%3Ac.yaml,line=3,col=7,title=a-b::100%25%0A::error::x%0Ah\n::error title=stack::no place\n"
        );
    }

    #[test]
    fn a_path_has_no_steps_back() {
        assert_eq!(without_dots(Path::new("a/./b/../stack.yaml")), Path::new("a/stack.yaml"));
        assert_eq!(without_dots(Path::new("../stack.yaml")), Path::new("../stack.yaml"));
    }
}
