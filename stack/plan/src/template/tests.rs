use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

fn parse(text: &str) -> Template {
    Template::parse(text).unwrap()
}

fn fault(text: &str) -> String {
    Template::parse(text).unwrap_err().to_string()
}

fn properties(text: &str) -> Value {
    let template = parse(&format!("Resources:\n  A:\n    Type: X::Y::Z\n    Properties: {{P: {text}}}\n"));
    template.resources["A"].properties["P"].clone()
}

#[test]
fn short_forms_become_long_forms() {
    for (short, long) in [
        ("!Ref X", json!({"Ref": "X"})),
        ("!Sub '${X}-1'", json!({"Fn::Sub": "${X}-1"})),
        ("!Sub ['${v}', {v: !Ref X}]", json!({"Fn::Sub": ["${v}", {"v": {"Ref": "X"}}]})),
        ("!GetAtt X.Endpoint.Address", json!({"Fn::GetAtt": ["X", "Endpoint.Address"]})),
        ("!GetAtt [X, Arn]", json!({"Fn::GetAtt": ["X", "Arn"]})),
        ("{'Fn::GetAtt': X.Arn}", json!({"Fn::GetAtt": ["X", "Arn"]})),
        ("!If [C, 1, !Ref AWS::NoValue]", json!({"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]})),
        ("!Equals [a, b]", json!({"Fn::Equals": ["a", "b"]})),
        ("!And [!Condition A, !Condition B]", json!({"Fn::And": [{"Condition": "A"}, {"Condition": "B"}]})),
        ("!Or [!Condition A, !Condition B]", json!({"Fn::Or": [{"Condition": "A"}, {"Condition": "B"}]})),
        ("!Not [!Condition A]", json!({"Fn::Not": [{"Condition": "A"}]})),
        ("!Join [',', [a, b]]", json!({"Fn::Join": [",", ["a", "b"]]})),
        ("!Select [0, !Split ['|', a]]", json!({"Fn::Select": [0, {"Fn::Split": ["|", "a"]}]})),
        ("!FindInMap [M, a, b]", json!({"Fn::FindInMap": ["M", "a", "b"]})),
        ("!ImportValue x", json!({"Fn::ImportValue": "x"})),
        ("!Base64 x", json!({"Fn::Base64": "x"})),
        ("!Cidr [10.0.0.0/16, 2, 8]", json!({"Fn::Cidr": ["10.0.0.0/16", 2, 8]})),
        ("!GetAZs ''", json!({"Fn::GetAZs": ""})),
        ("!ToJsonString {a: 1}", json!({"Fn::ToJsonString": {"a": 1}})),
        ("!Length [a]", json!({"Fn::Length": ["a"]})),
        (
            "!GetStackOutput {StackName: s, OutputName: o}",
            json!({"Fn::GetStackOutput": {"StackName": "s", "OutputName": "o"}}),
        ),
    ] {
        assert_eq!(properties(short), long, "{short}");
    }
}

#[test]
fn scalars_stay_what_was_written() {
    for (text, value) in [
        ("000000000000", json!("000000000000")),
        ("1.10", json!("1.10")),
        ("1e3", json!("1e3")),
        ("0x1F", json!("0x1F")),
        ("2012-10-17", json!("2012-10-17")),
        ("no", json!("no")),
        ("'true'", json!("true")),
        ("true", json!(true)),
        ("30", json!(30)),
        ("-1.5", json!(-1.5)),
    ] {
        assert_eq!(properties(text), value, "{text}");
    }
}

#[test]
fn printing_is_stable_in_both_formats() {
    let text = "Parameters: {Name: {Type: String, Default: '010'}}\nResources:\n  A:\n    Type: X::Y::Z\n    \
                DependsOn: B\n    Properties: {P: !Sub '${Name}: #', Q: ['yes', 'on', 'null', '1e3', '2010-09-09', '~', '=', '0x1F', \
                \" lead\", \"a\\nb\"], R: '', S: {'Fn::If': [x]}}\n  B: {Type: X::Y::Z}\n";
    let template = parse(text);
    let yaml = template.to_yaml();
    assert_eq!(parse(&yaml), template, "{yaml}");
    assert_eq!(parse(&yaml).to_yaml(), yaml);
    assert_eq!(parse(&template.to_json()), template);
    assert_eq!(parse(&template.to_compact_json()), template);
    assert_eq!(parse(&template.to_json()).to_json(), template.to_json());
}

#[test]
fn the_reference_template_parses_prints_and_has_no_fault() {
    let shared = std::env::var("STACK_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    let Ok(text) = std::fs::read_to_string(format!("{shared}/spec/good30.yaml")) else {
        println!("skipped: the reference template is not here");
        return;
    };
    let template = parse(&text);
    assert_eq!(template.resources.len(), 32);
    assert_eq!(template.faults(), []);
    assert_eq!(parse(&template.to_yaml()), template);
    assert_eq!(parse(&template.to_json()), template);
    let order = template.dependency_order().unwrap();
    let position = |id: &str| order.iter().position(|other| other == id).unwrap();
    assert!(position("ThumbFn") < position("ImagesBucketPermission"));
    assert!(position("ImagesBucketPermission") < position("ImagesBucket"));
    assert!(position("Cdn") < position("SiteBucketPolicy"));
}

#[test]
fn faults_of_structure_name_their_place() {
    let faults: Vec<String> = [
        "",
        "[]",
        "Resources: {}",
        "Resources:\n  A: 1",
        "Resources:\n  A: {Properties: {}}",
        "Resources:\n  a-b: {Type: X::Y::Z}",
        "Resources:\n  A:\n    Type: X::Y::Z\n    Propertys: {}",
        "Resources:\n  A:\n    Type: X::Y::Z\n    Properties:\n",
        "Resources:\n  A:\n    Type: X::Y::Z\n    DeletionPolicy: Keep",
        "Resources:\n  A:\n    Type: X::Y::Z\n    DependsOn: {a: b}",
        "Resource:\n  A: {Type: X::Y::Z}",
        "Resources:\n  A:\n    Type: X::Y::Z\n    Properties: {a: [1, !Reff B]}",
        "Resources:\n  A: {Type: X::Y::Z}\nOutputs: {O: {}}",
        "Resources:\n  A: {Type: X::Y::Z}\nParameters: {P: {Default: a}}",
        "Resources:\n  A: {Type: X::Y::Z}\nMappings: {M: {a: b}}",
        "Resources:\n  A: {Type: X::Y::Z}\n  A: {Type: X::Y::Z}",
        "Resources:\n  A: {Type: [",
        "{\"Resources\": {\"A\": }}",
        "{\n  \"Resources\": {\n    \"A\": {\"Type\": \"X::Y::Z\", \"Propertys\": {}}}}",
    ]
    .into_iter()
    .map(fault)
    .collect();
    insta::assert_snapshot!(faults.join("\n"));
}

#[test]
fn json_in_flow_style_with_short_forms_is_yaml() {
    let template = parse("{Resources: {A: {Type: 'X::Y::Z', Properties: {P: !Ref B}}}}");
    assert_eq!(template.resources["A"].properties["P"], json!({"Ref": "B"}));
}

#[test]
fn hostile_texts_are_refused() {
    let deep_json = format!("{{\"Resources\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_yaml = format!("Resources: {}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let laughs = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, level| {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        format!("{text}a{level}: &a{level} [{items}]\n")
    });
    for text in [deep_json.as_str(), deep_yaml.as_str(), laughs.as_str(), "a: &a [*a]", "\0", "{\"a\": \"\\ud800\"}"] {
        assert!(Template::parse(text).is_err());
    }
}

const REFERENCES: &str = "
Parameters: {Name: {Type: String}}
Conditions: {C: !Equals [!Ref Name, a]}
Resources:
  A:
    Type: X::Y::Z
    DependsOn: D
    Properties: {P: !Ref B, Q: !Sub '${C.Arn} ${Name} ${!no} ${v} ${AWS::Region}', R: {x: [!GetAtt [C, Url]]}, S: !If [C, 1, 2]}
  B: {Type: X::Y::Z}
  C: {Type: X::Y::Z}
  D: {Type: X::Y::Z, Properties: {P: !Sub ['${v}', {v: !GetAtt B.Arn}]}}
";

#[test]
fn references_are_found_in_all_forms() {
    let template = parse(REFERENCES);
    assert_eq!(template.dependencies_of("A"), ["B", "C", "D"].map(str::to_owned).into());
    assert_eq!(template.dependencies_of("D"), BTreeSet::from(["B".to_owned()]));
    // `${v}` of A has no variable.
    let faults: Vec<String> = template.faults().iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "Template format error: Unresolved resource dependencies [v] in the Resources block of the template (at /Resources/A/Properties/Q/Fn::Sub)"
        ]
    );
}

#[test]
fn faults_are_placed_in_the_text() {
    let (template, positions) = Template::parse_with_positions(
        "Resources:\n  A:\n    Type: X::Y::Z\n    Properties:\n      P:\n        - !Sub '${Missing.Arn}'\n      Q: !Join ['', [!Ref Gone]]\n",
    )
    .unwrap();
    let faults = template.faults();
    assert_eq!(faults[0].clone().locate(&positions).position, Some(Position { line: 6, column: 11 }));
    assert_eq!(positions.find("/Resources/A/Properties/Q/Fn::Join/1/0/Ref").map(|place| place.line), Some(7));
    assert_eq!(positions.find("/Resources/B").map(|place| place.line), Some(1));
}

#[test]
fn every_dangling_name_and_condition_is_reported() {
    let template = parse(
        "Conditions: {C: !And [!Condition D, !Equals [!Ref A, 1]]}\nResources:\n  A: {Type: X::Y::Z, Condition: E, DependsOn: [F], \
         Properties: {P: !If [G, !Ref H, !FindInMap [M, a, b]], Q: !Ref AWS::Regio}}\nOutputs:\n  O: {Value: !GetAtt I.Arn}\n",
    );
    let faults: Vec<String> = template.faults().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(faults.join("\n"));
}

#[test]
fn order_is_deterministic_and_circles_are_named() {
    let template = parse(REFERENCES);
    assert_eq!(template.dependency_order().unwrap(), ["B", "C", "D", "A"]);
    let circle = parse(
        "Resources:\n  A: {Type: X::Y::Z, DependsOn: B}\n  B: {Type: X::Y::Z, DependsOn: C}\n  C: {Type: X::Y::Z, DependsOn: B}\n  \
         D: {Type: X::Y::Z}\n",
    );
    assert_eq!(
        circle.dependency_order().unwrap_err().fault,
        TemplateFault::CircularDependency(vec!["B".to_owned(), "C".to_owned()])
    );
    let own = parse("Resources:\n  A: {Type: X::Y::Z, Properties: {P: !Ref A}}\n");
    assert_eq!(own.dependency_order().unwrap_err().fault, TemplateFault::CircularDependency(vec!["A".to_owned()]));
}

#[test]
fn limits_are_checked() {
    let resources: String = (0..501).map(|index| ["  A", &index.to_string(), ": {Type: X::Y::Z}\n"].concat()).collect();
    let template = parse(&format!("Description: {}\nResources:\n{resources}", "d".repeat(1025)));
    let faults: Vec<String> = template.faults().iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("resources 501 is greater than the maximum of 500"), "{faults:?}");
    for (name, is_valid) in
        [("a", true), ("A-1", true), ("1a", false), ("", false), ("a_b", false), (&"a".repeat(129), false)]
    {
        assert_eq!(is_stack_name(name), is_valid, "{name}");
    }
    for (token, is_valid) in [("1-a", true), ("-a", false), ("a b", false)] {
        assert_eq!(is_client_token(token), is_valid, "{token}");
    }
}

#[test]
fn macros_are_refused_with_a_clear_error() {
    let template = parse(
        "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\nResources:\n  A: {Type: X::Y::Z, Properties: {'Fn::Transform': {Name: AWS::Include}}}\n",
    );
    let faults: Vec<String> = template.faults().iter().map(|fault| fault.fault.to_string()).collect();
    assert_eq!(
        faults,
        [
            "Template error: `AWS::Serverless-2016-10-31` is not served: macros and transforms run in AWS only",
            "Template error: `Fn::Transform` is not served: macros and transforms run in AWS only",
        ]
    );
}

#[test]
fn parameter_values_are_checked() {
    let check = |declaration: Value, text: &str| {
        let parameter: Parameter = serde_json::from_value(declaration).unwrap();
        parameter_value("P", &parameter, text).map_err(|error| error.message)
    };
    assert_eq!(check(json!({"Type": "String"}), "a"), Ok(json!("a")));
    assert_eq!(check(json!({"Type": "CommaDelimitedList"}), "a, b"), Ok(json!(["a", "b"])));
    assert_eq!(check(json!({"Type": "List<Number>"}), "1,2"), Ok(json!(["1", "2"])));
    // The value behind a key of the parameter store; the constraints are about the key.
    let stored = json!({"Type": "AWS::SSM::Parameter::Value<List<String>>", "AllowedPattern": "/.*"});
    assert_eq!(check(stored, "a,b"), Ok(json!(["a", "b"])));
    let refusals: Vec<String> = [
        (json!({"Type": "Number"}), "x"),
        (json!({"Type": "Number"}), "inf"),
        (json!({"Type": "Number", "MinValue": 2}), "1"),
        (json!({"Type": "Number", "MaxValue": "2"}), "3"),
        (json!({"Type": "String", "AllowedValues": ["a", 1]}), "b"),
        (json!({"Type": "String", "AllowedPattern": "[a-z]"}), "ab"),
        (json!({"Type": "String", "AllowedPattern": "[a-z]", "ConstraintDescription": "one letter"}), "ab"),
        (json!({"Type": "String", "AllowedPattern": "(?!a)"}), "b"),
        (json!({"Type": "String", "MinLength": 2}), "é"),
        (json!({"Type": "String", "MaxLength": "2"}), "abc"),
        (json!({"Type": "Strin"}), "abc"),
    ]
    .into_iter()
    .map(|(declaration, text)| check(declaration, text).unwrap_err().lines().last().unwrap_or_default().to_owned())
    .collect();
    insta::assert_snapshot!(refusals.join("\n"));
    assert!(check(json!({"Type": "String"}), &"a".repeat(4097)).is_err());
    // Alternatives do not leak out of the anchors.
    assert!(check(json!({"Type": "String", "AllowedPattern": "a|b"}), "ax").is_err());
}
