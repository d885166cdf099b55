//! IAM actions.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;

/// The actions of one service.
#[derive(Debug)]
pub struct Service {
    prefix: String,
    record: Value,
    /// As [`Service::arn_services`] tells.
    arn_services: OnceLock<Option<Vec<String>>>,
}

/// One action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Service and name in lower case (`s3:getobject`); IAM does not care about case.
    pub name: String,
    /// Types of resources that a statement may restrict it to; empty when it takes `*` only.
    pub resource_types: Vec<String>,
    /// Condition keys that it knows besides the global ones.
    pub condition_keys: Vec<String>,
}

impl Service {
    pub(super) fn new(prefix: &str, record: Value) -> Self {
        Self { prefix: prefix.to_owned(), record, arn_services: OnceLock::new() }
    }

    /// The action of that name, in any case, without the prefix.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<Action> {
        let name = name.to_ascii_lowercase();
        let action = self.record.get("actions")?.get(&name)?;
        Some(Action {
            resource_types: strings(action, "r"),
            condition_keys: strings(action, "c"),
            name: format!("{}:{name}", self.prefix),
        })
    }

    /// Names of all actions, in lower case, without the prefix.
    pub fn action_names(&self) -> impl Iterator<Item = &str> {
        let actions = self.record.get("actions").and_then(Value::as_object).into_iter().flatten();
        actions.map(|(name, _)| name.as_str())
    }

    /// True when an action matches a pattern with `*` and `?`, in any case.
    #[must_use]
    pub fn matches(&self, pattern: &str) -> bool {
        let pattern = pattern.to_ascii_lowercase();
        if !pattern.contains(['*', '?']) {
            return self.record.get("actions").is_some_and(|actions| actions.get(&pattern).is_some());
        }
        self.action_names().any(|name| is_match(pattern.as_bytes(), name.as_bytes()))
    }

    /// Services in the ARNs of all resources that any of the actions takes, sorted; nothing when one of them has a placeholder there.
    #[must_use]
    pub fn arn_services(&self) -> Option<&[String]> {
        let of_all = || {
            let resources =
                self.action_names().filter_map(|name| self.action(name)).flat_map(|action| action.resource_types);
            let resources: BTreeSet<String> = resources.collect();
            let services: Option<BTreeSet<String>> =
                resources.iter().flat_map(|resource| self.arns(resource)).map(|arn| arn_service(&arn)).collect();
            services.map(|services| services.into_iter().collect())
        };
        self.arn_services.get_or_init(of_all).as_deref()
    }

    /// ARNs of a type of resource, with placeholders (`arn:${Partition}:s3:::${BucketName}`).
    #[must_use]
    pub fn arns(&self, resource_type: &str) -> Vec<String> {
        let resource = self.record.get("resources").and_then(|resources| resources.get(resource_type));
        resource.map(|resource| strings(resource, "a")).unwrap_or_default()
    }
}

/// The service that an ARN names; nothing for a placeholder.
pub(crate) fn arn_service(arn: &str) -> Option<String> {
    let service = arn.split(':').nth(2)?;
    (!service.is_empty() && !service.contains(['$', '*'])).then(|| service.to_owned())
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    let list = value.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `*` stands for any letters, `?` for one. Linear but for the last `*`, to which it returns.
fn is_match(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut position, mut star) = (0, 0, None);
    while position < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(letter) if *letter == b'?' || *letter == text[position] => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((star_at, from)) = star else { return false };
                at = star_at + 1;
                position = from + 1;
                star = Some((star_at, from + 1));
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}
