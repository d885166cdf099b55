//! Policy documents as clients send them. How statements are meant is judged when they are used.

use serde_json::Value;

use crate::wire::ServiceError;

/// Reads the policy of a resource.
pub(crate) fn parse_document(text: &str) -> Result<Value, ServiceError> {
    let document =
        serde_json::from_str(text).map_err(|error| malformed(format!("This policy contains invalid Json: {error}")))?;
    check_statements(&document)?;
    Ok(document)
}

/// Reads the policy of a role, a user, a group or a session.
pub(crate) fn parse_rights(text: &str) -> Result<Value, ServiceError> {
    let document = parse_document(text)?;
    check_rights(&document)?;
    Ok(document)
}

/// Reads the trust policy of a role.
pub(crate) fn parse_trust_policy(text: &str) -> Result<Value, ServiceError> {
    let document = parse_document(text)?;
    check_trust_policy(&document)?;
    Ok(document)
}

/// Refuses what no role, user or group can have: their statements are about resources, and about nobody else.
pub(crate) fn check_rights(document: &Value) -> Result<(), ServiceError> {
    check_statements(document)?;
    for statement in statements(document) {
        if says(statement, "Principal") {
            return Err(malformed("Policy document should not specify a principal."));
        }
        if !says(statement, "Resource") {
            return Err(malformed("Policy statement must contain resources."));
        }
    }
    Ok(())
}

/// Refuses what is no trust policy: its statements are about somebody, and the role is the only resource.
pub(crate) fn check_trust_policy(document: &Value) -> Result<(), ServiceError> {
    check_statements(document)?;
    for statement in statements(document) {
        if says(statement, "Resource") {
            return Err(malformed("Has prohibited field Resource"));
        }
        if !says(statement, "Principal") {
            return Err(malformed("Missing required field Principal"));
        }
    }
    Ok(())
}

fn check_statements(document: &Value) -> Result<(), ServiceError> {
    let list = statements(document);
    let well_formed = !list.is_empty()
        && list.iter().all(|statement| {
            matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny"))
                && says(statement, "Action")
        });
    if !well_formed {
        return Err(malformed(
            "Syntax errors in policy: every policy needs `Statement`, and every statement `Effect` (Allow or Deny) and `Action`.",
        ));
    }
    let mut actions =
        list.iter().flat_map(|statement| texts(&statement["Action"]).chain(texts(&statement["NotAction"])));
    if actions.any(|action| action != "*" && !action.contains(':')) {
        return Err(malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."));
    }
    Ok(())
}

fn statements(document: &Value) -> &[Value] {
    match document.get("Statement") {
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// Whether a statement has a key or its negation.
fn says(statement: &Value, key: &str) -> bool {
    statement.get(key).is_some() || statement.get(format!("Not{key}")).is_some()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    list.iter().filter_map(Value::as_str)
}

fn malformed(why: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("MalformedPolicyDocument", why)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(result: Result<(), ServiceError>) -> String {
        result.unwrap_err().message
    }

    #[test]
    fn rights_name_resources_and_nobody() {
        let rights = |statement: Value| check_rights(&json!({"Statement": [statement]}));
        rights(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})).unwrap();
        rights(json!({"Effect": "Deny", "NotAction": ["s3:*", "*"], "NotResource": "*"})).unwrap();
        assert!(refusal(rights(json!({"Effect": "Allow", "Action": "s3:*"}))).contains("resources"));
        let somebody = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"});
        assert!(refusal(rights(somebody)).contains("principal"));
        assert!(refusal(rights(json!({"Effect": "Allow", "Action": "s3", "Resource": "*"}))).contains("vendor"));
        assert!(refusal(rights(json!({"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"}))).contains("Effect"));
        assert!(refusal(check_rights(&json!({}))).contains("Statement"));
    }

    #[test]
    fn a_trust_policy_names_somebody_and_no_resource() {
        let trust = |statement: Value| check_trust_policy(&json!({"Statement": statement}));
        trust(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}})).unwrap();
        assert!(refusal(trust(json!({"Effect": "Allow", "Action": "sts:AssumeRole"}))).contains("Principal"));
        let resource = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Resource": "*"});
        assert!(refusal(trust(resource)).contains("Resource"));
    }
}
