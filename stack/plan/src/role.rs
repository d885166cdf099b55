//! The inline policies of a role: what links ask for, and what the project's own policy sources add.

use serde_json::{Map, Value, json};

use crate::construct::access::Access;
use crate::fault::{FaultKind, Place};
use crate::graph::Granted;
use crate::links::Links;
use crate::render::{document, merged_document};
use crate::scope::RESOURCE;

/// Greatest size of all inline policies of a role together, white space apart.
const ROLE_POLICY_CHARACTERS: usize = 10_240;

/// A role as it grows.
pub(crate) struct Role<'a> {
    /// Name of the construct whose role it is.
    owner: &'a str,
    place: &'a Place,
    /// Statements of links, merged into one policy.
    granted: Vec<Map<String, Value>>,
    /// Policies of the project, each with its name.
    policies: Vec<Value>,
}

impl<'a> Role<'a> {
    pub(crate) fn new(owner: &'a str, place: &'a Place) -> Self {
        Self { owner, place, granted: Vec::new(), policies: Vec::new() }
    }

    /// Grants what a policy source (`policies/<source>.json.hbs`) says of `target`.
    pub(crate) fn grant(&mut self, source: &str, target: &Value, place: &Place, links: &Links<'_>) {
        let statements = statements(source, target, None, place, links);
        self.granted.extend(statements.unwrap_or_default());
    }

    /// Grants what `access:` links say.
    pub(crate) fn grant_access(&mut self, access: &[Access], links: &Links<'_>) {
        for link in access {
            let target = links.attributes(link.target.kind, &link.target.name);
            links.note(Granted { verb: link.verb.word(), target: (link.target.kind, link.target.name.clone()) });
            let keys = link.target.path.as_deref();
            let statements = statements(link.policy_source(), &target, keys, &link.place, links);
            self.granted.extend(statements.unwrap_or_default());
        }
    }

    /// Adds the project's own policy sources, each as a policy of its own. They see the role's owner as `target`.
    pub(crate) fn add_policies(&mut self, policies: &[(String, Place)], owner: &Value, links: &Links<'_>) {
        for (name, place) in policies {
            if let Some(statements) = statements(name, owner, None, place, links) {
                self.policies.push(json!({ "name": name, "document": document(statements) }));
            }
        }
    }

    /// The policies as `{name, document}`, that of links first. Reports more than a role may hold.
    pub(crate) fn finish(self, links: &Links<'_>) -> Vec<Value> {
        let mut policies = Vec::new();
        if !self.granted.is_empty() {
            policies.push(json!({ "name": "access", "document": merged_document(self.granted) }));
        }
        policies.extend(self.policies);
        let characters: usize = policies
            .iter()
            .map(|policy| policy["document"].to_string().chars().filter(|character| !character.is_whitespace()).count())
            .sum();
        if characters > ROLE_POLICY_CHARACTERS {
            let what = format!("characters of all policies of `{}`", self.owner);
            let kind = FaultKind::LimitExceeded { what, value: characters, limit: ROLE_POLICY_CHARACTERS };
            links.sink.push(kind, self.place);
        }
        policies
    }
}

/// Statements of a policy source; nothing when it has a fault.
fn statements(
    source: &str,
    target: &Value,
    keys: Option<&str>,
    place: &Place,
    links: &Links<'_>,
) -> Option<Vec<Map<String, Value>>> {
    let file = format!("{source}.json.hbs");
    let mut values = links.scope.values();
    values.insert("target".to_owned(), target.clone());
    values.insert("keys".to_owned(), json!(keys.unwrap_or("*")));
    values.insert("has_keys".to_owned(), json!(keys.is_some()));
    if let Some(text) = links.policies.source(&file) {
        values.insert(RESOURCE.to_owned(), links.scope.resource_values(text, place));
    }
    let fault = match links.policies.statements(&file, &Value::Object(values)) {
        Some(Ok(statements)) => return Some(statements),
        // The fault of the parameter is reported; that its name has no value is no fault of the source.
        Some(Err(FaultKind::InvalidPolicy { .. })) if !links.settings.is_complete => return None,
        Some(Err(fault)) => fault,
        None => FaultKind::MissingPolicy {
            name: source.to_owned(),
            file: format!("policies/{file}"),
            known: links.policies.project_policies(),
        },
    };
    links.sink.push(fault, place);
    None
}
