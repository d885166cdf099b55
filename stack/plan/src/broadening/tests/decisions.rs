//! What is not called wider allows no request that was not allowed: the decisions of `policy` bear witness.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Broadening;
use super::random::{Sequence, template};
use crate::policy::{Caller, Document, Request, decide};

const ACTIONS: [&str; 8] =
    ["s3:GetObject", "s3:Get*", "s3:*", "S3:PutObject", "*", "sqs:SendMessage", "*Message", "iam:PassRole"];
const RESOURCES: [&str; 7] = [
    "*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a/b",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::?/*",
    "arn:aws:s3:::*/x",
    "c",
];
const VALUES: [&str; 6] = ["a", "a*", "?b", "*", "B", "b"];
const OPERATORS: [&str; 12] = [
    "StringEquals",
    "StringLike",
    "StringNotEquals",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringEqualsIfExists",
    "StringNotLikeIfExists",
    "ForAllValues:StringLike",
    "ForAnyValue:StringLike",
    "ForAnyValue:StringNotEquals",
    "ForAllValues:StringNotEquals",
];

fn statement(sequence: &mut Sequence) -> Value {
    let mut statement = json!({"Effect": if sequence.below(4) == 0 { "Deny" } else { "Allow" }});
    let mut put = |sequence: &mut Sequence, key: &str, of: &[&str]| {
        let key = if sequence.below(5) == 0 { format!("Not{key}") } else { key.to_owned() };
        statement[key] = json!(sequence.some(of));
    };
    put(sequence, "Action", &ACTIONS);
    put(sequence, "Resource", &RESOURCES);
    if sequence.below(2) == 0 {
        statement["Condition"] = condition(sequence);
    }
    statement
}

fn condition(sequence: &mut Sequence) -> Value {
    json!({OPERATORS[sequence.below(OPERATORS.len())]: {"aws:k": sequence.some(&VALUES)}})
}

/// A change of one statement, in either direction.
fn changed(sequence: &mut Sequence, statement: &mut Value) {
    let fields = statement.as_object_mut().unwrap();
    let keys: Vec<String> = fields.keys().filter(|key| *key != "Effect" && *key != "Condition").cloned().collect();
    match sequence.below(8) {
        0 => {
            fields.remove("Condition");
        }
        1 => {
            fields.insert("Condition".to_owned(), condition(sequence));
        }
        2 if fields.contains_key("Condition") => {
            let values = fields["Condition"].as_object_mut().unwrap().values_mut().next().unwrap();
            values["aws:k"] = json!(sequence.some(&VALUES));
        }
        3 => {
            let key = &keys[0];
            fields[key] = json!(sequence.some(if key.ends_with("Action") { &ACTIONS } else { &RESOURCES }));
        }
        4 => {
            if let Some(list) = fields[&keys[sequence.below(keys.len())]].as_array_mut()
                && list.len() > 1
            {
                list.pop();
            }
        }
        5 if fields.contains_key("Condition") => {
            let keys = fields["Condition"].as_object_mut().unwrap().values_mut().next().unwrap().take();
            fields["Condition"] = json!({OPERATORS[sequence.below(OPERATORS.len())]: keys});
        }
        6 => {
            let key = keys[sequence.below(keys.len())].as_str();
            let list = fields.remove(key).unwrap();
            let other = key.strip_prefix("Not").map_or_else(|| format!("Not{key}"), str::to_owned);
            let lists = if key.ends_with("Action") { &ACTIONS[..] } else { &RESOURCES[..] };
            fields.insert(other, if sequence.below(3) == 0 { list } else { json!(sequence.some(lists)) });
        }
        _ => {}
    }
}

/// Requests that tell the lists above apart.
fn allowed(document: &Document) -> Vec<bool> {
    let mut found = Vec::new();
    for action in
        ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "iam:PassRole", "ec2:RunInstances"]
    {
        for resource in ["arn:aws:s3:::a/b", "arn:aws:s3:::a/x", "arn:aws:s3:::bob/x", "arn:aws:s3:::bob/y", "c", "d"] {
            for values in [&[][..], &["a"], &["ab"], &["b"], &["B"], &["zb"], &["a", "b"], &["zz"]] {
                let mut context = BTreeMap::from([("aws:username".to_owned(), vec!["bob".to_owned()])]);
                context.insert("aws:k".to_owned(), values.iter().map(|value| (*value).to_owned()).collect());
                let caller = Caller::Identity { arn: "arn:aws:iam::1:role/r", account: "1" };
                let request = Request { caller, action, resource, context: &context };
                found.push(decide(std::slice::from_ref(document), None, &request).is_allowed());
            }
        }
    }
    found
}

#[test]
fn what_is_not_wider_allows_nothing_more() {
    let mut sequence = Sequence(1_128);
    let mut silent = 0;
    for _ in 0..800 {
        let old: Vec<Value> = (0..=sequence.below(3)).map(|_| statement(&mut sequence)).collect();
        let mut new = old.clone();
        for _ in 0..=sequence.below(2) {
            let index = sequence.below(new.len());
            changed(&mut sequence, &mut new[index]);
        }
        if !Broadening::between(&template(&json!(old)), &template(&json!(new))).is_empty() {
            continue;
        }
        silent += 1;
        let [before, after] =
            [&old, &new].map(|statements| allowed(&Document::parse(&json!({"Statement": statements})).unwrap()));
        let more = after.iter().zip(&before).position(|(after, before)| *after && !before);
        assert_eq!(more, None, "{:#}\n{:#}", json!(old), json!(new));
    }
    // Not by calling everything wider.
    assert!(silent > 200, "{silent}");
}
