//! Physical names that another environment of the project has as well.

use std::collections::BTreeMap;

use crate::construct::{Construct, Constructs, Kind};
use crate::fault::{FaultKind, Sink};
use crate::naming::Naming;

/// Reports a construct that has here the name that another one of its kind has in the environment without suffix.
pub(crate) fn check_names(constructs: &Constructs, naming: &Naming, sink: &Sink) {
    let mut by_kind: BTreeMap<Kind, Vec<&dyn Construct>> = BTreeMap::new();
    for (kind, construct) in constructs.each() {
        by_kind.entry(kind).or_default().push(construct);
    }
    for (kind, members) in by_kind {
        let names = || members.iter().map(|construct| construct.name());
        for construct in &members {
            if let Some(other) = naming.shadowed(construct.name(), names()) {
                let fault = FaultKind::NameCollision {
                    what: "physical name".to_owned(),
                    name: naming.physical(construct.name(), usize::MAX),
                    first: format!("{}.{other} of the environment without suffix", kind.section()),
                    second: format!("{}.{} of this one", kind.section(), construct.name()),
                };
                sink.push(fault, construct.place());
            }
        }
    }
}
