//! Whether a resource policy (of a bucket, a function, a topic) lets somebody act.
//!
//! Callers with keys of the account are not asked about: what their roles allow is not the resource's to say. For everyone
//! else (anonymous requests, services) a statement must allow, and none may deny.

use std::collections::BTreeMap;

use serde_json::Value;
use stack_plan::policy::{Document, Request, decide};

pub(crate) use stack_plan::policy::glob;

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

impl Caller<'_> {
    /// What condition keys see of the request.
    fn context(self) -> BTreeMap<String, Vec<String>> {
        // Requests do not leave this machine: they count as sent over a secure transport.
        let mut keys = vec![("aws:securetransport", "true")];
        match self {
            Self::Anonymous => keys.push(("aws:principalisawsservice", "false")),
            Self::Service { source_arn, source_account, .. } => keys.extend([
                ("aws:principalisawsservice", "true"),
                ("aws:sourcearn", source_arn),
                ("aws:sourceaccount", source_account),
                ("aws:sourceowner", source_account),
            ]),
        }
        keys.into_iter().map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).collect()
    }
}

/// Whether `policy` lets `caller` do `action` (`s3:GetObject`) on `resource` (an ARN). A policy that cannot be understood
/// lets nobody.
pub(crate) fn allows(policy: &Value, caller: Caller<'_>, action: &str, resource: &str) -> bool {
    let Ok(document) = Document::parse(policy) else { return false };
    let context = caller.context();
    let caller = match caller {
        Caller::Anonymous => stack_plan::policy::Caller::Anonymous,
        Caller::Service { name, .. } => stack_plan::policy::Caller::Service(name),
    };
    decide(&[], Some(&document), &Request { caller, action, resource, context: &context }).is_allowed()
}

/// Whether a policy opens its resource to everyone: an `Allow` for the principal `*` without a condition.
pub(crate) fn allows_everyone(policy: &Value) -> bool {
    statements(policy).any(|statement| {
        statement["Effect"] == "Allow"
            && (statement["Principal"] == "*" || texts(&statement["Principal"]["AWS"]).any(|name| name == "*"))
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
    fn a_denial_wins_and_a_condition_that_cannot_be_read_refuses() {
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
        // The request has no such key, so the denial is not about it.
        assert!(allowed(&strange));
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
}
