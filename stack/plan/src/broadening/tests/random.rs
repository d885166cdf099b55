//! Statements made at random: one of fewer actions, resources or values is never wider.

use serde_json::{Value, json};

use super::Broadening;
use crate::template::{Resource, Template};

/// A sequence that is the same in every run.
pub(super) struct Sequence(pub(super) u64);

impl Sequence {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
    }

    pub(super) fn some<'a>(&mut self, of: &[&'a str]) -> Vec<&'a str> {
        let chosen: Vec<&str> = of.iter().copied().filter(|_| self.below(2) == 0).collect();
        if chosen.is_empty() { vec![of[self.below(of.len())]] } else { chosen }
    }
}

const ACTIONS: [&str; 7] =
    ["s3:GetObject", "s3:Get*", "s3:*", "S3:PutObject", "*", "sqs:SendMessage", "sqs:Send?essage"];
const RESOURCES: [&str; 6] =
    ["*", "arn:aws:s3:::a/*", "arn:aws:s3:::a/b", "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::?/*", "c"];
const VALUES: [&str; 4] = ["a", "a*", "b?", "*"];
const OPERATORS: [&str; 6] = [
    "StringEquals",
    "StringLike",
    "ArnLike",
    "StringEqualsIfExists",
    "ForAllValues:StringLike",
    "StringEqualsIgnoreCase",
];

pub(super) fn template(statements: &Value) -> Template {
    let policies = json!([{"PolicyName": "p", "PolicyDocument": {"Statement": statements}}]);
    let role = Resource {
        resource_type: "AWS::IAM::Role".to_owned(),
        properties: json!({"Policies": policies}),
        ..Resource::default()
    };
    let resources = [("Role".to_owned(), role), ("Other".to_owned(), Resource::default())];
    Template { resources: resources.into_iter().collect(), ..Template::default() }
}

/// Narrows one thing in a statement.
fn narrowed(sequence: &mut Sequence, statement: &Value) -> Value {
    let mut narrower = statement.clone();
    match sequence.below(4) {
        0 => shorten(sequence, narrower.pointer_mut("/Action")),
        1 => shorten(sequence, narrower.pointer_mut("/Resource")),
        2 => {
            let operator = OPERATORS[sequence.below(OPERATORS.len())];
            let block = narrower["Condition"].as_object_mut().unwrap();
            let keys = block.entry(operator).or_insert_with(|| json!({}));
            keys.as_object_mut().unwrap().entry("aws:added").or_insert_with(|| json!(sequence.some(&VALUES)));
        }
        _ => {
            let values = narrower["Condition"].as_object_mut().unwrap().values_mut().next();
            shorten(sequence, values.and_then(|keys| keys.get_mut("aws:k")));
        }
    }
    narrower
}

/// Takes an item out of a list that keeps at least one, or turns the list around.
fn shorten(sequence: &mut Sequence, list: Option<&mut Value>) {
    let Some(list) = list.and_then(Value::as_array_mut) else { return };
    if list.len() > 1 {
        list.remove(sequence.below(list.len()));
    }
    list.reverse();
}

#[test]
fn less_is_never_wider() {
    let mut sequence = Sequence(20_261_128);
    for _ in 0..1000 {
        let statement = |sequence: &mut Sequence| {
            let operator = OPERATORS[sequence.below(OPERATORS.len())];
            json!({
                "Effect": "Allow",
                "Action": sequence.some(&ACTIONS),
                "Resource": sequence.some(&RESOURCES),
                "Condition": {operator: {"aws:k": sequence.some(&VALUES)}},
            })
        };
        let old: Vec<Value> = (0..=sequence.below(3)).map(|_| statement(&mut sequence)).collect();
        let mut new: Vec<Value> = old.clone();
        for _ in 0..=sequence.below(3) {
            let index = sequence.below(new.len());
            new[index] = narrowed(&mut sequence, &new[index].clone());
        }
        if new.len() > 1 && sequence.below(2) == 0 {
            new.swap_remove(0);
        }
        let found = Broadening::between(&template(&json!(old)), &template(&json!(new)));
        assert_eq!(found, [], "{:#}\n{:#}", json!(old), json!(new));
        // The other way, a denial: what denies less is wider or the same, what denies more never is.
        let denying = |statements: &[Value]| {
            let mut statements = statements.to_vec();
            for statement in &mut statements {
                statement["Effect"] = "Deny".into();
            }
            template(&json!(statements))
        };
        let found = Broadening::between(&denying(&new), &denying(&old));
        assert_eq!(found, [], "deny {:#}\n{:#}", json!(new), json!(old));
    }
}
