//! `contents:` of a bucket: files that become objects.

use super::event::key_filter;
use crate::fault::{FaultKind, Place, Sink};
use crate::plan::ContentHeaders;
use crate::project::{Fields, Named, Text, read_text};
use crate::scope::Scope;
use crate::values::{HeaderValue, ProjectPath};
use crate::yaml::{Node, Value};

/// Contents as written.
#[derive(Debug, Clone)]
pub(super) struct ContentsDeclaration {
    source: Option<Text>,
    prefix: Option<Text>,
    cache_control: Option<Text>,
    files: Vec<FilesDeclaration>,
    delete_removed: Option<Text>,
}

#[derive(Debug, Clone)]
struct FilesDeclaration {
    pattern: String,
    cache_control: Option<Text>,
    content_type: Option<Text>,
}

/// Files that become objects.
#[derive(Debug, Clone)]
pub(crate) struct ContentsRule {
    pub(crate) source: String,
    pub(crate) prefix: String,
    pub(crate) cache_control: Option<String>,
    pub(crate) files: Vec<ContentHeaders>,
    pub(crate) delete_removed: bool,
}

fn read_one_contents(node: &Node, place: &Place, sink: &Sink) -> Option<ContentsDeclaration> {
    if node.as_mapping().is_none() {
        let source = Some(read_text(node, place, sink)?);
        let (prefix, cache_control, files, delete_removed) = (None, None, Vec::new(), None);
        return Some(ContentsDeclaration { source, prefix, cache_control, files, delete_removed });
    }
    let fields = Fields::open(node, place, sink)?;
    let contents = ContentsDeclaration {
        source: fields.required("source", "the directory to upload: `source: ./site`"),
        prefix: fields.text("prefix"),
        cache_control: fields.text("cache_control"),
        files: fields.section("files").iter().filter_map(|named| read_files(named, sink)).collect(),
        delete_removed: fields.text("delete_removed"),
    };
    fields.finish();
    Some(contents)
}

fn read_files(named: &Named<'_>, sink: &Sink) -> Option<FilesDeclaration> {
    let fields = Fields::open(named.node, &named.place, sink)?;
    if named.name.is_empty() || named.name.starts_with('/') {
        let rule = "a path below the source, `*` for any characters: `index.html`, `assets/*`, `*.html`".to_owned();
        let kind = FaultKind::BadName { name: named.name.to_owned(), what: "pattern of files".to_owned(), rule };
        sink.push(kind, &named.place);
    }
    if named.node.get("cache_control").is_none() && named.node.get("content_type").is_none() {
        let help = "a header of these files: `cache_control: no-cache` or `content_type: text/plain`".to_owned();
        sink.push(FaultKind::MissingKey { key: "cache_control".to_owned(), help }, &named.place);
    }
    let files = FilesDeclaration {
        pattern: named.name.to_owned(),
        cache_control: fields.text("cache_control"),
        content_type: fields.text("content_type"),
    };
    fields.finish();
    Some(files)
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
        let header = |text: Option<&Text>| text.and_then(|text| scope.value::<HeaderValue>(text)).map(|value| value.0);
        let prefix = key_filter(self.prefix.as_ref(), scope);
        let cache_control = header(self.cache_control.as_ref());
        let files = self
            .files
            .iter()
            .map(|files| ContentHeaders {
                pattern: files.pattern.clone(),
                cache_control: header(files.cache_control.as_ref()),
                content_type: header(files.content_type.as_ref()),
            })
            .collect();
        let delete_removed = scope.value_or(self.delete_removed.as_ref(), true);
        let source: ProjectPath = scope.value(self.source.as_ref()?)?;
        Some(ContentsRule { source: source.0, prefix: prefix?, cache_control, files, delete_removed })
    }
}
