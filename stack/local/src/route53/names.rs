//! Domain names: which are the same, which lies under which, and in what order record sets are listed.

use serde_json::Value;

use super::RecordSet;

/// A name with its dot at the end, in lower case. `\052` is what Route 53 makes of `*`.
pub(crate) fn absolute(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*");
    format!("{name}.")
}

/// Whether an absolute name is a zone's or lies under it.
pub(super) fn is_within(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|head| head.ends_with('.'))
}

/// Whether a text is a domain name that a zone can have.
pub(super) fn is_domain(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.len() <= 253 && name.split('.').all(is_label)
}

/// Whether a text is a name that a record set can have: `*` may be its first label.
pub(super) fn is_record_name(name: &str) -> bool {
    is_domain(name.strip_prefix("*.").unwrap_or(name))
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=63).contains(&label.len()) && label.bytes().all(allowed)
}

/// A text of a record set; absent reads as empty.
pub(super) fn text<'a>(record_set: &'a RecordSet, name: &str) -> &'a str {
    record_set.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The key that record sets are sorted by: labels from the right, then type, then set identifier.
pub(super) fn key(record_set: &RecordSet) -> String {
    key_of(text(record_set, "Name"), text(record_set, "Type"), text(record_set, "SetIdentifier"))
}

pub(super) fn key_of(name: &str, record_type: &str, set_identifier: &str) -> String {
    format!("{} {record_type} {set_identifier}", reversed(name))
}

/// The labels of a name from the right, so that names of one domain stand together.
pub(super) fn reversed(name: &str) -> String {
    let labels: Vec<&str> = name.trim_end_matches('.').rsplit('.').collect();
    labels.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(absolute("Www.Example.com"), "www.example.com.");
        assert_eq!(absolute("\\052.example.com."), "*.example.com.");
        assert!(is_within("www.example.com.", "example.com."));
        assert!(is_within("example.com.", "example.com."));
        assert!(!is_within("badexample.com.", "example.com."));
        assert!(is_record_name("*.example.com") && is_record_name("_a1.example.com."));
        assert!(!is_domain("*.example.com") && !is_domain("a..b") && !is_domain("") && !is_domain(&"a".repeat(64)));
        assert!(key_of("example.com.", "A", "") < key_of("a.example.com.", "A", ""));
        assert!(key_of("b.example.com.", "A", "") < key_of("a.z.example.com.", "A", ""));
    }
}
