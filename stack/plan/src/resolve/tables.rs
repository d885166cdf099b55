//! Indexes that links name.

use super::Constructs;
use crate::construct::access::Access;
use crate::construct::table::Table;
use crate::fault::{FaultKind, Sink};

pub(super) fn check(constructs: &Constructs, sink: &Sink) {
    for access in constructs.functions.iter().flat_map(|function| &function.rights.access) {
        let table = constructs.tables.iter().find(|table| table.name == access.target.name);
        if let (Some(index), Some(table)) = (access.index(), table) {
            check_index(index, access, table, sink);
        }
    }
}

fn check_index(index: &str, access: &Access, table: &Table, sink: &Sink) {
    let known: Vec<String> = table.indexes.iter().map(|index| index.name.clone()).collect();
    if !known.iter().any(|name| name == index) {
        let kind = FaultKind::UnknownReference {
            construct: format!("index of table.{}", table.name),
            name: index.to_owned(),
            known,
        };
        sink.push(kind, &access.place);
    }
}
