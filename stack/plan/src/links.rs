//! What constructs know of each other while they are rendered.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::construct::{Constructs, Grant, Kind};
use crate::deferred;
use crate::fault::Sink;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::plan::Removal;
use crate::render::PolicyRenderer;
use crate::scope::Scope;
use crate::settings::Settings;

/// Everything that the values of a construct are made from.
pub(crate) struct Links<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) naming: &'a Naming,
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) constructs: &'a Constructs,
    pub(crate) policies: PolicyRenderer<'a>,
    pub(crate) sink: &'a Sink,
    grants: Vec<Grant>,
    facts: BTreeMap<(Kind, &'a str), Map<String, Value>>,
}

impl<'a> Links<'a> {
    /// Gathers what all constructs ask of each other.
    pub(crate) fn new(
        settings: &'a Settings,
        naming: &'a Naming,
        scope: &'a Scope<'a>,
        constructs: &'a Constructs,
        policy_sources: &'a BTreeMap<String, String>,
    ) -> Self {
        let policies = PolicyRenderer::new(policy_sources);
        let facts = constructs.each().into_iter().map(|(kind, it)| ((kind, it.name()), it.facts())).collect();
        let sink = scope.sink();
        let mut links = Self { settings, naming, scope, constructs, policies, sink, grants: Vec::new(), facts };
        links.grants = constructs.each().into_iter().flat_map(|(_, construct)| construct.grants(&links)).collect();
        links
    }

    /// `DeletionPolicy` and `UpdateReplacePolicy` of what holds data.
    pub(crate) fn deletion_policies(&self) -> (&'static str, &'static str) {
        match self.settings.environment.removal {
            Removal::Destroy => ("Delete", "Delete"),
            // What a failed first creation leaves behind is empty and would stand in the way of the next.
            Removal::Retain => ("RetainExceptOnCreate", "Retain"),
        }
    }

    /// All attributes of a construct; null for one that is not declared.
    pub(crate) fn attributes(&self, kind: Kind, name: &str) -> Value {
        self.scope.value_at(&[kind.word(), name]).cloned().unwrap_or_default()
    }

    /// What policy sources see of a construct: its attributes and its facts.
    pub(crate) fn target(&self, kind: Kind, name: &str) -> Value {
        let mut target = self.attributes(kind, name);
        if let (Some(target), Some(facts)) = (target.as_object_mut(), self.facts.get(&(kind, name))) {
            target.extend(facts.clone());
        }
        target
    }

    /// One attribute of a construct; empty for one that is not declared.
    pub(crate) fn attribute(&self, kind: Kind, name: &str, attribute: &str) -> String {
        let value = self.scope.value_at(&[kind.word(), name, attribute]);
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// True for a construct whose resource the stack has.
    pub(crate) fn is_owned(&self, kind: Kind, name: &str) -> bool {
        self.constructs.each().iter().any(|(of_kind, it)| *of_kind == kind && it.name() == name && it.is_owned())
    }

    /// The ARN of a construct as other resources write it: a reference to the resource of this stack, so that
    /// CloudFormation makes it first, or the ARN of what exists already.
    pub(crate) fn reference(&self, kind: Kind, name: &str) -> String {
        let id = Naming::id(kind, name);
        match kind {
            _ if !self.is_owned(kind, name) => self.attribute(kind, name, "arn"),
            Kind::Topic => deferred::reference(&id),
            _ => deferred::attribute(&id, "Arn"),
        }
    }

    /// What services may do to a construct, in the order of the template.
    pub(crate) fn grants_upon(&self, kind: Kind, name: &str) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.target.0 == kind && grant.target.1 == name)
    }

    /// What a resource policy says of services: `{sid, service, source_arns, names_account}` for each, sorted.
    pub(crate) fn senders(&self, kind: Kind, name: &str) -> Vec<Value> {
        let mut by_service: BTreeMap<&str, (Vec<&str>, bool)> = BTreeMap::new();
        for grant in self.grants_upon(kind, name) {
            let (source_arns, names_account) = by_service.entry(grant.service).or_default();
            source_arns.push(&grant.source_arn);
            *names_account |= grant.names_account;
        }
        by_service
            .into_iter()
            .map(|(service, (mut source_arns, names_account))| {
                source_arns.sort_unstable();
                source_arns.dedup();
                let word = service.split('.').next().unwrap_or_default();
                json!({
                    "sid": format!("Allow{}", logical_id(word, "")),
                    "service": service,
                    "source_arns": source_arns,
                    "names_account": names_account,
                })
            })
            .collect()
    }
}
