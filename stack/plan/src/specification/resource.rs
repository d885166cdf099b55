//! One resource type.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What happens to a resource when a property changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replacement {
    /// It is updated in place.
    No,
    /// It depends on the values.
    Maybe,
    /// Another is made, and this one deleted.
    Yes,
}

/// A resource type: its schema and what is known besides.
#[derive(Debug)]
pub struct ResourceType {
    name: String,
    schema: Value,
    attributes: Vec<String>,
    read_only: Vec<String>,
    replacement: BTreeMap<String, Replacement>,
}

impl ResourceType {
    pub(super) fn new(name: &str, schema: Value) -> Self {
        let mut replacement = BTreeMap::new();
        let mut put = |path: String, kind: Replacement| {
            let known = replacement.entry(path).or_insert(kind);
            *known = (*known).max(kind);
        };
        for (key, kind) in
            [("createOnlyProperties", Replacement::Yes), ("conditionalCreateOnlyProperties", Replacement::Maybe)]
        {
            for pointer in strings(&schema, key) {
                put(property_path(pointer), kind);
            }
        }
        for (path, kind) in schema.get("replacement").and_then(Value::as_object).into_iter().flatten() {
            put(path.clone(), if kind == "yes" { Replacement::Yes } else { Replacement::Maybe });
        }
        let more = schema.get("moreAttributes").and_then(Value::as_object).into_iter().flatten();
        let mut attributes: Vec<String> = strings(&schema, "attributes").map(str::to_owned).collect();
        attributes.extend(more.map(|(name, _)| name.clone()));
        attributes.sort_unstable();
        let read_only = strings(&schema, "readOnlyProperties").map(property_path).collect();
        Self { name: name.to_owned(), schema, attributes, read_only, replacement }
    }

    /// Name (`AWS::S3::Bucket`).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// JSON schema of `Properties`, a dialect of draft 7 (see `docs/checking.md`).
    #[must_use]
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Schemas of the properties by name.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Value)> {
        let properties = self.schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        properties.map(|(name, schema)| (name.as_str(), schema))
    }

    /// Names that `Fn::GetAtt` takes, sorted.
    #[must_use]
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// Schema of the attribute; an empty one when nothing is known of its value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Value> {
        if self.attributes.binary_search_by(|known| known.as_str().cmp(name)).is_err() {
            return None;
        }
        if let Some(kind) = self.schema.get("moreAttributes").and_then(|more| more.get(name)).and_then(Value::as_str) {
            let kind = if kind.ends_with("[]") { "array" } else { kind };
            // Dates and the like come as strings.
            let kind =
                if matches!(kind, "array" | "object" | "boolean" | "integer" | "number") { kind } else { "string" };
            return Some(serde_json::json!({"type": kind}));
        }
        Some(self.property(&name.replace('.', "/")).cloned().unwrap_or(Value::Object(Map::new())))
    }

    /// Schema of the property at a path (`VpcConfig/SubnetIds/*`), references followed.
    #[must_use]
    pub fn property(&self, path: &str) -> Option<&Value> {
        let mut schema = &self.schema;
        for step in path.split('/') {
            schema = self.resolve(schema);
            schema = match step {
                "*" => schema.get("items").or_else(|| schema.get("patternProperties")?.as_object()?.values().next())?,
                name => schema.get("properties")?.get(name)?,
            };
        }
        Some(self.resolve(schema))
    }

    /// What `$ref` in a schema of this type stands for; the schema itself when it has none.
    #[must_use]
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        // A chain of references is short; the limit guards against one that bites its tail.
        for _ in 0..8 {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { break };
            match self.schema.pointer(reference.trim_start_matches('#')) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// Names of the properties that make the primary identifier.
    #[must_use]
    pub fn primary_identifier(&self) -> Vec<String> {
        strings(&self.schema, "primaryIdentifier").map(property_path).collect()
    }

    /// Names of the properties of which `Ref` is made.
    #[must_use]
    pub fn ref_identifier(&self) -> Vec<String> {
        let special: Vec<String> = strings(&self.schema, "refIdentifier").map(str::to_owned).collect();
        if special.is_empty() { self.primary_identifier() } else { special }
    }

    /// Schema of what `Ref` gives.
    #[must_use]
    pub fn ref_schema(&self) -> Option<&Value> {
        let identifier = self.primary_identifier();
        match identifier.as_slice() {
            [one] => self.property(one),
            _ => None,
        }
    }

    /// Paths of properties that only AWS sets (`MetadataConfiguration/Destination`).
    #[must_use]
    pub fn read_only(&self) -> &[String] {
        &self.read_only
    }

    /// Paths of properties that cannot be read back, so that drift of them is never seen.
    #[must_use]
    pub fn write_only(&self) -> Vec<String> {
        strings(&self.schema, "writeOnlyProperties").map(property_path).collect()
    }

    /// Paths of properties that should not be used any more.
    #[must_use]
    pub fn deprecated(&self) -> Vec<String> {
        strings(&self.schema, "deprecatedProperties").map(property_path).collect()
    }

    /// What a change at a property path does: the worst of what is known for the path, what is around it and, for a
    /// change of a whole, what is inside it. List items are `*`.
    #[must_use]
    pub fn replacement(&self, path: &str) -> Replacement {
        let related = |known: &str| {
            let inside = |outer: &str, inner: &str| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            inside(known, path) || inside(path, known)
        };
        let kinds = self.replacement.iter().filter(|(known, _)| related(known)).map(|(_, kind)| *kind);
        kinds.max().unwrap_or(Replacement::No)
    }

    /// True when a replacement deletes the old resource first, so that a fixed name does not stand in its way.
    #[must_use]
    pub fn deletes_before_creating(&self) -> bool {
        self.schema.get("replacementStrategy").is_some_and(|strategy| strategy == "delete_then_create")
    }

    /// True when deleting the resource loses data.
    #[must_use]
    pub fn is_stateful(&self) -> bool {
        self.schema.get("stateful") == Some(&Value::Bool(true))
    }

    /// True when the deployed resource can be read, without which drift cannot be seen.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.schema.get("unreadable").is_none()
    }

    /// Name of the property that holds tags, when the type takes tags.
    #[must_use]
    pub fn tag_property(&self) -> Option<String> {
        let tagging = self.schema.get("tagging")?;
        if tagging.get("taggable") == Some(&Value::Bool(false)) {
            return None;
        }
        let pointer = tagging.get("tagProperty").and_then(Value::as_str).unwrap_or("/properties/Tags");
        Some(property_path(pointer))
    }

    /// ARN with placeholders (`arn:${Partition}:s3:::${BucketName}`).
    #[must_use]
    pub fn arn_template(&self) -> Option<&str> {
        self.schema.get("arn").and_then(Value::as_str)
    }

    /// Kind of review that a change of the resource, or of the property at the path, deserves
    /// (`ResourcePolicyResource`, `InlineIdentityPolicies` ...).
    #[must_use]
    pub fn scrutiny(&self, path: Option<&str>) -> Option<&str> {
        match path {
            None => self.schema.get("scrutiny").and_then(Value::as_str),
            Some(path) => self.schema.get("propertyScrutiny")?.get(path)?.as_str(),
        }
    }

    /// End of life: status (`sunset`, `shutdown` ...) and date, when one is known.
    #[must_use]
    pub fn lifecycle(&self) -> Option<(&str, &str)> {
        let lifecycle = self.schema.get("lifecycle")?;
        Some((lifecycle.get("status")?.as_str()?, lifecycle.get("date")?.as_str()?))
    }
}

fn strings<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// `/properties/A/B` as `A/B`.
fn property_path(pointer: &str) -> String {
    pointer.trim_start_matches("/properties/").replace("/items/", "/*/").replace("/properties/", "/")
}
