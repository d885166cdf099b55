//! What expressions may name, and what the names stand for.

use std::cell::RefCell;
use std::collections::BTreeMap;

use handlebars::{Context, Handlebars};
use serde_json::{Map, Value, json};

use crate::deferred;
use crate::expression;
use crate::fault::{FaultKind, Place, Sink};
use crate::project::Text;
use crate::values::SettingValue;

/// The name under which expressions find every resource of the template by its logical id.
pub(crate) const RESOURCE: &str = "resource";
/// What a resource has beside its attributes: what `Ref` gives.
const REF: &str = "ref";

/// A name in scope: a value, or a group of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    Value,
    /// An attribute that others of its kind have and this one has not, with how to get it.
    Absent(&'static str),
    Group(BTreeMap<String, Known>),
    /// Resources of the template: `ID.ref` and `ID.ATTRIBUTE`, whose ids are known only when it is rendered.
    Resources,
}

impl Known {
    pub(crate) fn group<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::Group(names.into_iter().map(|name| (name.into(), Self::Value)).collect())
    }

    /// Adds names that are not known yet, at every depth.
    fn add(&mut self, more: Self) {
        let (Self::Group(known), Self::Group(more)) = (self, more) else { return };
        for (name, more) in more {
            match known.get_mut(&name) {
                Some(known) => known.add(more),
                None => {
                    known.insert(name, more);
                }
            }
        }
    }

    /// All names below, dotted.
    fn names(&self, prefix: &str, into: &mut Vec<String>) {
        match self {
            Self::Value => into.push(prefix.to_owned()),
            Self::Absent(_) | Self::Resources => {}
            Self::Group(members) => {
                for (name, known) in members {
                    let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                    known.names(&name, into);
                }
            }
        }
    }
}

/// Names with their values, or names alone while only the form of a project is checked.
pub(crate) struct Scope<'a> {
    known: Known,
    values: Option<Map<String, Value>>,
    context: Option<Context>,
    registry: Handlebars<'static>,
    /// For texts of `Fn::Sub`.
    substitutions: Handlebars<'static>,
    /// Logical ids that expressions asked for, and where.
    asked: RefCell<Vec<(String, Place)>>,
    sink: &'a Sink,
}

impl<'a> Scope<'a> {
    /// A scope whose values are not known: texts with expressions have no value.
    pub(crate) fn of_names(known: BTreeMap<String, Known>, sink: &'a Sink) -> Self {
        Self {
            known: Known::Group(known),
            values: None,
            context: None,
            registry: expression::registry(),
            substitutions: expression::substitution_registry(),
            asked: RefCell::default(),
            sink,
        }
    }

    /// A scope with values; it knows exactly their names.
    pub(crate) fn of_values(values: Map<String, Value>, sink: &'a Sink) -> Self {
        let mut scope = Self::of_names(BTreeMap::new(), sink);
        scope.values = Some(Map::new());
        scope.add(values);
        scope
    }

    /// Adds values and their names.
    pub(crate) fn add(&mut self, more: Map<String, Value>) {
        if let Known::Group(known) = &mut self.known {
            known.extend(more.iter().map(|(name, value)| (name.clone(), known_of(value))));
        }
        let mut values = self.values.take().unwrap_or_default();
        values.extend(more);
        self.context = Context::wraps(Value::Object(values.clone())).ok();
        self.values = Some(values);
    }

    /// Makes names known whose values are not: to use one is a fault of its own.
    pub(crate) fn add_names(&mut self, names: BTreeMap<String, Known>) {
        self.known.add(Known::Group(names));
    }

    pub(crate) fn sink(&self) -> &'a Sink {
        self.sink
    }

    /// The values, for sources that are rendered with the same scope.
    pub(crate) fn values(&self) -> Map<String, Value> {
        self.values.clone().unwrap_or_default()
    }

    /// The value under a path of names, where values are known.
    pub(crate) fn value_at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.values.as_ref()?.get(*first)?, |value, name| value.get(name))
    }

    /// The text with its expressions evaluated; nothing when it has a fault or when values are not known here. May hold
    /// marks of values that only AWS knows.
    pub(crate) fn evaluate(&self, text: &Text) -> Option<String> {
        self.evaluate_with(&self.registry, text)
    }

    /// As [`evaluate`](Self::evaluate), for the text of `Fn::Sub`: a `${` in a value stays text, and what only AWS knows
    /// becomes a `${...}` of that text.
    pub(crate) fn evaluate_substitution(&self, text: &Text) -> Option<String> {
        Some(deferred::display(&self.evaluate_with(&self.substitutions, text)?))
    }

    /// Logical ids that expressions asked for, and where; to be checked when the template is there.
    pub(crate) fn asked_resources(&self) -> Vec<(String, Place)> {
        self.asked.borrow().clone()
    }

    /// The same for a source that is rendered with [`values`](Self::values): `resource.ID.ATTRIBUTE` in its text gets a
    /// value.
    pub(crate) fn resource_values(&self, source: &str, place: &Place) -> Value {
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '.';
        let is_expression = |at: &usize| source[..*at].rfind("{{") > source[..*at].rfind("}}");
        let found = source.match_indices("resource.").filter(|(at, _)| is_expression(at));
        let paths = found.map(|(at, name)| {
            let rest = &source[at + name.len()..];
            let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
            rest[..end].split('.').map(str::to_owned).collect::<Vec<_>>()
        });
        self.resources(paths.filter(|path| path.len() > 1), place)
    }

    fn evaluate_with(&self, registry: &Handlebars<'_>, text: &Text) -> Option<String> {
        if !deferred::is_clean(&text.raw) {
            self.refuse(text, "a text without control characters");
            return None;
        }
        if !expression::has_expression(&text.raw) {
            return Some(text.raw.clone());
        }
        let names = match expression::names(&text.raw) {
            Ok(names) => names,
            Err(reason) => {
                self.sink.push(FaultKind::InvalidExpression { reason }, &text.place);
                return None;
            }
        };
        // Every name is looked at, so that one text may report several faults.
        let faulty = names.iter().filter(|name| !self.check_name(name, &text.place)).count();
        if faulty > 0 {
            return None;
        }
        let context = self.context.as_ref()?;
        let of_resources: Vec<_> = names.iter().filter(|path| path[0] == RESOURCE && path.len() > 2).collect();
        let extended = if of_resources.is_empty() {
            None
        } else {
            let mut values = self.values.clone().unwrap_or_default();
            let paths = of_resources.into_iter().map(|path| path[1..].to_vec());
            values.insert(RESOURCE.to_owned(), self.resources(paths, &text.place));
            Context::wraps(Value::Object(values)).ok()
        };
        match expression::evaluate(registry, &text.raw, extended.as_ref().unwrap_or(context)) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.sink.push(FaultKind::InvalidExpression { reason }, &text.place);
                None
            }
        }
    }

    /// As [`evaluate`](Self::evaluate), for a place where the value must be known before the deployment.
    pub(crate) fn literal(&self, text: &Text) -> Option<String> {
        let value = self.evaluate(text)?;
        if deferred::is_clean(&value) {
            return Some(value);
        }
        self.refuse(text, "a value that is known before the deployment");
        None
    }

    /// A setting's value.
    pub(crate) fn value<T: SettingValue>(&self, text: &Text) -> Option<T> {
        let literal = self.literal(text)?;
        let value = T::parse(&literal);
        if value.is_none() {
            let kind =
                FaultKind::BadValue { value: literal, expected: T::EXPECTED.to_owned(), help: T::HELP.to_owned() };
            self.sink.push(kind, &text.place);
        }
        value
    }

    /// A setting's value, or the default of one that is absent, or whose fault is reported.
    pub(crate) fn value_or<T: SettingValue>(&self, text: Option<&Text>, default: T) -> T {
        text.and_then(|text| self.value(text)).unwrap_or(default)
    }

    fn refuse(&self, text: &Text, expected: &str) {
        let value = text.raw.replace(char::is_control, "\u{fffd}");
        let kind = FaultKind::BadValue { value, expected: expected.to_owned(), help: String::new() };
        self.sink.push(kind, &text.place);
    }

    /// Marks for the attributes of resources by path (`[ID, ATTRIBUTE]`), nested by name.
    fn resources(&self, paths: impl Iterator<Item = Vec<String>>, place: &Place) -> Value {
        let mut resources = json!({});
        for path in paths {
            let (id, attribute) = (&path[0], path[1..].join("."));
            self.asked.borrow_mut().push((id.clone(), place.clone()));
            let mark = if attribute == REF { deferred::reference(id) } else { deferred::attribute(id, &attribute) };
            let mut member = &mut resources;
            for segment in &path {
                if !member.is_object() {
                    *member = json!({});
                }
                member = &mut member[segment.as_str()];
            }
            *member = Value::String(mark);
        }
        resources
    }

    fn check_name(&self, path: &[String], place: &Place) -> bool {
        let name = path.join(".");
        let mut known = &self.known;
        for (index, segment) in path.iter().enumerate() {
            if *known == Known::Resources {
                let is_attribute = path.len() > index + 1;
                if !is_attribute {
                    let reason =
                        format!("`{name}` has no value of its own; write `{name}.{REF}` or `{name}.Attribute`");
                    self.sink.push(FaultKind::InvalidExpression { reason }, place);
                }
                return is_attribute;
            }
            let Known::Group(members) = known else {
                return self.unknown(name, place);
            };
            match members.get(segment) {
                Some(member) => known = member,
                None => return self.unknown(name, place),
            }
        }
        if let Known::Absent(help) = known {
            let kind = FaultKind::BadValue {
                value: name,
                expected: "an attribute that this construct has".to_owned(),
                help: (*help).to_owned(),
            };
            self.sink.push(kind, place);
            return false;
        }
        if *known == Known::Resources {
            let reason = format!("`{name}` names no resource; write `{name}.LogicalId.{REF}`");
            self.sink.push(FaultKind::InvalidExpression { reason }, place);
            return false;
        }
        if let Known::Group(members) = known {
            let present = members.iter().filter(|(_, known)| !matches!(known, Known::Absent(_)));
            let members: Vec<&str> = present.map(|(name, _)| name.as_str()).collect();
            let reason = format!("`{name}` has no value of its own; it has {}", members.join(", "));
            self.sink.push(FaultKind::InvalidExpression { reason }, place);
            return false;
        }
        match (&self.values, path) {
            (Some(values), path) if !has_value(values, path) => {
                if let [root, variable] = path
                    && root == "env"
                {
                    self.sink.push(FaultKind::MissingVariable { name: variable.clone() }, place);
                }
                // Any other name without a value has its fault where it is declared.
                false
            }
            _ => true,
        }
    }

    fn unknown(&self, name: String, place: &Place) -> bool {
        let mut known = Vec::new();
        self.known.names("", &mut known);
        self.sink.push(FaultKind::UnknownName { name, known }, place);
        false
    }
}

fn known_of(value: &Value) -> Known {
    match value {
        Value::Object(members) => {
            Known::Group(members.iter().map(|(name, value)| (name.clone(), known_of(value))).collect())
        }
        _ => Known::Value,
    }
}

fn has_value(values: &Map<String, Value>, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    rest.iter().try_fold(values.get(first), |value, segment| Some(value?.get(segment))).flatten().is_some()
}
