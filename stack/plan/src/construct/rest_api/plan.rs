//! `plans:` of a REST API: who has a key, and how much it may.

use crate::construct::api::{Throttle, ThrottleDeclaration, read_throttle};
use crate::construct::check_parts;
use crate::fault::{FaultKind, Place, Sink};
use crate::names::is_kebab;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::Quota;

/// A usage plan as written.
#[derive(Debug, Clone)]
pub(super) struct PlanDeclaration {
    name: String,
    throttle: Option<ThrottleDeclaration>,
    quota: Option<Text>,
    keys: Vec<Text>,
}

/// A usage plan with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) quota: Option<Quota>,
    pub(crate) keys: Vec<String>,
}

impl PlanDeclaration {
    pub(super) fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        check_name(named.name, "plan name", &named.place, sink);
        let fields = Fields::open(named.node, &named.place, sink)?;
        let keys = fields.texts("keys");
        for key in &keys {
            check_name(&key.raw, "name of an API key", &key.place, sink);
        }
        let plan = Self {
            name: named.name.to_owned(),
            throttle: read_throttle(&fields, sink),
            quota: fields.text("quota"),
            keys,
        };
        fields.finish();
        Some(plan)
    }

    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Plan {
        Plan {
            name: self.name.clone(),
            throttle: self.throttle.as_ref().and_then(|throttle| throttle.resolve(scope)),
            quota: self.quota.as_ref().and_then(|text| scope.value(text)),
            keys: self.keys.iter().map(|key| key.raw.clone()).collect(),
        }
    }
}

/// Names of all keys, in the order of the file.
pub(super) fn key_names(plans: &[PlanDeclaration]) -> Vec<String> {
    plans.iter().flat_map(|plan| &plan.keys).map(|key| key.raw.clone()).collect()
}

/// Reports a key that two plans have, as API Gateway would not know which of them counts, and keys that would get one id.
pub(super) fn check_keys(plans: &[PlanDeclaration], sink: &Sink) {
    let keys = plans.iter().flat_map(|plan| &plan.keys);
    check_parts("an API key", keys.map(|key| (key.raw.as_str(), &key.place)), sink);
}

fn check_name(name: &str, what: &str, place: &Place, sink: &Sink) {
    if !is_kebab(name) || name.len() > 64 {
        let rule = "lower-case words of letters and digits joined by `-`, at most 64".to_owned();
        sink.push(FaultKind::BadName { name: name.to_owned(), what: what.to_owned(), rule }, place);
    }
}
