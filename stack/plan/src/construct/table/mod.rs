//! `tables:`.

mod capacity;
mod index;
mod key;

use serde_json::{Map, Value, json};

use capacity::{Capacity, CapacityDeclaration, read_capacity};
use index::{COPIED_ATTRIBUTES, Index, IndexDeclaration, read_index};
use key::{Key, KeyDeclaration, read_key};

use super::{Construct, Declaration, Declared, Kind};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::plan::Removal;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{AttributeName, KeyType, SettingValue as _, StreamView};

/// Greatest length of a table name.
const TABLE_NAME: usize = 255;
/// Greatest number of global indexes of a table.
const GLOBAL_INDEXES: usize = 20;
/// Greatest number of local indexes of a table.
const LOCAL_INDEXES: usize = 5;

/// A table as written.
#[derive(Debug, Clone)]
pub(crate) struct TableDeclaration {
    place: Place,
    key: KeyDeclaration,
    indexes: Vec<IndexDeclaration>,
    capacity: Option<CapacityDeclaration>,
    ttl: Option<Text>,
    stream: Option<Text>,
    point_in_time_recovery: Option<Text>,
    deletion_protection: Option<Text>,
}

/// A table with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) place: Place,
    key: Key,
    pub(crate) indexes: Vec<Index>,
    /// Nothing for a table that is paid by request.
    capacity: Option<Capacity>,
    ttl: Option<String>,
    stream: Option<StreamView>,
    /// True also while the value of `stream` has a fault.
    pub(crate) declares_stream: bool,
    /// Nothing where the environment decides.
    point_in_time_recovery: Option<bool>,
    /// Nothing where the environment decides.
    deletion_protection: Option<bool>,
}

impl Declaration for TableDeclaration {
    type Resolved = Table;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn", "stream_arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            key: read_key(&fields, &named.place, sink),
            indexes: fields.section("indexes").iter().filter_map(|named| read_index(named, sink)).collect(),
            capacity: read_capacity(&fields, sink),
            ttl: fields.text("ttl"),
            stream: fields.text("stream"),
            point_in_time_recovery: fields.text("point_in_time_recovery"),
            deletion_protection: fields.text("deletion_protection"),
        };
        fields.finish();
        Some(declaration)
    }

    fn absent(&self) -> Vec<(&'static str, &'static str)> {
        let help = "declare what its stream holds: `stream: new-and-old-images`";
        if self.stream.is_some() { Vec::new() } else { vec![("stream_arn", help)] }
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        let id = Naming::id(Kind::Table, name);
        let name = naming.physical(name, TABLE_NAME);
        let mut attributes = json!({ "arn": naming.arn("dynamodb", &format!("table/{name}")), "name": name });
        if self.stream.is_some() {
            attributes["stream_arn"] = json!(deferred::attribute(&id, "StreamArn"));
        }
        attributes
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, _: &Declared) -> Table {
        let flag = |text: &Option<Text>| text.as_ref().and_then(|text| scope.value(text));
        let key = self.key.resolve(scope);
        let indexes: Vec<Index> = self.indexes.iter().map(|index| index.resolve(&key, scope)).collect();
        let table = Table {
            name: name.to_owned(),
            place: self.place.clone(),
            key,
            indexes,
            capacity: self.capacity.as_ref().map(|capacity| capacity.resolve(scope)),
            ttl: self.ttl.as_ref().and_then(|text| ttl(text, scope)),
            stream: self.stream.as_ref().and_then(|text| scope.value(text)),
            declares_stream: self.stream.is_some(),
            point_in_time_recovery: flag(&self.point_in_time_recovery),
            deletion_protection: flag(&self.deletion_protection),
        };
        table.check(scope.sink());
        table
    }
}

/// The attribute that tells when an item expires; nothing for an empty value.
fn ttl(text: &Text, scope: &Scope<'_>) -> Option<String> {
    let value = scope.literal(text)?;
    if value.is_empty() {
        return None;
    }
    if AttributeName::parse(&value).is_none() {
        let kind = FaultKind::BadValue {
            value: value.clone(),
            expected: AttributeName::EXPECTED.to_owned(),
            help: AttributeName::HELP.to_owned(),
        };
        scope.sink().push(kind, &text.place);
    }
    Some(value)
}

impl Table {
    fn check(&self, sink: &Sink) {
        let count = |local: bool| self.indexes.iter().filter(|index| index.local == local).count();
        let copied = self.indexes.iter().map(Index::copied_attributes).sum();
        for (what, value, limit) in [
            ("global indexes of a table", count(false), GLOBAL_INDEXES),
            ("local indexes of a table", count(true), LOCAL_INDEXES),
            ("attributes that indexes of a table copy by name", copied, COPIED_ATTRIBUTES),
        ] {
            if value > limit {
                sink.push(FaultKind::LimitExceeded { what: what.to_owned(), value, limit }, &self.place);
            }
        }
        self.check_types(sink);
    }

    /// Reports an attribute that has two types.
    fn check_types(&self, sink: &Sink) {
        let known = self.attributes();
        for index in &self.indexes {
            for (name, key_type) in index.key.attributes() {
                let first = known.iter().find(|(known, _)| *known == name);
                if let Some((_, first)) = first.filter(|(_, first)| *first != key_type) {
                    let kind = FaultKind::BadValue {
                        value: key_type.0.to_owned(),
                        expected: format!("the type of `{name}`, which is `{}` in an earlier key", first.0),
                        help: "an attribute has one type in all keys of a table".to_owned(),
                    };
                    sink.push(kind, &index.place);
                }
            }
        }
    }

    /// Every attribute of a key once, in the order of the file, with the type that it has first.
    fn attributes(&self) -> Vec<(String, KeyType)> {
        let mut known: Vec<(String, KeyType)> = self.key.attributes();
        for attribute in self.indexes.iter().flat_map(|index| index.key.attributes()) {
            if !known.iter().any(|(name, _)| *name == attribute.0) {
                known.push(attribute);
            }
        }
        known
    }
}

impl Construct for Table {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn facts(&self) -> Map<String, Value> {
        Map::from_iter([("has_indexes".to_owned(), json!(!self.indexes.is_empty()))])
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let environment = &links.settings.environment;
        let indexes = |local: bool| -> Vec<Value> {
            let of_kind = self.indexes.iter().filter(|index| index.local == local);
            of_kind.map(|index| index.values(self.capacity)).collect()
        };
        let attributes = self.attributes().into_iter();
        let attributes: Vec<Value> =
            attributes.map(|(name, key_type)| json!({ "name": name, "type": key_type.0 })).collect();
        json!({
            "id": Naming::id(Kind::Table, &self.name),
            "table_name": links.attribute(Kind::Table, &self.name, "name"),
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "attributes": attributes,
            "key": self.key.schema(),
            "global_indexes": indexes(false),
            "local_indexes": indexes(true),
            "capacity": self.capacity.map(Capacity::values),
            "ttl": self.ttl,
            "stream": self.stream.map(|view| view.0),
            "point_in_time_recovery": self.point_in_time_recovery.unwrap_or(environment.removal == Removal::Retain),
            "deletion_protection": self.deletion_protection.unwrap_or(environment.protect),
        })
    }
}
