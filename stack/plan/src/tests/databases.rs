//! Networks, databases, secrets, and functions inside a network.

use serde_json::{Value, json};

use super::hostile::HOSTILE;
use super::*;

const DATABASES: &str = include_str!("../../../../tests/fixtures/databases/stack.yaml");
/// A network, and a database in it.
const NETWORK: &str = "networks: { n: { endpoints: [secretsmanager] } }\ndatabases: { d: { network: n } }\n";

fn project(rest: &str) -> String {
    format!("stack: s\nregion: us-east-1\n{rest}\n")
}

fn of(template: &crate::Template, id: &str) -> Value {
    template.resources[id].properties.clone()
}

#[test]
fn every_key_of_networks_databases_and_secrets() {
    let plan = plan_text(DATABASES, &context());
    insta::assert_snapshot!("databases", plan.template.to_yaml());
    assert_eq!(crate::Template::parse(&plan.template.to_yaml()).unwrap(), plan.template);
}

#[test]
fn production_keeps_and_guards_databases() {
    let context = Context { environment: Some("prod".to_owned()), ..context() };
    let template = plan_text(DATABASES, &context).template;
    let photos = &template.resources["PhotosDatabase"];
    assert_eq!(photos.deletion_policy.as_deref(), Some("Snapshot"));
    assert_eq!(photos.update_replace_policy.as_deref(), Some("Snapshot"));
    assert_eq!(photos.properties["DeletionProtection"], true);
    assert_eq!(photos.properties["BackupRetentionPeriod"], 7);
    assert_eq!(photos.properties["DeleteAutomatedBackups"], false);
    // What the file says of the database itself wins over the environment.
    assert_eq!(of(&template, "ProfilesDatabase")["DeletionProtection"], false);
    assert_eq!(template.resources["TokenSecret"].deletion_policy.as_deref(), Some("RetainExceptOnCreate"));
}

#[test]
fn identifiers_of_databases_never_have_two_hyphens() {
    let context = Context { environment: Some("ci".to_owned()), ..context() };
    let template = plan_text(DATABASES, &context).template;
    let identifier = of(&template, "SlowPhotosDatabase")["DBInstanceIdentifier"].as_str().unwrap().to_owned();
    assert!(identifier.starts_with("catalog-pr-12-slow-photos-") && !identifier.contains("--"), "{identifier}");
    // Its logs follow it.
    let log = of(&template, "SlowPhotosDatabaseErrorLog")["LogGroupName"].clone();
    assert_eq!(log, json!(format!("/aws/rds/instance/{identifier}/error")));
    assert_eq!(of(&template, "TokenSecret")["Name"], "catalog-pr-12--token");
}

#[test]
fn no_value_of_a_secret_is_in_the_template() {
    for resource in plan_text(DATABASES, &context()).template.resources.values() {
        assert!(resource.properties.get("SecretString").is_none());
        if let Some(password) = resource.properties.get("MasterUserPassword") {
            assert!(password["Fn::Sub"].as_str().unwrap().starts_with("{{resolve:secretsmanager:${"), "{password}");
        }
    }
}

#[test]
fn only_functions_that_connect_get_to_a_database() {
    let template = plan_text(DATABASES, &context()).template;
    let sources: Vec<String> = template
        .resources
        .values()
        .filter(|resource| resource.resource_type == "AWS::EC2::SecurityGroupIngress")
        .map(|resource| {
            let part = |key: &str| resource.properties[key]["Fn::GetAtt"][0].as_str().unwrap().to_owned();
            format!("{} -> {}", part("SourceSecurityGroupId"), part("GroupId"))
        })
        .collect();
    assert_eq!(
        sources,
        [
            "ThumbnailFunctionSecurityGroup -> PhotosDatabaseSecurityGroup",
            "QueryFunctionSecurityGroup -> PhotosDatabaseSecurityGroup",
            "ThumbnailFunctionSecurityGroup -> ProfilesDatabaseSecurityGroup",
        ]
    );
    for (id, resource) in &template.resources {
        if resource.resource_type == "AWS::EC2::SecurityGroup" {
            assert!(!resource.properties["SecurityGroupEgress"].as_array().unwrap().is_empty(), "{id}");
            for rule in resource.properties["SecurityGroupIngress"].as_array().into_iter().flatten() {
                assert!(rule.get("CidrIp").is_none() && rule["FromPort"] == 443, "{id} {rule}");
            }
        }
    }
}

#[test]
fn a_network_that_is_imported_whole_renders_nothing() {
    let text = project(
        "functions: { f: { network: n } }
networks: { n: { import: { vpc: vpc-0123abcd, subnets: [subnet-0123abcd], security_groups: [sg-0123abcd] } } }",
    );
    let template = plan_text(&text, &context()).template;
    assert!(template.resources.keys().all(|id| !id.contains("Network")), "{:?}", template.resources.keys());
    let expected = json!({ "SubnetIds": ["subnet-0123abcd"], "SecurityGroupIds": ["sg-0123abcd"] });
    assert_eq!(of(&template, "FFunction")["VpcConfig"], expected);
}

#[test]
fn ids_of_a_network_may_come_from_parameters() {
    let text = project(
        "parameters: { vpc: '', subnets: '' }
networks: { n: { import: { vpc: '{{vpc}}', subnets: '{{subnets}}' } } }
outputs: { Vpc: '{{network.n.vpc_id}}' }",
    );
    let made = plan_text(&text, &context()).template;
    assert!(made.resources.contains_key("NNetwork"));
    let given = env(&[("vpc", "vpc-0123abcd"), ("subnets", "subnet-0123abcd,subnet-0123abce")]);
    let imported = plan_text(&text, &Context { parameters: given, ..context() }).template;
    assert!(!imported.resources.contains_key("NNetwork"));
    assert_eq!(imported.outputs["Vpc"].value, "vpc-0123abcd");
    let half = Context { parameters: env(&[("vpc", "vpc-0123abcd")]), ..context() };
    assert_eq!(codes(&text, &half), ["missing-key"]);
}

#[test]
fn each_fault_of_networks_databases_and_secrets_is_found() {
    for (code, rest) in [
        ("bad-value", "networks: { n: { cidr: 10.0.0.0/8 } }"),
        ("bad-value", "networks: { n: { zones: 1 } }"),
        ("bad-value", "networks: { n: { nat: true } }"),
        ("bad-value", "networks: { n: { public: maybe } }"),
        ("bad-value", "networks: { n: { endpoints: [S3] } }"),
        ("bad-value", "networks: { n: { endpoints: [s3, s3] } }"),
        ("missing-key", "networks: { n: { import: {} } }"),
        ("missing-key", "networks: { n: { import: { vpc: vpc-0123abcd } } }"),
        (
            "missing-key",
            "networks: { n: { import: { vpc: vpc-0123abcd, subnets: subnet-0123abcd }, endpoints: [s3] } }",
        ),
        ("bad-value", "networks: { n: { import: { vpc: main, subnets: subnet-0123abcd } } }"),
        ("bad-value", "networks: { n: { import: { vpc: vpc-0123abcd, subnets: [subnet-0123abcd, a] } } }"),
        ("unknown-key", "networks: { n: { vpc: vpc-0123abcd } }"),
        ("unknown-reference", "functions: { f: { network: n } }"),
        (
            "bad-value",
            "functions: { f: { network: n, access: { read: secret.s } } }\nnetworks: { n: {} }\nsecrets: { s: {} }",
        ),
        (
            "bad-value",
            "functions: { f: { network: n, access: { write: bucket.b } } }\nnetworks: { n: { endpoints: [] } }\nbuckets: { b: {} }",
        ),
        (
            "limit-exceeded",
            "functions: { f: { network: n } }\nnetworks: { n: { import: { vpc: vpc-0123abcd, subnets: subnet-0123abcd, security_groups: 'sg-0123abc1,sg-0123abc2,sg-0123abc3,sg-0123abc4,sg-0123abc5,sg-0123abc6' } } }",
        ),
        ("missing-key", "databases: { d: {} }"),
        ("unknown-reference", "databases: { d: { network: n } }"),
        ("bad-value", "networks: { n: {} }\ndatabases: { d: { network: n, engine: oracle } }"),
        ("bad-value", "networks: { n: {} }\ndatabases: { d: { network: n, version: '8' } }"),
        ("bad-value", "networks: { n: {} }\ndatabases: { d: { network: n, class: t4g.micro } }"),
        ("bad-value", "networks: { n: {} }\ndatabases: { d: { network: n, storage: 10 } }"),
        ("bad-value", "networks: { n: {} }\ndatabases: { d: { network: n, storage: 30, max_storage: 30 } }"),
        ("bad-value", "networks: { n: {} }\ndatabases: { d: { network: n, name: a-b } }"),
        ("bad-value", "networks: { n: {} }\ndatabases: { d: { network: n, username: root } }"),
        ("bad-value", "networks: { n: {} }\ndatabases: { d: { network: n, backups: 36d } }"),
        ("bad-value", "networks: { n: {} }\ndatabases: { d: { network: n, logs: [postgresql] } }"),
        (
            "bad-name",
            "networks: { n: {} }\ndatabases: { d: { network: n, parameters: { require_secure_transport: 0 } } }",
        ),
        ("bad-name", "networks: { n: {} }\ndatabases: { d: { network: n, parameters: { 'a b': 0 } } }"),
        (
            "bad-value",
            "networks: { n: { import: { vpc: vpc-0123abcd, subnets: subnet-0123abcd } } }\ndatabases: { d: { network: n } }",
        ),
        ("missing-key", &format!("networks: {{ n: {{}} }}\ndatabases: {{ {}: {{ network: n }} }}", "a".repeat(64))),
        ("bad-value", &format!("functions: {{ f: {{ access: {{ connect: database.d }} }} }}\n{NETWORK}")),
        (
            "bad-value",
            "functions: { f: { network: m, access: { connect: database.d } } }\nnetworks: { m: { nat: one }, n: {} }\ndatabases: { d: { network: n } }",
        ),
        (
            "bad-value",
            "functions: { f: { access: { read: database.d } } }\nnetworks: { n: {} }\ndatabases: { d: { network: n } }",
        ),
        ("bad-value", "secrets: { s: { length: 7 } }"),
        ("bad-value", "secrets: { s: { exclude: é } }"),
        ("bad-value", "secrets: { s: { punctuation: x } }"),
        ("missing-key", "secrets: { s: { key: word } }"),
        ("wrong-type", "secrets: { s: { template: [a] } }"),
        ("bad-value", "secrets: { s: { template: { password: x } } }"),
        ("bad-value", "secrets: { s: { template: { word: x }, key: word } }"),
        ("bad-value", "secrets: { s: { template: { a: x }, key: '' } }"),
        ("unknown-key", "secrets: { s: { value: hunter2 } }"),
        ("limit-exceeded", &format!("secrets: {{ s: {{ description: {} }} }}", "x".repeat(2049))),
        ("name-collision", "secrets: { d-database: {} }\nnetworks: { n: {} }\ndatabases: { d: { network: n } }"),
    ] {
        let text = project(rest);
        let faults = faults_of(&text, &context());
        let found: Vec<_> = faults.faults().iter().map(|fault| fault.kind.code()).collect();
        assert_eq!(found, [code], "{rest}\n{}", shown(&faults));
    }
}

#[test]
fn hostile_texts_of_secrets_and_parameters_arrive_as_they_are() {
    let text = project(
        "parameters: { hostile: '' }
secrets: { s: { description: '{{hostile}}', template: { a: '{{hostile}}' } } }
networks: { n: {} }
databases: { d: { network: n, parameters: { init_connect: '{{hostile}}' } } }",
    );
    for hostile in HOSTILE {
        let context = Context { parameters: env(&[("hostile", hostile)]), ..context() };
        if hostile.contains(['\u{1}', '\u{2}']) {
            assert_eq!(codes(&text, &context), ["bad-value"], "{hostile:?}");
            continue;
        }
        let template = plan_text(&text, &context).template;
        let secret = of(&template, "SSecret");
        assert_eq!(secret.get("Description").and_then(Value::as_str).unwrap_or_default(), *hostile);
        let json = secret["GenerateSecretString"]["SecretStringTemplate"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), json!({ "a": hostile }), "{hostile:?}");
        assert_eq!(of(&template, "DDatabaseParameters")["Parameters"]["init_connect"], json!(hostile));
        assert_eq!(crate::Template::parse(&template.to_yaml()).unwrap(), template, "{hostile:?}");
    }
}

#[test]
fn values_that_are_not_known_yet_bring_no_faults() {
    let text = project(
        "parameters: { p: {} }
functions:
  f: { timeout: '{{p}}', network: '{{p}}', access: { write: table.t, connect: database.d }, url: { auth: '{{p}}' }, concurrency: '{{p}}', on_failure: '{{p}}',
       events: [{ queue: '{{p}}', batch: '{{p}}', window: '{{p}}' }, { table: t, filters: [{ a: ['{{p}}'] }] }] }
tables: { t: { key: { a: '{{p}}', b: S }, indexes: { abc: { key: { a: N, c: '{{p}}' }, local: true, projection: '{{p}}' } }, stream: '{{p}}', ttl: '{{p}}' } }
queues: { q: { fifo: '{{p}}', content_deduplication: true, dead_letter: queue.r, visibility_timeout: '{{p}}' }, r: { fifo: true }, s: { dead_letter: '{{p}}' } }
networks:
  n: { import: { vpc: vpc-0123abcd, subnets: '{{p}}', route_tables: '{{p}}' }, endpoints: [s3, '{{p}}'] }
  m: { cidr: '{{p}}', zones: '{{p}}', nat: '{{p}}' }
databases: { d: { network: '{{p}}', engine: '{{p}}', version: '17.6', logs: [upgrade], storage: '{{p}}', max_storage: 50 } }
secrets: { s: { template: { a: '{{p}}' }, key: '{{p}}', length: '{{p}}' } }",
    );
    drop(parse_project("stack.yaml", &text).unwrap_or_else(|faults| panic!("{}", shown(&faults))));
}

#[test]
fn faults_say_how_to_mend_them() {
    let text = "stack: s
region: us-east-1
environments: { dev: { suffix: '{{user}}' }, prod: {} }
functions:
  inside:
    network: n
    timeout: 1m
    environment: { URL: '{{function.inside.url}}', STREAM: '{{table.t.stream_arn}}' }
    access:
      read: [secret.s, table.t/index/by-day]
      query: table.t/index/by-dya
      send: queue.jobs
      connect: database.d
    events: [{ queue: jobs }, { queue: jobs }, { table: t, bisect: true }]
    on_failure: queue.strict
networks: { n: {}, m: { nat: true } }
databases: { d: { network: m, version: '8' } }
secrets: { s: { template: { password: x } } }
queues:
  jobs: { visibility_timeout: 1m }
  alice-jobs: { max_receives: 2 }
  strict: { fifo: true, dead_letter: queue.jobs }
tables:
  t: { key: { id: S }, indexes: { by-day: { key: { day: S, id: N } } } }
";
    let faults = faults_of(text, &context());
    assert!(faults.faults().iter().all(|fault| fault.place.line() > 0 && fault.kind.help().is_some()));
    insta::assert_snapshot!("faults", shown(&faults));
}
