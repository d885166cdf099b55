//! `contents:` of a bucket: files that become objects.

use super::event::key_filter;
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text, read_text};
use crate::scope::Scope;
use crate::values::ProjectPath;
use crate::yaml::{Node, Value};

/// Contents as written.
#[derive(Debug, Clone)]
pub(super) struct ContentsDeclaration {
    source: Option<Text>,
    prefix: Option<Text>,
    cache_control: Option<Text>,
}

/// Files that become objects.
#[derive(Debug, Clone)]
pub(crate) struct ContentsRule {
    pub(crate) source: String,
    pub(crate) prefix: String,
    pub(crate) cache_control: Option<String>,
}

fn read_one_contents(node: &Node, place: &Place, sink: &Sink) -> Option<ContentsDeclaration> {
    if node.as_mapping().is_none() {
        let source = read_text(node, place, sink)?;
        return Some(ContentsDeclaration { source: Some(source), prefix: None, cache_control: None });
    }
    let fields = Fields::open(node, place, sink)?;
    let contents = ContentsDeclaration {
        source: fields.required("source", "the directory to upload: `source: ./site`"),
        prefix: fields.text("prefix"),
        cache_control: fields.text("cache_control"),
    };
    fields.finish();
    Some(contents)
}

pub(super) fn read_contents(node: &Node, place: &Place, sink: &Sink) -> Vec<ContentsDeclaration> {
    match &node.value {
        Value::Sequence(items) => items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let key_path = format!("{}[{index}]", place.key_path);
                read_one_contents(item, &Place { key_path, span: Some(item.span) }, sink)
            })
            .collect(),
        _ => read_one_contents(node, place, sink).into_iter().collect(),
    }
}

impl ContentsDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Option<ContentsRule> {
        let prefix = key_filter(self.prefix.as_ref(), scope);
        let cache_control = self.cache_control.as_ref().and_then(|text| header_value(text, scope));
        let source: ProjectPath = scope.value(self.source.as_ref()?)?;
        Some(ContentsRule { source: source.0, prefix: prefix?, cache_control })
    }
}

fn header_value(text: &Text, scope: &Scope<'_>) -> Option<String> {
    let value = scope.literal(text)?;
    if !value.is_empty() && value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Some(value);
    }
    let help = "visible ASCII characters: `cache_control: \"public, max-age=300\"`".to_owned();
    scope.sink().push(FaultKind::BadValue { value, expected: "a header value".to_owned(), help }, &text.place);
    None
}
