//! Whether a resource policy (of a function, a topic, a bucket) lets somebody act.

use serde_json::Value;

/// Who asks, and for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// A service (`s3.amazonaws.com`) or the ARN of a principal.
    pub(crate) principal: &'a str,
    /// `aws:SourceArn`, empty when there is none.
    pub(crate) source_arn: &'a str,
    /// `aws:SourceAccount`, empty when there is none.
    pub(crate) source_account: &'a str,
}

/// Whether `policy` allows `action` (`lambda:InvokeFunction`) on `resource` to the asker. A denial wins over an allowance; a
/// condition that is not understood does not match.
pub(crate) fn resource_policy_allows(policy: &Value, action: &str, resource: &str, asker: &Asker<'_>) -> bool {
    let mut allowed = false;
    for statement in as_list(policy.get("Statement")) {
        let applies = principal_matches(statement, asker)
            && matches_one(statement.get("Action"), |pattern| {
                like(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
            })
            && matches_one(statement.get("Resource"), |pattern| like(pattern, resource));
        let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
        if !applies || !conditions_match(statement, asker, denies) {
            continue;
        }
        if denies {
            return false;
        }
        allowed = true;
    }
    allowed
}

fn as_list(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) => values,
        Some(value) => std::slice::from_ref(value),
    }
}

fn matches_one(patterns: Option<&Value>, matches: impl Fn(&str) -> bool) -> bool {
    as_list(patterns).iter().filter_map(Value::as_str).any(matches)
}

fn principal_matches(statement: &Value, asker: &Asker<'_>) -> bool {
    let account = asker.principal.split(':').nth(4).unwrap_or_default();
    match statement.get("Principal") {
        Some(Value::String(any)) => any == "*",
        Some(Value::Object(kinds)) => kinds.values().any(|names| {
            matches_one(Some(names), |name| {
                name == "*"
                    || name == asker.principal
                    || (!account.is_empty() && (name == account || name == format!("arn:aws:iam::{account}:root")))
            })
        }),
        _ => false,
    }
}

/// `unknown` is what a condition counts as that is not understood: refusing is the safe side for both effects.
fn conditions_match(statement: &Value, asker: &Asker<'_>, unknown: bool) -> bool {
    let Some(Value::Object(operators)) = statement.get("Condition") else { return true };
    operators.iter().all(|(operator, keys)| {
        let Value::Object(keys) = keys else { return unknown };
        keys.iter().all(|(key, wanted)| {
            let found = match key.to_ascii_lowercase().as_str() {
                "aws:sourcearn" => asker.source_arn,
                "aws:sourceaccount" | "aws:sourceowner" => asker.source_account,
                "aws:principalarn" => asker.principal,
                // Requests do not leave this machine: they count as sent over a secure transport.
                "aws:securetransport" => "true",
                _ => return unknown,
            };
            condition_matches(operator, found, wanted).unwrap_or(unknown)
        })
    })
}

fn condition_matches(operator: &str, found: &str, wanted: &Value) -> Option<bool> {
    let (operator, absent_matches) =
        operator.strip_suffix("IfExists").map_or((operator, false), |operator| (operator, true));
    if found.is_empty() {
        return Some(absent_matches || operator.contains("Not"));
    }
    let any = |matches: &dyn Fn(&str) -> bool| matches_one(Some(wanted), matches);
    Some(match operator {
        "StringEquals" => any(&|value| value == found),
        "StringNotEquals" => !any(&|value| value == found),
        "StringEqualsIgnoreCase" | "Bool" => any(&|value| value.eq_ignore_ascii_case(found)),
        "StringLike" | "ArnLike" | "ArnEquals" => any(&|value| like(value, found)),
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => !any(&|value| like(value, found)),
        _ => return None,
    })
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of characters and `?` for one.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut here) = (0, 0);
    // Where to go on when a match fails: after the last star, one character further in the text.
    let mut retry: Option<(usize, usize)> = None;
    while here < text.len() {
        if at < pattern.len() && pattern[at] == '*' {
            retry = Some((at + 1, here));
            at += 1;
        } else if at < pattern.len() && (pattern[at] == '?' || pattern[at] == text[here]) {
            at += 1;
            here += 1;
        } else if let Some((star, from)) = retry {
            at = star;
            here = from + 1;
            retry = Some((star, here));
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

    const BUCKET: Asker<'static> =
        Asker { principal: "s3.amazonaws.com", source_arn: "arn:aws:s3:::photos", source_account: "000000000000" };

    fn allowed(statements: &Value, asker: &Asker<'_>) -> bool {
        resource_policy_allows(&json!({ "Statement": statements }), "lambda:InvokeFunction", "arn:f", asker)
    }

    fn statement(effect: &str, principal: &Value, condition: &Value) -> Value {
        json!({"Effect": effect, "Principal": principal, "Action": "lambda:InvokeFunction", "Resource": "arn:f", "Condition": condition})
    }

    #[test]
    fn service_source_and_account_must_all_fit() {
        let service = json!({"Service": "s3.amazonaws.com"});
        let condition = json!({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos"}, "StringEquals": {"AWS:SourceAccount": "000000000000"}});
        let policy = || json!([statement("Allow", &service, &condition)]);
        assert!(allowed(&policy(), &BUCKET));
        assert!(!allowed(&policy(), &Asker { source_arn: "arn:aws:s3:::other", ..BUCKET }));
        assert!(!allowed(&policy(), &Asker { source_account: "111111111111", ..BUCKET }));
        assert!(!allowed(&policy(), &Asker { principal: "sns.amazonaws.com", ..BUCKET }));
        assert!(!allowed(&policy(), &Asker { source_arn: "", ..BUCKET }));
    }

    #[test]
    fn a_denial_wins_and_an_unknown_condition_refuses() {
        let everyone = json!("*");
        let none = json!({});
        assert!(allowed(&json!([statement("Allow", &everyone, &none)]), &BUCKET));
        assert!(!allowed(&json!([statement("Allow", &everyone, &none), statement("Deny", &everyone, &none)]), &BUCKET));
        let strange = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        assert!(!allowed(&json!([statement("Allow", &everyone, &strange)]), &BUCKET));
        assert!(!allowed(
            &json!([statement("Allow", &everyone, &none), statement("Deny", &everyone, &strange)]),
            &BUCKET
        ));
    }

    #[test]
    fn stars_match_any_run() {
        for (pattern, text, expected) in [
            ("arn:*:photos", "arn:aws:s3:::photos", true),
            ("*", "", true),
            ("a?c*", "abc", true),
            ("a?c", "ac", false),
            ("*ab*ab", "abxab", true),
            ("*ab*ab", "xab", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
