//! Declared properties against those that a service gives back, by meaning.

use serde_json::{Map, Value};
use stack_plan::specification::ResourceType;

use super::Difference;
use crate::cloudformation::model::mask;
use crate::cloudformation::references::is_reference;
use crate::cloudformation::status::DifferenceType;

/// Members by which items of a list are told from each other.
const IDENTITIES: [&str; 8] =
    ["Key", "Id", "PolicyName", "Name", "Sid", "AttributeName", "IndexName", "TargetOriginId"];

/// What a comparison gives.
pub(super) struct Compared {
    /// The declared properties that can be read back.
    pub(super) expected: Value,
    /// The same properties as they are.
    pub(super) actual: Value,
    pub(super) differences: Vec<Difference>,
}

/// Compares. `secrets` are values that must not be shown.
pub(super) fn compare(
    resource_type: Option<&ResourceType>,
    declared: &Value,
    live: &Value,
    secrets: &[String],
) -> Compared {
    let mut comparison = Comparison::new(resource_type, secrets);
    let (expected, actual) = comparison.whole(declared, live);
    Compared {
        expected: mask(&Value::Object(expected), secrets),
        actual: mask(&Value::Object(actual), secrets),
        differences: comparison.differences,
    }
}

/// What declared properties are like now.
pub(super) struct Seen {
    /// The declared properties as they are, in the words in which they are declared. What cannot be read back is taken for
    /// what it is declared to be.
    pub(super) properties: Value,
    /// True when they are what they are declared to be, as far as they can be read back.
    pub(super) is_same: bool,
    /// True when all of them can be read back.
    pub(super) is_whole: bool,
}

/// Looks at what `declared` is like in `live`. Secrets are not hidden: what is seen is not for showing.
pub(super) fn see(resource_type: Option<&ResourceType>, declared: &Value, live: &Value) -> Seen {
    let mut comparison = Comparison { fills: true, ..Comparison::new(resource_type, &[]) };
    let (_, actual) = comparison.whole(declared, live);
    let is_same = comparison.differences.is_empty();
    let properties = if is_same { declared.clone() } else { Value::Object(actual) };
    Seen { properties, is_same, is_whole: !comparison.has_unread }
}

/// Where a comparison is.
#[derive(Clone, Default)]
struct Place<'a> {
    /// JSON pointer.
    pointer: String,
    /// Path in the specification: items of lists are `*`.
    path: String,
    schema: Option<&'a Value>,
    /// True inside a JSON document that has no schema of its own: lists are sets there, and one item is a list of one.
    is_document: bool,
}

struct Comparison<'a> {
    resource_type: Option<&'a ResourceType>,
    write_only: Vec<String>,
    secrets: &'a [String],
    differences: Vec<Difference>,
    /// True when what cannot be read back is taken for what it is declared to be, instead of being left out.
    fills: bool,
    /// True once something could not be read back.
    has_unread: bool,
}

impl<'a> Comparison<'a> {
    fn new(resource_type: Option<&'a ResourceType>, secrets: &'a [String]) -> Self {
        let write_only = resource_type.map(ResourceType::write_only).unwrap_or_default();
        Self { resource_type, write_only, secrets, differences: Vec::new(), fills: false, has_unread: false }
    }

    /// All properties of a resource: those expected, and what they are.
    fn whole(&mut self, declared: &Value, live: &Value) -> (Map<String, Value>, Map<String, Value>) {
        let place = Place { schema: self.resource_type.map(ResourceType::schema), ..Place::default() };
        let nothing = Map::new();
        let [declared, live] = [declared, live].map(|value| value.as_object().unwrap_or(&nothing));
        self.fields(&place, declared, live)
    }

    /// Notes a member that cannot be read back.
    fn unread(&mut self, name: &str, want: &Value, actual: &mut Map<String, Value>) {
        self.has_unread = true;
        if self.fills {
            actual.insert(name.to_owned(), want.clone());
        }
    }

    fn schema_of(&self, schema: Option<&'a Value>) -> Option<&'a Value> {
        Some(self.resource_type?.resolve(schema?))
    }

    fn member(&self, place: &Place<'a>, name: &str) -> Place<'a> {
        let schema = place.schema.and_then(|schema| {
            let named = schema.get("properties").and_then(|properties| properties.get(name));
            named.or_else(|| schema.get("patternProperties")?.as_object()?.values().next())
        });
        let schema = self.schema_of(schema);
        let path = if place.path.is_empty() { name.to_owned() } else { format!("{}/{name}", place.path) };
        Place {
            pointer: format!("{}/{}", place.pointer, name.replace('~', "~0").replace('/', "~1")),
            path,
            is_document: place.is_document || schema.is_some_and(is_free),
            schema,
        }
    }

    fn item(&self, place: &Place<'a>, index: usize) -> Place<'a> {
        let schema = self.schema_of(place.schema.and_then(|schema| schema.get("items")));
        Place {
            pointer: format!("{}/{index}", place.pointer),
            path: format!("{}/*", place.path),
            is_document: place.is_document || schema.is_some_and(is_free),
            schema,
        }
    }

    /// True for what cannot be read back, or has only such members.
    fn is_write_only(&self, path: &str, want: &Value) -> bool {
        let members = want.as_object().filter(|members| !members.is_empty());
        self.write_only.iter().any(|known| known == path)
            || members.is_some_and(|members| {
                members.iter().all(|(name, member)| self.is_write_only(&format!("{path}/{name}"), member))
            })
    }

    /// Members of an object: those expected, and what they are.
    fn fields(
        &mut self,
        place: &Place<'a>,
        declared: &Map<String, Value>,
        live: &Map<String, Value>,
    ) -> (Map<String, Value>, Map<String, Value>) {
        let (mut expected, mut actual) = (Map::new(), Map::new());
        for (name, want) in declared {
            let place = self.member(place, name);
            // What is behind a dynamic reference is not told.
            if is_reference(want) || self.is_write_only(&place.path, want) {
                self.unread(name, want, &mut actual);
                continue;
            }
            match live.get(name) {
                // It cannot be read back.
                Some(Value::Null) => self.unread(name, want, &mut actual),
                Some(have) => {
                    let (want, have) = self.value(&place, want, have);
                    expected.insert(name.clone(), want);
                    actual.insert(name.clone(), have);
                }
                None => {
                    if !is_same_as_absent(place.schema, want) {
                        self.differ(&place, DifferenceType::Remove, Some(want), None);
                        expected.insert(name.clone(), want.clone());
                    } else if self.fills {
                        actual.insert(name.clone(), want.clone());
                    }
                }
            }
        }
        // Members of a map are the template's; those of a structure that it leaves out are the service's.
        if place.is_document || place.schema.is_some_and(is_map) {
            for (name, have) in live.iter().filter(|(name, _)| !declared.contains_key(*name)) {
                self.differ(&self.member(place, name), DifferenceType::Add, None, Some(have));
                actual.insert(name.clone(), have.clone());
            }
        }
        (expected, actual)
    }

    fn value(&mut self, place: &Place<'a>, want: &Value, have: &Value) -> (Value, Value) {
        match (want, have) {
            (Value::Object(want), Value::Object(have)) => {
                let (want, have) = self.fields(place, want, have);
                (Value::Object(want), Value::Object(have))
            }
            (Value::Array(want), Value::Array(have)) => {
                let (want, have) = self.list(place, want, have);
                (Value::Array(want), Value::Array(have))
            }
            _ if want == have => (want.clone(), want.clone()),
            _ => {
                if let Some((want_document, have_document)) = documents(want, have) {
                    let place = Place { is_document: true, ..place.clone() };
                    let before = self.differences.len();
                    let compared = self.value(&place, &want_document, &have_document);
                    // The same document, written in another way.
                    let is_same = self.differences.len() == before;
                    return if is_same { (want.clone(), want.clone()) } else { compared };
                }
                if place.is_document && (want.is_array() || have.is_array()) {
                    let [want, have] = [want, have].map(|value| match value {
                        Value::Array(items) => items.clone(),
                        other => vec![other.clone()],
                    });
                    let (want, have) = self.list(place, &want, &have);
                    return (Value::Array(want), Value::Array(have));
                }
                self.scalar(place, want, have)
            }
        }
    }

    fn scalar(&mut self, place: &Place<'a>, want: &Value, have: &Value) -> (Value, Value) {
        if is_same(want, have) {
            return (want.clone(), want.clone());
        }
        self.differ(place, DifferenceType::NotEqual, Some(want), Some(have));
        let have = if self.hides(want) { Value::from("****") } else { have.clone() };
        (want.clone(), have)
    }

    fn list(&mut self, place: &Place<'a>, want: &[Value], have: &[Value]) -> (Vec<Value>, Vec<Value>) {
        let partners = self.partners(place, want, have);
        let (mut expected, mut actual) = (Vec::new(), Vec::new());
        for (index, (want, partner)) in want.iter().zip(&partners).enumerate() {
            let place = self.item(place, index);
            if let Some(partner) = partner {
                let (want, have) = self.value(&place, want, &have[*partner]);
                expected.push(want);
                actual.push(have);
            } else {
                self.differ(&place, DifferenceType::Remove, Some(want), None);
                expected.push(want.clone());
            }
        }
        for (index, have) in have.iter().enumerate().filter(|(index, _)| !partners.contains(&Some(*index))) {
            self.differ(&self.item(place, index), DifferenceType::Add, None, Some(have));
            actual.push(have.clone());
        }
        (expected, actual)
    }

    /// For each wanted item, the number of the one that it is compared with.
    fn partners(&self, place: &Place<'a>, want: &[Value], have: &[Value]) -> Vec<Option<usize>> {
        let is_ordered = !place.is_document
            && !place.schema.is_some_and(|schema| {
                schema.get("insertionOrder") == Some(&Value::Bool(false))
                    || schema.get("uniqueItems") == Some(&Value::Bool(true))
            })
            && !want.iter().chain(have).all(|item| item.get("Key").is_some());
        if is_ordered {
            return (0..want.len()).map(|index| (index < have.len()).then_some(index)).collect();
        }
        let mut partners: Vec<Option<usize>> = vec![None; want.len()];
        let pair = |partners: &mut Vec<Option<usize>>, fits: &dyn Fn(&Value, &Value, usize) -> bool| {
            for (index, item) in want.iter().enumerate() {
                if partners[index].is_some() {
                    continue;
                }
                let free = |number: &usize| !partners.contains(&Some(*number));
                partners[index] = (0..have.len()).filter(free).find(|number| fits(item, &have[*number], index));
            }
        };
        pair(&mut partners, &|want, have, index| self.is_equal(&self.item(place, index), want, have));
        pair(&mut partners, &|want, have, _| {
            IDENTITIES.iter().any(|name| want.get(*name).is_some_and(|value| Some(value) == have.get(*name)))
        });
        // What has no name of its own is taken for the one that was changed.
        let is_structure = |value: &Value| {
            value.is_object() && IDENTITIES.iter().all(|name| value.get(*name).is_none_or(|value| !value.is_string()))
        };
        pair(&mut partners, &|want, have, _| is_structure(want) && is_structure(have));
        partners
    }

    fn is_equal(&self, place: &Place<'a>, want: &Value, have: &Value) -> bool {
        let mut trial = Comparison::new(self.resource_type, self.secrets);
        trial.value(place, want, have);
        trial.differences.is_empty()
    }

    fn hides(&self, value: &Value) -> bool {
        mask(value, self.secrets) != *value
    }

    fn differ(&mut self, place: &Place<'_>, kind: DifferenceType, want: Option<&Value>, have: Option<&Value>) {
        let is_secret = want.is_some_and(|want| self.hides(want));
        let text = |value: Option<&Value>| match value {
            None => "null".to_owned(),
            Some(_) if is_secret => "****".to_owned(),
            Some(value) => text_of(&mask(value, self.secrets)),
        };
        self.differences.push(Difference {
            path: place.pointer.clone(),
            kind,
            expected: text(want),
            actual: text(have),
        });
    }
}

/// Both values as documents, where at least one of them is the text of one.
fn documents(want: &Value, have: &Value) -> Option<(Value, Value)> {
    let parsed = |value: &Value| {
        let document = serde_json::from_str::<Value>(value.as_str()?).ok()?;
        is_whole(&document).then_some(document)
    };
    match (parsed(want), parsed(have)) {
        (Some(want), Some(have)) => Some((want, have)),
        (Some(want), None) if is_whole(have) => Some((want, have.clone())),
        (None, Some(have)) if is_whole(want) => Some((want.clone(), have)),
        _ => None,
    }
}

fn is_whole(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// True for a schema that says nothing of what is inside: a JSON document.
fn is_free(schema: &Value) -> bool {
    let names_object = match schema.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => false,
    };
    names_object
        && ["properties", "patternProperties", "oneOf", "anyOf", "allOf"].iter().all(|key| schema.get(*key).is_none())
}

/// True for a schema of which the template chooses the member names.
fn is_map(schema: &Value) -> bool {
    schema.get("patternProperties").is_some() && schema.get("properties").is_none()
}

/// True when saying `want` and saying nothing are the same.
fn is_same_as_absent(schema: Option<&Value>, want: &Value) -> bool {
    let is_empty = match want {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    is_empty || schema.and_then(|schema| schema.get("default")).is_some_and(|default| is_same(default, want))
}

/// CloudFormation takes `7` and `"7"`, `true` and `"true"` for the same, and `7` and `7.0`.
fn is_same(one: &Value, other: &Value) -> bool {
    let is_number = one.is_number() || other.is_number();
    one == other
        || (!is_whole(one) && !is_whole(other) && text_of(one) == text_of(other))
        || (is_number && number_of(one).is_some_and(|number| Some(number) == number_of(other)))
}

fn number_of(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
