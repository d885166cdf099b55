use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::*;
use crate::template::Template;

struct TestScope {
    mappings: Mappings,
    conditions: BTreeMap<String, bool>,
}

fn scope() -> TestScope {
    let mappings = serde_json::from_value(json!({"M": {"a": {"b": "c", "l": ["x", "y"]}}})).unwrap();
    TestScope { mappings, conditions: [("Yes".to_owned(), true), ("No".to_owned(), false)].into() }
}

impl Scope for TestScope {
    fn parameter(&self, name: &str) -> Option<Value> {
        match name {
            "Name" => Some(json!("alice")),
            "List" => Some(json!(["a", "b"])),
            "Huge" => Some(json!("x".repeat(4096))),
            _ => None,
        }
    }
    fn pseudo_parameter(&self, name: &str) -> Option<Value> {
        (name == "AWS::Region").then(|| json!("eu-central-1"))
    }
    fn reference(&self, logical_id: &str) -> Option<Value> {
        match logical_id {
            "Bucket" => Some(json!("bucket-1")),
            "New" => Some(json!(KNOWN_AFTER_APPLY)),
            _ => None,
        }
    }
    fn attribute(&self, logical_id: &str, attribute: &str) -> Result<Value, EvaluationError> {
        match (logical_id, attribute) {
            ("Bucket", "Arn") => Ok(json!("arn:aws:s3:::bucket-1")),
            ("New", _) => Ok(json!(KNOWN_AFTER_APPLY)),
            _ => Err(EvaluationError::new(format!("no attribute {logical_id}.{attribute}"))),
        }
    }
    fn mappings(&self) -> &Mappings {
        &self.mappings
    }
    fn condition(&self, name: &str) -> Option<bool> {
        self.conditions.get(name).copied()
    }
    fn import(&self, export_name: &str) -> Result<Value, EvaluationError> {
        if export_name == "shared-alice" {
            Ok(json!("v"))
        } else {
            Err(EvaluationError::new(format!("No export named {export_name} found.")))
        }
    }
    fn stack_output(&self, stack_name: &str, output: &str) -> Result<Value, EvaluationError> {
        Ok(json!(format!("{stack_name}/{output}")))
    }
}

#[test]
fn functions_give_what_cloudformation_gives() {
    for (value, expected) in [
        (json!({"Ref": "Name"}), json!("alice")),
        (json!({"Ref": "AWS::Region"}), json!("eu-central-1")),
        (json!([1, {"Ref": "AWS::NoValue"}, 2]), json!([1, 2])),
        (json!({"a": {"Ref": "AWS::NoValue"}, "b": 1}), json!({"b": 1})),
        (json!({"Ref": "AWS::NoValue"}), Value::Null),
        (json!({"Fn::If": ["Yes", {"Ref": "Name"}, {"Ref": "Missing"}]}), json!("alice")),
        (json!({"x": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}}), json!({})),
        (
            json!({"Fn::Sub": "${Name} ${!Name} ${Bucket.Arn} ${ AWS::Region } $ ${"}),
            json!("alice ${Name} arn:aws:s3:::bucket-1 eu-central-1 $ ${"),
        ),
        (
            json!({"Fn::Sub": ["${v}${Name}${List}", {"v": {"Fn::Join": ["-", ["a", 1, true]]}}]}),
            json!("a-1-truealicea,b"),
        ),
        (json!({"Fn::GetAtt": ["Bucket", "Arn"]}), json!("arn:aws:s3:::bucket-1")),
        (json!({"Fn::GetAtt": ["Bucket", {"Fn::Sub": "Arn"}]}), json!("arn:aws:s3:::bucket-1")),
        (json!({"Fn::Join": [",", {"Ref": "List"}]}), json!("a,b")),
        (json!({"Fn::Join": ["", []]}), json!("")),
        (json!({"Fn::Select": ["1", {"Fn::Split": ["|", "a|b"]}]}), json!("b")),
        (json!({"Fn::FindInMap": ["M", "a", "b"]}), json!("c")),
        (json!({"Fn::FindInMap": ["M", "a", "l"]}), json!(["x", "y"])),
        (json!({"Fn::FindInMap": ["M", "z", "b", {"DefaultValue": {"Ref": "Name"}}]}), json!("alice")),
        (json!({"Fn::Base64": {"Ref": "Name"}}), json!("YWxpY2U=")),
        (json!({"Fn::Cidr": ["10.0.7.0/16", 3, "8"]}), json!(["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"])),
        (json!({"Fn::Cidr": ["2001:db8::/56", 2, 64]}), json!(["2001:db8::/64", "2001:db8:0:1::/64"])),
        (json!({"Fn::Cidr": ["0.0.0.0/0", 1, 31]}), json!(["0.0.0.0/1"])),
        (json!({"Fn::GetAZs": ""}), json!(["eu-central-1a", "eu-central-1b", "eu-central-1c"])),
        (json!({"Fn::GetAZs": "us-east-1"}), json!(["us-east-1a", "us-east-1b", "us-east-1c"])),
        (json!({"Fn::ImportValue": {"Fn::Sub": "shared-${Name}"}}), json!("v")),
        (json!({"Fn::GetStackOutput": {"StackName": "s", "OutputName": "o"}}), json!("s/o")),
        (json!({"Fn::Length": {"Ref": "List"}}), json!(2)),
        (json!({"Fn::ToJsonString": {"b": {"Ref": "Name"}, "a": [1]}}), json!("{\"b\":\"alice\",\"a\":[1]}")),
        (
            json!({"Statement": {"Condition": {"StringEquals": "x"}}}),
            json!({"Statement": {"Condition": {"StringEquals": "x"}}}),
        ),
    ] {
        assert_eq!(evaluate(&value, &scope()), Ok(expected), "{value}");
    }
}

#[test]
fn what_is_not_known_yet_spreads() {
    for value in [
        json!({"Ref": "New"}),
        json!({"Fn::GetAtt": ["New", "Arn"]}),
        json!({"Fn::Sub": "a-${New}"}),
        json!({"Fn::Join": ["-", ["a", {"Ref": "New"}]]}),
        json!({"Fn::Select": [0, {"Fn::Split": [":", {"Ref": "New"}]}]}),
        json!({"Fn::Base64": {"Ref": "New"}}),
        json!({"Fn::ToJsonString": {"a": {"Ref": "New"}}}),
    ] {
        assert_eq!(evaluate(&value, &scope()), Ok(json!(KNOWN_AFTER_APPLY)), "{value}");
    }
    let mixed = json!({"Fn::Select": [1, [{"Ref": "New"}, "known"]]});
    assert_eq!(evaluate(&mixed, &scope()), Ok(json!("known")));
}

#[test]
fn wrong_arguments_are_refused_in_the_words_of_cloudformation() {
    let refusals: Vec<String> = [
        json!({"Ref": ["a"]}),
        json!({"Ref": "Missing"}),
        json!({"Fn::If": ["Maybe", 1, 2]}),
        json!({"Fn::If": ["Yes", 1]}),
        json!({"Fn::Sub": 1}),
        json!({"Fn::Sub": "${Missing}"}),
        json!({"Fn::GetAtt": ["Bucket", ""]}),
        json!({"Fn::GetAtt": ["Bucket", "Nope"]}),
        json!({"Fn::Join": [",", "a"]}),
        json!({"Fn::Join": [",", [{}]]}),
        json!({"Fn::Select": [2, ["a"]]}),
        json!({"Fn::Select": [-1, ["a"]]}),
        json!({"Fn::Split": ["", "a"]}),
        json!({"Fn::FindInMap": ["M", "a", "z"]}),
        json!({"Fn::Cidr": ["10.0.0.0/24", 3, 7]}),
        json!({"Fn::Cidr": ["10.0.0.0/24", 1, 200]}),
        json!({"Fn::ImportValue": "nope"}),
        json!({"Fn::ImportValue": {"Ref": "New"}}),
        json!({"Fn::Transform": {"Name": "AWS::Include"}}),
        json!({"Fn::Nope": 1}),
        json!({"Fn::Base64": {"Ref": "AWS::NoValue"}}),
        json!({"Fn::Sub": "${Huge}".repeat(257)}),
    ]
    .iter()
    .map(|value| evaluate(value, &scope()).unwrap_err().message)
    .collect();
    insta::assert_snapshot!(refusals.join("\n"));
}

fn conditions(text: &str) -> Result<BTreeMap<String, bool>, EvaluationError> {
    let template = Template::parse(&format!("Conditions:\n{text}\nResources: {{A: {{Type: X::Y::Z}}}}\n")).unwrap();
    let parameters: BTreeMap<String, Value> =
        [("Stage".to_owned(), json!("prod")), ("One".to_owned(), json!("1"))].into();
    let pseudo_parameters = [("AWS::Region".to_owned(), json!("eu-central-1"))].into();
    let mappings = IndexMap::new();
    let scope = ParameterScope { parameters: &parameters, pseudo_parameters: &pseudo_parameters, mappings: &mappings };
    evaluate_conditions(&template.conditions, &scope)
}

#[test]
fn conditions_refer_to_each_other_in_any_order() {
    let outcome = conditions(
        "  C: !And [!Condition B, !Not [!Equals [!Ref AWS::Region, x]]]\n  B: !Equals [!Ref Stage, prod]\n  N: !Equals [!Ref One, 1]\n  \
         O: !Or [!Condition B, !Equals [!Ref Missing, a]]",
    )
    .unwrap();
    assert_eq!(
        outcome,
        [("B", true), ("C", true), ("N", true), ("O", true)].map(|(name, holds)| (name.to_owned(), holds)).into()
    );
}

#[test]
fn faulty_conditions_are_refused() {
    let chain: String = (0..39).fold(String::new(), |text, level| {
        text + &format!("\n  C{}: !And [!Condition C{level}, !Condition C{level}]", level + 1)
    });
    // Each condition is evaluated once, else this would take 2^39 steps.
    assert!(conditions(&format!("  C0: !Equals [a, a]{chain}")).unwrap()["C39"]);
    for text in [
        "  A: !And [!Condition B, !Condition B]\n  B: !Not [!Condition A]",
        "  A: !Condition Z",
        "  A: !And [!Equals [a, a]]",
        "  A: !Equals [a]",
        "  A: !Not [!Equals [a, b], !Equals [a, b]]",
        "  A: !Equals [!Ref Stag, prod]",
        "  A: {x: y}",
    ] {
        assert!(conditions(text).is_err(), "{text}");
    }
}
