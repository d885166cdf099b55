use super::*;

const TEN_FAULTS: &str = include_str!("../../../../tests/fixtures/ten-faults/stack.yaml");

fn project(rest: &str) -> String {
    format!("stack: s\nregion: us-east-1\n{rest}\n")
}

#[test]
fn ten_faults_of_different_kinds_come_at_once() {
    let faults = parse_project("stack.yaml", TEN_FAULTS).unwrap_err();
    let kinds: std::collections::BTreeSet<_> = faults.faults().iter().map(|fault| fault.kind.code()).collect();
    assert!(kinds.len() >= 10, "{kinds:?}");
    assert!(faults.faults().iter().all(|fault| fault.place.line() > 0 && fault.kind.help().is_some()));
    insta::assert_snapshot!("ten_faults", shown(&faults));
    insta::assert_json_snapshot!("ten_faults_json", faults);
}

#[test]
fn faults_of_the_environment_join_those_of_the_file() {
    let context = Context { suffix: Some("Not_Good".to_owned()), ..context() };
    let faults = faults_of(TEN_FAULTS, &context);
    assert!(faults.faults().len() > parse_project("stack.yaml", TEN_FAULTS).unwrap_err().faults().len());
    assert!(faults.faults().iter().any(|fault| fault.place.key_path == "--suffix"));
}

#[test]
fn each_kind_of_fault_is_found() {
    for (code, rest) in [
        ("invalid-yaml", "functions: ]"),
        ("invalid-yaml", "a: b\n---\nc: d"),
        ("duplicate-key", "stack: t"),
        ("unknown-key", "function: {}"),
        ("unknown-version", "version: 2"),
        ("wrong-type", "functions: [a]\nbuckets: { a: {} }"),
        ("wrong-type", "buckets: { a: { cors: x } }"),
        ("wrong-type", "buckets: { a: { versioning: [true] } }"),
        ("wrong-type", "buckets: { a: { versioning: !Ref X } }"),
        ("wrong-type", "buckets: { a: { versioning: } }"),
        ("bad-name", "buckets: { A: {} }"),
        ("bad-name", "parameters: { user: x }\nbuckets: { a: {} }"),
        ("bad-name", "outputs: { a-b: x }\nbuckets: { a: {} }"),
        ("bad-name", "functions: { f: { environment: { AWS_LAMBDA_X: y } } }"),
        ("bad-name", "functions: { f: { environment: { 1X: y } } }"),
        ("bad-value", "functions: { f: { memory: 64 } }"),
        ("bad-value", "functions: { f: { timeout: 901s } }"),
        ("bad-value", "functions: { f: { architecture: arm } }"),
        ("bad-value", "functions: { f: { retries: 3 } }"),
        ("bad-value", "functions: { f: { log_retention: 31d } }"),
        ("bad-value", "functions: { f: { access: { read: uploads } } }"),
        ("bad-value", "functions: { f: { access: { publish: bucket.b } } }\nbuckets: { b: {} }"),
        ("bad-value", "buckets: { b: { events: [{ on: ObjectMade, topic: t }] } }\ntopics: { t: {} }"),
        (
            "bad-value",
            "buckets: { b: { events: [{ on: 'ObjectCreated:*', prefix: 'in/*', topic: t }] } }\ntopics: { t: {} }",
        ),
        ("bad-value", "buckets: { b: { contents: ../x } }"),
        ("bad-value", "buckets: { b: { cors: [{ origins: ['*'], methods: [get] }] } }"),
        ("bad-value", "environments: { dev: { suffix: A } }\nbuckets: { b: {} }"),
        ("bad-value", "environments: { dev: { removal: keep } }\nbuckets: { b: {} }"),
        ("bad-value", "distributions: { d: { origin: bucket.b, cache: None } }\nbuckets: { b: {} }"),
        ("bad-value", "topics: { t: { subscriptions: [{ email: nobody }] } }"),
        (
            "bad-value",
            "functions: { f: { memory: '{{distribution.d.id}}' } }\ndistributions: { d: { origin: bucket.b } }\nbuckets: { b: {} }",
        ),
        ("bad-value", "buckets: { b: {} }\noutputs: { A: \"\\x01\" }"),
        ("bad-value", "buckets: { b: {} }\noutputs: { A: '{{#if suffix}}{{/if}}' }"),
        ("missing-key", "buckets: { b: { events: [{ on: 'ObjectCreated:*' }] } }"),
        ("missing-key", "buckets: { b: { events: [{ topic: t }] } }\ntopics: { t: {} }"),
        ("missing-key", "topics: { t: { subscriptions: [{ raw: true }] } }"),
        ("missing-key", "topics: { t: { subscriptions: [{ email: a@b, https: 'https://x' }] } }"),
        ("missing-key", "distributions: { d: {} }"),
        ("bad-name", "tags: { 'aws:x': y }\nbuckets: { b: {} }"),
        ("bad-name", "environments: { dev: { suffix: a, tags: { 'stack:project': y } } }\nbuckets: { b: {} }"),
        ("bad-value", "tags: { x: 'a;b' }\nbuckets: { b: {} }"),
        ("bad-value", "environments: { dev: { suffix: a, role: deployer } }\nbuckets: { b: {} }"),
        ("bad-value", "environments: { dev: { suffix: a, notifications: ops } }\nbuckets: { b: {} }"),
        (
            "bad-value",
            "environments: { dev: { suffix: a, notifications: ['{{arn}}1', '{{arn}}2', '{{arn}}3', '{{arn}}4', '{{arn}}5', '{{arn}}6'] } }\nparameters: { arn: 'arn:aws:sns:us-east-1:111122223333:t' }\nbuckets: { b: {} }",
        ),
        ("bad-value", "environments: { dev: { suffix: a, rollback: { alarms: 'a:b' } } }\nbuckets: { b: {} }"),
        (
            "bad-value",
            "environments: { dev: { suffix: a, rollback: { alarms: a, monitor: 90s } } }\nbuckets: { b: {} }",
        ),
        ("missing-key", "environments: { dev: { suffix: a, rollback: { monitor: 5m } } }\nbuckets: { b: {} }"),
        ("unknown-key", "environments: { dev: { suffix: a, rollback: { alarms: a, alarm: a } } }\nbuckets: { b: {} }"),
        ("unknown-name", "environments: { dev: { suffix: a, role: '{{role.x.arn}}' } }\nbuckets: { b: {} }"),
        ("missing-key", "environments: { a: {}, b: {} }\nbuckets: { b: {} }"),
        ("missing-key", "parameters: {}"),
        ("unknown-key", "functions: { f: { access: { raed: bucket.b } } }\nbuckets: { b: {} }"),
        ("unknown-key", "topics: { t: { subscriptions: [{ htps: x }] } }"),
        ("unknown-reference", "functions: { f: { access: { read: bucket.c } } }\nbuckets: { b: {} }"),
        ("unknown-reference", "environments: { dev: { suffix: a, parameters: { x: y } } }\nbuckets: { b: {} }"),
        ("unknown-name", "buckets: { b: {} }\noutputs: { A: '{{bucket.c.name}}' }"),
        ("unknown-name", "buckets: { b: {} }\noutputs: { A: '{{env.HOME}}' }"),
        ("missing-variable", "env: [HOME]\nbuckets: { b: {} }\noutputs: { A: '{{env.HOME}}' }"),
        ("missing-parameter", "parameters: { p: {} }\nbuckets: { b: {} }"),
        ("invalid-expression", "buckets: { b: {} }\noutputs: { A: '{{bucket.b}}' }"),
        ("invalid-expression", "buckets: { b: {} }\noutputs: { A: '{{bucket.b.name' }"),
        ("missing-policy", "functions: { f: { policies: [p] } }"),
        ("name-collision", "buckets: { a-b1: {}, a-b-1: {} }"),
        (
            "recursion",
            "functions: { f: { access: { write: bucket.b/x/* } } }\nbuckets: { b: { events: [{ on: 'ObjectCreated:Put', prefix: x/y/, function: f }] } }",
        ),
        (
            "recursion",
            "functions: { f: { access: { delete: bucket.b } } }\nbuckets: { b: { events: [{ on: 'ObjectRemoved:*', topic: t }] } }\ntopics: { t: { subscriptions: [{ lambda: function.f }] } }",
        ),
        (
            "overlapping-events",
            "buckets: { b: { events: [{ on: 'ObjectCreated:*', topic: t }, { on: 'ObjectCreated:Put', suffix: .jpg, topic: t }] } }\ntopics: { t: {} }",
        ),
    ] {
        let text = project(rest);
        let faults = faults_of(&text, &context());
        let found: Vec<_> = faults.faults().iter().map(|fault| fault.kind.code()).collect();
        assert_eq!(found, [code], "{rest}\n{}", shown(&faults));
    }
}

#[test]
fn disjoint_events_and_writes_are_fine() {
    plan_text(
        &project(
            "functions: { f: { access: { write: bucket.b/out/*, delete: bucket.b/in/* } } }
buckets: { b: { events: [
  { on: 'ObjectCreated:*', prefix: in/, suffix: .jpg, function: f },
  { on: 'ObjectCreated:*', prefix: in/, suffix: .png, function: f },
  { on: 'ObjectRemoved:*', prefix: out/, function: f }] } }",
        ),
        &context(),
    );
}

#[test]
fn what_surrounds_the_file_is_checked_too() {
    let text = project("parameters: { p: x }\nbuckets: { b: {} }");
    let wrong = [
        ("unknown-environment", Context { environment: Some("prd".to_owned()), ..context() }),
        ("bad-value", Context { suffix: Some("a.b".to_owned()), ..context() }),
        ("bad-value", Context { suffix: Some("a".repeat(21)), ..context() }),
        ("bad-value", Context { region: Some("mars".to_owned()), ..context() }),
        ("bad-value", Context { account: Some("12".to_owned()), ..context() }),
        ("unknown-reference", Context { parameters: env(&[("q", "1")]), ..context() }),
        ("bad-value", Context { parameters: env(&[("p", "a\u{1}b")]), ..context() }),
        ("bad-value", Context { user: String::new(), ..context() }),
    ];
    for (code, context) in wrong {
        assert_eq!(codes(&text, &context), [code], "{context:?}");
    }
    assert_eq!(codes("stack: s\nbuckets: { b: {} }\n", &context()), ["missing-key"]);
}

#[test]
fn limits_are_watched() {
    let variables: Vec<String> = (0..50).map(|index| format!("V{index}: {}", "x".repeat(100))).collect();
    let text = project(&format!("functions: {{ f: {{ environment: {{ {} }} }} }}", variables.join(", ")));
    assert_eq!(codes(&text, &context()), ["limit-exceeded"]);

    let links: Vec<String> = (0..600).map(|index| format!("bucket.b/{}{index}/*", "x".repeat(60))).collect();
    let text = project(&format!(
        "functions: {{ f: {{ access: {{ read: [{}] }} }} }}\nbuckets: {{ b: {{}} }}",
        links.join(", ")
    ));
    assert_eq!(codes(&text, &context()), ["limit-exceeded"]);

    let topics: Vec<String> = (0..251).map(|index| format!("t{index}: {{}}")).collect();
    let text = project(&format!("topics: {{ {} }}", topics.join(", ")));
    assert_eq!(codes(&text, &context()), ["invalid-template"]);

    let outputs: Vec<String> = (0..201).map(|index| format!("O{index}: x")).collect();
    let text = project(&format!("topics: {{ t: {{}} }}\noutputs: {{ {} }}", outputs.join(", ")));
    assert_eq!(codes(&text, &context()), ["invalid-template"]);
}

#[test]
fn more_than_a_role_holds_inline_becomes_managed_policies() {
    let links: Vec<String> = (0..150).map(|index| format!("bucket.b/{}{index}/*", "x".repeat(60))).collect();
    let text = project(&format!(
        "functions: {{ f: {{ access: {{ read: [{}] }} }} }}\nbuckets: {{ b: {{}} }}",
        links.join(", ")
    ));
    let template = plan_text(&text, &context()).template;
    let managed: Vec<&String> = template
        .resources
        .iter()
        .filter(|(_, resource)| resource.resource_type == "AWS::IAM::ManagedPolicy")
        .map(|(id, _)| id)
        .collect();
    assert!(managed.len() > 1);
    assert_eq!(template.resources["FFunction"].depends_on.iter().collect::<Vec<_>>(), managed);
    let granted: usize = managed
        .iter()
        .flat_map(|id| template.resources[*id].properties["PolicyDocument"]["Statement"].as_array().unwrap())
        .filter(|statement| statement["Action"] == "s3:GetObject")
        .map(|statement| statement["Resource"].as_array().unwrap().len())
        .sum();
    assert_eq!(granted, 150);
}

#[test]
fn a_circle_of_references_is_told() {
    let text = project("topics: { t: {} }");
    let source = "Resources:
  {{id}}: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Ref Other } }
  Other: { Type: AWS::SNS::Topic, DependsOn: {{id}} }";
    let template_sources = BTreeMap::from([("topic.yaml.hbs".to_owned(), source.to_owned())]);
    let faults = faults_of(&text, &Context { template_sources, ..context() });
    assert_eq!(faults.faults()[0].kind.code(), "invalid-template");
    assert!(faults.to_string().contains("1 fault"), "{}", shown(&faults));
    assert!(faults.faults()[0].to_string().contains("Circular dependency"), "{}", shown(&faults));
}

#[test]
fn any_text_gives_faults_or_a_plan_and_never_a_panic() {
    let sources = [TEN_FAULTS, include_str!("../../../../tests/fixtures/every-key/stack.yaml")];
    for source in sources {
        for at in (0..source.len()).step_by(29).filter(|at| source.is_char_boundary(*at)) {
            let cut = &source[..at];
            drop(check_project("stack.yaml", cut, &context()));
            for insertion in ["{", "}", "\"", "{{", "- ", "\n", "&a ", "*a", "!x ", "\t"] {
                if at % 5 == 0 {
                    let text = format!("{cut}{insertion}{}", &source[at..]);
                    drop(check_project("stack.yaml", &text, &context()));
                }
            }
        }
    }
}
