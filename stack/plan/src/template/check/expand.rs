//! Loops of `Fn::ForEach`, written out as the transform `AWS::LanguageExtensions` does it.

use serde_json::{Map, Value};

use super::scalar::text;
use crate::template::function::function_of;
use crate::template::{TemplateError, TemplateFault, child_path};

/// Loops inside loops, and members that they make: more than CloudFormation takes.
const DEPTH: usize = 8;
const MEMBERS: usize = 4096;

/// A template without loops.
pub(super) struct Expanded {
    pub(super) value: Value,
    /// Loops that are none, and members that two rounds make.
    pub(super) faults: Vec<TemplateError>,
    /// True when a list that a loop goes over is known at deployment only: names may be there that nobody can know.
    pub(super) is_open: bool,
    /// Path of the first loop in the text.
    pub(super) first_loop: Option<String>,
    /// Where what a round made was written: the path in the expanded template, and that in the text.
    origins: Vec<(String, String)>,
}

impl Expanded {
    /// The path in the text of a path in the expanded template.
    pub(super) fn origin(&self, path: &str) -> Option<String> {
        let is_inside =
            |outer: &str| path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let (made, written) =
            self.origins.iter().filter(|(made, _)| is_inside(made)).max_by_key(|(made, _)| made.len())?;
        Some(format!("{written}{}", &path[made.len()..]))
    }
}

/// Writes out the loops of all sections. A template without one is what it was.
pub(super) fn expand(template: Value, regions: &[&str]) -> Expanded {
    let Some(steps) = first_loop(&template) else {
        return Expanded { value: template, faults: Vec::new(), is_open: false, first_loop: None, origins: Vec::new() };
    };
    let mut expansion =
        Expansion { template: &template, regions, origins: Vec::new(), faults: Vec::new(), is_open: false, made: 0 };
    let value = expansion.value(&template, &Way { made: String::new(), written: String::new() }, &Vec::new());
    Expanded {
        value,
        faults: expansion.faults,
        is_open: expansion.is_open,
        first_loop: Some(steps.iter().rev().fold(String::new(), |path, step| child_path(&path, step))),
        origins: expansion.origins,
    }
}

/// The way to the first loop, its last step first: most templates have none, and are worth no path of every value.
fn first_loop(value: &Value) -> Option<Vec<String>> {
    let (mut steps, step) = match value {
        Value::Object(fields) => fields.iter().find_map(|(key, field)| {
            let steps = if is_loop(key) { Vec::new() } else { first_loop(field)? };
            Some((steps, key.clone()))
        })?,
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| Some((first_loop(item)?, index.to_string())))?
        }
        _ => return None,
    };
    steps.push(step);
    Some(steps)
}

fn is_loop(key: &str) -> bool {
    key.starts_with("Fn::ForEach::")
}

/// Identifiers of the loops around, each with the item of this round.
type Round = Vec<(String, Item)>;

/// What an identifier stands for.
#[derive(Clone)]
struct Item {
    /// In the names of members.
    name: String,
    /// As a value: the text, or a function that gives it at deployment.
    value: Value,
}

impl Item {
    fn literal(value: &Value) -> Self {
        Self { name: text(value), value: Value::String(text(value)) }
    }
}

struct Way {
    made: String,
    written: String,
}

impl Way {
    fn step(&self, made: &str, written: &str) -> Self {
        Self { made: child_path(&self.made, made), written: child_path(&self.written, written) }
    }
}

struct Expansion<'t> {
    template: &'t Value,
    regions: &'t [&'t str],
    origins: Vec<(String, String)>,
    faults: Vec<TemplateError>,
    is_open: bool,
    made: usize,
}

impl Expansion<'_> {
    fn fault(&mut self, path: &str, message: impl Into<String>) {
        self.faults.push(TemplateError::new(path, TemplateFault::InvalidFunction(message.into())));
        self.is_open = true;
    }

    fn value(&mut self, value: &Value, way: &Way, round: &Round) -> Value {
        match value {
            Value::Object(fields) => {
                if let Some((name, arguments)) = function_of(fields).filter(|(name, _)| !is_loop(name)) {
                    return self.function(name, arguments, way, round);
                }
                let mut members = Map::with_capacity(fields.len());
                for (key, field) in fields {
                    if is_loop(key) {
                        self.rounds(key, field, way, round, &mut members);
                    } else {
                        self.member(key, field, way, &way.written, round, &mut members);
                    }
                }
                Value::Object(members)
            }
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.value(item, &way.step(&index.to_string(), &index.to_string()), round))
                    .collect(),
            ),
            Value::String(text) => replaced(text, round),
            other => other.clone(),
        }
    }

    /// A member under the name that this round gives it. `around` is where the object with it is written.
    fn member(
        &mut self,
        key: &str,
        field: &Value,
        way: &Way,
        around: &str,
        round: &Round,
        members: &mut Map<String, Value>,
    ) {
        let name = named(key, round);
        let inner = Way { made: child_path(&way.made, &name), written: child_path(around, key) };
        if name != key || around != way.written {
            self.origins.push((inner.made.clone(), inner.written.clone()));
        }
        if members.contains_key(&name) {
            self.fault(&inner.written, format!("two rounds of Fn::ForEach make `{name}`"));
            return;
        }
        self.made += 1;
        let made = self.value(field, &inner, round);
        members.insert(name, made);
    }

    fn rounds(&mut self, key: &str, arguments: &Value, way: &Way, round: &Round, members: &mut Map<String, Value>) {
        let path = child_path(&way.written, key);
        let parts = arguments.as_array().map(Vec::as_slice);
        let Some([Value::String(identifier), collection, Value::Object(body)]) = parts else {
            return self.fault(&path, "Fn::ForEach takes an identifier, a list and an object of what each item makes");
        };
        if round.len() >= DEPTH || self.made > MEMBERS {
            self.is_open = true;
            return;
        }
        let Some(items) = self.items(collection, round, &path) else { return };
        let around = child_path(&path, "2");
        for item in items {
            let mut inner = round.clone();
            inner.push((identifier.clone(), item));
            for (name, field) in body {
                if is_loop(name) {
                    let way = Way { made: way.made.clone(), written: around.clone() };
                    self.rounds(name, field, &way, &inner, members);
                } else {
                    self.member(name, field, way, &around, &inner, members);
                }
            }
        }
    }

    /// What the loop goes over; an item of which nothing is known stands for a list of which nothing is.
    fn items(&mut self, collection: &Value, round: &Round, path: &str) -> Option<Vec<Item>> {
        let items = match collection {
            Value::Array(items) => items.clone(),
            Value::Object(fields) if function_of(fields).is_some() => match self.list_of(collection, round) {
                Some(items) => items,
                None => vec![collection.clone()],
            },
            _ => {
                self.fault(&child_path(path, "1"), "Fn::ForEach goes over a list, or a function that gives one");
                return None;
            }
        };
        let mut known = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match self.resolved(item, round) {
                Some(Value::Array(inner)) => known.extend(inner.iter().map(Item::literal)),
                Some(scalar) => known.push(Item::literal(&scalar)),
                None => {
                    self.is_open = true;
                    let arguments = if collection.is_array() { item.clone() } else { collection.clone() };
                    let value = match collection {
                        Value::Array(_) => arguments,
                        _ => serde_json::json!({"Fn::Select": [index, arguments]}),
                    };
                    known.push(Item { name: format!("Item{index}"), value });
                }
            }
        }
        Some(known)
    }

    /// A scalar, or what a parameter or a mapping is sure to be able to give.
    fn resolved(&self, item: &Value, round: &Round) -> Option<Value> {
        match item {
            Value::Object(fields) => match function_of(fields)? {
                ("Ref", Value::String(name)) => match round.iter().find(|(known, _)| known == name) {
                    Some((_, item)) => item.value.is_string().then(|| item.value.clone()),
                    None => self.list_of(item, round).map(Value::Array),
                },
                ("Fn::FindInMap", _) => self.list_of(item, round).map(Value::Array),
                _ => None,
            },
            Value::Array(_) | Value::Null => None,
            scalar => Some(scalar.clone()),
        }
    }

    fn list_of(&self, function: &Value, round: &Round) -> Option<Vec<Value>> {
        match function_of(function.as_object()?)? {
            ("Ref", Value::String(name)) => {
                let parameter = self.template.get("Parameters")?.get(name)?;
                let kind = parameter.get("Type")?.as_str().filter(|kind| !kind.starts_with("AWS::SSM::"))?;
                let allowed = parameter.get("AllowedValues").and_then(|allowed| allowed.get(0));
                let value = text(parameter.get("Default").or(allowed)?);
                let parts = |value: &str| value.split(',').map(|part| Value::from(part.trim())).collect();
                Some(if kind.contains("List") { parts(&value) } else { vec![Value::from(value)] })
            }
            ("Fn::FindInMap", arguments) => {
                let [name, first, second, ..] = arguments.as_array()?.as_slice() else { return None };
                let key = |value: &Value| match replaced_key(value, round) {
                    Value::String(text) => Some(text),
                    Value::Object(fields) => match fields.get("Ref")?.as_str()? {
                        "AWS::Region" => self.regions.first().map(|region| (*region).to_owned()),
                        _ => None,
                    },
                    _ => None,
                };
                let mapping = self.template.get("Mappings")?.get(key(name)?)?.as_object()?;
                let second = key(second)?;
                let row = key(first).and_then(|key| mapping.get(&key));
                // Any row is as good as that of an account that nobody knows yet.
                let row = row.or_else(|| mapping.values().find(|row| row.get(&second).is_some()))?;
                match row.get(&second)? {
                    Value::Array(items) => Some(items.clone()),
                    scalar => Some(vec![scalar.clone()]),
                }
            }
            _ => None,
        }
    }

    fn function(&mut self, name: &str, arguments: &Value, way: &Way, round: &Round) -> Value {
        if let ("Ref", Value::String(identifier)) = (name, arguments)
            && let Some((_, item)) = round.iter().find(|(known, _)| known == identifier)
        {
            return item.value.clone();
        }
        let inner = way.step(name, name);
        let arguments = match (name, arguments) {
            // What names something in the template is a text, whatever else is not known.
            ("Ref" | "Fn::GetAtt", _) => names(arguments, round),
            ("Fn::Sub", Value::String(text)) => {
                let text = named(text, round);
                // Nothing is left for the function to do.
                if !round.is_empty() && !text.contains("${") {
                    return Value::String(text);
                }
                Value::String(text)
            }
            ("Fn::Sub", Value::Array(parts)) => {
                let mut parts = parts.clone();
                if let Some(Value::String(text)) = parts.first_mut() {
                    *text = named(text, round);
                }
                if let Some(variables) = parts.get_mut(1) {
                    *variables = self.value(variables, &inner.step("1", "1"), round);
                }
                Value::Array(parts)
            }
            // Names of conditions stay as they are.
            ("Fn::If", Value::Array(parts)) => Value::Array(
                parts
                    .iter()
                    .enumerate()
                    .map(|(index, part)| match index {
                        0 => part.clone(),
                        _ => self.value(part, &inner.step(&index.to_string(), &index.to_string()), round),
                    })
                    .collect(),
            ),
            _ => self.value(arguments, &inner, round),
        };
        Value::Object(Map::from_iter([(name.to_owned(), arguments)]))
    }
}

fn replaced_key(value: &Value, round: &Round) -> Value {
    match value {
        Value::String(text) => Value::String(named(text, round)),
        Value::Object(fields) => match fields.get("Ref").and_then(Value::as_str) {
            Some(name) => match round.iter().find(|(known, _)| known == name) {
                Some((_, item)) => item.value.clone(),
                None => value.clone(),
            },
            None => value.clone(),
        },
        other => Value::String(text(other)),
    }
}

fn names(value: &Value, round: &Round) -> Value {
    match value {
        Value::String(text) => Value::String(named(text, round)),
        Value::Array(items) => Value::Array(items.iter().map(|item| names(item, round)).collect()),
        // A name that a loop gives may be written as a reference to its identifier, or by `Fn::Sub`.
        Value::Object(fields) if fields.len() == 1 => {
            let argument = |name: &str| fields.get(name).and_then(Value::as_str);
            let item = argument("Ref").and_then(|name| round.iter().find(|(known, _)| known == name));
            let text = argument("Fn::Sub").map(|text| named(text, round)).filter(|text| !text.contains("${"));
            match item.map(|(_, item)| item.name.clone()).or(text) {
                Some(name) => Value::String(name),
                None => value.clone(),
            }
        }
        other => other.clone(),
    }
}

/// `${Name}` is the item, `&{Name}` its letters and digits.
fn named(text: &str, round: &Round) -> String {
    if round.is_empty() || !text.contains('{') {
        return text.to_owned();
    }
    round.iter().fold(text.to_owned(), |text, (identifier, item)| {
        let plain: String = item.name.chars().filter(char::is_ascii_alphanumeric).collect();
        text.replace(&format!("${{{identifier}}}"), &item.name).replace(&format!("&{{{identifier}}}"), &plain)
    })
}

/// The same in a value: with an item that is known at deployment only, the text is a function that joins its parts.
fn replaced(text: &str, round: &Round) -> Value {
    let unknown =
        round.iter().find(|(identifier, item)| !item.value.is_string() && text.contains(&format!("{{{identifier}}}")));
    let Some((identifier, item)) = unknown else { return Value::String(named(text, round)) };
    let mark = format!("${{{identifier}}}");
    let mut parts: Vec<Value> = Vec::new();
    for (index, part) in text.replace(&format!("&{{{identifier}}}"), &mark).split(&mark).enumerate() {
        if index > 0 {
            parts.push(item.value.clone());
        }
        if !part.is_empty() {
            parts.push(Value::String(named(part, round)));
        }
    }
    match parts.len() {
        1 => parts.remove(0),
        _ => serde_json::json!({"Fn::Join": ["", parts]}),
    }
}
