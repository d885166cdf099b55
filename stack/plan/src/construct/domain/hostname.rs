//! Names in DNS.

use crate::fault::{FaultKind, Place};
use crate::project::Text;
use crate::scope::Scope;

/// Greatest length of a name and of one of its labels.
const NAME_LENGTH: usize = 253;
const LABEL_LENGTH: usize = 63;

/// A name in DNS that something answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hostname {
    pub(crate) name: String,
    pub(crate) place: Place,
}

impl Hostname {
    /// True for the domain itself and for every name below it.
    pub(crate) fn is_under(&self, domain: &str) -> bool {
        self.name.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }
}

/// Reads a name; nothing when it is absent or left out.
///
/// It is left out when it evaluates to nothing, or when the expression at its end does: `assets.{{domain}}` without a
/// domain is `assets.`, a name that waits for its end.
pub(crate) fn read_hostname(text: Option<&Text>, scope: &Scope<'_>) -> Option<Hostname> {
    let text = text?;
    let value = scope.literal(text)?;
    if is_left_out(text, &value) {
        return None;
    }
    if is_hostname(&value) {
        return Some(Hostname { name: value, place: text.place.clone() });
    }
    let help = "lower-case labels of letters, digits and `-` joined by single dots, without a dot at either end: `api.example.com`";
    let kind = FaultKind::BadValue { value, expected: "a domain name".to_owned(), help: help.to_owned() };
    scope.sink().push(kind, &text.place);
    None
}

/// True for a value that stands for no name at all.
pub(super) fn is_left_out(text: &Text, value: &str) -> bool {
    value.is_empty() || (value.ends_with('.') && text.raw.trim_end().ends_with("}}"))
}

fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty()
            && label.len() <= LABEL_LENGTH
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= NAME_LENGTH && text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::Sink;

    fn read(raw: &str, domain: &str) -> Result<Option<String>, usize> {
        let sink = Sink::default();
        let scope = Scope::of_values(json!({ "domain": domain }).as_object().unwrap().clone(), &sink);
        let text = Text { raw: raw.to_owned(), place: Place::default() };
        let name = read_hostname(Some(&text), &scope).map(|host| host.name);
        let faults = sink.into_faults().len();
        if faults == 0 { Ok(name) } else { Err(faults) }
    }

    #[test]
    fn a_name_that_waits_for_its_end_is_left_out() {
        assert_eq!(read("assets.{{domain}}", "example.com"), Ok(Some("assets.example.com".to_owned())));
        assert_eq!(read("assets.{{domain}}", ""), Ok(None));
        assert_eq!(read("{{domain}}", ""), Ok(None));
        assert_eq!(read("{{#if domain}}assets.{{domain}}{{/if}}", ""), Ok(None));
        assert_eq!(read("", ""), Ok(None));
        // Written like this it is a mistake, not an absence.
        assert_eq!(read("assets.example.com.", ""), Err(1));
        assert_eq!(read("{{domain}}.example.com", ""), Err(1));
    }

    #[test]
    fn names_have_their_form() {
        for wrong in ["Example.com", "example", "a..b", "-a.b", "a_b.c", "a b.c", "é.com", "*.example.com"] {
            assert_eq!(read(wrong, ""), Err(1), "{wrong}");
        }
    }

    #[test]
    fn names_are_under_whole_labels() {
        let host = |name: &str| Hostname { name: name.to_owned(), place: Place::default() };
        assert!(host("example.com").is_under("example.com"));
        assert!(host("a.b.example.com").is_under("example.com"));
        assert!(!host("myexample.com").is_under("example.com"));
    }
}
