//! REST APIs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

const REST: &str = include_str!("../../../../tests/fixtures/rest/stack.yaml");

fn of(environment: &str) -> Plan {
    plan_text(REST, &Context { environment: Some(environment.to_owned()), ..context() })
}

fn of_type<'a>(plan: &'a Plan, wanted: &str) -> Vec<(&'a str, &'a Value)> {
    let resources = plan.template.resources.iter().filter(|(_, resource)| resource.resource_type == wanted);
    resources.map(|(id, resource)| (id.as_str(), &resource.properties)).collect()
}

fn deployments(plan: &Plan) -> Vec<String> {
    of_type(plan, "AWS::ApiGateway::Deployment").into_iter().map(|(id, _)| id.to_owned()).collect()
}

#[test]
fn every_key_of_rest_apis() {
    let plan = of("dev");
    insta::assert_snapshot!("rest_template", plan.template.to_yaml());
    insta::assert_json_snapshot!("rest_plan", around(&plan));
}

/// A small API in the given words.
fn api(rest: &str) -> Plan {
    plan_text(&small(rest), &context())
}

fn small(rest: &str) -> String {
    format!(
        "stack: s\nregion: us-east-1\nfunctions: {{ f: {{}}, g: {{}} }}\nbuckets: {{ b: {{}} }}\nuser_pools: {{ u: {{ clients: {{ w: {{}} }} }} }}\nrest_apis: {{ a: {{ {rest} }} }}\n"
    )
}

#[test]
fn a_deployment_follows_what_it_shows_and_nothing_else() {
    let base = "routes: { 'GET /x': f }";
    let same = [
        base.to_owned(),
        format!("{base}, throttle: {{ rate: 5, burst: 5 }}"),
        format!("{base}, metrics: true"),
        format!("{base}, access_log: true"),
        format!("{base}, plans: {{ p: {{ keys: k }} }}"),
        format!("{base}, stage: other"),
    ];
    let ids: BTreeSet<_> = same.iter().map(|text| deployments(&api(text))).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let different = [
        base,
        "routes: { 'GET /x': g }",
        "routes: { 'GET /y': f }",
        "routes: { 'POST /x': f }",
        "routes: { 'GET /x': { function: f, auth: iam } }",
        "routes: { 'GET /x': { function: f, api_key: true } }, plans: { p: { keys: k } }",
        "routes: { 'GET /x': { function: f, authorizer: a } }, authorizers: { a: { function: g } }",
        "routes: { 'GET /x': { function: f, authorizer: a } }, authorizers: { a: { function: g, cache: 5m } }",
        "routes: { 'GET /x': f }, cors: { origins: '*', methods: GET }",
        "routes: { 'GET /x': f }, binary_media_types: '*/*'",
        "routes: { 'GET /x': f }, minimum_tls: 1.3",
    ];
    let ids: BTreeSet<_> = different.iter().map(|text| deployments(&api(text))).collect();
    assert_eq!(ids.len(), different.len());
}

#[test]
fn a_deployment_follows_a_template_source_of_the_project() {
    let text = small("routes: { 'GET /x': f }");
    let source = include_str!("../../../../templates/rest_api.yaml.hbs");
    let with = |source: String| {
        let template_sources = BTreeMap::from([("rest_api.yaml.hbs".to_owned(), source)]);
        deployments(&plan_text(&text, &Context { template_sources, ..context() }))
    };
    assert_eq!(with(source.to_owned()), deployments(&plan_text(&text, &context())));
    let other = source.replace("ApiKeyRequired:", "OperationName: read\n      ApiKeyRequired:");
    assert_ne!(with(other), with(source.to_owned()));
}

#[test]
fn a_deployment_waits_for_all_that_it_shows_and_the_stage_shows_it() {
    for environment in ["dev", "bare", "prod"] {
        let plan = of(environment);
        let resources = &plan.template.resources;
        for id in deployments(&plan) {
            let api = &resources[&id].properties["RestApiId"];
            let waits_for: BTreeSet<&str> = resources[&id].depends_on.iter().map(String::as_str).collect();
            for (method, properties) in of_type(&plan, "AWS::ApiGateway::Method") {
                assert_eq!(properties["RestApiId"] == *api, waits_for.contains(method), "{id} {method}");
            }
            let stages = of_type(&plan, "AWS::ApiGateway::Stage");
            let shows = stages.iter().filter(|(_, stage)| stage["DeploymentId"] == json!({ "Ref": id })).count();
            assert_eq!(shows, 1, "{id}");
            assert!(plan.origins.contains_key(&id), "{id}");
        }
        // One role of the whole account and region belongs to no stack.
        assert!(of_type(&plan, "AWS::ApiGateway::Account").is_empty());
    }
}

#[test]
fn without_a_domain_the_stage_is_part_of_the_address() {
    let plan = of("bare");
    assert_eq!(
        plan.template.outputs["Images"].value,
        json!({ "Fn::Sub": "https://${ImagesRestApi}.execute-api.ap-northeast-2.amazonaws.com/v0" })
    );
    assert!(of_type(&plan, "AWS::ApiGateway::DomainName").is_empty());
    assert_eq!(plan.template.resources["ImagesRestApi"].properties["DisableExecuteApiEndpoint"], false);
    let site = &plan.template.resources["SiteDistribution"].properties["DistributionConfig"]["Origins"];
    let paths: Vec<&Value> = site.as_array().unwrap().iter().map(|origin| &origin["OriginPath"]).collect();
    assert_eq!(paths, [&Value::Null, &json!("/api"), &json!("/api")]);
    // With a domain the mapping stands for the stage.
    let site = &of("dev").template.resources["SiteDistribution"].properties["DistributionConfig"]["Origins"];
    assert_eq!((&site[1]["OriginPath"], &site[2]["OriginPath"]), (&json!("/api"), &Value::Null));
    assert_eq!(site[2]["DomainName"], "videos.example.com");
}

#[test]
fn a_domain_at_the_edge_has_its_certificate_there() {
    let plan = of("dev");
    let companion = &plan.companions[0];
    assert_eq!(companion.template.resources["MainCertificate"].properties["DomainName"], "videos.example.com");
    let domain = &plan.template.resources["VideosRestApiDomain"].properties;
    assert_eq!(domain["CertificateArn"], json!({ "Ref": "MainEdgeCertificateArn" }));
    let record = plan.template.resources.values().find(|resource| resource.properties["Name"] == "videos.example.com");
    assert_eq!(
        record.unwrap().properties["AliasTarget"]["HostedZoneId"],
        json!({ "Fn::GetAtt": ["VideosRestApiDomain", "DistributionHostedZoneId"] })
    );
}

#[test]
fn objects_are_read_with_a_role_for_their_keys_alone() {
    let plan = api("routes: { 'GET /{size}/{object+}': { bucket: 'b/out/{size}/{object}' } }");
    let policies = &plan.template.resources["ARestApiRole"].properties["Policies"];
    assert_eq!(
        policies[0]["PolicyDocument"]["Statement"],
        json!([{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::s-alice-b-111122223333-us-east-1/out/*/*" }])
    );
    assert!(api("routes: { 'GET /': f }").template.resources.get("ARestApiRole").is_none());
}

#[test]
fn each_kind_of_fault_of_rest_apis_is_found() {
    let with = |rest: &str| format!("routes: {{ 'GET /': f }}, {rest}");
    for (code, rest) in [
        ("missing-key", String::new()),
        ("missing-key", "routes: { 'GET /': {} }".to_owned()),
        ("missing-key", "routes: { 'GET /x': { function: f, bucket: b/x } }".to_owned()),
        ("bad-name", "routes: { '$default': f }".to_owned()),
        ("bad-name", "routes: { 'FETCH /': f }".to_owned()),
        ("bad-value", "routes: { 'GET /{a}': f, 'PUT /{b}': f }".to_owned()),
        ("bad-value", "routes: { 'GET /x/{a}/y': f, 'GET /x/{b+}': f }".to_owned()),
        ("bad-value", "routes: { 'PUT /{o+}': { bucket: 'b/{o}' } }".to_owned()),
        ("bad-value", "routes: { 'GET /{o+}': { bucket: 'b/{p}' } }".to_owned()),
        ("bad-value", "routes: { 'GET /{o+}': { bucket: b } }".to_owned()),
        ("unknown-reference", "routes: { 'GET /{o+}': { bucket: 'c/{o}' } }".to_owned()),
        ("unknown-reference", "routes: { 'GET /': h }".to_owned()),
        ("unknown-reference", "routes: { 'GET /': { function: f, authorizer: x } }".to_owned()),
        (
            "bad-value",
            "routes: { 'GET /': { function: f, authorizer: x, auth: iam } }, authorizers: { x: { function: g } }"
                .to_owned(),
        ),
        (
            "bad-value",
            "routes: { 'GET /': { function: f, authorizer: x, scopes: openid } }, authorizers: { x: { function: g } }"
                .to_owned(),
        ),
        ("missing-key", "routes: { 'GET /': { function: f, api_key: true } }".to_owned()),
        ("missing-key", with("authorizers: { x: {} }")),
        ("missing-key", with("authorizers: { x: { function: f, user_pool: u } }")),
        ("bad-value", with("authorizers: { x: { function: f, type: basic } }")),
        ("bad-value", with("authorizers: { x: { function: f, identity: Authorization } }")),
        (
            "bad-value",
            with(
                "authorizers: { x: { function: f, type: token, identity: [method.request.header.A, method.request.header.B] } }",
            ),
        ),
        ("unknown-key", with("authorizers: { x: { user_pool: u, type: token } }")),
        ("unknown-reference", with("authorizers: { x: { user_pool: v } }")),
        ("bad-value", with("stage: a.b")),
        ("bad-value", with("endpoint: private")),
        ("bad-value", with("minimum_tls: 1.1")),
        ("bad-value", with("binary_media_types: png")),
        ("bad-value", with("cors: { origins: ['https://a', 'https://b'], methods: GET }")),
        ("bad-value", with("cors: { origins: 'https://a''b', methods: GET }")),
        ("bad-value", with("plans: { p: { quota: 10 } }")),
        ("bad-value", with("plans: { p: { quota: 10/hour } }")),
        ("bad-name", with("plans: { P: {} }")),
        ("bad-name", with("plans: { p: { keys: K } }")),
        ("name-collision", with("plans: { p: { keys: k }, q: { keys: k } }")),
        ("name-collision", with("plans: { p: { keys: [a-b1, a-b-1] } }")),
        ("name-collision", with("plans: { a-b1: {}, a-b-1: {} }")),
        ("name-collision", with("authorizers: { a-b1: { function: f }, a-b-1: { function: f } }")),
        ("bad-value", with("domain: api.example.com")),
        ("unknown-key", with("api_keys: [a]")),
    ] {
        let faults = faults_of(&small(&rest), &context());
        let found: Vec<_> = faults.faults().iter().map(|fault| fault.kind.code()).collect();
        assert_eq!(found, [code], "{rest}\n{}", shown(&faults));
        assert!(faults.faults().iter().all(|fault| fault.place.line() > 0), "{rest}");
    }
    let unknown =
        format!("{}outputs: {{ K: '{{{{rest_api.a.keys.x}}}}' }}\n", small(&with("plans: { p: { keys: k } }")));
    assert_eq!(codes(&unknown, &context()), ["unknown-name"]);
}

#[test]
fn hostile_texts_of_rest_apis_arrive_or_are_refused() {
    let text = small("description: '{{hostile}}', routes: { 'GET /': f }")
        .replace("functions:", "parameters: { hostile: '' }\nfunctions:");
    let refused = small(
        "routes: { 'GET /': { function: f, authorizer: x }, 'GET /{o}': { bucket: 'b/{{hostile}}/{o}' } }, stage: '{{hostile}}', binary_media_types: '{{hostile}}', authorizers: { x: { function: g, identity: '{{hostile}}' } }, cors: { origins: '{{hostile}}', methods: GET, headers: '{{hostile}}' }, domain: '{{hostile}}.com'",
    )
    .replace("functions:", "parameters: { hostile: '' }\nfunctions:");
    for hostile in
        ["\"", "a\nb", "x: y", "{{a}}", "${AWS::Region}", "]", "# c", "\u{2028}", "$context.x", "'\"", "\n  Evil: x"]
    {
        let context = Context { parameters: env(&[("hostile", hostile)]), ..context() };
        let plan = plan_text(&text, &context);
        assert_eq!(plan.template.resources["ARestApi"].properties["Description"], hostile);
        assert_eq!(crate::Template::parse(&plan.template.to_yaml()).unwrap(), plan.template, "{hostile:?}");
        let codes = codes(&refused, &context);
        assert!(codes.iter().all(|code| *code == "bad-value"), "{hostile:?} {codes:?}");
    }
}
