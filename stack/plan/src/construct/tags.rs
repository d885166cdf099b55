//! `tags:` of a construct, and of a whole project or environment, beside those that every stack has.

use serde_json::{Value, json};

use crate::fault::{FaultKind, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;

/// Greatest number of tags of a resource, less those of the stack.
const TAGS: usize = 45;
/// Greatest length of a key, in characters.
const KEY: usize = 128;
/// Greatest length of a value, in characters.
const VALUE: usize = 256;

/// Tags as written.
#[derive(Debug, Clone, Default)]
pub(crate) struct TagsDeclaration(Vec<(String, Text)>);

/// Keys and values.
pub(crate) type Tags = Vec<(String, String)>;

pub(crate) fn read_tags(fields: &Fields<'_>, sink: &Sink) -> TagsDeclaration {
    let tags = fields.text_section("tags");
    for (key, text) in &tags {
        let is_reserved = key.to_ascii_lowercase().starts_with("aws:") || key.starts_with("stack:");
        if key.is_empty() || key.chars().count() > KEY || is_reserved || !key.chars().all(is_tag_character) {
            let rule =
                "1 to 128 letters, digits, spaces and `_.:/=+-@`; keys that begin with `aws:` and `stack:` are taken";
            let kind = FaultKind::BadName { name: key.clone(), what: "tag".to_owned(), rule: rule.to_owned() };
            sink.push(kind, &text.place);
        }
    }
    if tags.len() > TAGS {
        let kind = FaultKind::LimitExceeded { what: "tags".to_owned(), value: tags.len(), limit: TAGS };
        sink.push(kind, &fields.place_of("tags"));
    }
    TagsDeclaration(tags)
}

impl TagsDeclaration {
    pub(crate) fn resolve(&self, scope: &Scope<'_>) -> Tags {
        let mut resolved = Vec::new();
        for (key, text) in &self.0 {
            let Some(value) = scope.literal(text) else { continue };
            if value.chars().count() > VALUE || !value.chars().all(is_tag_character) {
                let kind = FaultKind::BadValue {
                    value,
                    expected: "the value of a tag".to_owned(),
                    help: "at most 256 letters, digits, spaces and `_.:/=+-@`".to_owned(),
                };
                scope.sink().push(kind, &text.place);
                continue;
            }
            resolved.push((key.clone(), value));
        }
        resolved
    }
}

/// Tags as most resource types take them: `[{Key, Value}]`.
pub(crate) fn tag_list(tags: &[(String, String)]) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

fn is_tag_character(character: char) -> bool {
    character.is_alphanumeric() || character == ' ' || "_.:/=+-@".contains(character)
}
