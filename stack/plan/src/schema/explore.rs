//! Asks the reader of the project file what it reads.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::fault::{Asked, Fault, FaultKind, Form, Sink};
use crate::project::load_into;

/// Deepest mapping that is looked into.
const MAX_DEPTH: usize = 10;
/// Names that some section or other takes: a construct, a parameter, an output, a route.
const NAMES: [&str; 3] = ["x", "GET /x", "/x"];
/// A value that no setting takes.
const WRONG: &str = "?!";

/// What may stand at one place of the project file.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub(super) is_scalar: bool,
    pub(super) mapping: Option<Mapping>,
    /// What a sequence holds.
    pub(super) item: Option<Box<Shape>>,
    pub(super) description: Option<String>,
}

/// A mapping.
#[derive(Debug, Clone, Default)]
pub(super) struct Mapping {
    pub(super) keys: IndexMap<String, Shape>,
    pub(super) required: BTreeSet<String>,
    /// What stands under names of the project's own.
    pub(super) names: Option<Box<Shape>>,
    /// True when any key may stand in it.
    pub(super) is_open: bool,
}

impl Shape {
    fn scalar() -> Self {
        Self { is_scalar: true, ..Self::default() }
    }

    fn mapping(mapping: Mapping) -> Self {
        Self { mapping: Some(mapping), ..Self::default() }
    }

    fn sequence(item: Self) -> Self {
        Self { item: Some(Box::new(item)), ..Self::default() }
    }

    /// True when anything may stand there.
    pub(super) fn is_open(&self) -> bool {
        let is_open_mapping = self
            .mapping
            .as_ref()
            .is_some_and(|mapping| mapping.is_open && mapping.keys.is_empty() && mapping.names.is_none());
        let is_open_sequence = self.item.as_ref().is_some_and(|item| item.is_open() || item.is_scalar);
        self.is_scalar && is_open_mapping && is_open_sequence
    }
}

/// A step from the root of the document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Key(String),
    Item,
}

/// What a reading brought.
struct Reading {
    asked: Vec<Asked>,
    faults: Vec<Fault>,
}

/// Reads documents, each once.
#[derive(Default)]
pub(super) struct Explorer {
    descriptions: HashMap<String, Option<String>>,
}

impl Explorer {
    /// The shape of the whole file.
    pub(super) fn root(&mut self) -> Shape {
        Shape::mapping(self.mapping(&[], 0))
    }

    /// The shape of what stands at `path`, when the reader looks for itself.
    fn any(&mut self, path: &[Step], depth: usize) -> Shape {
        let mut shape = Shape { is_scalar: accepts(path, json!("x")), ..Shape::default() };
        if depth >= MAX_DEPTH {
            return shape;
        }
        if accepts(path, json!({})) {
            shape.mapping = Some(self.mapping(path, depth));
        }
        if accepts(path, json!([])) {
            let item = [path, &[Step::Item]].concat();
            // What a sequence of nothing in particular holds is not looked into.
            let is_anything = shape.is_scalar && shape.mapping.as_ref().is_some_and(|mapping| mapping.keys.is_empty());
            let inner = if is_anything { Shape::scalar() } else { self.any(&item, depth + 1) };
            shape.item = Some(Box::new(inner));
        }
        if shape.is_scalar {
            shape.description = self.description(path);
        }
        shape
    }

    /// The shape of the mapping at `path`.
    fn mapping(&mut self, path: &[Step], depth: usize) -> Mapping {
        let mut mapping = Mapping::default();
        let mut forms = forms_of(path, &json!({}));
        // Some keys are asked for only beside others.
        for key in forms.clone().into_keys() {
            for value in [json!("x"), json!("true"), json!({}), json!([])] {
                for (more, form) in forms_of(path, &json!({ &key: value })) {
                    let known = forms.entry(more).or_insert(form);
                    *known = (*known).max(form);
                }
            }
        }
        for (key, form) in forms {
            if form == Form::Required {
                mapping.required.insert(key.clone());
            }
            let below = [path, &[Step::Key(key.clone())]].concat();
            mapping.keys.insert(key, self.of_form(form, &below, depth + 1));
        }
        let reading = read(path, json!({ "zz": WRONG }));
        let here = format!("{}zz", prefix(path));
        let unknown = reading.faults.iter().find(|fault| fault.place.key_path == here).map(|fault| &fault.kind);
        mapping.is_open = !path.is_empty() && !matches!(unknown, Some(FaultKind::UnknownKey { .. }));
        if path.is_empty() {
            return mapping;
        }
        if let Some(FaultKind::UnknownKey { known, .. }) = unknown {
            // Words of the language that are no keys of a form.
            for word in known.iter().filter(|word| !mapping.keys.contains_key(*word)).cloned().collect::<Vec<_>>() {
                let below = [path, &[Step::Key(word.clone())]].concat();
                let shape = self.any(&below, depth + 1);
                mapping.keys.insert(word, shape);
            }
        }
        mapping
    }

    fn of_form(&mut self, form: Form, path: &[Step], depth: usize) -> Shape {
        match form {
            Form::Any => self.any(path, depth),
            Form::Text | Form::Required => Shape { description: self.description(path), ..Shape::scalar() },
            Form::Texts => {
                let texts = Shape::sequence(Shape::scalar());
                Shape { is_scalar: true, description: self.description(path), ..texts }
            }
            Form::Items => Shape::sequence(self.any(&[path, &[Step::Item]].concat(), depth)),
            Form::TextSection => {
                Shape::mapping(Mapping { names: Some(Box::new(Shape::scalar())), ..Mapping::default() })
            }
            Form::Section => self.section(path, depth),
        }
    }

    /// A section: its names are the project's own, or words of the language.
    fn section(&mut self, path: &[Step], depth: usize) -> Shape {
        let reading = read(path, json!({ "zz": WRONG }));
        let here = format!("{}zz", prefix(path));
        let words = reading.faults.iter().find_map(|fault| match &fault.kind {
            FaultKind::UnknownKey { known, .. } if fault.place.key_path == here => Some(known.clone()),
            _ => None,
        });
        if let Some(words) = words {
            let mut mapping = Mapping::default();
            for word in words {
                let shape = self.any(&[path, &[Step::Key(word.clone())]].concat(), depth);
                mapping.keys.insert(word, shape);
            }
            return Shape::mapping(mapping);
        }
        let mut best: Option<Shape> = None;
        for name in NAMES {
            let shape = self.any(&[path, &[Step::Key(name.to_owned())]].concat(), depth);
            let count = |shape: &Shape| shape.mapping.as_ref().map_or(0, |mapping| mapping.keys.len());
            if best.as_ref().is_none_or(|best| count(&shape) > count(best)) {
                best = Some(shape);
            }
        }
        Shape::mapping(Mapping { names: best.map(Box::new), ..Mapping::default() })
    }

    /// What the reader expects of a scalar, in its own words to somebody who wrote nonsense.
    fn description(&mut self, path: &[Step]) -> Option<String> {
        let key = key_path(path);
        if let Some(known) = self.descriptions.get(&key) {
            return known.clone();
        }
        let found = read(path, json!(WRONG)).faults.into_iter().find_map(|fault| match fault.kind {
            FaultKind::BadValue { expected, help, .. } if fault.place.key_path == key => {
                Some(if help.is_empty() { expected } else { format!("{expected}; {help}") })
            }
            FaultKind::BadName { rule, .. } if fault.place.key_path == key => Some(rule),
            _ => None,
        });
        self.descriptions.insert(key, found.clone());
        found
    }
}

/// Keys that are asked for in the mapping at `path`, when it says `value`.
fn forms_of(path: &[Step], value: &Value) -> IndexMap<String, Form> {
    let parent = key_path(path);
    let mut forms = IndexMap::new();
    for asked in read(path, value.clone()).asked {
        if asked.parent == parent {
            let form = forms.entry(asked.key).or_insert(asked.form);
            *form = (*form).max(asked.form);
        }
    }
    forms
}

/// True when the reader takes a value of this kind at `path`, whatever else it says.
fn accepts(path: &[Step], value: Value) -> bool {
    let key = key_path(path);
    let refused = |fault: &Fault| matches!(fault.kind, FaultKind::WrongType { .. }) && fault.place.key_path == key;
    !read(path, value).faults.iter().any(refused)
}

/// Reads the smallest document that has `value` at `path`.
fn read(path: &[Step], value: Value) -> Reading {
    let document = path.iter().rev().fold(value, |value, step| match step {
        Step::Key(key) => Value::Object(Map::from_iter([(key.clone(), value)])),
        Step::Item => Value::Array(vec![value]),
    });
    let sink = Sink::with_memory();
    // JSON is YAML.
    load_into("", &document.to_string(), &sink);
    Reading { asked: sink.asked(), faults: sink.into_faults() }
}

/// A path as places write it.
fn key_path(path: &[Step]) -> String {
    path.iter().fold(String::new(), |mut text, step| {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            Step::Item => text.push_str("[0]"),
        }
        text
    })
}

fn prefix(path: &[Step]) -> String {
    if path.is_empty() { String::new() } else { format!("{}.", key_path(path)) }
}
