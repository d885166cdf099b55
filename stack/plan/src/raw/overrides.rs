//! `overrides:`: patches of rendered resources.
//!
//! Under a logical id stands a part of a resource in the form that CloudFormation gives it; it is merged into what is
//! rendered. Mappings merge key by key, everything else replaces, `null` removes (RFC 7396). The keys directly below the
//! id may be paths (`Properties.CorsConfiguration.CorsRules.0.MaxAge`), which also reach into lists: by index, and by `+`
//! behind the last item.

use serde_json::Value;

use super::typed;
use super::value::{Null, read_faultless, read_value};
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Named};
use crate::scope::Scope;
use crate::template::{RESOURCE_KEYS, Resource, TemplateError, child_path, function_of};
use crate::yaml::{Node, Value as Tree};

/// The step behind the last item of a list.
const APPEND: &str = "+";

/// A value for one path of one resource.
#[derive(Debug, Clone)]
pub(crate) struct OverrideDeclaration {
    /// Logical id of the resource.
    pub(crate) id: String,
    /// Place of the logical id.
    pub(crate) id_place: Place,
    /// Place of the path.
    pub(crate) place: Place,
    /// From the resource down: `Properties`, `CorsConfiguration` ...
    path: Vec<String>,
    node: Node,
}

/// A value that an override wrote, and where it says so.
pub(crate) struct Written {
    /// Path in the template.
    pub(crate) path: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

impl OverrideDeclaration {
    /// Reads the overrides of one resource.
    pub(crate) fn read(named: &Named<'_>, sink: &Sink) -> Vec<Self> {
        if named.node.is_null() {
            let expected = "a part of the resource (`Properties: ...`)".to_owned();
            sink.push(FaultKind::WrongType { expected, found: "nothing".to_owned() }, &named.place);
        }
        let Some(fields) = Fields::open(named.node, &named.place, sink) else { return Vec::new() };
        let entries = fields.all().into_iter();
        entries
            .map(|entry| Self {
                id: named.name.to_owned(),
                id_place: named.place.clone(),
                path: entry.name.split('.').map(str::to_owned).collect(),
                place: entry.place,
                node: entry.node.clone(),
            })
            .collect()
    }

    /// Checks what can be checked before the resource is rendered.
    pub(crate) fn check(&self, scope: &Scope<'_>) {
        if !self.is_path() {
            let kind = FaultKind::BadValue {
                value: self.path.join("."),
                expected: "a path into a resource".to_owned(),
                help: "steps are joined by single dots: `Properties.CorsConfiguration.CorsRules.0.MaxAge`".to_owned(),
            };
            scope.sink().push(kind, &self.place);
        } else if !patchable().any(|key| key == self.path[0]) {
            let known = patchable().map(str::to_owned).collect();
            scope.sink().push(FaultKind::UnknownKey { key: self.path[0].clone(), known }, &self.place);
        }
        read_value(&self.node, &self.place, Null::Removes, scope);
    }

    fn is_path(&self) -> bool {
        self.path.iter().all(|step| !step.is_empty() && step.trim() == step)
    }

    /// Patches the resource; gives what it wrote. Reports a path that hits nothing.
    pub(crate) fn apply(&self, resource: &mut Resource, scope: &Scope<'_>) -> Result<Vec<Written>, TemplateError> {
        if !self.is_path() || !patchable().any(|key| key == self.path[0]) {
            return Ok(Vec::new());
        }
        let Some(value) = read_faultless(&self.node, &self.place, Null::Removes, scope) else { return Ok(Vec::new()) };
        // A resource has string keys only, so it always has a JSON form.
        let mut root = serde_json::to_value(&*resource).unwrap_or_default();
        let mut patch = Patch { declaration: self, sink: scope.sink(), written: Vec::new() };
        patch.at(&mut root, value);
        *resource = typed(&self.id, root)?;
        Ok(patch.written)
    }
}

/// Parts of a resource that may be patched: with another type it would be another resource.
fn patchable() -> impl Iterator<Item = &'static str> {
    RESOURCE_KEYS.into_iter().filter(|key| *key != "Type")
}

struct Patch<'a> {
    declaration: &'a OverrideDeclaration,
    sink: &'a Sink,
    written: Vec<Written>,
}

impl Patch<'_> {
    /// Follows the path from the root of the resource and writes the value at its end.
    fn at(&mut self, root: &mut Value, value: Value) {
        let declaration = self.declaration;
        let Some((last, before)) = declaration.path.split_last() else { return };
        let mut target = root;
        let mut path = format!("/Resources/{}", declaration.id);
        for (depth, step) in before.iter().enumerate() {
            if let Value::Object(fields) = target
                && !value.is_null()
                && function_of(fields).is_none()
                && !fields.contains_key(step)
            {
                fields.insert(step.clone(), Value::Object(serde_json::Map::new()));
            }
            let known = children(target);
            let next = match target {
                Value::Object(fields) => fields.get_mut(step),
                Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
                _ => None,
            };
            let Some(next) = next else {
                return self.nothing(
                    &declaration.path[..=depth],
                    known,
                    if value.is_null() { "remove" } else { "set" },
                );
            };
            target = next;
            path = child_path(&path, step);
        }
        let (place, node) = (&declaration.place, &declaration.node);
        self.write(target, (last, &declaration.path.clone()), &path, value, (place, node));
    }

    /// Writes a value as the child `step` of `target`, whose path in the template is `path`.
    fn write(
        &mut self,
        target: &mut Value,
        (step, steps): (&str, &[String]),
        path: &str,
        value: Value,
        (place, node): (&Place, &Node),
    ) {
        let known = children(target);
        let verb = if value.is_null() { "remove" } else { "set" };
        let mut child = child_path(path, step);
        match target {
            Value::Object(fields) if value.is_null() => {
                if fields.shift_remove(step).is_none() {
                    self.nothing_at(steps, known, verb, place);
                }
                return;
            }
            Value::Object(fields) if function_of(fields).is_none() || fields.contains_key(step) => {
                let existing = fields.entry(step).or_insert(Value::Null);
                if self.merged(existing, steps, &child, &value, (place, node)) {
                    return;
                }
                *existing = value;
            }
            Value::Array(items) if step == APPEND && !value.is_null() => {
                child = child_path(path, &items.len().to_string());
                items.push(value);
            }
            Value::Array(items) => {
                let Some(index) = step.parse::<usize>().ok().filter(|index| *index < items.len()) else {
                    return self.nothing_at(steps, known, verb, place);
                };
                if value.is_null() {
                    items.remove(index);
                    return;
                }
                if self.merged(&mut items[index], steps, &child, &value, (place, node)) {
                    return;
                }
                items[index] = value;
            }
            _ => return self.nothing_at(steps, known, verb, place),
        }
        self.written.push(Written { path: child, place: place.clone(), node: node.clone() });
    }

    /// Merges two mappings key by key; false when they are not two mappings.
    fn merged(
        &mut self,
        existing: &mut Value,
        steps: &[String],
        path: &str,
        value: &Value,
        (place, node): (&Place, &Node),
    ) -> bool {
        let Value::Object(fields) = value else { return false };
        if function_of(fields).is_some() || existing.as_object().is_some_and(|fields| function_of(fields).is_some()) {
            return false;
        }
        if !existing.is_object() {
            if !existing.is_null() {
                return false;
            }
            *existing = Value::Object(serde_json::Map::new());
        }
        for (key, value) in fields {
            let entry = match &node.value {
                Tree::Mapping(entries) => entries.iter().find(|entry| entry.key == *key),
                _ => None,
            };
            let place = Place {
                key_path: format!("{}.{key}", place.key_path),
                span: entry.map_or(place.span, |entry| Some(entry.key_span)),
            };
            let steps: Vec<String> = steps.iter().chain([key]).cloned().collect();
            let node = entry.map_or(node, |entry| &entry.value);
            self.write(existing, (key, &steps), path, value.clone(), (&place, node));
        }
        true
    }

    fn nothing(&self, steps: &[String], known: Vec<String>, what: &'static str) {
        self.nothing_at(steps, known, what, &self.declaration.place);
    }

    fn nothing_at(&self, steps: &[String], known: Vec<String>, what: &'static str, place: &Place) {
        let kind = FaultKind::NothingToOverride { id: self.declaration.id.clone(), path: steps.join("."), what, known };
        self.sink.push(kind, place);
    }
}

/// Names of what stands below a value.
fn children(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields.keys().cloned().collect(),
        Value::Array(items) => (0..items.len()).map(|index| index.to_string()).chain([APPEND.to_owned()]).collect(),
        _ => Vec::new(),
    }
}
