//! User pools, HTTP APIs, domains and distributions.

use serde_json::{Value, json};

use super::*;

const WEB: &str = include_str!("../../../../tests/fixtures/web/stack.yaml");

fn of(environment: &str) -> Plan {
    plan_text(WEB, &Context { environment: Some(environment.to_owned()), ..context() })
}

fn types(plan: &Plan, wanted: &str) -> Vec<String> {
    let of_type = plan.template.resources.iter().filter(|(_, resource)| resource.resource_type == wanted);
    of_type.map(|(id, _)| id.clone()).collect()
}

fn properties<'a>(plan: &'a Plan, id: &str) -> &'a Value {
    &plan.template.resources[id].properties
}

#[test]
fn every_key_of_the_web_family() {
    let plan = of("dev");
    insta::assert_snapshot!("web_template", plan.template.to_yaml());
    insta::assert_json_snapshot!("web_plan", around(&plan));
}

#[test]
fn without_a_domain_everything_of_it_is_left_out() {
    let plan = of("bare");
    assert_eq!(plan.companions, []);
    for left_out in
        ["AWS::CertificateManager::Certificate", "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::ApiMapping"]
    {
        assert_eq!(types(&plan, left_out), [""; 0], "{left_out}");
    }
    // The one whose certificate exists and whose zone is not ours has no records either.
    assert_eq!(types(&plan, "AWS::Route53::RecordSet"), [""; 0]);
    let site = &properties(&plan, "SiteDistribution")["DistributionConfig"];
    assert_eq!((site.get("Aliases"), site.get("ViewerCertificate")), (None, None));
    // Nobody could reach an API without its own name and without a domain.
    assert_eq!(properties(&plan, "AvatarsHttpApi")["DisableExecuteApiEndpoint"], false);
    assert_eq!(plan.template.outputs["Api"].value, json!({ "Fn::GetAtt": ["AvatarsHttpApi", "ApiEndpoint"] }));
    assert_eq!(plan.template.outputs["Site"].value, json!({ "Fn::Sub": "https://${SiteDistribution.DomainName}" }));
    assert!(plan.template.parameters.keys().all(|name| !name.ends_with("CertificateArn")));
}

#[test]
fn at_home_in_the_region_of_the_edge_one_certificate_serves_both() {
    let plan = of("us");
    assert_eq!(plan.companions, []);
    assert_eq!(types(&plan, "AWS::CertificateManager::Certificate"), ["MainCertificate", "ImagesCertificate"]);
    let main = properties(&plan, "MainCertificate");
    assert_eq!(main["DomainName"], "example.com");
    assert_eq!(main["SubjectAlternativeNames"], json!(["api.example.com", "www.example.com"]));
    let distribution = &properties(&plan, "SiteDistribution")["DistributionConfig"]["ViewerCertificate"];
    assert_eq!(distribution["AcmCertificateArn"], json!({ "Ref": "MainCertificate" }));
}

#[test]
fn companions_give_what_the_template_takes() {
    let plan = of("dev");
    for companion in &plan.companions {
        assert_ne!(companion.region, plan.region);
        for output in &companion.outputs {
            assert!(companion.template.outputs.contains_key(output), "{output}");
            assert!(plan.template.parameters.contains_key(output), "{output}");
        }
        assert!(companion.template.resources.keys().all(|id| companion.origins.contains_key(id)));
        assert_eq!(crate::Template::parse(&companion.template.to_yaml()).unwrap(), companion.template);
    }
    assert_eq!(plan.companions.len(), 1);
}

#[test]
fn an_imported_pool_is_referenced_and_never_owned() {
    let plan = of("imported");
    assert_eq!(types(&plan, "AWS::Cognito::UserPool"), ["StaffUserPool"]);
    // A client that has no id of its own is made in the pool of somebody else.
    assert_eq!(types(&plan, "AWS::Cognito::UserPoolClient"), ["UsersUserPoolCiToolClient"]);
    assert_eq!(properties(&plan, "UsersUserPoolCiToolClient")["UserPoolId"], "eu-central-1_AbCdEf123");
    assert_eq!(types(&plan, "AWS::Cognito::UserPoolDomain"), [""; 0]);
    let variables = &properties(&plan, "GuardFunction")["Environment"]["Variables"];
    assert_eq!(
        variables["JWKS_URI"],
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123/.well-known/jwks.json"
    );
    assert_eq!(variables["CLIENT_ID"], "1h2j3k4l5m");
    let token = &properties(&plan, "AvatarsHttpApiOneClientAuthorizer")["JwtConfiguration"];
    assert_eq!(token["Audience"], json!(["1h2j3k4l5m"]));
}

#[test]
fn a_protected_environment_protects_its_users() {
    let plan = of("prod");
    let pool = &plan.template.resources["UsersUserPool"];
    assert_eq!(pool.properties["DeletionProtection"], "ACTIVE");
    assert_eq!(pool.deletion_policy.as_deref(), Some("RetainExceptOnCreate"));
    assert_eq!(plan.template.resources["AvatarsHttpApiLogGroup"].update_replace_policy.as_deref(), Some("Retain"));
}

#[test]
fn routes_keep_their_ids_whatever_stands_beside_them() {
    let ids = |routes: &str| {
        let text = format!(
            "stack: s\nregion: us-east-1\nfunctions: {{ f: {{}} }}\nhttp_apis: {{ a: {{ routes: {{ {routes} }} }} }}\n"
        );
        types(&plan_text(&text, &context()), "AWS::ApiGatewayV2::Route")
    };
    let alone = ids("'GET /b': f");
    assert!(ids("'GET /a': f, 'GET /b': f, 'GET /b/{c}': f").contains(&alone[0]));
}

#[test]
fn a_function_with_many_routes_has_one_permission_for_all() {
    let routes: Vec<String> = (0..41).map(|index| format!("'GET /r{index}': f")).collect();
    let text = format!(
        "stack: s\nregion: us-east-1\nfunctions: {{ f: {{}} }}\nhttp_apis: {{ a: {{ routes: {{ {} }} }} }}\n",
        routes.join(", ")
    );
    let plan = plan_text(&text, &context());
    let permissions = types(&plan, "AWS::Lambda::Permission");
    assert_eq!(permissions.len(), 1);
    let arn = &properties(&plan, &permissions[0])["SourceArn"]["Fn::Sub"];
    assert_eq!(arn, "arn:aws:execute-api:us-east-1:111122223333:${AHttpApi}/*/*");
}

#[test]
fn each_kind_of_fault_of_the_web_family_is_found() {
    let functions = "functions: { f: {} }";
    let api = |rest: &str| format!("{functions}\nhttp_apis: {{ a: {{ routes: {{ 'GET /': f }}, {rest} }} }}");
    let route = |rest: &str| format!("{functions}\nhttp_apis: {{ a: {{ routes: {{ {rest} }} }} }}");
    let authorizer = |rest: &str| {
        format!(
            "{functions}\nuser_pools: {{ p: {{ clients: {{ web: {{}} }} }}, empty: {{}} }}\nhttp_apis: {{ a: {{ routes: {{ 'GET /': f }}, authorizers: {{ x: {{ {rest} }} }} }} }}"
        )
    };
    let pool = |rest: &str| format!("user_pools: {{ p: {{ {rest} }} }}");
    let client = |rest: &str| format!("user_pools: {{ p: {{ clients: {{ web: {{ {rest} }} }} }} }}");
    let site = |rest: &str| {
        format!(
            "buckets: {{ b: {{}} }}\n{functions}\nhttp_apis: {{ a: {{ routes: {{ 'GET /': f }} }} }}\ndistributions: {{ d: {{ origin: bucket.b, {rest} }} }}"
        )
    };
    let domain = |rest: &str| {
        format!(
            "buckets: {{ b: {{}} }}\ndomains: {{ m: {{ {rest} }} }}\ndistributions: {{ d: {{ origin: bucket.b, domain: a.example.com }} }}"
        )
    };
    for (code, rest) in [
        ("missing-key", "http_apis: { a: {} }".to_owned()),
        ("missing-key", route("'GET /': {}")),
        ("bad-name", route("'GET items': f")),
        ("bad-name", route("'get /': f")),
        ("bad-name", route("'GET /{a+}/b': f")),
        ("name-collision", route("'GET /{a}': f, 'GET /{b}': f")),
        ("unknown-reference", route("'GET /': g")),
        ("unknown-reference", route("'GET /': { function: f, authorizer: x }")),
        ("bad-value", route("'GET /': { function: f, auth: aws }")),
        ("bad-value", route("'GET /': { function: f, scopes: openid }")),
        ("unknown-key", route("'GET /': { function: f, authoriser: x }")),
        ("missing-key", route("'GET /': { function: f, throttle: { rate: 1 } }")),
        ("bad-value", route("'GET /': { function: f, throttle: { rate: 0, burst: 1 } }")),
        ("bad-value", api("log_retention: 2d")),
        ("bad-value", api("access_log: maybe")),
        ("bad-value", api("domain: Api.example.com")),
        ("bad-value", api("domain: api.example.com")),
        ("missing-key", api("cors: { origins: '*' }")),
        ("bad-value", api("cors: { origins: 'https://*.example.com', methods: GET }")),
        ("bad-value", api("cors: { origins: '*', methods: GET, credentials: true }")),
        ("bad-value", api("cors: { origins: '*', methods: get }")),
        ("missing-key", authorizer("")),
        ("missing-key", authorizer("function: f, user_pool: p")),
        ("missing-key", authorizer("issuer: 'https://x'")),
        ("unknown-reference", authorizer("function: g")),
        ("unknown-reference", authorizer("user_pool: q")),
        ("unknown-reference", authorizer("user_pool: p, clients: app")),
        ("missing-key", authorizer("user_pool: empty")),
        ("bad-value", authorizer("issuer: 'http://x', audience: y")),
        (
            "name-collision",
            api("authorizers: { a-b1: { function: f }, a-b-1: { function: f } }"),
        ),
        ("bad-value", authorizer("function: f, cache: 2h")),
        ("bad-value", authorizer("function: f, identity: Authorization")),
        ("bad-name", format!("{functions}\nhttp_apis: {{ a: {{ routes: {{ 'GET /': f }}, authorizers: {{ X: {{ function: f }} }} }} }}")),
        ("bad-value", pool("mfa: maybe")),
        ("bad-value", pool("import: pool-1")),
        ("bad-value", pool("password: { length: 5 }")),
        ("bad-value", pool("domain_prefix: my-aws-pool")),
        ("unknown-key", pool("password: { numbers: true }")),
        ("bad-name", pool("clients: { Web: {} }")),
        ("name-collision", pool("clients: { a-b1: {}, a-b-1: {} }")),
        ("missing-key", client("import: abc")),
        ("bad-value", pool("import: eu-west-1_AbCdEf, clients: { web: {} }")),
        ("bad-value", client("flows: [magic]")),
        ("bad-value", client("access_token: 2d")),
        ("bad-value", client("refresh_token: 1m")),
        ("bad-value", client("callback_urls: 'http://example.com'")),
        ("unknown-name", format!("{}\noutputs: {{ A: '{{{{user_pool.p.clients.app}}}}' }}", client(""))),
        ("unknown-reference", site("paths: { '/x/*': bucket.c }")),
        ("bad-value", site("paths: { '/x/*': topic.t }")),
        ("bad-value", site("paths: { '/x/*': 'https://a/b' }")),
        ("bad-name", site("paths: { x: bucket.b }")),
        ("bad-name", site("paths: { '/*': bucket.b }")),
        ("missing-key", site("paths: { '/x': {} }")),
        ("bad-value", site("methods: some")),
        ("bad-value", site("cache: Amplified")),
        ("bad-value", site("response_headers: none-such")),
        ("bad-name", site("errors: { 402: /x.html }")),
        ("bad-value", site("errors: { 403: x.html }")),
        ("bad-value", site("errors: { 403: { page: /x.html, status: 201 } }")),
        ("bad-value", site("fallback: index.html")),
        ("bad-value", site("fallback: /index.html, paths: { '/api/*': http_api.a }")),
        ("name-collision", site("fallback: /index.html, errors: { 404: /x.html }")),
        ("bad-value", site("domain: example")),
        ("missing-key", domain("")),
        ("missing-key", domain("name: example.com")),
        ("bad-value", domain("name: example.com, zone: example")),
        ("bad-value", domain("name: example.com, zone: Z1A, certificates: arn")),
        ("bad-value", domain("name: other.com, zone: Z1A")),
        (
            "name-collision",
            "functions: { f: {} }\nbuckets: { b: {} }\ndomains: { m: { name: a.com, zone: Z1 } }\nhttp_apis: { a: { domain: x.a.com, routes: { 'GET /': f } } }\ndistributions: { d: { origin: bucket.b, domain: x.a.com } }".to_owned(),
        ),
        (
            "bad-value",
            "buckets: { b: {} }\ndomains: { m: { name: a.com, zone: Z1 }, n: { name: b.com, zone: Z2 } }\ndistributions: { d: { origin: bucket.b, domain: [x.a.com, x.b.com] } }".to_owned(),
        ),
        ("bad-value", format!("functions: {{ f: {{}}, g: {{ access: {{ invoke: http_api.a/items }} }} }}\n{}", &route("'GET /': f")[functions.len()..])),
        ("bad-value", "functions: { g: { access: { invalidate: bucket.b } } }\nbuckets: { b: {} }".to_owned()),
    ] {
        let text = format!("stack: s\nregion: us-east-1\n{rest}\n");
        let faults = faults_of(&text, &context());
        let found: Vec<_> = faults.faults().iter().map(|fault| fault.kind.code()).collect();
        assert_eq!(found, [code], "{rest}\n{}", shown(&faults));
        assert!(faults.faults().iter().all(|fault| fault.place.line() > 0), "{rest}");
    }
}

#[test]
fn a_distribution_may_be_invalidated_by_a_function_that_its_bucket_starts() {
    let text = "stack: s
region: us-east-1
functions:
  f:
    environment: { SITE: '{{distribution.d.id}}', API: '{{http_api.a.url}}' }
    access: { write: bucket.out, invalidate: distribution.d }
buckets: { in: { events: [{ on: 'ObjectCreated:*', function: f }] }, out: {} }
http_apis: { a: { routes: { 'GET /': f } } }
distributions: { d: { origin: bucket.out, paths: { '/in/*': bucket.in, '/api/*': http_api.a } } }
";
    let plan = plan_text(text, &context());
    let role = properties(&plan, "FRole").to_string();
    assert!(role.contains("cloudfront:CreateInvalidation"), "{role}");
}

#[test]
fn hostile_texts_of_the_web_family_arrive_or_are_refused() {
    let text = r#"
stack: s
region: us-east-1
parameters: { hostile: "" }
functions: { f: {} }
http_apis: { a: { description: "{{hostile}}", routes: { "GET /": f } } }
"#;
    let refused = r#"
stack: s
region: us-east-1
parameters: { hostile: "" }
functions: { f: {} }
buckets: { b: {} }
user_pools: { p: { domain_prefix: "x{{hostile}}", clients: { c: { callback_urls: "https://x/{{hostile}}", scopes: "x{{hostile}}" } } } }
domains: { m: { name: "a.{{hostile}}.com", zone: "Z{{hostile}}" } }
http_apis:
  a:
    domain: "a.{{hostile}}.com"
    authorizers: { x: { function: f, identity: "$request.header.{{hostile}}" }, y: { issuer: "https://x/{{hostile}}", audience: a } }
    cors: { origins: "https://{{hostile}}", methods: "{{hostile}}", headers: "{{hostile}}" }
    routes: { "GET /": f }
distributions: { d: { origin: "https://x.{{hostile}}", fallback: "/{{hostile}}", domain: "b.{{hostile}}.com" } }
"#;
    for hostile in
        ["\"", "a\nb", "x: y", "{{a}}", "${AWS::Region}", "]", "# c", "\u{2028}", "off", "*", "&a", "\n  Evil: x"]
    {
        let context = Context { parameters: env(&[("hostile", hostile)]), ..context() };
        let plan = plan_text(text, &context);
        assert_eq!(properties(&plan, "AHttpApi")["Description"], hostile);
        assert_eq!(crate::Template::parse(&plan.template.to_yaml()).unwrap(), plan.template, "{hostile:?}");
        let codes = codes(refused, &context);
        assert!(codes.iter().all(|code| *code == "bad-value"), "{hostile:?} {codes:?}");
    }
}

#[test]
fn faults_of_the_family_as_they_are_told() {
    let text = include_str!("../../../../tests/fixtures/web-faults/stack.yaml");
    let faults = faults_of(text, &context());
    assert!(faults.faults().iter().all(|fault| fault.place.line() > 0));
    insta::assert_snapshot!("web_faults", shown(&faults));
}
