//! Drift taken back: resources become what the deployed template says again, by a change set that compares them as they are.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::ChangeSetType;
use stack_plan::{StackOptions, Template};

use crate::attempt::Attempt;
use crate::capabilities::capabilities;
use crate::change_set::{Request, Source};
use crate::connect::Aws;
use crate::error::{AwsError, Result};
use crate::host::Host;
use crate::next_step::{self, About};
use crate::options::{OperationOptions, Pacer, Polling};
use crate::outcome::Outcome;
use crate::stack_deployment::{Brought, StackDeployment, Wanted};
use crate::status::{DeployDecision, StackStatus};
use crate::{owner, stack};

/// Brings the resources of a stack back to its deployed template and parameters. The project file has no part in it.
///
/// CloudFormation reads every resource, and makes a change set of what differs (`DeploymentMode` `REVERT_DRIFT`): modified
/// properties are set again, deleted resources made again. It is shown to the host and asked about like that of a
/// deployment, and a failure is taken back to how the resources really were. `is_companion` is true for a stack beside the main
/// one: commands that are suggested choose the main one.
///
/// # Errors
/// A refused or unanswered call, a stack of another project, a deployed template that cannot be read.
pub async fn revert_drift(
    aws: &Aws,
    stack_name: &str,
    is_companion: bool,
    options: &OperationOptions,
    host: &mut dyn Host,
) -> Result<Outcome> {
    let Some(current) = stack::status(aws, stack_name).await? else {
        return Ok(Outcome::Absent { stack_name: stack_name.to_owned() });
    };
    owner::check(aws, &current, &options.tags)?;
    let (stack, status) = (current.reference.clone(), current.status);
    match StackStatus::deploy_decision(Some(status)) {
        DeployDecision::Update => {}
        DeployDecision::Busy => return Ok(Outcome::Busy { stack, status }),
        DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy => {
            let next = About { aws, stack: &stack, arguments: &options.arguments, is_companion }.way_out(status);
            return Ok(Outcome::NeedsRollback { stack, status, cause: None, next });
        }
        // No resources, or those of a first creation that failed.
        DeployDecision::Create | DeployDecision::DeleteThenCreate => {
            return Ok(Outcome::Absent { stack_name: stack_name.to_owned() });
        }
    }
    let body = stack::template_body(aws, &stack).await?;
    let template = Template::parse(&body)
        .map_err(|error| AwsError::UnreadableTemplate { stack: stack.name.clone(), reason: error.to_string() })?;
    let tags = BTreeMap::new();
    let wanted = Wanted {
        name: &stack.name,
        template: &template,
        text: String::new(),
        parameters: BTreeMap::new(),
        tags: &tags,
        protect: false,
        artifacts: &[],
        is_companion,
        options: StackOptions { role_arn: options.role_arn.clone(), ..StackOptions::default() },
    };
    let attempt = Attempt::new(options.attempt.as_deref());
    let pacer = Pacer::new(options.polling.unwrap_or_else(|| Polling::suiting(aws)), options.interrupt.clone());
    let deployment = StackDeployment {
        aws,
        account: "",
        wanted: &wanted,
        attempt: &attempt,
        pacer: &pacer,
        arguments: &options.arguments,
        prepare_only: false,
        import_existing: false,
        express: false,
        plan: None,
    };
    let request = Request {
        kind: ChangeSetType::Update,
        stack: stack.id.clone(),
        made_of: Source::Deployed { parameters: current.parameters.keys().cloned().collect() },
        capabilities: capabilities(&template),
        role_arn: options.role_arn.clone(),
        express: false,
    };
    let before = serde_json::from_str(&body).ok();
    let outcome = match deployment.change(&request, (Some(current), before), host).await? {
        Brought::There(there) => Outcome::DriftReverted {
            stack: there.stack.reference,
            orphans: there.change.as_ref().map(|change| change.orphans.clone()).unwrap_or_default(),
            change_set: there.change.map(|change| change.change_set),
        },
        Brought::Ended(outcome) => *outcome,
    };
    Ok(match outcome {
        Outcome::RolledBack { stack, status, cause, others, companions, .. } => {
            let next = vec![next_step::own("drift", &options.arguments, "")];
            Outcome::RolledBack { stack, status, cause, others, next, companions }
        }
        other => other,
    })
}
