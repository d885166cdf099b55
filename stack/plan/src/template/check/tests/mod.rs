use super::*;

mod conditions;
mod documents;
mod loops;
mod mutations;
mod properties;
mod services;
mod texts;

/// Findings of a text as `line: code`, warnings marked.
fn findings(text: &str) -> Vec<String> {
    let describe = |error: &TemplateError| {
        let line = error.position.map_or(0, |position| position.line);
        let code = miette::Diagnostic::code(error).map(|code| code.to_string()).unwrap_or_default();
        format!("{line}: {code}{}", if error.fault.is_warning() { " (warning)" } else { "" })
    };
    check_text(text, &[]).iter().map(describe).collect()
}
