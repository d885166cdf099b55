//! The inline policies of a role: what links ask for, and what the project's own policy sources add.

use serde_json::{Map, Value, json};

use crate::construct::access::Access;
use crate::fault::{FaultKind, Place};
use crate::links::Links;
use crate::render::{document, merged_document};

/// Greatest size of all inline policies of a role together, white space apart.
const ROLE_POLICY_CHARACTERS: usize = 10_240;
/// Greatest size of a managed policy, white space apart.
const MANAGED_POLICY_CHARACTERS: usize = 6_144;
/// Greatest number of managed policies of a role, as accounts have it unless they ask for more.
const MANAGED_POLICIES: usize = 10;

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
            let target = links.target(link.target.kind, &link.target.name);
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

    /// The policies as `{name, document}`, that of links first, for a role that has inline policies only. Reports more
    /// than a role may hold.
    pub(crate) fn finish(self, links: &Links<'_>) -> Vec<Value> {
        let mut policies = Vec::new();
        if !self.granted.is_empty() {
            policies.push(json!({ "name": "access", "document": merged_document(self.granted) }));
        }
        policies.extend(self.policies);
        let characters: usize = policies.iter().map(|policy| size(&policy["document"])).sum();
        if characters > ROLE_POLICY_CHARACTERS {
            let what = format!("characters of all policies of `{}`", self.owner);
            let kind = FaultKind::LimitExceeded { what, value: characters, limit: ROLE_POLICY_CHARACTERS };
            links.sink.push(kind, self.place);
        }
        policies
    }

    /// As [`finish`](Self::finish), but what inline policies cannot hold becomes managed policies, which the planner
    /// renders for every construct that gives them to it as `managed_policies`.
    pub(crate) fn finish_with_managed(self, role_id: &str, links: &Links<'_>) -> RolePolicies {
        let of_project: usize = self.policies.iter().map(|policy| size(&policy["document"])).sum();
        let merged = merged_document(self.granted.clone());
        if size(&merged) + of_project <= ROLE_POLICY_CHARACTERS {
            return RolePolicies { inline: self.finish(links), managed: Vec::new() };
        }
        let statements = merged["Statement"].as_array().cloned().unwrap_or_default();
        let documents = documents_of(statements);
        if documents.len() > MANAGED_POLICIES {
            let what = format!("managed policies of the role of `{}`", self.owner);
            let kind = FaultKind::LimitExceeded { what, value: documents.len(), limit: MANAGED_POLICIES };
            links.sink.push(kind, self.place);
        }
        let managed = documents.into_iter().enumerate().map(|(index, document)| {
            json!({
                "id": format!("{role_id}Access{}", index + 1),
                "role_id": role_id,
                "description": format!("Access of {} ({})", self.owner, index + 1),
                "document": document,
            })
        });
        let managed = managed.collect();
        RolePolicies { inline: Self { granted: Vec::new(), ..self }.finish(links), managed }
    }
}

/// The policies of a role.
pub(crate) struct RolePolicies {
    /// Inline policies as `{name, document}`.
    pub(crate) inline: Vec<Value>,
    /// Values of `managed_policy.yaml.hbs`.
    pub(crate) managed: Vec<Value>,
}

/// Characters as IAM counts them: without white space. What only AWS knows counts as its mark, which is shorter than most
/// values; the limits below leave room for that.
fn size(document: &Value) -> usize {
    document.to_string().chars().filter(|character| !character.is_whitespace()).count()
}

/// Divides statements among as few documents as fit, in their order. A statement that no document could hold is divided by
/// its resources.
fn documents_of(statements: Vec<Value>) -> Vec<Value> {
    let mut pieces: Vec<Map<String, Value>> = Vec::new();
    for statement in statements {
        let Value::Object(statement) = statement else { continue };
        let whole = size(&document(vec![statement.clone()]));
        match statement.get("Resource").and_then(Value::as_array) {
            Some(resources) if whole > MANAGED_POLICY_CHARACTERS => {
                let parts = whole.div_ceil(MANAGED_POLICY_CHARACTERS / 2).min(resources.len());
                for resources in resources.chunks(resources.len().div_ceil(parts)) {
                    let mut piece = statement.clone();
                    piece.insert("Resource".to_owned(), json!(resources));
                    pieces.push(piece);
                }
            }
            _ => pieces.push(statement),
        }
    }
    let mut documents: Vec<Vec<Map<String, Value>>> = Vec::new();
    for piece in pieces {
        match documents.last_mut() {
            Some(last)
                if size(&document([last.as_slice(), std::slice::from_ref(&piece)].concat()))
                    <= MANAGED_POLICY_CHARACTERS =>
            {
                last.push(piece);
            }
            _ => documents.push(vec![piece]),
        }
    }
    documents.into_iter().map(document).collect()
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
    let (partition, domain) = (links.naming.partition, links.naming.service_domain);
    values.insert("aws".to_owned(), json!({ "partition": partition, "domain": domain }));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(action: &str, resources: usize) -> Value {
        let resources: Vec<String> = (0..resources).map(|index| format!("arn:aws:s3:::bucket/{index:04}/*")).collect();
        json!({ "Effect": "Allow", "Action": action, "Resource": resources })
    }

    /// Every pair of action and resource that statements name, sorted.
    fn pairs(statements: &[Value]) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = statements
            .iter()
            .flat_map(|statement| {
                let action = statement["Action"].as_str().unwrap().to_owned();
                let resources = statement["Resource"].as_array().unwrap().iter();
                resources.map(move |resource| (action.clone(), resource.as_str().unwrap().to_owned()))
            })
            .collect();
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn statements_that_are_divided_grant_the_same_within_the_limit() {
        let statements: Vec<Value> =
            vec![statement("s3:GetObject", 900), statement("s3:PutObject", 3), statement("s3:DeleteObject", 150)];
        let documents = documents_of(statements.clone());
        assert!(documents.len() > 5 && documents.len() <= 12, "{}", documents.len());
        for document in &documents {
            assert!(size(document) <= MANAGED_POLICY_CHARACTERS, "{}", size(document));
        }
        let granted: Vec<Value> = documents.iter().flat_map(|it| it["Statement"].as_array().unwrap().clone()).collect();
        assert_eq!(pairs(&granted), pairs(&statements));
    }

    #[test]
    fn what_fits_stays_together() {
        assert_eq!(documents_of(vec![statement("s3:GetObject", 2), statement("s3:PutObject", 2)]).len(), 1);
        assert!(documents_of(Vec::new()).is_empty());
    }
}
