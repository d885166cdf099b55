//! From the parser's events to the tree.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span as Marks, Tag};

use super::{Document, Duplicate, Entry, MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, Scalar, Span, Value, YamlError};

const BYTE_ORDER_MARK: char = '\u{feff}';
const CORE_SCHEMA: &str = "tag:yaml.org,2002:";

/// Parses one YAML document.
///
/// # Errors
/// What [`parse_document`] refuses, and the first repeated key.
pub fn parse(text: &str) -> Result<Node, YamlError> {
    let document = parse_document(text)?;
    match document.duplicates.into_iter().next() {
        Some(Duplicate { key, span, first }) => Err(YamlError::DuplicateKey { key, span, first }),
        None => Ok(document.root),
    }
}

/// Parses one YAML document and lists repeated keys instead of failing on the first, so that they can be reported
/// together with other faults.
///
/// # Errors
/// Text that is not one YAML document, or is beyond the bounds of this module.
pub fn parse_document(text: &str) -> Result<Document, YamlError> {
    if text.len() > MAX_BYTES {
        return Err(YamlError::TooLarge { bytes: text.len() });
    }
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    refuse_forbidden_characters(body)?;
    let mut builder = Builder {
        parser: Parser::new_from_str(body),
        places: Places::new(body, text.len() - body.len()),
        anchors: HashMap::new(),
        duplicates: Vec::new(),
        nodes: 0,
    };
    let root = builder.document()?;
    Ok(Document { root, duplicates: builder.duplicates })
}

/// Only the characters that YAML calls printable may stand in a document; the parser would stop silently at a NUL.
fn refuse_forbidden_characters(text: &str) -> Result<(), YamlError> {
    let forbidden = |character: char| match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        _ => character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}'),
    };
    let Some((start, character)) = text.char_indices().find(|(_, character)| forbidden(*character)) else {
        return Ok(());
    };
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let span = Span {
        start,
        end: start + character.len_utf8(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    };
    Err(YamlError::ForbiddenCharacter { character, span })
}

struct Builder<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    places: Places,
    /// Anchored nodes with the number of nodes in each, by the parser's anchor number.
    anchors: HashMap<usize, (Node, usize)>,
    duplicates: Vec<Duplicate>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Marks), YamlError> {
        match self.parser.next_event() {
            Some(event) => event.map_err(|error| self.syntax(&error)),
            None => Ok((Event::StreamEnd, Marks::default())),
        }
    }

    fn syntax(&self, error: &ScanError) -> YamlError {
        YamlError::Syntax { message: error.info().to_owned(), span: self.places.span(Marks::empty(*error.marker())) }
    }

    fn document(&mut self) -> Result<Node, YamlError> {
        let mut root = None;
        loop {
            let (event, marks) = self.next()?;
            match event {
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(YamlError::SeveralDocuments { span: self.places.span(marks) });
                }
                Event::DocumentStart(_) => {
                    let (event, marks) = self.next()?;
                    root = Some(self.node(event, marks, 0)?);
                }
                _ => {
                    let nothing = Scalar { text: String::new(), plain: true };
                    let span = Span { line: 1, column: 1, ..Span::default() };
                    return Ok(root.unwrap_or(Node { value: Value::Scalar(nothing), tag: None, span }));
                }
            }
        }
    }

    fn node(&mut self, event: Event<'a>, marks: Marks, depth: usize) -> Result<Node, YamlError> {
        let span = self.places.span(marks);
        if depth > MAX_DEPTH {
            return Err(YamlError::TooDeep { span });
        }
        let nodes_before = self.nodes;
        self.count(1, span)?;
        let (anchor, node) = match event {
            Event::Alias(anchor) => return self.alias(anchor, span, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let (tag, is_string) = local_tag(tag.as_deref());
                let plain = style == ScalarStyle::Plain && !is_string;
                let value = Value::Scalar(Scalar { text: text.into_owned(), plain });
                (anchor, Node { value, tag, span })
            }
            Event::SequenceStart(anchor, tag) => {
                let (items, end) = self.items(depth)?;
                let span = Span { end: end.max(span.end), ..span };
                (anchor, Node { value: Value::Sequence(items), tag: local_tag(tag.as_deref()).0, span })
            }
            Event::MappingStart(anchor, tag) => {
                let (entries, end) = self.entries(depth)?;
                let span = Span { end: end.max(span.end), ..span };
                (anchor, Node { value: Value::Mapping(entries), tag: local_tag(tag.as_deref()).0, span })
            }
            _ => return Err(YamlError::Syntax { message: "a value is missing".to_owned(), span }),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - nodes_before));
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, span: Span, depth: usize) -> Result<Node, YamlError> {
        let (node, nodes) = self.anchors.get(&anchor).cloned().ok_or(YamlError::AliasInsideItself { span })?;
        self.count(nodes, span)?;
        if depth + height(&node) > MAX_DEPTH {
            return Err(YamlError::TooDeep { span });
        }
        Ok(node)
    }

    fn items(&mut self, depth: usize) -> Result<(Vec<Node>, usize), YamlError> {
        let mut items = Vec::new();
        loop {
            let (event, marks) = self.next()?;
            if event == Event::SequenceEnd {
                let end = items.last().map_or(0, |item: &Node| item.span.end);
                return Ok((items, end.max(self.places.end_of_flow(marks))));
            }
            items.push(self.node(event, marks, depth + 1)?);
        }
    }

    fn entries(&mut self, depth: usize) -> Result<(Vec<Entry>, usize), YamlError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        loop {
            let (event, marks) = self.next()?;
            if event == Event::MappingEnd {
                let end = entries.last().map_or(0, |entry| entry.value.span.end);
                return Ok((entries, end.max(self.places.end_of_flow(marks))));
            }
            let key = self.node(event, marks, depth + 1)?;
            let (Value::Scalar(Scalar { text, .. }), None) = (key.value, key.tag) else {
                return Err(YamlError::KeyNotScalar { span: key.span });
            };
            let (event, marks) = self.next()?;
            let value = self.node(event, marks, depth + 1)?;
            if seen.insert(text.clone()) {
                entries.push(Entry { key: text, key_span: key.span, value });
            } else if let Some(first) = entries.iter().find(|entry| entry.key == text) {
                self.duplicates.push(Duplicate { key: text, span: key.span, first: first.key_span });
            }
        }
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES { Err(YamlError::TooManyNodes { span }) } else { Ok(()) }
    }
}

fn height(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 0,
        Value::Sequence(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Value::Mapping(entries) => 1 + entries.iter().map(|entry| height(&entry.value)).max().unwrap_or(0),
    }
}

/// The tag to keep, and whether it makes a string of a plain scalar.
fn local_tag(tag: Option<&Tag>) -> (Option<String>, bool) {
    let Some(tag) = tag else { return (None, false) };
    let name = format!("{}{}", tag.handle, tag.suffix);
    match name.strip_prefix(CORE_SCHEMA) {
        Some(core) => (None, core == "str"),
        None if name == "!" => (None, true),
        None => (Some(name), false),
    }
}

/// Turns the parser's positions, which count characters, into bytes.
struct Places {
    /// Byte offset of each character, or nothing when they are the same (ASCII).
    offsets: Option<Vec<usize>>,
    bytes: usize,
    skipped: usize,
}

impl Places {
    fn new(text: &str, skipped: usize) -> Self {
        let offsets = (!text.is_ascii()).then(|| text.char_indices().map(|(offset, _)| offset).collect());
        Self { offsets, bytes: text.len(), skipped }
    }

    fn byte(&self, index: usize) -> usize {
        let offset = match &self.offsets {
            Some(offsets) => offsets.get(index).copied().unwrap_or(self.bytes),
            None => index.min(self.bytes),
        };
        offset + self.skipped
    }

    fn span(&self, marks: Marks) -> Span {
        let start = self.byte(marks.start.index());
        let end = self.byte(marks.end.index()).max(start);
        Span { start, end, line: marks.start.line(), column: marks.start.col() + 1 }
    }

    /// End of a flow collection's closing bracket; a block collection ends where its last child does, which the
    /// parser notices lines later.
    fn end_of_flow(&self, marks: Marks) -> usize {
        if marks.is_empty() { 0 } else { self.byte(marks.end.index()) }
    }
}
