//! `capacity:` of a table or an index: what is paid for beforehand.

use serde_json::{Value, json};

use crate::fault::Sink;
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::CapacityUnits;

/// Capacity as written.
#[derive(Debug, Clone)]
pub(super) struct CapacityDeclaration {
    read: Option<Text>,
    write: Option<Text>,
}

/// Reads and writes of 4 KB and 1 KB a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    read: CapacityUnits,
    write: CapacityUnits,
}

pub(super) fn read_capacity(fields: &Fields<'_>, sink: &Sink) -> Option<CapacityDeclaration> {
    let (node, place) = fields.get("capacity")?;
    let fields = Fields::open(node, &place, sink)?;
    let capacity = CapacityDeclaration {
        read: fields.required("read", "reads a second: `capacity: { read: 5, write: 5 }`"),
        write: fields.required("write", "writes a second: `capacity: { read: 5, write: 5 }`"),
    };
    fields.finish();
    Some(capacity)
}

impl CapacityDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Capacity {
        let units = |text: &Option<Text>| scope.value_or(text.as_ref(), CapacityUnits(1));
        Capacity { read: units(&self.read), write: units(&self.write) }
    }
}

impl Capacity {
    pub(super) fn values(self) -> Value {
        json!({ "read": self.read.0, "write": self.write.0 })
    }
}
