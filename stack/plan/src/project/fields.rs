//! Reading mappings: every key is asked for once, whatever is left over is unknown.

use std::cell::RefCell;

use crate::fault::{FaultKind, Form, Place, Sink};
use crate::yaml::{Entry, Node, Resolved, Value};

/// A scalar of the project file before its expressions are evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// As written, quotes resolved.
    pub(crate) raw: String,
    /// Where it is.
    pub(crate) place: Place,
}

/// A named entry of a section, with the place of its name.
#[derive(Debug, Clone)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) place: Place,
    pub(crate) node: &'a Node,
}

/// An open mapping.
pub(crate) struct Fields<'a> {
    entries: &'a [Entry],
    place: Place,
    sink: &'a Sink,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    /// Opens a mapping; nothing counts as an empty one, anything else is a fault and nothing.
    pub(crate) fn open(node: &'a Node, place: &Place, sink: &'a Sink) -> Option<Self> {
        let entries = match &node.value {
            Value::Mapping(entries) if node.tag.is_none() => entries.as_slice(),
            _ if node.is_null() => &[],
            _ => {
                wrong_type(node, "a mapping (`key: value`)", place, sink);
                return None;
            }
        };
        Some(Self { entries, place: place.clone(), sink, asked: RefCell::new(Vec::new()) })
    }

    /// Place of an entry's key.
    pub(crate) fn place_of(&self, key: &'static str) -> Place {
        self.entry(key).map_or_else(|| self.place.clone(), |entry| self.key_place(entry))
    }

    /// The value under a key, with its place.
    pub(crate) fn get(&self, key: &'static str) -> Option<(&'a Node, Place)> {
        self.ask(key, Form::Any);
        let entry = self.entry(key)?;
        let mut place = self.key_place(entry);
        if entry.value.as_scalar().is_some() && !entry.value.is_null() {
            place.span = Some(entry.value.span);
        }
        Some((&entry.value, place))
    }

    /// A scalar under a key.
    pub(crate) fn text(&self, key: &'static str) -> Option<Text> {
        self.ask(key, Form::Text);
        let (node, place) = self.get(key)?;
        read_text(node, &place, self.sink)
    }

    /// A scalar under a key that must be there.
    pub(crate) fn required(&self, key: &'static str, help: &str) -> Option<Text> {
        self.ask(key, Form::Required);
        if self.entry(key).is_none() {
            self.sink.push(FaultKind::MissingKey { key: key.to_owned(), help: help.to_owned() }, &self.place);
            return None;
        }
        self.text(key)
    }

    /// Scalars under a key: one, or a sequence of them.
    pub(crate) fn texts(&self, key: &'static str) -> Vec<Text> {
        self.ask(key, Form::Texts);
        self.get(key).map_or_else(Vec::new, |(node, place)| read_texts(node, &place, self.sink))
    }

    /// Items of the sequence under a key, with places such as `events[0]`.
    pub(crate) fn items(&self, key: &'static str) -> Vec<(&'a Node, Place)> {
        self.ask(key, Form::Items);
        let Some((node, place)) = self.get(key) else { return Vec::new() };
        match &node.value {
            Value::Sequence(items) if node.tag.is_none() => number_items(items, &place),
            _ if node.is_null() => Vec::new(),
            _ => {
                wrong_type(node, "a sequence (`- item`)", &place, self.sink);
                Vec::new()
            }
        }
    }

    /// Entries of the mapping under a key, whose names are the project's own.
    pub(crate) fn section(&self, key: &'static str) -> Vec<Named<'a>> {
        self.ask(key, Form::Section);
        let Some((node, place)) = self.get(key) else { return Vec::new() };
        let Some(fields) = Fields::open(node, &place, self.sink) else { return Vec::new() };
        fields
            .entries
            .iter()
            .map(|entry| Named { name: &entry.key, place: fields.key_place(entry), node: &entry.value })
            .collect()
    }

    /// Names and scalars of the mapping under a key.
    pub(crate) fn text_section(&self, key: &'static str) -> Vec<(String, Text)> {
        self.ask(key, Form::TextSection);
        self.section(key)
            .into_iter()
            .filter_map(|named| {
                let place = Place { span: Some(named.node.span), ..named.place };
                Some((named.name.to_owned(), read_text(named.node, &place, self.sink)?))
            })
            .collect()
    }

    /// All entries, for mappings whose keys are words of the language that depend on the case.
    pub(crate) fn all(&self) -> Vec<Named<'a>> {
        self.entries
            .iter()
            .map(|entry| Named { name: &entry.key, place: self.key_place(entry), node: &entry.value })
            .collect()
    }

    /// Reports every key that was not asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.borrow();
        let known: Vec<String> = asked.iter().map(|&key| key.to_owned()).collect();
        for entry in self.entries.iter().filter(|entry| !asked.contains(&entry.key.as_str())) {
            let kind = FaultKind::UnknownKey { key: entry.key.clone(), known: known.clone() };
            self.sink.push(kind, &self.key_place(entry));
        }
    }

    fn ask(&self, key: &'static str, form: Form) {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.sink.note(&self.place.key_path, key, form);
    }

    fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn key_place(&self, entry: &Entry) -> Place {
        let key_path = if self.place.key_path.is_empty() {
            entry.key.clone()
        } else {
            format!("{}.{}", self.place.key_path, entry.key)
        };
        Place { key_path, span: Some(entry.key_span) }
    }
}

/// Reads a scalar.
pub(crate) fn read_text(node: &Node, place: &Place, sink: &Sink) -> Option<Text> {
    match &node.value {
        Value::Scalar(scalar) if node.tag.is_none() && scalar.resolve() != Resolved::Null => {
            Some(Text { raw: scalar.text.clone(), place: Place { span: Some(node.span), ..place.clone() } })
        }
        _ => {
            wrong_type(node, "a value", place, sink);
            None
        }
    }
}

/// Reads one scalar or a sequence of them.
pub(crate) fn read_texts(node: &Node, place: &Place, sink: &Sink) -> Vec<Text> {
    match &node.value {
        Value::Sequence(items) if node.tag.is_none() => {
            number_items(items, place).iter().filter_map(|(item, place)| read_text(item, place, sink)).collect()
        }
        Value::Mapping(_) => {
            wrong_type(node, "a value or a sequence of values", place, sink);
            Vec::new()
        }
        _ => read_text(node, place, sink).into_iter().collect(),
    }
}

fn number_items<'a>(items: &'a [Node], place: &Place) -> Vec<(&'a Node, Place)> {
    items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            (item, Place { key_path: format!("{}[{index}]", place.key_path), span: Some(first_part(item)) })
        })
        .collect()
}

/// The span to show for a node: a mapping of many lines is shown by its first key.
fn first_part(node: &Node) -> crate::yaml::Span {
    match &node.value {
        Value::Mapping(entries) => entries.first().map_or(node.span, |entry| entry.key_span),
        _ => node.span,
    }
}

fn wrong_type(node: &Node, expected: &str, place: &Place, sink: &Sink) {
    let found = match (&node.tag, &node.value) {
        (Some(tag), _) => format!("the tag `{tag}`"),
        (None, Value::Mapping(_)) => "a mapping".to_owned(),
        (None, Value::Sequence(_)) => "a sequence".to_owned(),
        (None, Value::Scalar(_)) if node.is_null() => "nothing".to_owned(),
        (None, Value::Scalar(scalar)) => format!("the value `{}`", scalar.text),
    };
    sink.push(FaultKind::WrongType { expected: expected.to_owned(), found }, place);
}
