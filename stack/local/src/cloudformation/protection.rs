//! Stack policies: what an update may do to which resource. Once a policy is set, what it does not allow is denied.

use serde_json::Value;

use super::input::{Call, constraint, invalid, template_at};
use crate::iam::resource_policy::glob;
use crate::wire::ServiceError;

/// Greatest policy in bytes.
const BYTES: usize = 16_384;

/// What an update does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UpdateAction {
    Modify,
    Replace,
    Delete,
}

impl UpdateAction {
    fn name(self) -> &'static str {
        match self {
            Self::Modify => "Update:Modify",
            Self::Replace => "Update:Replace",
            Self::Delete => "Update:Delete",
        }
    }
}

/// The policy of a request, as text or at a URL of the local S3; `None` when it gives none.
pub(super) async fn policy_of(call: &Call<'_>, field: &str) -> Result<Option<String>, ServiceError> {
    let (body, url) = (format!("{field}Body"), format!("{field}URL"));
    let text = match (call.form.get(&body), call.form.get(&url)) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(invalid(format!("You can specify either {body} or {url}, but not both"))),
        (Some(text), None) => text.to_owned(),
        (None, Some(url)) => template_at(call.cloud, url).await?,
    };
    if text.len() > BYTES {
        return Err(constraint(
            "stackPolicyBody",
            &format!("{} bytes", text.len()),
            &format!("Member must have length less than or equal to {BYTES}"),
        ));
    }
    check(&text)?;
    Ok(Some(text))
}

/// Refuses what is no stack policy.
fn check(text: &str) -> Result<(), ServiceError> {
    let wrong = |what: &str| invalid(format!("Error validating stack policy: {what}"));
    let policy: Value = serde_json::from_str(text).map_err(|_| wrong("Invalid stack policy"))?;
    let list = list_of(policy.get("Statement"));
    if list.is_empty() {
        return Err(wrong("Stack policies must have a Statement"));
    }
    for statement in list {
        if !matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
            return Err(wrong("Effect must be Allow or Deny"));
        }
        if statement
            .get("Principal")
            .is_none_or(|principal| principal != "*" && principal.get("AWS").is_none_or(|all| all != "*"))
        {
            return Err(wrong("Principal must be *"));
        }
        for (name, other, start) in
            [("Action", "NotAction", "Update:"), ("Resource", "NotResource", "LogicalResourceId/")]
        {
            let values = list_of(statement.get(name).or_else(|| statement.get(other)));
            if values.is_empty() {
                return Err(wrong(&format!("a statement needs {name} or {other}")));
            }
            let fits = |value: &&Value| value.as_str().is_some_and(|text| text == "*" || text.starts_with(start));
            if let Some(value) = values.iter().find(|value| !fits(value)) {
                return Err(wrong(&format!("Unknown {} {value}", name.to_lowercase())));
            }
        }
    }
    Ok(())
}

fn list_of(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}

/// Why a policy does not let an update do this to a resource; `None` when it does.
pub(super) fn denial(policy: &str, action: UpdateAction, logical_id: &str, resource_type: &str) -> Option<String> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let resource = format!("LogicalResourceId/{logical_id}");
    let mut is_allowed = false;
    for (index, statement) in list_of(policy.get("Statement")).into_iter().enumerate() {
        if !speaks_of(statement, "Action", "NotAction", action.name())
            || !speaks_of(statement, "Resource", "NotResource", &resource)
            || !holds(statement, resource_type)
        {
            continue;
        }
        if statement.get("Effect").is_some_and(|effect| effect == "Allow") {
            is_allowed = true;
            continue;
        }
        let texts = |name: &str, other: &str| {
            let values = list_of(statement.get(name).or_else(|| statement.get(other)));
            values.into_iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        };
        return Some(format!(
            "Action denied by stack policy: Statement [#{}] does not allow [{}] for resource [{}]",
            index + 1,
            texts("Action", "NotAction"),
            texts("Resource", "NotResource")
        ));
    }
    (!is_allowed).then(|| {
        format!("Action denied by stack policy: no statement allows [{}] for resource [{resource}]", action.name())
    })
}

fn speaks_of(statement: &Value, name: &str, other: &str, text: &str) -> bool {
    let matches =
        |value: Option<&Value>| list_of(value).into_iter().filter_map(Value::as_str).any(|pattern| glob(pattern, text));
    match statement.get(name) {
        Some(value) => matches(Some(value)),
        None => !matches(statement.get(other)),
    }
}

/// Whether the conditions of a statement hold: they speak of the resource's type.
fn holds(statement: &Value, resource_type: &str) -> bool {
    let Some(operators) = statement.get("Condition").and_then(Value::as_object) else { return true };
    operators.iter().all(|(operator, keys)| {
        keys.as_object().into_iter().flatten().all(|(key, values)| {
            let fits = |value: &Value| match operator.as_str() {
                "StringEquals" | "StringNotEquals" => value == resource_type,
                _ => value.as_str().is_some_and(|pattern| glob(pattern, resource_type)),
            };
            let any = key == "ResourceType" && list_of(Some(values)).into_iter().any(fits);
            any != operator.contains("Not")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_allowed_is_denied_and_a_denial_wins() {
        let policy = r#"{"Statement": [
            {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*", "Resource": "LogicalResourceId/Data*"},
            {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*", "Condition": {"StringEquals": {"ResourceType": ["AWS::SNS::Topic"]}}}
        ]}"#;
        check(policy).unwrap();
        let of = |action, id, kind| denial(policy, action, id, kind);
        assert_eq!(of(UpdateAction::Modify, "Data", "AWS::S3::Bucket"), None);
        assert_eq!(
            of(UpdateAction::Delete, "DataBucket", "AWS::S3::Bucket").unwrap(),
            "Action denied by stack policy: Statement [#2] does not allow [Update:Replace, Update:Delete] for resource [LogicalResourceId/Data*]"
        );
        assert!(of(UpdateAction::Modify, "Topic", "AWS::SNS::Topic").unwrap().contains("Statement [#3]"));
        let narrow = r#"{"Statement": {"Effect": "Allow", "Action": "Update:Modify", "Principal": "*", "NotResource": "LogicalResourceId/A"}}"#;
        assert_eq!(denial(narrow, UpdateAction::Modify, "B", "T"), None);
        assert!(
            denial(narrow, UpdateAction::Modify, "A", "T").unwrap().contains("no statement allows [Update:Modify]")
        );
        assert!(denial(narrow, UpdateAction::Delete, "B", "T").is_some());
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for (text, part) in [
            ("x", "Invalid stack policy"),
            ("{}", "must have a Statement"),
            (r#"{"Statement": {"Effect": "Maybe"}}"#, "Allow or Deny"),
            (r#"{"Statement": {"Effect": "Allow"}}"#, "Principal must be *"),
            (r#"{"Statement": {"Effect": "Allow", "Principal": "*"}}"#, "needs Action"),
            (
                r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}"#,
                "Unknown action",
            ),
        ] {
            let refusal = check(text).unwrap_err();
            assert!(refusal.message.contains(part), "{}", refusal.message);
        }
    }
}
