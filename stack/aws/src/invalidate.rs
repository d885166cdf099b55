//! Actions after the stack reached its state.

use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};
use stack_plan::Event;
use stack_plan::plan::Action;

use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::host::Host;
use crate::outcome::StackReference;

/// Runs the actions of a plan. Told twice with the same attempt, CloudFront invalidates once.
pub(crate) async fn run_actions(
    aws: &Aws,
    stack: &StackReference,
    actions: &[Action],
    attempt: &Attempt,
    host: &mut dyn Host,
) -> Result<()> {
    for action in actions {
        match action {
            Action::Invalidate { logical_id, paths } => {
                let distribution = physical_id(aws, stack, logical_id).await?;
                invalidate(aws, &distribution, paths, &attempt.invalidation_reference(logical_id)).await?;
                host.event(Event::ActionFinished { action: "invalidate", target: distribution });
            }
            other => {
                host.event(Event::Notice { code: "action-not-run", detail: format!("{other:?}") });
            }
        }
    }
    Ok(())
}

async fn invalidate(aws: &Aws, distribution: &str, paths: &[String], reference: &str) -> Result<()> {
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
