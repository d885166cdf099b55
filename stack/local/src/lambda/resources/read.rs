//! What a function is like now, for drift detection.

use serde_json::{Value, json};

use crate::cloudformation::provider::{Live, ProviderError, ResourceContext};
use crate::lambda::api::logging;

/// The function as properties, without its package, which cannot be read back.
pub(crate) async fn read_function(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(function) = context.cloud.lambda.function(&context.cloud, physical_id) else { return Ok(Live::Gone) };
    let latest = &function.latest;
    let mut live = json!({
        "FunctionName": latest.name,
        "Role": latest.role,
        "Runtime": latest.runtime,
        "Handler": latest.handler,
        "Description": latest.description,
        "Timeout": latest.timeout,
        "MemorySize": latest.memory_size,
        "EphemeralStorage": {"Size": latest.ephemeral_storage},
        "Architectures": [latest.architecture],
        "PackageType": "Zip",
        "TracingConfig": {"Mode": latest.tracing},
        "LoggingConfig": logging(latest),
        "SnapStart": {"ApplyOn": if latest.snap_start { "PublishedVersions" } else { "None" }},
        "RecursiveLoop": if function.allows_recursion { "Allow" } else { "Terminate" },
    });
    if !latest.environment.is_empty() {
        live["Environment"] = json!({ "Variables": latest.environment });
    }
    if let Some(target) = &latest.dead_letter_target {
        live["DeadLetterConfig"] = json!({ "TargetArn": target });
    }
    if let Some(key) = &latest.kms_key {
        live["KmsKeyArn"] = json!(key);
    }
    if let Some(vpc) = &latest.vpc {
        live["VpcConfig"] = json!({
            "SubnetIds": vpc.subnets,
            "SecurityGroupIds": vpc.security_groups,
            "Ipv6AllowedForDualStack": vpc.dual_stack,
        });
    }
    if !latest.layers.is_empty() {
        live["Layers"] = latest.layers.iter().map(|layer| json!(layer.arn)).collect();
    }
    if let Some(reserved) = function.reserved_concurrency {
        live["ReservedConcurrentExecutions"] = json!(reserved);
    }
    let tags = own_tags(context, declared, &function.tags);
    if !tags.is_empty() {
        live["Tags"] = json!(tags);
    }
    Ok(Live::Properties(live))
}

/// Tags without those that the stack gave: they are not in the template.
fn own_tags(
    context: &ResourceContext,
    declared: &Value,
    tags: &std::collections::BTreeMap<String, String>,
) -> Vec<Value> {
    let listed = declared["Tags"].as_array();
    let is_declared = |key: &str| listed.is_some_and(|list| list.iter().any(|tag| tag["Key"] == key));
    tags.iter()
        .filter(|(key, value)| is_declared(key) || context.tags.get(*key) != Some(*value))
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}
