//! `indexes:` of a table.

use serde_json::{Value, json};

use super::capacity::{Capacity, CapacityDeclaration, read_capacity};
use super::key::{Key, KeyDeclaration, read_key};
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Named, Text, read_text, read_texts};
use crate::scope::Scope;
use crate::values::{AttributeName, is_index_name};
use crate::yaml;

/// Greatest number of attributes that all indexes of a table copy by name.
pub(super) const COPIED_ATTRIBUTES: usize = 100;

/// An index as written.
#[derive(Debug, Clone)]
pub(super) struct IndexDeclaration {
    name: String,
    place: Place,
    key: KeyDeclaration,
    projection: ProjectionDeclaration,
    local: Option<Text>,
    capacity: Option<CapacityDeclaration>,
}

#[derive(Debug, Clone)]
enum ProjectionDeclaration {
    Word(Option<Text>),
    Attributes(Vec<Text>),
}

/// An index with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(super) place: Place,
    pub(super) key: Key,
    projection: Projection,
    /// True for a local index: another order of the items of each partition, made with the table and for ever.
    pub(super) local: bool,
    /// Its own capacity, where it has one.
    capacity: Option<Capacity>,
}

/// What an index holds of each item, besides the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Projection {
    All,
    Keys,
    Attributes(Vec<String>),
}

pub(super) fn read_index(named: &Named<'_>, sink: &Sink) -> Option<IndexDeclaration> {
    if !is_index_name(named.name) {
        let rule = "3 to 255 letters, digits, `_`, `-` and `.`".to_owned();
        let kind = FaultKind::BadName { name: named.name.to_owned(), what: "index name".to_owned(), rule };
        sink.push(kind, &named.place);
    }
    let fields = Fields::open(named.node, &named.place, sink)?;
    let projection = match fields.get("projection") {
        None => ProjectionDeclaration::Word(None),
        Some((node, place)) if matches!(node.value, yaml::Value::Sequence(_)) => {
            ProjectionDeclaration::Attributes(read_texts(node, &place, sink))
        }
        Some((node, place)) => ProjectionDeclaration::Word(read_text(node, &place, sink)),
    };
    let index = IndexDeclaration {
        name: named.name.to_owned(),
        place: named.place.clone(),
        key: read_key(&fields, &named.place, sink),
        projection,
        local: fields.text("local"),
        capacity: read_capacity(&fields, sink),
    };
    fields.finish();
    Some(index)
}

impl IndexDeclaration {
    /// Checks the index against the key of its table as well.
    pub(super) fn resolve(&self, table: &Key, scope: &Scope<'_>) -> Index {
        let key = self.key.resolve(scope);
        let local = scope.value_or(self.local.as_ref(), false);
        let is_known = key.partition().is_some() && table.partition().is_some();
        if local && is_known && !(table.has_sort() && key.has_sort() && key.partition() == table.partition()) {
            let kind = FaultKind::BadValue {
                value: self.name.clone(),
                expected: "a local index".to_owned(),
                help:
                    "a local index has the partition attribute of its table and a sort attribute, and so has the table"
                        .to_owned(),
            };
            scope.sink().push(kind, self.key.place());
        }
        let capacity = self.capacity.as_ref().map(|capacity| capacity.resolve(scope));
        Index {
            name: self.name.clone(),
            place: self.place.clone(),
            key,
            projection: self.projection.resolve(scope),
            local,
            capacity: capacity.filter(|_| !local),
        }
    }
}

impl ProjectionDeclaration {
    fn resolve(&self, scope: &Scope<'_>) -> Projection {
        match self {
            Self::Attributes(texts) => {
                let names = texts.iter().filter_map(|text| scope.value::<AttributeName>(text));
                Projection::Attributes(names.map(|name| name.0).collect())
            }
            Self::Word(None) => Projection::All,
            Self::Word(Some(text)) => {
                let word = scope.literal(text);
                match word.as_deref() {
                    Some("keys") => return Projection::Keys,
                    Some("all") | None => {}
                    Some(word) => {
                        let kind = FaultKind::BadValue {
                            value: word.to_owned(),
                            expected: "a projection of an index".to_owned(),
                            help: "`all`, `keys`, or a list of attributes".to_owned(),
                        };
                        scope.sink().push(kind, &text.place);
                    }
                }
                Projection::All
            }
        }
    }
}

impl Index {
    /// Number of attributes that it copies by name.
    pub(super) fn copied_attributes(&self) -> usize {
        if let Projection::Attributes(names) = &self.projection { names.len() } else { 0 }
    }

    /// Values of the index in the table's template source; `capacity` is the table's.
    pub(super) fn values(&self, capacity: Option<Capacity>) -> Value {
        let (projection, attributes) = match &self.projection {
            Projection::All => ("ALL", None),
            Projection::Keys => ("KEYS_ONLY", None),
            Projection::Attributes(names) => ("INCLUDE", Some(names)),
        };
        let capacity = capacity.filter(|_| !self.local).map(|capacity| self.capacity.unwrap_or(capacity));
        json!({
            "name": self.name,
            "key": self.key.schema(),
            "projection": projection,
            "attributes": attributes,
            "capacity": capacity.map(Capacity::values),
        })
    }
}
