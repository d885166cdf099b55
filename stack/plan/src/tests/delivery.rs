//! Image repositories, pipelines, container services.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

const DELIVERY: &str = include_str!("../../../../tests/fixtures/delivery/stack.yaml");
const DESCRIBE: &str =
    r#"{"Statement": [{"Effect": "Allow", "Action": "ecr:DescribeImages", "Resource": "{{repository.web.arn}}"}]}"#;

fn delivery(environment: &str) -> Context {
    let policy_sources = BTreeMap::from([("describe-images.json.hbs".to_owned(), DESCRIBE.to_owned())]);
    Context { environment: Some(environment.to_owned()), policy_sources, ..context() }
}

fn types(plan: &Plan, resource_type: &str) -> Vec<String> {
    let resources = plan.template.resources.iter().filter(|(_, resource)| resource.resource_type == resource_type);
    resources.map(|(id, _)| id.clone()).collect()
}

#[test]
fn every_key_of_delivery() {
    let plan = plan_text(DELIVERY, &delivery("dev"));
    insta::assert_snapshot!("delivery_template", plan.template.to_yaml());
}

#[test]
fn a_service_without_an_image_is_not_made_yet() {
    let dev = plan_text(DELIVERY, &delivery("dev"));
    assert_eq!(types(&dev, "AWS::ECS::ExpressGatewayService"), ["WebService", "SiteService"]);
    let prod = plan_text(DELIVERY, &delivery("prod"));
    assert_eq!(types(&prod, "AWS::ECS::ExpressGatewayService"), ["SiteService"]);
    assert_eq!(prod.template.outputs["Web"].value, "none");
    assert!(!prod.template.resources.contains_key("WebServiceExecutionRole"));
}

#[test]
fn a_connection_is_made_or_used() {
    let dev = plan_text(DELIVERY, &delivery("dev"));
    assert_eq!(types(&dev, "AWS::CodeConnections::Connection"), ["WebPipelineConnection"]);
    assert_eq!(dev.template.outputs["Connection"].value, json!({ "Ref": "WebPipelineConnection" }));
    let prod = plan_text(DELIVERY, &delivery("prod"));
    assert!(types(&prod, "AWS::CodeConnections::Connection").is_empty());
    let role = prod.template.resources["WebPipelineRole"].properties.to_string();
    assert!(role.contains("connection/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"), "{role}");
}

#[test]
fn builds_may_do_what_they_say_and_no_more() {
    let plan = plan_text(DELIVERY, &delivery("dev"));
    let policies = |id: &str| plan.template.resources[id].properties["Policies"].to_string();
    assert!(!policies("WebPipelineTestRole").contains("ecr:"));
    assert!(policies("WebPipelineBuildRole").contains("ecr:PutImage"));
    assert!(policies("WebPipelineBuildRole").contains("secret:token-AbCdEf\""));
    assert!(policies("WebServiceExecutionRole").contains("ecr:BatchGetImage"));
    assert!(!policies("WebServiceExecutionRole").contains("ecr:PutImage"));
    assert!(!policies("SiteServiceExecutionRole").contains("ecr:"));
    assert!(!plan.template.resources.contains_key("SiteServiceTaskRole"));
    let privileged = |id: &str| plan.template.resources[id].properties["Environment"]["PrivilegedMode"].clone();
    assert_eq!(privileged("WebPipelineTestProject"), false);
    assert_eq!(privileged("WebPipelineBuildProject"), true);
}

#[test]
fn the_lifecycle_of_images_is_the_policy_of_ecr() {
    let plan = plan_text(DELIVERY, &delivery("dev"));
    let repository = &plan.template.resources["WebRepository"].properties;
    let text = repository["LifecyclePolicy"]["LifecyclePolicyText"].as_str().unwrap();
    let rules: Value = serde_json::from_str(text).unwrap();
    assert_eq!(rules["rules"][0]["selection"]["countNumber"], 3);
    assert_eq!(rules["rules"][1]["selection"]["countNumber"], 10);
    assert!(text.len() >= 100);
    assert_eq!(plan.template.resources["PlainRepository"].properties["ImageTagMutability"], "IMMUTABLE");
}

#[test]
fn each_fault_is_found() {
    const BASE: &str = "buckets: { b: {} }\nrepositories: { r: {} }\n";
    for (code, rest) in [
        ("bad-value", "repositories: { r: { mutable_tags: 'a b' } }"),
        ("limit-exceeded", "repositories: { r: { mutable_tags: [a, b, c, d, e, f] } }"),
        ("bad-value", "repositories: { r: { keep: 0 } }"),
        ("bad-value", "repositories: { r: { key: alias/x } }"),
        ("missing-key", "pipelines: { p: { stages: { s: {} } } }"),
        ("missing-key", "pipelines: { p: { source: { repository: o/r } } }"),
        ("missing-key", "pipelines: { p: { source: { branch: main }, stages: { s: {} } } }"),
        ("missing-key", "pipelines: { p: { source: { repository: o/r, bucket: b, key: k }, stages: { s: {} } } }"),
        ("missing-key", "pipelines: { p: { source: { bucket: b }, stages: { s: {} } } }"),
        ("bad-value", "pipelines: { p: { source: { bucket: b, key: k }, stages: { s: {} } } }"),
        ("bad-value", "pipelines: { p: { source: { repository: o }, stages: { s: {} } } }"),
        ("bad-value", "pipelines: { p: { source: { repository: o/r, branch: 'a b' }, stages: { s: {} } } }"),
        ("bad-value", "pipelines: { p: { source: { repository: o/r, connection: mine }, stages: { s: {} } } }"),
        ("bad-value", "pipelines: { p: { source: { repository: o/r, provider: Git }, stages: { s: {} } } }"),
        ("bad-name", "pipelines: { p: { source: { repository: o/r }, stages: { S: {} } } }"),
        ("bad-name", "pipelines: { p: { source: { repository: o/r }, stages: { source: {} } } }"),
        (
            "missing-key",
            "pipelines: { p: { source: { repository: o/r }, stages: { s: { buildspec: { version: 0.2 } } } } }",
        ),
        ("bad-value", "pipelines: { p: { source: { repository: o/r }, stages: { s: { buildspec: ../x } } } }"),
        ("bad-value", "pipelines: { p: { source: { repository: o/r }, stages: { s: { size: huge } } } }"),
        ("bad-value", "pipelines: { p: { source: { repository: o/r }, stages: { s: { timeout: 1m } } } }"),
        ("bad-value", "pipelines: { p: { source: { repository: o/r }, stages: { s: { privileged: maybe } } } }"),
        ("bad-name", "pipelines: { p: { source: { repository: o/r }, stages: { s: { environment: { 1A: x } } } } }"),
        ("bad-value", "pipelines: { p: { source: { repository: o/r }, stages: { s: { secrets: { A: plain } } } } }"),
        (
            "name-collision",
            "pipelines: { p: { source: { repository: o/r }, stages: { s: { environment: { A: x }, secrets: { A: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:x' } } } } }",
        ),
        (
            "bad-value",
            "pipelines: { p: { source: { repository: o/r }, stages: { s: { access: { push: bucket.b } } } } }",
        ),
        ("missing-key", "services: { s: {} }"),
        ("missing-key", "services: { s: { repository: r } }"),
        ("missing-key", "services: { s: { image: x, repository: r, tag: y } }"),
        ("bad-value", "services: { s: { image: 'a b' } }"),
        ("bad-value", "services: { s: { repository: r, tag: 'a b' } }"),
        ("unknown-reference", "services: { s: { repository: q, tag: v1 } }"),
        ("bad-value", "services: { s: { image: x, port: 0 } }"),
        ("bad-value", "services: { s: { image: x, health_check: health } }"),
        ("bad-value", "services: { s: { image: x, cpu: 300 } }"),
        ("bad-value", "services: { s: { image: x, cpu: 1024, memory: 1024 } }"),
        ("bad-value", "services: { s: { image: x, cpu: 256, memory: 1536 } }"),
        ("bad-value", "services: { s: { image: x, scaling: { min: 3, max: 2 } } }"),
        ("bad-value", "services: { s: { image: x, scaling: { metric: load } } }"),
        ("unknown-key", "services: { s: { image: x, scaling: { minimum: 3 } } }"),
        ("missing-policy", "services: { s: { image: x, policies: p } }"),
    ] {
        let base: String = BASE
            .lines()
            .filter(|line| !rest.lines().any(|row| row.split(':').next() == line.split(':').next()))
            .flat_map(|line| [line, "\n"])
            .collect();
        let text = format!("stack: s\nregion: us-east-1\n{base}{rest}\n");
        let faults = faults_of(&text, &context());
        let found: Vec<_> = faults.faults().iter().map(|fault| fault.kind.code()).collect();
        assert_eq!(found, [code], "{rest}\n{}", shown(&faults));
    }
}

#[test]
fn hostile_texts_arrive_as_they_are() {
    const TEXT: &str = r#"
stack: s
region: us-east-1
parameters: { hostile: "" }
buckets: { b: {} }
distributions: { d: { origin: bucket.b } }
pipelines:
  p:
    source: { repository: o/r }
    stages:
      s:
        buildspec: { phases: { build: { commands: ["{{hostile}}"] } }, "{{hostile}}": x }
        environment: { A: "{{hostile}}", B: "<{{hostile}}|{{distribution.d.id}}>" }
services:
  w: { image: x, command: ["{{hostile}}"], environment: { A: "{{hostile}}" } }
"#;
    for hostile in [
        "\"",
        "'",
        "\\",
        "a\nb",
        "\t",
        " x ",
        "#",
        "a: b",
        "- a",
        "{a: b}",
        "*a",
        "!Ref X",
        "{{x}}",
        "${x}",
        "${!x}",
        "null",
        "true",
        "off",
        "010",
        "12:30",
        "---",
        "\u{0}",
        "\u{2028}",
        "🦀",
        "\n  Evil:\n    Type: AWS::IAM::User\n",
    ] {
        let template = plan_text(TEXT, &Context { parameters: env(&[("hostile", hostile)]), ..context() }).template;
        let project = &template.resources["PPipelineSProject"].properties;
        let buildspec: Value = serde_json::from_str(project["Source"]["BuildSpec"].as_str().unwrap()).unwrap();
        assert_eq!(buildspec["phases"]["build"]["commands"], json!([hostile]));
        let variables = &project["Environment"]["EnvironmentVariables"];
        assert_eq!(variables[0]["Value"], json!(hostile));
        let joined = variables[1]["Value"]["Fn::Sub"].as_str().unwrap().replace("${!", "${");
        assert_eq!(joined, format!("<{hostile}|${{DDistribution}}>"));
        let container = &template.resources["WService"].properties["PrimaryContainer"];
        assert_eq!(container["Command"], json!([hostile]));
        assert_eq!(container["Environment"][0]["Value"], json!(hostile));
        assert_eq!(crate::Template::parse(&template.to_yaml()).unwrap(), template, "{hostile:?}");
    }
}

#[test]
fn each_page_names_every_key() {
    let fixture = crate::yaml::parse(DELIVERY).unwrap();
    for (section, page) in [
        ("repositories", include_str!("../../../../docs/constructs/repository.md")),
        ("pipelines", include_str!("../../../../docs/constructs/pipeline.md")),
        ("services", include_str!("../../../../docs/constructs/service.md")),
    ] {
        let constructs = fixture.get(section).unwrap().as_mapping().unwrap();
        let keys: BTreeSet<&str> =
            constructs.iter().flat_map(|it| it.value.as_mapping().unwrap()).map(|entry| entry.key.as_str()).collect();
        for key in keys {
            assert!(page.contains(&format!("`{key}`")), "the page of {section} lacks `{key}`");
        }
    }
}
