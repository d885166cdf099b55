//! How the running system can be used.

use std::collections::BTreeMap;

use stack_aws::Aws;
use stack_plan::Plan;

use crate::error::CliError;
use crate::fact::Usage;

/// Addresses of what runs, beside outputs that answer.
pub(super) async fn usage(
    aws: &Aws,
    plan: &Plan,
    url: &str,
    outputs: BTreeMap<String, String>,
) -> Result<Usage, CliError> {
    let mut buckets = BTreeMap::new();
    let mut distributions = BTreeMap::new();
    for resource in stack_aws::resources(aws, &plan.stack_name).await? {
        let name = declared_name(plan, &resource.logical_id);
        match resource.resource_type.as_str() {
            "AWS::S3::Bucket" => {
                buckets.insert(name, resource.physical_id);
            }
            "AWS::CloudFront::Distribution" => {
                distributions.insert(name, stack_local::distribution_url(url, &resource.physical_id) + "/");
            }
            _ => {}
        }
    }
    Ok(Usage {
        url: url.to_owned(),
        console: format!("{url}/_stack/"),
        upload_bucket: upload_bucket(plan),
        buckets,
        distributions,
        region: plan.region.clone(),
        outputs,
    })
}

/// The bucket whose objects start a function, by its physical name.
fn upload_bucket(plan: &Plan) -> Option<String> {
    let mut resources = plan.template.resources.values();
    let bucket = resources.find(|resource| {
        resource.resource_type == "AWS::S3::Bucket"
            && !resource.properties["NotificationConfiguration"]["LambdaConfigurations"].is_null()
    })?;
    bucket.properties["BucketName"].as_str().map(str::to_owned)
}

/// The name in the project file: `uploads` of `buckets.uploads`.
fn declared_name(plan: &Plan, logical_id: &str) -> String {
    let name = plan.origins.get(logical_id).and_then(|origin| origin.key_path.rsplit('.').next());
    name.unwrap_or(logical_id).to_owned()
}
