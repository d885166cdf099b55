//! `resources:`, `include:`, `overrides:`.

use super::*;

const RAW: &str = include_str!("../../../../tests/fixtures/raw-cloudformation/stack.yaml");
const LEGACY: &str = include_str!("../../../../tests/fixtures/raw-cloudformation/cloudformation/legacy.yaml");
const START_STATE: &str = include_str!("../../../../tests/fixtures/raw-cloudformation/policies/start-state.json.hbs");

fn raw() -> Context {
    Context {
        policy_sources: BTreeMap::from([("start-state.json.hbs".to_owned(), START_STATE.to_owned())]),
        includes: BTreeMap::from([("cloudformation/legacy.yaml".to_owned(), LEGACY.to_owned())]),
        ..context()
    }
}

fn project(rest: &str) -> String {
    format!("stack: s\nregion: us-east-1\n{rest}\n")
}

/// Places and messages of faults.
fn told(text: &str, context: &Context) -> Vec<String> {
    let faults = faults_of(text, context);
    let told = faults.faults().iter().map(|fault| {
        let file = fault.file.as_ref().map(|file| format!("{}:", file.name())).unwrap_or_default();
        format!("{file}{} {}: {fault}", fault.place.line(), fault.place.key_path)
    });
    told.collect()
}

#[test]
fn a_project_with_raw_cloudformation() {
    let plan = plan_text(RAW, &raw());
    insta::assert_snapshot!("raw_template", plan.template.to_yaml());
    insta::assert_json_snapshot!("raw_origins", (&plan.origins, &plan.parameters, &plan.outputs));
}

#[test]
fn the_files_that_a_project_includes_are_known_before_the_plan() {
    assert_eq!(crate::included_files(RAW), ["cloudformation/legacy.yaml"]);
    let text = project("include: [./b.yaml, { file: a.json }, ../x.yaml, '{{stack}}.yaml', b.yaml, 7]");
    assert_eq!(crate::included_files(&text), ["7", "a.json", "b.yaml"]);
    assert_eq!(crate::included_files("include: ["), [""; 0]);
}

#[test]
fn json_and_yaml_say_the_same() {
    let yaml = project(
        "resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties: { DisplayName: !Sub '${Q.Arn} {{stack}}' }\n  Q: { Type: AWS::SQS::Queue }",
    );
    let json = project(
        r#"resources: {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "${Q.Arn} {{stack}}"}}}, "Q": {"Type": "AWS::SQS::Queue"}}"#,
    );
    assert_eq!(plan_text(&yaml, &context()).template, plan_text(&json, &context()).template);
}

#[test]
fn values_of_expressions_are_texts_and_never_functions() {
    let text = project(
        "parameters: { p: '' }\nresources: { T: { Type: 'Custom::T', Properties: { ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:f', A: '{{p}}', B: !Sub '{{p}}${AWS::Region}', C: !Sub ['{{p}}${x}', { x: '{{p}}' }], D: 10, E: '10', F: true } } }",
    );
    for hostile in
        ["${x}", "${!x}", "{\"Ref\": \"T\"}", "!Ref T", "a\nb", "{{resolve:ssm:/x}}", "'\"", "${AWS::Region}"]
    {
        let plan = plan_text(&text, &Context { parameters: env(&[("p", hostile)]), ..context() });
        let properties = &plan.template.resources["T"].properties;
        assert_eq!(properties["A"], hostile);
        let escaped = hostile.replace("${", "${!");
        assert_eq!(properties["B"]["Fn::Sub"], format!("{escaped}${{AWS::Region}}"));
        assert_eq!(properties["C"]["Fn::Sub"][0], format!("{escaped}${{x}}"));
        assert_eq!(properties["C"]["Fn::Sub"][1]["x"], hostile);
        assert_eq!((&properties["D"], &properties["E"], &properties["F"]), (&10.into(), &"10".into(), &true.into()));
    }
}

#[test]
fn faults_of_raw_resources_stand_at_their_line() {
    let text = project(
        "buckets: { b: {} }
resources:
  T:
    Type: Custom::T
    Properties:
      ServiceToken: arn:aws:lambda:us-east-1:111122223333:function:f
      A: !Ref Nothing
      B: !Foo x
      C: [!GetAtt [BBucket, Arn], '{{bukket.b.name}}']
      D: null
    DeletionPolicy: Keep
  a-b: { Type: AWS::SNS::Topic }
  U: { Typ: AWS::SNS::Topic }
  V: { Type: 'Custom::V', DependsOn: [BBuket], Properties: { ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:f', X: !Sub '${Y.Arn}' } }",
    );
    insta::assert_snapshot!("raw_faults", shown(&faults_of(&text, &context())));
    let mended = text
        .replace("!Foo x", "x")
        .replace("bukket", "bucket")
        .replace("null", "''")
        .replace("Keep", "Delete")
        .replace("a-b", "ab")
        .replace("Typ:", "Type:");
    assert_eq!(
        told(&mended, &context()),
        [
            "9 resources.T.Properties.A.Ref: nothing in the template has the logical id `Nothing`",
            "16 resources.V.DependsOn[0]: nothing in the template has the logical id `BBuket`",
            "16 resources.V.Properties.X.Fn::Sub: nothing in the template has the logical id `Y`",
        ]
    );
}

#[test]
fn each_kind_of_fault_is_found() {
    let include = |text: &str| Context { includes: env(&[("x.yaml", text)]), ..context() };
    let good = "Resources: { T: { Type: AWS::SNS::Topic } }";
    for (code, rest, context) in [
        ("unknown-name", "resources: { T: { Type: AWS::SNS::Topic, Properties: { A: '{{x}}' } } }", context()),
        (
            "invalid-expression",
            "resources: { T: { Type: AWS::SNS::Topic } }\noutputs: { A: '{{resource.T}}' }",
            context(),
        ),
        (
            "invalid-expression",
            "resources: { T: { Type: AWS::SNS::Topic } }\noutputs: { A: '{{resource}}' }",
            context(),
        ),
        (
            "unknown-resource",
            "resources: { T: { Type: AWS::SNS::Topic } }\noutputs: { A: '{{resource.U.ref}}' }",
            context(),
        ),
        ("unknown-resource", "topics: { t: {} }\noverrides: { TTopik: { DeletionPolicy: Retain } }", context()),
        (
            "bad-value",
            "resources: { T: { Type: AWS::SNS::Topic } }\nbuckets: { b: { versioning: '{{resource.T.ref}}' } }",
            context(),
        ),
        ("bad-value", "topics: { t: {} }\noverrides: { TTopic: { Properties..X: a } }", context()),
        ("bad-name", "parameters: { resource: x }\ntopics: { t: {} }", context()),
        ("name-collision", "topics: { t: {} }\nresources: { TTopic: { Type: AWS::SNS::Topic } }", context()),
        ("name-collision", "resources: { T: { Type: AWS::SNS::Topic } }\ninclude: x.yaml", include(good)),
        (
            "name-collision",
            "include: x.yaml\noutputs: { A: b }",
            include(&format!("{good}\nOutputs: {{ A: {{ Value: x }} }}")),
        ),
        (
            "name-collision",
            "functions: { f: {} }\ninclude: { file: x.yaml, parameters: { ArtifactBucket: x } }",
            include(&format!("Parameters: {{ ArtifactBucket: {{ Type: String }} }}\n{good}")),
        ),
        (
            "name-collision",
            "topics: { t: {} }\ninclude: { file: x.yaml, parameters: { TTopic: x } }",
            include(&format!("Parameters: {{ TTopic: {{ Type: String }} }}\n{good}")),
        ),
        ("missing-file", "include: x.yaml", context()),
        ("bad-value", "include: /etc/passwd", context()),
        ("bad-value", "include: '{{stack}}.yaml'", context()),
        ("wrong-type", "include: { file: [x.yaml] }", include(good)),
        ("unknown-key", "include: { file: x.yaml, parameters: { P: x } }", include(good)),
        ("missing-key", "include: x.yaml", include(&format!("Parameters: {{ P: {{ Type: String }} }}\n{good}"))),
        (
            "bad-value",
            "include: { file: x.yaml, parameters: { P: x } }",
            include(&format!("Parameters: {{ P: {{ Type: Number }} }}\n{good}")),
        ),
        ("invalid-template", "include: x.yaml", include("Resources: {}")),
        ("unknown-resource", "include: x.yaml", include("Resources: { T: { Type: AWS::SNS::Topic, DependsOn: U } }")),
        ("wrong-type", "topics: { t: {} }\noverrides: { TTopic: }", context()),
        ("wrong-type", "topics: { t: {} }\noverrides: { TTopic: { DeletionPolicy: } }", context()),
        ("unknown-key", "topics: { t: {} }\noverrides: { TTopic: { Deletionpolicy: Retain } }", context()),
        ("unknown-key", "topics: { t: {} }\noverrides: { TTopic: { Type: AWS::SQS::Queue } }", context()),
        ("nothing-to-override", "topics: { t: {} }\noverrides: { TTopic: { Properties.TopicNam: null } }", context()),
        (
            "nothing-to-override",
            "topics: { t: {} }\noverrides: { TTopic: { Properties: { A: { B: null } } } }",
            context(),
        ),
        ("nothing-to-override", "topics: { t: {} }\noverrides: { TTopic: { Properties.TopicName.X: y } }", context()),
        (
            "nothing-to-override",
            "buckets: { b: {} }\noverrides: { BBucket: { Properties.OwnershipControls.Rules.1: y } }",
            context(),
        ),
        (
            "nothing-to-override",
            "topics: { t: {} }\noverrides: { TTopicPolicy: { Properties.Topics.0.X: y } }",
            context(),
        ),
        ("invalid-template", "topics: { t: {} }\noverrides: { TTopic: { DeletionPolicy: Keep } }", context()),
        (
            "unknown-resource",
            "topics: { t: {} }\noverrides: { TTopic: { Properties.DisplayName: !Ref Nothing } }",
            context(),
        ),
    ] {
        let faults = faults_of(&project(rest), &context);
        let found: Vec<_> = faults.faults().iter().map(|fault| fault.kind.code()).collect();
        assert_eq!(found, [code], "{rest}\n{}", shown(&faults));
        assert!(faults.faults()[0].place.line() > 0, "{rest}\n{}", shown(&faults));
    }
}

#[test]
fn faults_of_included_files_are_shown_in_that_file() {
    let include = "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !Ref Nobody\n";
    let context = Context { includes: env(&[("cfn/x.yaml", include)]), ..context() };
    let text = project("include: cfn/x.yaml\noverrides: { T: { Properties.TopicName: !Ref Noone } }");
    insta::assert_snapshot!("include_faults", shown(&faults_of(&text, &context)));
    let faults = serde_json::to_value(faults_of(&text, &context)).unwrap();
    assert_eq!(faults["faults"][1]["line"], 5, "{faults}");
    let context = Context { includes: env(&[("cfn/x.yaml", "Resources:\n  T:\n    Typ: x\n")]), ..context };
    assert_eq!(
        told(&text, &context),
        [
            "cfn/x.yaml:2 /Resources/T: Template format error: [/Resources/T] Every Resources object must contain a Type member."
        ]
    );
}

#[test]
fn overrides_are_told_what_would_have_been_right() {
    let text = project(
        "buckets: { uploads: {} }
overrides:
  UploadBucket: { DeletionPolicy: Retain }
  UploadsBucket:
    Properties.BucketEncrypton: null
    Properties.OwnershipControls.Rules.3.ObjectOwnership: BucketOwnerPreferred",
    );
    insta::assert_snapshot!("override_faults", shown(&faults_of(&text, &context())));
    let text = project("buckets: { uploads: {} }\noverrides: { UploadsBucket: { Propertes: { X: y } } }");
    insta::assert_snapshot!("override_keys", shown(&faults_of(&text, &context())));
}

#[test]
fn later_overrides_see_what_earlier_ones_did() {
    let text = project(
        "topics: { t: {} }
overrides:
  TTopic:
    Properties.Tags: [{ Key: a, Value: b }]
    Properties.Tags.+: { Key: c, Value: d }
    Properties.Tags.0.Value: e
    Properties.Tags.0: { Key: f }
    Properties.DataProtectionPolicy: { Ref: TTopicPolicy }
    Properties:
      DataProtectionPolicy: { Other: x }
    Metadata.A.B: 1
    DependsOn: []",
    );
    let topic = &plan_text(&text, &context()).template.resources["TTopic"];
    assert_eq!(
        topic.properties["Tags"],
        serde_json::json!([{ "Key": "f", "Value": "e" }, { "Key": "c", "Value": "d" }])
    );
    // A function is a value: nothing merges with it.
    assert_eq!(topic.properties["DataProtectionPolicy"], serde_json::json!({ "Other": "x" }));
    assert_eq!(topic.metadata, Some(serde_json::json!({ "A": { "B": 1 } })));
}
