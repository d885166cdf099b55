//! Change sets: what CloudFormation says it will do.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::operation::create_change_set::builders::CreateChangeSetFluentBuilder;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetType, DeploymentConfig, DeploymentConfigMode, DeploymentMode, OnStackFailure, Parameter, Tag,
};
use serde::Serialize;

use crate::attempt::Attempt;
use crate::change_set_state::{ChangeSetDecision, ChangeSetStatus, ExecutionStatus};
use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::options::{Pacer, Pause};
use crate::resource_change::{ResourceChange, resource_change};
use crate::risk::Risk;
use crate::template_source::TemplateSource;
use crate::validation::{ValidationFinding, fetch_findings};
use crate::watched::Watched;

/// A change set that awaits its execution. The one that is shown is the one that is executed, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeSet {
    /// Id (ARN) of the change set.
    pub id: String,
    /// Id (ARN) of the stack.
    pub stack_id: String,
    /// Name of the stack.
    pub stack_name: String,
    /// Changes, in CloudFormation's order.
    pub changes: Vec<ResourceChange>,
    /// Findings of CloudFormation's validation that do not block.
    pub warnings: Vec<ValidationFinding>,
    /// What a plain yes beforehand does not cover.
    pub risks: Vec<Risk>,
}

/// What a change set is made of.
pub(crate) struct Request {
    pub(crate) kind: ChangeSetType,
    /// Name for type CREATE, id for type UPDATE: a name can be given to another stack in the meantime.
    pub(crate) stack: String,
    pub(crate) made_of: Source,
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) role_arn: Option<String>,
    /// As [`DeployOptions::express`](crate::DeployOptions::express).
    pub(crate) express: bool,
}

/// What a change set compares a stack with.
pub(crate) enum Source {
    /// A template and all that goes with it.
    Wanted {
        template: TemplateSource,
        parameters: BTreeMap<String, String>,
        tags: BTreeMap<String, String>,
        /// Who follows the operation; absent where the stack has nobody and is to have nobody.
        watched: Option<Watched>,
        /// Take over what exists already, instead of failing at its name.
        import_existing: bool,
    },
    /// What was deployed last, with its parameters by these names: against resources as they really are.
    Deployed { parameters: Vec<String> },
}

/// A change set that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Created {
    pub(crate) id: String,
    pub(crate) stack_id: String,
}

/// What became of it.
pub(crate) enum Prepared {
    Ready(ChangeSet),
    /// There is nothing to change.
    Empty,
    Refused {
        reason: String,
        findings: Vec<ValidationFinding>,
    },
    /// The stack, or somebody, overtook it.
    Obsolete {
        reason: String,
    },
    /// Somebody executes it, or did.
    Taken {
        reason: String,
    },
    Interrupted,
}

impl Source {
    fn tell(&self, call: CreateChangeSetFluentBuilder) -> CreateChangeSetFluentBuilder {
        let (template, parameters, tags, watched, import_existing) = match self {
            Self::Wanted { template, parameters, tags, watched, import_existing } => {
                (template, parameters, tags, watched, *import_existing)
            }
            Self::Deployed { parameters } => {
                let previous =
                    |name: &String| Parameter::builder().parameter_key(name).use_previous_value(true).build();
                return call
                    .deployment_mode(DeploymentMode::RevertDrift)
                    .use_previous_template(true)
                    .set_parameters(Some(parameters.iter().map(previous).collect()));
            }
        };
        // CloudFormation refuses it together with a comparison of what is really there.
        let mut call = call.include_nested_stacks(true);
        call = match template {
            TemplateSource::Body(body) => call.template_body(body),
            TemplateSource::Url(url) => call.template_url(url),
        };
        for (key, value) in parameters {
            call = call.parameters(Parameter::builder().parameter_key(key).parameter_value(value).build());
        }
        for (key, value) in tags {
            call = call.tags(Tag::builder().key(key).value(value).build());
        }
        if let Some(watched) = watched {
            call = call
                .set_notification_arns(Some(watched.notification_arns.clone()))
                .rollback_configuration(watched.rollback_configuration());
        }
        if import_existing { call.import_existing_resources(true) } else { call }
    }
}

/// Asks for a change set. A second try that meets the first one's finds that.
pub(crate) async fn create(aws: &Aws, request: &Request, attempt: &Attempt) -> Result<Created> {
    let mut call = aws
        .cloudformation
        .create_change_set()
        .change_set_type(request.kind.clone())
        .change_set_name(attempt.change_set_name())
        .client_token(attempt.create_token())
        .stack_name(&request.stack)
        .set_role_arn(request.role_arn.clone())
        .set_capabilities(Some(request.capabilities.clone()).filter(|list| !list.is_empty()));
    call = request.made_of.tell(call);
    if request.express {
        // Its default is to leave a failure as it is, and it excludes the other two ways to say so.
        let config = DeploymentConfig::builder().mode(DeploymentConfigMode::Express).disable_rollback(false).build();
        call = call.deployment_config(config);
    } else if request.kind == ChangeSetType::Create {
        // Said outright, because the service's documents disagree about its defaults.
        call = call.on_stack_failure(OnStackFailure::Rollback);
    }
    match call.send().await.map_err(failed("CloudFormation", "CreateChangeSet")) {
        Ok(answer) => Ok(Created {
            id: answer.id.ok_or(incomplete("CreateChangeSet", "Id"))?,
            stack_id: answer.stack_id.ok_or(incomplete("CreateChangeSet", "StackId"))?,
        }),
        // The name is this attempt's own, so what exists is what a lost answer was about.
        Err(error) if error.has_any_code(&["AlreadyExistsException", "TokenAlreadyExistsException"]) => {
            let answer = aws
                .cloudformation
                .describe_change_set()
                .change_set_name(attempt.change_set_name())
                .stack_name(&request.stack)
                .send()
                .await
                .map_err(failed("CloudFormation", "DescribeChangeSet"));
            let answer = match answer {
                // It is the stack that exists: somebody was faster.
                Err(none) if is_gone(&none) => return Err(error),
                answer => answer?,
            };
            Ok(Created {
                id: answer.change_set_id.ok_or(incomplete("DescribeChangeSet", "ChangeSetId"))?,
                stack_id: answer.stack_id.ok_or(incomplete("DescribeChangeSet", "StackId"))?,
            })
        }
        Err(error) => Err(error),
    }
}

/// Waits until CloudFormation has made up its mind, and reads all of the change set.
pub(crate) async fn wait_for(aws: &Aws, created: &Created, stack_name: &str, mut pacer: Pacer) -> Result<Prepared> {
    let (first, decision) = loop {
        let answer = match describe(aws, created, None).await {
            Ok(answer) => answer,
            // Executing another change set of the stack deletes this one.
            Err(error) if is_gone(&error) => {
                return Ok(Prepared::Obsolete { reason: ChangeSetDecision::Withdrawn.reason().to_owned() });
            }
            Err(error) => return Err(error),
        };
        let decision = decision(&answer);
        if decision != ChangeSetDecision::Wait {
            break (answer, decision);
        }
        if pacer.pause().await == Pause::Interrupted {
            return Ok(Prepared::Interrupted);
        }
    };
    let reason =
        || first.status_reason.clone().filter(|said| !said.is_empty()).unwrap_or_else(|| decision.reason().to_owned());
    match decision {
        ChangeSetDecision::Wait | ChangeSetDecision::Ask => {}
        ChangeSetDecision::NoChanges => return Ok(Prepared::Empty),
        ChangeSetDecision::Refused => {
            let findings = fetch_findings(aws, &created.id, true).await;
            return Ok(Prepared::Refused { reason: reason(), findings });
        }
        ChangeSetDecision::Obsolete | ChangeSetDecision::Withdrawn => {
            return Ok(Prepared::Obsolete { reason: reason() });
        }
        ChangeSetDecision::Busy | ChangeSetDecision::Executed => return Ok(Prepared::Taken { reason: reason() }),
    }
    let mut changes = Vec::new();
    let mut page = first;
    loop {
        changes.extend(page.changes.take().unwrap_or_default().into_iter().filter_map(resource_change));
        let Some(token) = page.next_token.take() else { break };
        page = describe(aws, created, Some(token)).await?;
    }
    let warnings = fetch_findings(aws, &created.id, false).await;
    Ok(Prepared::Ready(ChangeSet {
        id: created.id.clone(),
        stack_id: created.stack_id.clone(),
        stack_name: stack_name.to_owned(),
        changes,
        warnings,
        risks: Vec::new(),
    }))
}

/// What became of the order to execute.
pub(crate) enum Executed {
    /// The operation runs, or ran already.
    Begun,
    /// The stack is no longer what the change set was made for.
    Obsolete { reason: String },
}

/// Executes exactly this change set.
pub(crate) async fn execute(
    aws: &Aws,
    created: &Created,
    (kind, express): (&ChangeSetType, bool),
    attempt: &Attempt,
) -> Result<Executed> {
    let mut call = aws
        .cloudformation
        .execute_change_set()
        .change_set_name(&created.id)
        .client_request_token(attempt.execute_token());
    if *kind == ChangeSetType::Update && !express {
        // Creation says it by OnStackFailure, which excludes this one, and so does the mode.
        call = call.disable_rollback(false);
    }
    let Err(error) = call.send().await.map_err(failed("CloudFormation", "ExecuteChangeSet")) else {
        return Ok(Executed::Begun);
    };
    let may_be_ours = error.has_any_code(&[
        "TokenAlreadyExistsException",
        "InvalidChangeSetStatus",
        "InvalidChangeSetStatusException",
        "ChangeSetNotFound",
        "ChangeSetNotFoundException",
    ]) || (error.has_code("ValidationError") && error.says("_IN_PROGRESS"));
    if !may_be_ours {
        return Err(error);
    }
    if has_begun(aws, created, attempt).await? {
        return Ok(Executed::Begun);
    }
    Ok(Executed::Obsolete { reason: error.call().map(|call| call.message.clone()).unwrap_or_default() })
}

/// True when the stack shows that our order to execute was taken although its answer was lost.
async fn has_begun(aws: &Aws, created: &Created, attempt: &Attempt) -> Result<bool> {
    let status = match describe(aws, created, None).await {
        Ok(answer) => answer.execution_status.as_ref().and_then(ExecutionStatus::of),
        Err(error) if is_gone(&error) => None,
        Err(error) => return Err(error),
    };
    if matches!(
        status,
        Some(ExecutionStatus::ExecuteInProgress | ExecutionStatus::ExecuteComplete | ExecutionStatus::ExecuteFailed)
    ) {
        return Ok(true);
    }
    let events = aws
        .cloudformation
        .describe_stack_events()
        .stack_name(&created.stack_id)
        .send()
        .await
        .map_err(failed("CloudFormation", "DescribeStackEvents"))?;
    let token = attempt.execute_token();
    Ok(events.stack_events().iter().any(|event| event.client_request_token() == Some(token.as_str())))
}

/// Deletes a change set that will not be executed. One that is gone already is fine.
pub(crate) async fn delete(aws: &Aws, created: &Created) -> Result<()> {
    let answer = aws.cloudformation.delete_change_set().change_set_name(&created.id).send().await;
    match answer.map_err(failed("CloudFormation", "DeleteChangeSet")) {
        Ok(_) => Ok(()),
        Err(error) if is_gone(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What the state of a change set means.
fn decision(answer: &DescribeChangeSetOutput) -> ChangeSetDecision {
    let status = answer.status.as_ref().and_then(ChangeSetStatus::of);
    let execution = match &answer.execution_status {
        Some(known) => ExecutionStatus::of(known),
        None => Some(ExecutionStatus::Available),
    };
    ChangeSetDecision::of(status, execution, answer.status_reason.as_deref().is_some_and(says_no_changes))
}

async fn describe(aws: &Aws, created: &Created, page: Option<String>) -> Result<DescribeChangeSetOutput> {
    aws.cloudformation
        .describe_change_set()
        .change_set_name(&created.id)
        .include_property_values(true)
        .set_next_token(page)
        .send()
        .await
        .map_err(failed("CloudFormation", "DescribeChangeSet"))
}

/// True when the service says that there is no such change set.
fn is_gone(error: &AwsError) -> bool {
    error.has_any_code(&["ChangeSetNotFound", "ChangeSetNotFoundException"])
}

/// True for the two ways in which CloudFormation says that a change set is empty.
fn says_no_changes(reason: &str) -> bool {
    ["The submitted information didn't contain changes.", "No updates are to be performed"]
        .iter()
        .any(|prefix| reason.starts_with(prefix))
}

fn incomplete(operation: &'static str, missing: &'static str) -> AwsError {
    AwsError::IncompleteAnswer { service: "CloudFormation", operation, missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sentences_mean_no_changes() {
        assert!(says_no_changes(
            "The submitted information didn't contain changes. Submit different information to create a change set."
        ));
        assert!(says_no_changes("No updates are to be performed."));
        assert!(!says_no_changes("Parameter validation failed: No updates are to be performed."));
    }
}
