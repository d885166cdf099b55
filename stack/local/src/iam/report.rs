//! What roles used of what they are granted: `GET /_stack/access.json`, which `stack access` reads.

use serde_json::{Value, json};

use super::resource_policy::{glob, statements, texts};
use super::rights::managed_document;
use super::{Iam, Role};

impl Iam {
    /// For each role and user: what it used, what it was denied and what to add where something lacks, and which granted
    /// actions it did not use.
    pub(crate) fn access_report(&self) -> Value {
        let roles = self.roles();
        let mut identities: Vec<String> = roles.iter().map(|role| role.arn.clone()).collect();
        identities.extend(self.record.identities());
        identities.sort();
        identities.dedup();
        let entry = |arn: &String| {
            let counted = self.record.of(arn);
            let allowed: Vec<Value> = counted
                .iter()
                .filter(|(_, _, counts)| counts.allowed > 0)
                .map(|(action, resource, counts)| {
                    json!({"action": action, "resource": resource, "times": counts.allowed})
                })
                .collect();
            let denied: Vec<Value> = counted
                .iter()
                .filter(|(_, _, counts)| counts.denied > 0)
                .map(|(action, resource, counts)| {
                    let advice = counts.lacks_statement.then(|| self.advice(arn, action, resource));
                    json!({"action": action, "resource": resource, "times": counts.denied, "advice": advice})
                })
                .collect();
            let used: Vec<&str> = counted
                .iter()
                .filter(|(_, _, counts)| counts.allowed > 0)
                .map(|(action, ..)| action.as_str())
                .collect();
            let role = roles.iter().find(|role| role.arn == *arn);
            let function = self.declarations.get().and_then(|store| store.function_of_role(arn));
            json!({
                "arn": arn,
                "name": arn.rsplit('/').next().unwrap_or(arn),
                "function": function.as_ref().map(|function| super::advice::name(&function.logical_id, "Function")),
                "logical_id": function.as_ref().map(|function| &function.logical_id),
                "stack": function.as_ref().map(|function| &function.stack),
                "used": allowed,
                "denied": denied,
                "unused": role.map_or_else(Vec::new, |role| self.unused(role, &used)),
            })
        };
        json!({"enforced": self.enforced, "identities": identities.iter().map(entry).collect::<Vec<_>>()})
    }

    /// Action patterns of a role's own and attached policies that fit nothing that was used.
    fn unused(&self, role: &Role, used: &[&str]) -> Vec<Value> {
        let attached = role.attached.iter().filter_map(|arn| {
            let document = self.store.read(|state| managed_document(state, arn))?;
            Some((arn.rsplit('/').next().unwrap_or(arn).to_owned(), document))
        });
        let own = role.policies.iter().map(|(name, document)| (name.clone(), document.clone()));
        let mut unused = Vec::new();
        for (policy, document) in own.chain(attached) {
            for statement in statements(&document).filter(|statement| statement["Effect"] == "Allow") {
                let actions = texts(&statement["Action"]).filter(|action| {
                    let pattern = action.to_ascii_lowercase();
                    !used.iter().any(|used| glob(&pattern, &used.to_ascii_lowercase()))
                });
                for action in actions {
                    let resources: Vec<&str> = texts(&statement["Resource"]).collect();
                    unused.push(json!({"policy": policy, "action": action, "resources": resources}));
                }
            }
        }
        unused
    }
}
