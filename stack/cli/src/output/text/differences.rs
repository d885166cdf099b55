//! How what is deployed differs from what is planned, in words: lines for people, and a page for a pull request.

use std::fmt::Write as _;

use stack_plan::diff::Changes;

use super::report::Parts;
use super::{change_set, offline};
use crate::differences::{CodeChange, StackDifferences, ValueChange};
use crate::output::style::{Style, harmless};

/// Every stack that differs; of several, each under its name.
pub(super) fn parts(style: Style, stacks: &[StackDifferences], markdown: bool) -> Parts {
    let mut parts = Parts::default();
    let differing = stacks.iter().filter(|stack| !stack.is_empty()).count();
    for stack in stacks {
        let plain = if markdown { Style::new(false) } else { style };
        let data = stack_text(plain, stack);
        if markdown {
            parts.data += &page(&format!("{} in {}", stack.stack_name, stack.region), &sentence(plain, stack), &data);
        } else {
            if differing > 1 && !stack.is_empty() {
                let _ = writeln!(parts.data, "{} in {}", style.bold(&stack.stack_name), stack.region);
            }
            parts.data += &data;
        }
        let _ = writeln!(parts.talk, "{}", sentence(style, stack));
    }
    parts
}

/// Two templates as a page.
pub(super) fn templates_page(from: &str, to: &str, changes: &Changes) -> Parts {
    let Parts { data, talk } = offline::differences(Style::new(false), from, to, changes);
    Parts { data: page(to, talk.trim_end(), &data), talk }
}

fn stack_text(style: Style, stack: &StackDifferences) -> String {
    let mut text = offline::changes_text(style, &stack.changes);
    for CodeChange { function, before, .. } in &stack.code {
        let word = if before.is_some() { "other code" } else { "first code" };
        let _ = writeln!(text, "{} {} {word}", style.attention("~ function   "), style.bold(function));
    }
    for change in &stack.parameters {
        value_text(style, "parameter", change, &mut text);
    }
    for change in &stack.tags {
        value_text(style, "tag", change, &mut text);
    }
    if let Some(view) = &stack.change_set {
        text += &change_set::view_text(style, view);
    }
    text
}

fn value_text(style: Style, word: &str, change: &ValueChange, text: &mut String) {
    let ValueChange { name, before, after } = change;
    let shown = |value: &Option<String>| value.as_ref().map_or_else(|| "(none)".to_owned(), |value| harmless(value));
    let (before, after) = (shown(before), shown(after));
    let _ = writeln!(text, "{} {} {before} -> {after}", style.attention(format!("~ {word:<11}")), style.bold(name));
}

/// The sum, on one line.
fn sentence(style: Style, stack: &StackDifferences) -> String {
    let StackDifferences { stack_name, region, status, .. } = stack;
    let name = style.bold(stack_name);
    let state = match status {
        None => "there is none yet".to_owned(),
        Some(status) if status.is_in_progress() => {
            format!("{status}: an operation runs, and what it changes may not be in this")
        }
        Some(status) => status.to_string(),
    };
    let code = if stack.code_compared { "" } else { "; the code of functions was not looked at" };
    if stack.is_empty() {
        return format!("{} {name} in {region} ({state}){code}", style.good("no difference:"));
    }
    format!("{} {name} in {region} ({state}): {}{code}", style.attention("differs:"), offline::counts(&stack.changes))
}

fn page(title: &str, sentence: &str, data: &str) -> String {
    let sentence = sentence.replace('|', "\\|").replace('<', "&lt;");
    if data.is_empty() {
        return format!("### {title}\n\n{sentence}\n\n");
    }
    // A fence longer than any in the text: values of templates may hold some.
    let longest = data.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("### {title}\n\n{sentence}\n\n{fence}text\n{data}{fence}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_cannot_be_left_by_what_is_in_it() {
        let page = page("s", "a | <b>", "x ``` y\n");
        assert_eq!(page, "### s\n\na \\| &lt;b>\n\n````text\nx ``` y\n````\n\n");
    }
}
