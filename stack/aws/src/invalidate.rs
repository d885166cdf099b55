//! Invalidations: a distribution forgets what it holds of the paths.

use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};

use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::outcome::StackReference;

/// Invalidates paths of a distribution of the stack, whose physical id is returned. Told twice with the same attempt,
/// CloudFront invalidates once.
pub(crate) async fn invalidate(
    aws: &Aws,
    stack: &StackReference,
    logical_id: &str,
    paths: &[String],
    attempt: &Attempt,
) -> Result<String> {
    let distribution = physical_id(aws, stack, logical_id).await?;
    order(aws, &distribution, paths, &attempt.invalidation_reference(logical_id)).await?;
    Ok(distribution)
}

async fn order(aws: &Aws, distribution: &str, paths: &[String], reference: &str) -> Result<()> {
    let unusable = |_| AwsError::IncompleteAnswer {
        service: "CloudFront",
        operation: "CreateInvalidation",
        missing: "paths to invalidate",
    };
    let paths = Paths::builder()
        .quantity(i32::try_from(paths.len()).unwrap_or(i32::MAX))
        .set_items(Some(paths.to_vec()))
        .build()
        .map_err(unusable)?;
    let batch = InvalidationBatch::builder().paths(paths).caller_reference(reference).build().map_err(unusable)?;
    aws.cloudfront
        .create_invalidation()
        .distribution_id(distribution)
        .invalidation_batch(batch)
        .send()
        .await
        .map_err(failed("CloudFront", "CreateInvalidation"))?;
    Ok(())
}

async fn physical_id(aws: &Aws, stack: &StackReference, logical_id: &str) -> Result<String> {
    let answer = aws
        .cloudformation
        .describe_stack_resource()
        .stack_name(&stack.id)
        .logical_resource_id(logical_id)
        .send()
        .await
        .map_err(failed("CloudFormation", "DescribeStackResource"))?;
    answer.stack_resource_detail.and_then(|resource| resource.physical_resource_id).ok_or(AwsError::IncompleteAnswer {
        service: "CloudFormation",
        operation: "DescribeStackResource",
        missing: "PhysicalResourceId",
    })
}
