use super::*;

fn of(name: &str) -> Arc<ResourceType> {
    Specification::embedded().resource_type(name).unwrap()
}

#[test]
fn the_embedded_data_opens_and_says_what_it_is() {
    let specification = Specification::open(EMBEDDED).unwrap();
    let about = specification.about();
    assert_eq!(about["sources"], serde_json::json!(["cfn-lint 1.58.0", "@aws-cdk/aws-service-spec 0.1.216"]));
    assert_eq!(about["types"], 1898);
    assert_eq!(specification.type_names().count(), 1898);
    // Patterns that the `regex` crate cannot express are not checked; a refresh that adds some is looked at.
    assert_eq!(about["patterns_unchecked"].as_array().unwrap().len(), 41);
    assert!(about["patterns"].as_u64().unwrap() > 3000);
}

const TEXTS: [&str; 12] = [
    "",
    "a",
    "0",
    "ab-12",
    "A_b.c",
    "two words",
    "a\nb\n",
    "2026-11-28T12:00:00Z",
    "arn:aws:iam::123456789012:role/service-role/a.b-c_d",
    "https://example.com:8443/a/b?c=d&e=%20#f",
    "someone+tag@example.com",
    "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~\t\u{7f}\0",
];

#[test]
fn every_record_can_be_read_and_every_pattern_compiles() {
    let specification = Specification::embedded();
    for name in specification.type_names() {
        let schema = specification.resource_type(name).unwrap();
        for pattern in patterns_of(schema.schema()) {
            let compiled = regex::RegexBuilder::new(&pattern).size_limit(1 << 23).build();
            let compiled = compiled.unwrap_or_else(|error| panic!("{name}: {pattern}: {error}"));
            // Whatever way it is matched.
            for text in TEXTS {
                assert_eq!(specification.matches(&pattern, text), compiled.is_match(text), "{name}: {pattern}: {text}");
            }
        }
    }
    for prefix in specification.service_prefixes() {
        assert!(specification.service(prefix).unwrap().action_names().count() > 0, "{prefix}");
    }
}

fn patterns_of(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value) {
                ("pattern", Value::String(pattern)) => vec![pattern.clone()],
                ("all" | "none", Value::Array(patterns)) => {
                    patterns.iter().filter_map(|pattern| pattern.as_str().map(str::to_owned)).collect()
                }
                _ => patterns_of(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(patterns_of).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_type_knows_its_attributes_and_what_its_reference_is() {
    let topic = of("AWS::SNS::Topic");
    assert!(["TopicArn", "TopicName"].iter().all(|name| topic.attributes().iter().any(|known| known == name)));
    assert_eq!(of("AWS::Route53::RecordSet").ref_identifier(), ["Name"]);
    assert_eq!(of("AWS::S3::Bucket").ref_identifier(), ["BucketName"]);
    assert_eq!(of("AWS::ApiGatewayV2::Route").primary_identifier(), ["ApiId", "RouteId"]);
    assert_eq!(of("AWS::Lambda::Function").attribute("Arn").unwrap()["type"], "string");
    assert!(of("AWS::Lambda::Function").attribute("Nothing").is_none());
    assert_eq!(of("Custom::Anything").name(), "AWS::CloudFormation::CustomResource");
    assert!(Specification::embedded().resource_type("AWS::Nothing::AtAll").is_none());
    assert!(Specification::embedded().resource_type("iam:s3").is_none());
}

#[test]
fn replacement_is_the_worst_of_what_is_known() {
    let bucket = of("AWS::S3::Bucket");
    assert_eq!(bucket.replacement("BucketName"), Replacement::Yes);
    assert_eq!(bucket.replacement("Tags"), Replacement::No);
    // Only one of the two sources says so.
    assert_eq!(bucket.replacement("ObjectLockEnabled"), Replacement::Yes);
    assert_eq!(of("AWS::DynamoDB::Table").replacement("KeySchema/*/AttributeName"), Replacement::Yes);
    assert!(of("AWS::Lambda::Function").replacement("DurableConfig") >= Replacement::Maybe);
    assert!(of("AWS::Logs::SubscriptionFilter").deletes_before_creating());
}

#[test]
fn state_tags_drift_and_regions_are_known() {
    assert!(of("AWS::DynamoDB::Table").is_stateful() && !of("AWS::Lambda::Alias").is_stateful());
    assert_eq!(of("AWS::S3::Bucket").tag_property().as_deref(), Some("Tags"));
    assert_eq!(of("AWS::ApiGatewayV2::Route").tag_property(), None);
    assert!(of("AWS::S3::Bucket").is_readable() && !of("AWS::SNS::TopicPolicy").is_readable());
    assert!(of("AWS::RDS::DBInstance").write_only().contains(&"MasterUserPassword".to_owned()));
    assert_eq!(of("AWS::S3::Bucket").arn_template(), Some("arn:${Partition}:s3:::${BucketName}"));
    let specification = Specification::embedded();
    assert!(specification.exists_in("AWS::S3::Bucket", "eu-central-1"));
    assert!(!specification.exists_in("AWS::Nothing::AtAll", "eu-central-1"));
    assert!(specification.exists_in("AWS::S3::Bucket", "xx-new-1"));
}

#[test]
fn actions_are_known_in_any_case_and_by_pattern() {
    let service = Specification::embedded().service("s3").unwrap();
    assert_eq!(service.action("GetObject").unwrap().name, "s3:getobject");
    assert!(service.action("GetObject").unwrap().resource_types.contains(&"object".to_owned()));
    assert!(service.arns("bucket").iter().any(|arn| arn.contains(":s3:::")));
    assert!(service.matches("Get*") && service.matches("*") && service.matches("g?tobject"));
    assert!(!service.matches("Grab*") && !service.matches("GetObjekt"));
    assert!(Specification::embedded().service("s4").is_none());
}

#[test]
fn runtimes_have_ends() {
    let runtimes = Specification::embedded().runtimes();
    let old = runtimes.iter().find(|runtime| runtime.name == "nodejs12.x").unwrap();
    assert!(old.deprecated.as_deref().is_some_and(|day| day < "2024-01-01"));
}

#[test]
fn rules_hold_at_their_place() {
    let specification = Specification::embedded();
    let rules = specification.rules("AWS::Lambda::Function");
    assert!(rules.iter().any(|rule| rule.id == "E3717" && rule.at.is_empty()));
    assert!(
        specification.regional_rules("AWS::EC2::Instance", "us-east-1").iter().any(|rule| rule.at == ["InstanceType"])
    );
    assert!(!specification.engine_rules("AWS::RDS::DBInstance", "postgres").is_empty());
    assert!(specification.rules("AWS::Nothing::AtAll").is_empty());
}
