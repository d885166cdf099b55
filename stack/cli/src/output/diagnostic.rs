//! Errors for people and for programs.

use std::io::IsTerminal as _;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, SourceCode};
use serde_json::{Value, json};

/// Narrowest and widest text of an error, in columns.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=110;

/// The error for people: what, where with the line itself, why, how.
pub(crate) fn to_text(error: &dyn Diagnostic, color: bool) -> String {
    let is_terminal = std::io::stderr().is_terminal();
    let theme = match (color, is_terminal) {
        (true, _) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let width = if is_terminal {
        terminal_width().unwrap_or(*WIDTHS.end()).clamp(*WIDTHS.start(), *WIDTHS.end())
    } else {
        *WIDTHS.end()
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).with_cause_chain();
    let mut text = String::new();
    if handler.render_report(&mut text, error).is_err() {
        text = format!("{error}\n");
    }
    text
}

fn terminal_width() -> Option<usize> {
    let (width, _height) = terminal_size::terminal_size_of(std::io::stderr())?;
    Some(usize::from(width.0))
}

/// The error for programs.
pub(crate) fn to_json(error: &dyn Diagnostic) -> Value {
    describe(error, error.source_code())
}

fn describe(error: &dyn Diagnostic, inherited: Option<&dyn SourceCode>) -> Value {
    let source = error.source_code().or(inherited);
    let mut value = json!({ "message": error.to_string() });
    if let Some(code) = error.code() {
        value["code"] = code.to_string().into();
    }
    if let Some(help) = error.help() {
        value["help"] = help.to_string().into();
    }
    let places: Vec<Value> = error
        .labels()
        .into_iter()
        .flatten()
        .filter_map(|label| {
            let contents = source?.read_span(label.inner(), 0, 0).ok()?;
            Some(json!({
                "file": contents.name(),
                "line": contents.line() + 1,
                "column": contents.column() + 1,
                "label": label.label(),
            }))
        })
        .collect();
    if !places.is_empty() {
        value["places"] = places.into();
    }
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(current) = cause {
        causes.push(Value::from(current.to_string()));
        cause = current.source();
    }
    if !causes.is_empty() {
        value["causes"] = causes.into();
    }
    let related: Vec<Value> = error.related().into_iter().flatten().map(|fault| describe(fault, source)).collect();
    if !related.is_empty() {
        value["faults"] = related.into();
    }
    value
}
