//! Rules of single services that no schema states.

mod delivery;
mod dynamodb;
mod events;
mod lambda;
mod network;
mod web;

use serde_json::Value;

use super::Checker;
use super::conditions::Assumptions;
use super::found::{At, Found};

/// Types of which a snapshot can be taken before they go.
const WITH_SNAPSHOTS: [&str; 11] = [
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::RDS::GlobalCluster",
    "AWS::Redshift::ClusterSnapshot",
];

pub(super) fn takes_snapshots(type_name: &str) -> bool {
    WITH_SNAPSHOTS.contains(&type_name)
}

/// Checks a resource by the rules of its service.
pub(super) fn check(
    checker: &Checker<'_>,
    type_name: &str,
    properties: &Value,
    at: &At<'_>,
    under: &Assumptions,
    found: &mut Found,
) {
    match type_name {
        "AWS::DynamoDB::Table" => dynamodb::check(checker, properties, at, under, found),
        "AWS::Events::Rule" | "AWS::Scheduler::Schedule" => {
            events::check(checker, type_name, properties, at, under, found);
        }
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => lambda::check(checker, properties, at, under, found),
        "AWS::CloudFront::Distribution" => web::distribution(checker, properties, at, under, found),
        "AWS::Route53::RecordSet" => web::record_set(properties, at, found),
        "AWS::Route53::RecordSetGroup" => {
            let sets = properties.get("RecordSets").and_then(Value::as_array).into_iter().flatten();
            for (index, set) in sets.enumerate() {
                web::record_set(set, &at.key("RecordSets").index(index), found);
            }
        }
        "AWS::Backup::BackupPlan" => delivery::backup(properties, at, found),
        "AWS::CodePipeline::Pipeline" => delivery::pipeline(properties, at, found),
        "AWS::EC2::Instance" => network::instance(properties, at, found),
        "AWS::EC2::Subnet" => network::subnet(checker, properties, at, found),
        "AWS::CertificateManager::Certificate" => web::certificate(properties, at, found),
        _ => {}
    }
    tags(checker, type_name, properties, at, found);
}

/// Keys of tags differ from each other and are not of AWS.
fn tags(checker: &Checker<'_>, type_name: &str, properties: &Value, at: &At<'_>, found: &mut Found) {
    let resource_type = checker.specification.resource_type(type_name);
    let Some(property) = resource_type.and_then(|known| known.tag_property()) else { return };
    let Some(Value::Array(tags)) = properties.get(&property) else { return };
    let at = at.key(&property);
    let mut keys: Vec<&str> = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let Some(key) = tag.get("Key").and_then(Value::as_str) else { continue };
        if keys.contains(&key) {
            found.push(&at, super::SchemaFault::Repeated { by: Some("Key".to_owned()) });
        }
        keys.push(key);
        if key.to_ascii_lowercase().starts_with("aws:") {
            found.say(&at.index(index).key("Key"), format!("tag `{key}`: keys that begin with `aws:` belong to AWS"));
        }
    }
}
