//! Whether a resource policy (of a bucket, a function, a topic) lets somebody act.
//!
//! Callers with keys of the account are not asked about: what their roles allow is not the resource's to say. For everyone
//! else (anonymous requests, services) a statement must allow, and none may deny. A condition that is not understood never
//! allows and always denies.

use serde_json::Value;

/// Who asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller<'a> {
    Anonymous,
    /// A service (`s3.amazonaws.com`) on behalf of a resource, for example CloudFront for a distribution.
    Service {
        name: &'a str,
        source_arn: &'a str,
        source_account: &'a str,
    },
}

/// Whether `policy` lets `caller` do `action` (`s3:GetObject`) on `resource` (an ARN).
pub(crate) fn allows(policy: &Value, caller: Caller<'_>, action: &str, resource: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let applies = |effect: &str| {
        let denies = effect == "Deny";
        statements(policy).any(|statement| {
            statement["Effect"] == effect
                && concerns(statement, caller, denies)
                && matches_list(&statement["Action"], &statement["NotAction"], |pattern| {
                    glob(&pattern.to_ascii_lowercase(), &action)
                })
                && matches_list(&statement["Resource"], &statement["NotResource"], |pattern| glob(pattern, resource))
                && conditions_hold(&statement["Condition"], caller, denies)
        })
    };
    applies("Allow") && !applies("Deny")
}

/// Whether a policy opens its resource to everyone: an `Allow` for the principal `*` without a condition.
pub(crate) fn allows_everyone(policy: &Value) -> bool {
    statements(policy).any(|statement| {
        statement["Effect"] == "Allow"
            && concerns(statement, Caller::Anonymous, false)
            && statement
                .get("Condition")
                .is_none_or(|condition| condition.as_object().is_some_and(serde_json::Map::is_empty))
    })
}

/// The statements of a policy, which may be one or a list.
pub(crate) fn statements(policy: &Value) -> impl Iterator<Item = &Value> {
    let one = policy.get("Statement").filter(|statement| statement.is_object());
    let many = policy.get("Statement").and_then(Value::as_array);
    one.into_iter().chain(many.into_iter().flatten())
}

/// A text or a list of texts.
pub(crate) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    value.as_str().into_iter().chain(many)
}

fn matches_list(yes: &Value, no: &Value, matches: impl Fn(&str) -> bool) -> bool {
    if no.is_null() { texts(yes).any(matches) } else { !texts(no).any(matches) }
}

/// Whether a statement is about the caller. `NotPrincipal` is for denials only, as on AWS.
fn concerns(statement: &Value, caller: Caller<'_>, denies: bool) -> bool {
    match statement.get("NotPrincipal") {
        Some(excepted) => denies && !names(excepted, caller),
        None => names(&statement["Principal"], caller),
    }
}

fn names(principal: &Value, caller: Caller<'_>) -> bool {
    let everyone = principal == "*" || texts(&principal["AWS"]).any(|name| name == "*");
    match caller {
        Caller::Anonymous => everyone,
        Caller::Service { name, .. } => everyone || texts(&principal["Service"]).any(|service| service == name),
    }
}

/// Whether every condition holds; `unknown` is the answer for one that is not understood.
fn conditions_hold(conditions: &Value, caller: Caller<'_>, unknown: bool) -> bool {
    if conditions.is_null() {
        return true;
    }
    let Some(conditions) = conditions.as_object() else { return unknown };
    conditions.iter().all(|(operator, keys)| {
        let Some(keys) = keys.as_object() else { return unknown };
        keys.iter().all(|(key, expected)| condition_holds(operator, key, expected, caller).unwrap_or(unknown))
    })
}

fn condition_holds(operator: &str, key: &str, expected: &Value, caller: Caller<'_>) -> Option<bool> {
    let actual = match (key.to_ascii_lowercase().as_str(), caller) {
        // Requests do not leave this machine: they count as sent over a secure transport.
        ("aws:securetransport", _) | ("aws:principalisawsservice", Caller::Service { .. }) => Some("true"),
        ("aws:principalisawsservice", Caller::Anonymous) => Some("false"),
        ("aws:sourcearn", Caller::Service { source_arn, .. }) => Some(source_arn),
        ("aws:sourceaccount" | "aws:sourceowner", Caller::Service { source_account, .. }) => Some(source_account),
        ("aws:sourcearn" | "aws:sourceaccount" | "aws:sourceowner", Caller::Anonymous) => None,
        _ => return None,
    };
    let (operator, if_exists) =
        operator.strip_suffix("IfExists").map_or((operator, false), |operator| (operator, true));
    let equal: fn(&str, &str) -> bool = |expected, actual| expected == actual;
    let (negated, matches): (bool, fn(&str, &str) -> bool) = match operator {
        "StringEquals" => (false, equal),
        "StringNotEquals" => (true, equal),
        "StringEqualsIgnoreCase" | "Bool" => (false, str::eq_ignore_ascii_case),
        "StringNotEqualsIgnoreCase" => (true, str::eq_ignore_ascii_case),
        "StringLike" | "ArnLike" | "ArnEquals" => (false, glob),
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (true, glob),
        _ => return None,
    };
    // A key that the request does not have fits a negated operator and one that asks for it only where it exists.
    let Some(actual) = actual else { return Some(negated || if_exists) };
    let expected = expected.as_array().map_or(std::slice::from_ref(expected), Vec::as_slice);
    Some(expected.iter().any(|expected| matches(&plain_text(expected), actual)) != negated)
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
    use serde_json::json;

    use super::*;

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
        assert!(!allows_everyone(&policy));
    }

    #[test]
    fn unknown_conditions_fail_closed() {
        let mut policy =
            json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}});
        assert!(allows(&policy, Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/x"));
        assert!(allows_everyone(&policy));
        policy["Statement"]["Condition"] = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        assert!(!allows(&policy, Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/x"));
        let deny = json!({"Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Strange": {"k": "v"}}},
        ]});
        assert!(!allows(&deny, Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/x"));
    }

    fn bucket<'a>(name: &'a str, source_arn: &'a str, source_account: &'a str) -> Caller<'a> {
        Caller::Service { name, source_arn, source_account }
    }

    fn photos() -> Caller<'static> {
        bucket("s3.amazonaws.com", "arn:aws:s3:::photos", "000000000000")
    }

    fn invokes(statements: &Value, caller: Caller<'_>) -> bool {
        allows(&json!({ "Statement": statements }), caller, "lambda:InvokeFunction", "arn:f")
    }

    fn statement(effect: &str, principal: &Value, condition: &Value) -> Value {
        json!({"Effect": effect, "Principal": principal, "Action": "lambda:InvokeFunction", "Resource": "arn:f", "Condition": condition})
    }

    #[test]
    fn service_source_and_account_must_all_fit() {
        let service = json!({"Service": "s3.amazonaws.com"});
        let condition = json!({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos"}, "StringEquals": {"AWS:SourceAccount": "000000000000"}});
        let policy = json!([statement("Allow", &service, &condition)]);
        assert!(invokes(&policy, photos()));
        for (name, source_arn, source_account) in [
            ("s3.amazonaws.com", "arn:aws:s3:::other", "000000000000"),
            ("s3.amazonaws.com", "arn:aws:s3:::photos", "111111111111"),
            ("sns.amazonaws.com", "arn:aws:s3:::photos", "000000000000"),
            ("s3.amazonaws.com", "", "000000000000"),
        ] {
            assert!(
                !invokes(&policy, bucket(name, source_arn, source_account)),
                "{name} {source_arn} {source_account}"
            );
        }
        assert!(!invokes(&policy, Caller::Anonymous));
    }

    #[test]
    fn a_denial_wins_and_an_unknown_condition_refuses() {
        let everyone = json!("*");
        let none = json!({});
        let strange = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        let insecure = json!({"Bool": {"aws:SecureTransport": false}});
        let allowed = |denial: &Value| {
            let denial = statement("Deny", &everyone, denial);
            invokes(&json!([statement("Allow", &everyone, &none), denial]), photos())
        };
        assert!(invokes(&json!([statement("Allow", &everyone, &none)]), photos()));
        assert!(!invokes(&json!([statement("Allow", &everyone, &strange)]), photos()));
        assert!(!allowed(&none));
        assert!(!allowed(&strange));
        assert!(allowed(&insecure));
        assert!(!allowed(&json!({"Bool": "text"})));
    }

    #[test]
    fn absent_keys_fit_negated_and_optional_operators() {
        for (operator, expected) in [
            ("StringEquals", false),
            ("StringNotEquals", true),
            ("StringEqualsIfExists", true),
            ("StringNotEqualsIfExists", true),
        ] {
            let mut condition = json!({});
            condition[operator] = json!({"aws:SourceAccount": "000000000000"});
            let policy = json!([statement("Allow", &json!("*"), &condition)]);
            assert_eq!(invokes(&policy, Caller::Anonymous), expected, "{operator}");
        }
    }

    #[test]
    fn excepted_actions_resources_and_principals() {
        let policy = json!({"Statement": [
            {"Effect": "Allow", "Principal": "*", "NotAction": "s3:Delete*", "NotResource": "arn:aws:s3:::b/private/*"},
            {"Effect": "Deny", "NotPrincipal": {"Service": "s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "*"},
        ]});
        for (caller, action, resource, expected) in [
            (Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/x", true),
            (Caller::Anonymous, "s3:DeleteObject", "arn:aws:s3:::b/x", false),
            (Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/private/x", false),
            (Caller::Anonymous, "s3:PutObject", "arn:aws:s3:::b/x", false),
            (photos(), "s3:PutObject", "arn:aws:s3:::b/x", true),
        ] {
            assert_eq!(allows(&policy, caller, action, resource), expected, "{caller:?} {action} {resource}");
        }
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
            ("arn:*:photos", "arn:aws:s3:::photos", true),
            ("a?c*", "abc", true),
            ("*ab*ab", "abxab", true),
            ("*ab*ab", "xab", false),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }
}
