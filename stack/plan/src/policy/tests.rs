use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

const ROLE: Caller<'static> = Caller::Identity { arn: "arn:aws:iam::111122223333:role/f", account: "111122223333" };

fn document(statements: &Value) -> Document {
    Document::parse(&json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
}

fn context(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    pairs
        .iter()
        .map(|(key, values)| ((*key).to_owned(), values.iter().map(|value| (*value).to_owned()).collect()))
        .collect()
}

/// Whether a single allowance under a condition lets a request with this context through.
fn holds(condition: &Value, pairs: &[(&str, &[&str])]) -> bool {
    let policy = document(&json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]));
    let context = context(pairs);
    let request = Request { caller: ROLE, action: "s3:GetObject", resource: "arn:aws:s3:::b/k", context: &context };
    decide(&[policy], None, &request).is_allowed()
}

fn asks(identity: &[Document], resource: Option<&Document>, caller: Caller<'_>, action: &str, arn: &str) -> bool {
    let context = BTreeMap::new();
    decide(identity, resource, &Request { caller, action, resource: arn, context: &context }).is_allowed()
}

#[test]
fn patterns() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("a*c", "abbc", true),
        ("a*c", "abcb", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*a*b*", "xxaxxbxx", true),
        ("*ab*ab", "abxab", true),
        ("*ab*ab", "xab", false),
        ("", "x", false),
        ("é?", "éü", true),
    ] {
        assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
    }
    assert!(arn_like("arn:aws:s3:::b*", "arn:aws:s3:::bucket"));
    assert!(arn_like("arn:*:execute-api:us-east-1:1:*/*/GET/*", "arn:aws:execute-api:us-east-1:1:x/s/GET/a:b"));
    assert!(!arn_like("arn:aws:s3*", "arn:aws:s3:::b"));
    assert!(!arn_like("arn:aws:sns:*:t", "arn:aws:sns:us-east-1:1:t"));
}

#[test]
fn an_action_is_allowed_only_by_a_statement_about_it_and_its_resource() {
    let policies = [document(&json!([
        {"Effect": "Allow", "Action": ["s3:GetObject", "S3:put*"], "Resource": "arn:aws:s3:::b/in/*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/in/secret"},
        {"Effect": "Allow", "NotAction": "iam:*", "NotResource": ["arn:aws:s3:::*", "arn:aws:sns:*"]},
    ]))];
    for (action, arn, expected) in [
        ("s3:GetObject", "arn:aws:s3:::b/in/x", true),
        ("s3:getobject", "arn:aws:s3:::b/in/x", true),
        ("s3:PutObject", "arn:aws:s3:::b/in/x", true),
        ("s3:DeleteObject", "arn:aws:s3:::b/in/x", false),
        ("s3:GetObject", "arn:aws:s3:::b/out/x", false),
        ("s3:GetObject", "arn:aws:s3:::B/in/x", false),
        ("s3:GetObject", "arn:aws:s3:::b/in/secret", false),
        ("sqs:SendMessage", "arn:aws:sqs:us-east-1:1:q", true),
        ("iam:PassRole", "arn:aws:iam::1:role/r", false),
        ("sns:Publish", "arn:aws:sns:us-east-1:1:t", false),
    ] {
        assert_eq!(asks(&policies, None, ROLE, action, arn), expected, "{action} {arn}");
    }
}

#[test]
fn a_resource_policy_lets_in_whom_it_names() {
    let policy = document(&json!([
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/f"}, "Action": "sns:Subscribe", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": ["111122223333", "arn:aws:iam::444455556666:root"]}, "Action": "sns:ListTopics", "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "Action": "sns:GetTopicAttributes", "Resource": "*"},
        {"Effect": "Deny", "NotPrincipal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Delete*", "Resource": "*"},
    ]));
    let own = [document(&json!({"Effect": "Allow", "Action": ["sns:DeleteTopic", "sns:ListTopics"], "Resource": "*"}))];
    let ask = |identity: &[Document], caller, action| asks(identity, Some(&policy), caller, action, "arn:t");
    assert!(ask(&[], Caller::Service("s3.amazonaws.com"), "sns:Publish"));
    assert!(!ask(&[], Caller::Service("events.amazonaws.com"), "sns:Publish"));
    assert!(!ask(&[], Caller::Anonymous, "sns:Publish"));
    assert!(ask(&[], ROLE, "sns:Subscribe"));
    // An account that is named leaves it to the policies of its own roles.
    assert!(!ask(&[], ROLE, "sns:ListTopics"));
    assert!(ask(&own, ROLE, "sns:ListTopics"));
    assert!(ask(&[], Caller::Anonymous, "sns:GetTopicAttributes"));
    assert!(!ask(&own, ROLE, "sns:DeleteTopic"));
}

#[test]
fn conditions_of_every_operator() {
    let text = |operator: &str, expected: Value| json!({ operator: { "aws:Key": expected } });
    let with = |value: &'static str| -> [(&'static str, [&'static str; 1]); 1] { [("aws:key", [value])] };
    for (operator, expected, actual, result) in [
        ("StringEquals", json!(["a", "b"]), "b", true),
        ("StringEquals", json!("a"), "A", false),
        ("StringNotEquals", json!(["a", "b"]), "b", false),
        ("StringEqualsIgnoreCase", json!("a"), "A", true),
        ("StringNotEqualsIgnoreCase", json!("a"), "A", false),
        ("StringLike", json!("a*"), "abc", true),
        ("StringNotLike", json!("a*"), "abc", false),
        ("StringEquals", json!("a*"), "abc", false),
        ("NumericEquals", json!(10), "10.0", true),
        ("NumericNotEquals", json!("10"), "11", true),
        ("NumericLessThan", json!("10"), "9", true),
        ("NumericLessThan", json!("10"), "x", false),
        ("NumericLessThanEquals", json!("10"), "10", true),
        ("NumericGreaterThan", json!("10"), "10", false),
        ("NumericGreaterThanEquals", json!("10"), "10", true),
        ("DateLessThan", json!("2026-01-01T00:00:00Z"), "2025-12-31T23:59:59Z", true),
        ("DateGreaterThan", json!("2026-01-01"), "1767225601", true),
        ("DateEquals", json!("1767225600"), "2026-01-01T01:00:00+01:00", true),
        ("DateNotEquals", json!("1767225600"), "2026-01-01", false),
        ("DateLessThanEquals", json!("soon"), "2026-01-01", false),
        ("DateGreaterThanEquals", json!("2026-01-01"), "2026-01-01", true),
        ("Bool", json!(true), "TRUE", true),
        ("Bool", json!("false"), "true", false),
        ("BinaryEquals", json!("QUI="), "QUI=", true),
        ("IpAddress", json!("10.1.0.0/16"), "10.1.2.3", true),
        ("IpAddress", json!("10.1.2.3"), "10.1.2.4", false),
        ("IpAddress", json!("0.0.0.0/0"), "203.0.113.9", true),
        ("IpAddress", json!("0.0.0.0/0"), "::1", false),
        ("IpAddress", json!("2001:db8::/32"), "2001:db8:1::1", true),
        ("NotIpAddress", json!("10.0.0.0/8"), "10.9.9.9", false),
        ("IpAddress", json!("10.0.0.0/64"), "10.0.0.0", false),
        ("ArnEquals", json!("arn:aws:s3:::b*"), "arn:aws:s3:::bucket", true),
        ("ArnLike", json!("arn:aws:s3*"), "arn:aws:s3:::bucket", false),
        ("ArnNotLike", json!("arn:aws:s3:::b*"), "arn:aws:s3:::bucket", false),
        ("ArnNotEquals", json!("arn:aws:s3:::c"), "arn:aws:s3:::bucket", true),
    ] {
        let pairs = with(actual);
        let pairs: Vec<(&str, &[&str])> = pairs.iter().map(|(key, values)| (*key, values.as_slice())).collect();
        assert_eq!(holds(&text(operator, expected.clone()), &pairs), result, "{operator} {expected} {actual}");
    }
}

#[test]
fn absent_and_several_values() {
    let condition = |operator: &str| json!({ operator: { "aws:k": ["a", "b"] } });
    for (operator, without, with_one, with_foreign) in [
        ("StringEquals", false, true, true),
        ("StringNotEquals", true, false, false),
        ("StringEqualsIfExists", true, true, true),
        ("ForAllValues:StringEquals", true, true, false),
        ("ForAnyValue:StringEquals", false, true, true),
        ("ForAllValues:StringNotEquals", true, false, false),
        ("ForAnyValue:StringNotEquals", false, false, true),
    ] {
        assert_eq!(holds(&condition(operator), &[]), without, "{operator}");
        assert_eq!(holds(&condition(operator), &[("aws:k", &["a"])]), with_one, "{operator}");
        assert_eq!(holds(&condition(operator), &[("aws:k", &["a", "z"])]), with_foreign, "{operator}");
    }
    assert!(holds(&json!({"Null": {"aws:k": "true"}}), &[]));
    assert!(!holds(&json!({"Null": {"aws:k": true}}), &[("aws:k", &["a"])]));
    assert!(holds(&json!({"Null": {"aws:k": "false"}}), &[("aws:k", &["a"])]));
    let two = json!({"StringEquals": {"aws:k": "a", "aws:l": "b"}});
    assert!(holds(&two, &[("aws:k", &["a"]), ("aws:l", &["b"])]));
    assert!(!holds(&two, &[("aws:k", &["a"])]));
}

#[test]
fn variables_are_filled_in_and_are_never_wildcards() {
    let policies = [document(&json!([
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/${aws:none, 'guest'}/${*}"},
    ]))];
    let ask = |user: &str, action, resource| {
        let context = context(&[("aws:username", &[user])]);
        decide(&policies, None, &Request { caller: ROLE, action, resource, context: &context }).is_allowed()
    };
    assert!(ask("alice", "s3:GetObject", "arn:aws:s3:::b/alice/x"));
    assert!(!ask("alice", "s3:GetObject", "arn:aws:s3:::b/bob/x"));
    assert!(!ask("*", "s3:GetObject", "arn:aws:s3:::b/bob/x"));
    assert!(ask("x", "s3:PutObject", "arn:aws:s3:::b/guest/*"));
    assert!(!ask("x", "s3:PutObject", "arn:aws:s3:::b/guest/y"));
    assert!(!asks(&policies, None, ROLE, "s3:GetObject", "arn:aws:s3:::b//x"));
}

#[test]
fn what_iam_would_refuse_is_refused() {
    for (document, expected) in [
        (json!([]), DocumentError::NotAnObject),
        (json!({}), DocumentError::NoStatement),
        (json!({"Statement": []}), DocumentError::NoStatement),
        (
            json!({"Version": "2012", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}),
            DocumentError::Version("2012".to_owned()),
        ),
        (json!({"Statement": [{"Effect": "allow", "Action": "*"}]}), DocumentError::Effect),
        (json!({"Statement": [{"Effect": "Allow", "Resource": "*"}]}), DocumentError::OneOf("Action")),
        (json!({"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*"}]}), DocumentError::OneOf("Action")),
        (json!({"Statement": [{"Effect": "Allow", "Action": {}}]}), DocumentError::Texts("Action")),
        (json!({"Statement": [{"Effect": "Allow", "Action": "*", "Principal": "me"}]}), DocumentError::Principal),
        (
            json!({"Statement": [{"Effect": "Allow", "Action": "*", "Sids": "x"}]}),
            DocumentError::UnknownKey("Sids".to_owned()),
        ),
        (
            json!({"Statement": [{"Effect": "Allow", "Action": "*", "Condition": {"Strange": {"k": "v"}}}]}),
            DocumentError::Operator("Strange".to_owned()),
        ),
        (
            json!({"Statement": [{"Effect": "Allow", "Action": "*", "Condition": {"Bool": "x"}}]}),
            DocumentError::Condition,
        ),
    ] {
        assert_eq!(Document::parse(&document).unwrap_err(), expected, "{document}");
    }
}
