//! Resource Groups Tagging: what has which tags, over the services that record them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::Access;
use crate::wire::{JsonCall, Protocol, ServiceError};

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let answered = JsonCall::read(cloud, request).await.and_then(|call| answer(cloud, &call));
    Protocol::Json.json_answer(answered)
}

/// `(ARN, tags)` of everything in a region, by ARN.
fn tagged(cloud: &Cloud, region: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    all.extend(cloud.acm.tagged(region));
    all.extend(cloud.code.tagged(region));
    all.extend(cloud.ec2.tagged(region, &cloud.account));
    all.extend(cloud.ecr.tagged(region));
    all.extend(cloud.ecs.tagged(region));
    all.extend(cloud.mediaconvert.tagged(region));
    all.extend(cloud.rds.tagged(region));
    all.extend(
        cloud
            .sns
            .topics()
            .into_iter()
            .filter(|topic| topic.arn.split(':').nth(3) == Some(region))
            .map(|topic| (topic.arn, topic.tags)),
    );
    if region == "us-east-1" {
        all.extend(cloud.route53.tagged());
    }
    all.retain(|_, tags| !tags.is_empty());
    all
}

fn answer(cloud: &Cloud, call: &JsonCall) -> Result<Value, ServiceError> {
    let JsonCall { caller, region, operation, input } = call;
    let operation = operation.as_str();
    cloud.iam.authorize(caller, &Access::new(&format!("tag:{operation}"), "*"))?;
    let all = tagged(cloud, region);
    match operation {
        "GetResources" => {
            let filters = input["TagFilters"].as_array().map_or(&[][..], Vec::as_slice);
            let types = texts(&input["ResourceTypeFilters"]);
            let arns = texts(&input["ResourceARNList"]);
            let kept = all.iter().filter(|(arn, tags)| {
                filters.iter().all(|filter| passes(filter, tags))
                    && (types.is_empty() || types.iter().any(|wanted| is_of(arn, wanted)))
                    && (arns.is_empty() || arns.contains(&arn.as_str()))
            });
            let list: Vec<Value> = kept
                .map(|(arn, tags)| {
                    let tags: Vec<Value> =
                        tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
                    json!({"ResourceARN": arn, "Tags": tags})
                })
                .collect();
            Ok(json!({"PaginationToken": "", "ResourceTagMappingList": list}))
        }
        "GetTagKeys" => {
            let keys: BTreeSet<&String> = all.values().flat_map(BTreeMap::keys).collect();
            Ok(json!({"PaginationToken": "", "TagKeys": keys}))
        }
        "GetTagValues" => {
            let key = input["Key"].as_str().unwrap_or_default();
            let values: BTreeSet<&String> = all.values().filter_map(|tags| tags.get(key)).collect();
            Ok(json!({"PaginationToken": "", "TagValues": values}))
        }
        other => Err(ServiceError::unknown_operation("Resource Groups Tagging", other)),
    }
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect()
}

fn passes(filter: &Value, tags: &BTreeMap<String, String>) -> bool {
    let values = texts(&filter["Values"]);
    let found = tags.get(filter["Key"].as_str().unwrap_or_default());
    found.is_some_and(|value| values.is_empty() || values.contains(&value.as_str()))
}

/// Whether an ARN is of a type such as `ec2` or `ec2:subnet`.
fn is_of(arn: &str, wanted: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    match wanted.split_once(':') {
        None => wanted == service,
        Some((wanted_service, kind)) => {
            wanted_service == service && resource.strip_prefix(kind).is_some_and(|rest| rest.starts_with(['/', ':']))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_resources() {
        let subnet = "arn:aws:ec2:eu-west-1:000000000000:subnet/subnet-1";
        assert!(is_of(subnet, "ec2") && is_of(subnet, "ec2:subnet"));
        assert!(!is_of(subnet, "ec2:sub") && !is_of(subnet, "rds") && !is_of(subnet, "ec2:vpc"));
        assert!(is_of("arn:aws:rds:eu-west-1:000000000000:db:d", "rds:db"));
    }
}
