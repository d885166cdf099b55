//! Bucket policies, as far as they open a bucket to callers other than its own account.
//!
//! Callers with keys of the account are let through: what their roles allow is not the bucket's to say. For everyone else
//! (anonymous requests, CloudFront) a statement must allow, and none may deny. A condition that is not understood never
//! allows and always denies.

use serde_json::Value;

/// Who asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller<'a> {
    Anonymous,
    /// A service on behalf of a resource, for example CloudFront for a distribution.
    Service {
        name: &'a str,
        source_arn: &'a str,
        source_account: &'a str,
    },
}

/// Whether `policy` lets `caller` do `action` (`s3:GetObject`) on `resource` (an ARN).
pub(crate) fn allows(policy: &Value, caller: Caller<'_>, action: &str, resource: &str) -> bool {
    let applies = |effect: &str| {
        statements(policy).any(|statement| {
            statement["Effect"] == effect
                && names_principal(statement, caller)
                && matches_list(&statement["Action"], &statement["NotAction"], |pattern| {
                    glob(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
                })
                && matches_list(&statement["Resource"], &statement["NotResource"], |pattern| glob(pattern, resource))
                && conditions_hold(&statement["Condition"], caller, effect == "Deny")
        })
    };
    applies("Allow") && !applies("Deny")
}

/// Whether a policy opens the bucket to everyone: an `Allow` for the principal `*` without a condition.
pub(in crate::s3) fn is_public(policy: &Value) -> bool {
    statements(policy).any(|statement| {
        statement["Effect"] == "Allow"
            && names_principal(statement, Caller::Anonymous)
            && statement
                .get("Condition")
                .is_none_or(|condition| condition.as_object().is_some_and(serde_json::Map::is_empty))
    })
}

/// The fault of a policy document that cannot be kept, in AWS's words.
pub(in crate::s3) fn fault(text: &str, bucket: &str) -> Option<String> {
    let Ok(policy @ Value::Object(_)) = serde_json::from_str::<Value>(text) else {
        return Some("Policies must be valid JSON and the first byte must be '{'".to_owned());
    };
    if policy.get("Statement").is_none() {
        return Some("Missing required field Statement".to_owned());
    }
    let own = format!("arn:aws:s3:::{bucket}");
    for statement in statements(&policy) {
        for field in ["Effect", "Principal", "Action", "Resource"] {
            if statement.get(field).is_none() && statement.get(format!("Not{field}")).is_none() {
                return Some(format!("Missing required field {field}"));
            }
        }
        let foreign = texts(&statement["Resource"])
            .any(|resource| resource != own && resource != "*" && !resource.starts_with(&format!("{own}/")));
        if foreign {
            return Some("Policy has invalid resource".to_owned());
        }
    }
    None
}

fn statements(policy: &Value) -> impl Iterator<Item = &Value> {
    let one = policy.get("Statement").filter(|statement| statement.is_object());
    let many = policy.get("Statement").and_then(Value::as_array);
    one.into_iter().chain(many.into_iter().flatten())
}

/// A text or a list of texts.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    value.as_str().into_iter().chain(many)
}

fn matches_list(yes: &Value, no: &Value, matches: impl Fn(&str) -> bool) -> bool {
    if no.is_null() { texts(yes).any(matches) } else { !texts(no).any(matches) }
}

fn names_principal(statement: &Value, caller: Caller<'_>) -> bool {
    let principal = &statement["Principal"];
    let everyone = principal == "*" || texts(&principal["AWS"]).any(|name| name == "*");
    match caller {
        Caller::Anonymous => everyone,
        Caller::Service { name, .. } => everyone || texts(&principal["Service"]).any(|service| service == name),
    }
}

/// Whether every condition holds; `unknown` is the answer for one that is not understood.
fn conditions_hold(conditions: &Value, caller: Caller<'_>, unknown: bool) -> bool {
    let Some(conditions) = conditions.as_object() else { return true };
    conditions.iter().all(|(operator, keys)| {
        keys.as_object().is_some_and(|keys| {
            keys.iter().all(|(key, expected)| condition_holds(operator, key, expected, caller).unwrap_or(unknown))
        })
    })
}

fn condition_holds(operator: &str, key: &str, expected: &Value, caller: Caller<'_>) -> Option<bool> {
    let actual = match (key.to_ascii_lowercase().as_str(), caller) {
        // Requests do not leave this machine: they count as sent over a secure transport.
        ("aws:securetransport", _) => Some("true"),
        ("aws:sourcearn", Caller::Service { source_arn, .. }) => Some(source_arn),
        ("aws:sourceaccount", Caller::Service { source_account, .. }) => Some(source_account),
        ("aws:sourcearn" | "aws:sourceaccount", Caller::Anonymous) => None,
        _ => return None,
    };
    let (operator, if_exists) =
        operator.strip_suffix("IfExists").map_or((operator, false), |operator| (operator, true));
    let expected: Vec<String> = match expected {
        Value::Array(values) => values.iter().map(plain_text).collect(),
        one => vec![plain_text(one)],
    };
    let any = |matches: &dyn Fn(&str, &str) -> bool| {
        actual.map_or(if_exists, |actual| expected.iter().any(|expected| matches(expected, actual)))
    };
    Some(match operator {
        "StringEquals" => any(&|expected, actual| expected == actual),
        "StringEqualsIgnoreCase" | "Bool" => any(&|expected, actual| expected.eq_ignore_ascii_case(actual)),
        "StringLike" | "ArnLike" | "ArnEquals" => any(&glob),
        "StringNotEquals" => !any(&|expected, actual| expected == actual),
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => !any(&glob),
        _ => return None,
    })
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a text matches a pattern with `*` (any run) and `?` (any one character).
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        if at < pattern.len() && pattern[at] == '*' {
            star = Some((at, from));
            at += 1;
        } else if at < pattern.len() && (pattern[at] == '?' || pattern[at] == text[from]) {
            at += 1;
            from += 1;
        } else if let Some((star_at, star_from)) = star {
            at = star_at + 1;
            from = star_from + 1;
            star = Some((star_at, star_from + 1));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DISTRIBUTION: &str = "arn:aws:cloudfront::000000000000:distribution/E1";

    fn cloudfront(source_arn: &str) -> Caller<'_> {
        Caller::Service { name: "cloudfront.amazonaws.com", source_arn, source_account: "000000000000" }
    }

    fn origin_access_policy() -> Value {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
             "Resource": "arn:aws:s3:::b/avatars/*", "Condition": {"StringEquals": {"AWS:SourceArn": DISTRIBUTION}}},
        ]})
    }

    #[test]
    fn cloudfront_reads_for_the_named_distribution_only() {
        let policy = origin_access_policy();
        let asks = |caller, resource| allows(&policy, caller, "s3:GetObject", resource);
        assert!(asks(cloudfront(DISTRIBUTION), "arn:aws:s3:::b/avatars/x"));
        assert!(!asks(cloudfront("arn:aws:cloudfront::000000000000:distribution/E2"), "arn:aws:s3:::b/avatars/x"));
        assert!(!asks(cloudfront(DISTRIBUTION), "arn:aws:s3:::b/other"));
        assert!(!asks(Caller::Anonymous, "arn:aws:s3:::b/avatars/x"));
        assert!(!allows(&policy, cloudfront(DISTRIBUTION), "s3:PutObject", "arn:aws:s3:::b/avatars/x"));
        assert!(!is_public(&policy));
    }

    #[test]
    fn unknown_conditions_fail_closed() {
        let mut policy =
            json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}});
        assert!(allows(&policy, Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/x"));
        assert!(is_public(&policy));
        policy["Statement"]["Condition"] = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        assert!(!allows(&policy, Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/x"));
        let deny = json!({"Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Strange": {"k": "v"}}},
        ]});
        assert!(!allows(&deny, Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/x"));
    }

    #[test]
    fn globs() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaxxbxx", true),
            ("", "x", false),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn faults_of_documents() {
        assert!(fault("[]", "b").is_some());
        assert_eq!(fault("{}", "b").as_deref(), Some("Missing required field Statement"));
        assert_eq!(fault(&origin_access_policy().to_string(), "b"), None);
        assert_eq!(fault(&origin_access_policy().to_string(), "c").as_deref(), Some("Policy has invalid resource"));
    }
}
