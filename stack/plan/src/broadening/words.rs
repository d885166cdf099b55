//! What became wider, in words.

use super::coverage::{Part, Uncovered};
use super::principal::principal_text;
use super::statement::MANAGED_POLICY;
use super::term::Term;

/// Names that are told before the rest is counted.
const TOLD: usize = 3;

/// What a statement allows that was not allowed before.
pub(super) fn allows(found: &Uncovered<'_>, names_principals: bool, reasons: &[&str]) -> String {
    if found.statement.is_opaque {
        return "holds what cannot be read before it is deployed, and may allow anything".to_owned();
    }
    let attached = found.actions.iter().filter_map(Part::term).find_map(|term| {
        term.shown().strip_prefix(MANAGED_POLICY).map(|name| format!("attaches the managed policy `{name}`"))
    });
    let mut text = attached.unwrap_or_else(|| format!("allows {}", atoms(found, names_principals)));
    if found.is_loosened {
        text.push_str(", under weaker conditions than before");
    }
    if !reasons.is_empty() {
        text.push_str(": ");
        text.push_str(&reasons.join(", "));
    }
    text
}

/// What a statement denied that is not denied any more.
pub(super) fn denies_no_more(found: &Uncovered<'_>, names_principals: bool) -> String {
    let rest = if found.is_loosened { ", or only under more conditions" } else { "" };
    format!("no longer denies {}{rest}", atoms(found, names_principals))
}

fn atoms(found: &Uncovered<'_>, names_principals: bool) -> String {
    let quoted = |term: &Term| format!("`{}`", term.shown());
    let mut text = list(&found.actions, "any action", &quoted);
    // A trust policy, for example, has no resources to tell.
    if !found.resources.iter().all(|part| matches!(part, Part::Rest([]))) {
        text.push_str(" on ");
        text.push_str(&list(&found.resources, "any resource", &quoted));
    }
    if names_principals {
        text.push_str(" to ");
        text.push_str(&list(&found.principals, "everyone", &principal_text));
    }
    text
}

fn list(parts: &[Part<'_>], everything: &str, named: &dyn Fn(&Term) -> String) -> String {
    let text = |part: &Part<'_>| match part {
        Part::Item(item) => named(&item.term),
        Part::Rest([]) => everything.to_owned(),
        Part::Rest(items) => {
            let left_out: Vec<Part<'_>> = items.iter().map(Part::Item).collect();
            format!("{everything} but {}", list(&left_out, everything, named))
        }
    };
    let told: Vec<String> = parts.iter().take(TOLD).map(text).collect();
    let more = parts.len().saturating_sub(TOLD);
    match (told.as_slice(), more) {
        (_, more) if more > 0 => format!("{} and {more} more", told.join(", ")),
        ([others @ .., last], _) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => told.join(""),
    }
}
