//! Conditions of statements.

use super::{Nothing, Verdict, Wider, between, role, verdict_of};

/// Condition blocks (empty for none) and the verdict.
const PAIRS: [(&str, &str, &str, Verdict); 38] = [
    ("a condition more", "", "StringEquals: { 'aws:PrincipalOrgID': o }", Nothing),
    ("a condition less", "StringEquals: { 'aws:PrincipalOrgID': o }", "", Wider),
    (
        "one of two less",
        "StringEquals: { 'aws:PrincipalOrgID': o, 'aws:SourceAccount': '1' }",
        "StringEquals: { 'aws:PrincipalOrgID': o }",
        Wider,
    ),
    (
        "another operator besides",
        "StringEquals: { 'aws:PrincipalOrgID': o }",
        "{ StringEquals: { 'aws:PrincipalOrgID': o }, Bool: { 'aws:SecureTransport': true } }",
        Nothing,
    ),
    ("a value less", "StringEquals: { k: [a, b] }", "StringEquals: { k: a }", Nothing),
    ("a value more", "StringEquals: { k: a }", "StringEquals: { k: [a, b] }", Wider),
    ("another value", "StringEquals: { k: a }", "StringEquals: { k: b }", Wider),
    ("the order of values", "StringEquals: { k: [a, b] }", "StringEquals: { k: [b, a] }", Nothing),
    ("the case of a key", "StringEquals: { 'aws:SourceArn': a }", "StringEquals: { 'AWS:sourcearn': a }", Nothing),
    ("the case of a value", "StringEquals: { k: a }", "StringEquals: { k: A }", Wider),
    ("an equality to a pattern", "StringEquals: { k: a }", "StringLike: { k: 'a*' }", Wider),
    ("a pattern to an equality", "StringLike: { k: 'a*' }", "StringEquals: { k: ab }", Nothing),
    ("a pattern without wildcards", "StringLike: { k: ab }", "StringEquals: { k: ab }", Nothing),
    ("an equality as a pattern without wildcards", "StringEquals: { k: ab }", "StringLike: { k: ab }", Nothing),
    ("a star that is a letter to a pattern", "StringEquals: { k: 'a*' }", "StringLike: { k: 'a*' }", Wider),
    ("a shorter pattern", "StringLike: { k: 'ab*' }", "StringLike: { k: 'a*' }", Wider),
    ("a longer pattern", "StringLike: { k: 'a*' }", "StringLike: { k: 'ab*' }", Nothing),
    (
        "two names of one operator",
        "ArnEquals: { 'aws:SourceArn': 'a:*' }",
        "ArnLike: { 'aws:SourceArn': 'a:*' }",
        Nothing,
    ),
    ("an exclusion more", "StringNotEquals: { k: a }", "StringNotEquals: { k: [a, b] }", Nothing),
    ("an exclusion less", "StringNotEquals: { k: [a, b] }", "StringNotEquals: { k: a }", Wider),
    ("an exclusion by a pattern", "StringNotLike: { k: 'ab*' }", "StringNotLike: { k: 'a*' }", Nothing),
    ("an equality to an exclusion", "StringEquals: { k: a }", "StringNotEquals: { k: b }", Wider),
    ("if it exists", "StringEquals: { k: a }", "StringEqualsIfExists: { k: a }", Wider),
    ("whether or not it exists", "StringEqualsIfExists: { k: a }", "StringEquals: { k: a }", Nothing),
    ("of all values", "'ForAllValues:StringEquals': { k: [a, b] }", "'ForAllValues:StringEquals': { k: a }", Nothing),
    ("any for all", "'ForAllValues:StringEquals': { k: a }", "'ForAnyValue:StringEquals': { k: a }", Wider),
    (
        "a smaller network",
        "IpAddress: { 'aws:SourceIp': 10.0.0.0/8 }",
        "IpAddress: { 'aws:SourceIp': 10.1.0.0/16 }",
        Nothing,
    ),
    (
        "a greater network",
        "IpAddress: { 'aws:SourceIp': 10.1.0.0/16 }",
        "IpAddress: { 'aws:SourceIp': 10.0.0.0/8 }",
        Wider,
    ),
    (
        "a network left out",
        "NotIpAddress: { 'aws:SourceIp': 10.1.0.0/16 }",
        "NotIpAddress: { 'aws:SourceIp': 10.0.0.0/8 }",
        Nothing,
    ),
    ("a lower limit", "NumericLessThan: { 's3:max-keys': 100 }", "NumericLessThan: { 's3:max-keys': '10' }", Nothing),
    ("a higher limit", "NumericLessThan: { 's3:max-keys': 10 }", "NumericLessThan: { 's3:max-keys': 100 }", Wider),
    ("the limit itself as well", "NumericLessThan: { n: 10 }", "NumericLessThanEquals: { n: 10 }", Wider),
    ("the limit itself no more", "NumericLessThanEquals: { n: 10 }", "NumericLessThan: { n: 10 }", Nothing),
    (
        "until later",
        "DateLessThan: { 'aws:CurrentTime': '2026-01-01' }",
        "DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' }",
        Wider,
    ),
    (
        "until earlier",
        "DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' }",
        "DateLessThan: { 'aws:CurrentTime': '2026-01-01' }",
        Nothing,
    ),
    ("a boolean as text", "Bool: { 'aws:SecureTransport': true }", "Bool: { 'aws:SecureTransport': 'True' }", Nothing),
    (
        "the other boolean",
        "Bool: { 'aws:MultiFactorAuthPresent': true }",
        "Bool: { 'aws:MultiFactorAuthPresent': false }",
        Wider,
    ),
    (
        "a condition that only the deployment knows",
        "StringEquals: { k: a }",
        "StringEquals: !If [Big, { k: a }, { k: b }]",
        Wider,
    ),
];

fn allowed(condition: &str) -> String {
    let block = match condition {
        "" => String::new(),
        block if block.starts_with('{') => format!(", Condition: {block}"),
        block => format!(", Condition: {{ {block} }}"),
    };
    role(&format!("{{ Effect: Allow, Action: s3:GetObject, Resource: a{block} }}"))
}

#[test]
fn conditions() {
    for (name, old, new, expected) in PAIRS {
        let found = between(&allowed(old), &allowed(new));
        assert_eq!(verdict_of(&found), expected, "{name}: {found:#?}");
    }
}

#[test]
fn a_loosened_condition_is_told_as_such() {
    let found = between(&allowed("StringEquals: { k: a }"), &allowed(""));
    assert_eq!(found[0].what, "allows `s3:GetObject` on `a`, under weaker conditions than before");
}
