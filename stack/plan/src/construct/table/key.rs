//! Keys of tables and of their indexes.

use serde_json::{Value, json};

use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::{AttributeName, KeyType, SettingValue};

/// A key as written: partition attribute, then sort attribute, each with its type.
#[derive(Debug, Clone)]
pub(super) struct KeyDeclaration {
    place: Place,
    attributes: Vec<(String, Text)>,
}

/// A key: one or two attributes, partition first. None while it has a fault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Key(Vec<(String, KeyType)>);

pub(super) fn read_key(fields: &Fields<'_>, place: &Place, sink: &Sink) -> KeyDeclaration {
    let attributes = fields.text_section("key");
    let key_place = fields.place_of("key");
    if &key_place == place {
        let help = "attributes and their types, the partition first: `key: { id: S, time: N }`".to_owned();
        sink.push(FaultKind::MissingKey { key: "key".to_owned(), help }, place);
    }
    KeyDeclaration { place: key_place, attributes }
}

impl KeyDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Key {
        if self.attributes.len() > 2 {
            let kind = FaultKind::LimitExceeded {
                what: "attributes of a key".to_owned(),
                value: self.attributes.len(),
                limit: 2,
            };
            scope.sink().push(kind, &self.place);
            return Key::default();
        }
        let attributes = self.attributes.iter().filter_map(|(name, text)| {
            check_attribute(name, &text.place, scope.sink());
            Some((name.clone(), scope.value::<KeyType>(text)?))
        });
        Key(attributes.collect())
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

impl Key {
    pub(super) fn partition(&self) -> Option<&str> {
        self.0.first().map(|(name, _)| name.as_str())
    }

    pub(super) fn has_sort(&self) -> bool {
        self.0.len() > 1
    }

    /// Its attributes. A faulty key has a harmless one, so that its table brings no more faults.
    pub(super) fn attributes(&self) -> Vec<(String, KeyType)> {
        if self.0.is_empty() { vec![("id".to_owned(), KeyType("S"))] } else { self.0.clone() }
    }

    /// The `KeySchema` of it.
    pub(super) fn schema(&self) -> Value {
        let attributes = self.attributes().into_iter().zip(["HASH", "RANGE"]);
        attributes.map(|((name, _), role)| json!({ "name": name, "role": role })).collect()
    }
}

fn check_attribute(name: &str, place: &Place, sink: &Sink) {
    if AttributeName::parse(name).is_none() {
        let kind = FaultKind::BadName {
            name: name.to_owned(),
            what: "attribute name".to_owned(),
            rule: AttributeName::HELP.to_owned(),
        };
        sink.push(kind, place);
    }
}
