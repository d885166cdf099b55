//! Rules of single services that no schema states.

mod api;
mod containers;
mod delivery;
mod dynamodb;
mod elasticache;
mod events;
mod lambda;
mod logs;
mod messages;
mod network;
mod pipelines;
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
        "AWS::ECS::Service" => containers::service(checker, properties, at, under, found),
        "AWS::ElastiCache::ReplicationGroup" => elasticache::check(checker, properties, at, under, found),
        "AWS::AutoScaling::AutoScalingGroup" => delivery::health(properties, at, found),
        "AWS::CodeBuild::Project" => delivery::project(checker, properties, at, found),
        "AWS::ApiGatewayV2::Api" => api::cors(checker, properties, at, under, found),
        "AWS::ApiGatewayV2::Integration" => api::integration(checker, properties, at, found),
        "AWS::ApiGatewayV2::Route" => api::route(checker, properties, at, found),
        "AWS::SNS::Subscription" => messages::subscription(checker, properties, at, found),
        "AWS::SQS::Queue" => messages::queue(checker, properties, at, under, found),
        "AWS::S3::Bucket" => messages::notifications(checker, properties, at, under, found),
        "AWS::Lambda::Permission" => lambda::permission(checker, properties, at, found),
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => lambda::check(checker, properties, at, under, found),
        "AWS::CloudFront::Distribution" => web::distribution(checker, properties, at, under, found),
        "AWS::Route53::RecordSet" => web::record_set(checker, properties, at, found),
        "AWS::Route53::RecordSetGroup" => {
            let sets = properties.get("RecordSets").and_then(Value::as_array).into_iter().flatten();
            for (index, set) in sets.enumerate() {
                web::record_set(checker, set, &at.key("RecordSets").index(index), found);
            }
        }
        "AWS::Backup::BackupPlan" => delivery::backup(properties, at, found),
        "AWS::CodePipeline::Pipeline" => pipelines::check(checker, properties, at, under, found),
        "AWS::EC2::Instance" => network::instance(properties, at, found),
        "AWS::EC2::Subnet" => network::subnet(checker, properties, at, found),
        "AWS::SSM::Document" => checker.systems_manager(properties, at, under, found),
        "AWS::StepFunctions::StateMachine" => checker.state_machine(properties, at, under, found),
        "AWS::CertificateManager::Certificate" => web::certificate(properties, at, found),
        _ => {}
    }
    tags(checker, type_name, properties, at, found);
}

/// Rules over all resources of a kind.
pub(super) fn between(checker: &Checker<'_>, found: &mut Found) {
    logs::subscriptions(checker, found);
    network::overlaps(checker, found);
    network::private_names(checker, found);
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
            found.push(&at, super::SchemaFault::RepeatedItem { by: Some("Key".to_owned()) });
        }
        keys.push(key);
        if key.to_ascii_lowercase().starts_with("aws:") {
            found.say(&at.index(index).key("Key"), format!("tag `{key}`: keys that begin with `aws:` belong to AWS"));
        }
    }
}
