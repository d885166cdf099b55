//! The wire format of CloudFormation: AWS Query.

use std::sync::Arc;

use super::authorize::authorize;
use super::input::Call;
use super::{change_sets, drift, queries, stacks, templates, wait};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::Principal;
use crate::wire::{Form, Protocol, ServiceError, XmlWriter, query_response, read_form, signed_region};

const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// Writes what stands inside `<...Result>`.
pub(crate) type Answer = Box<dyn FnOnce(&mut XmlWriter) + Send>;

/// An answer that is written by `write`.
#[expect(clippy::unnecessary_wraps, reason = "every operation ends with its answer, and all of them may refuse")]
pub(crate) fn answer(write: impl FnOnce(&mut XmlWriter) + Send + 'static) -> Result<Answer, ServiceError> {
    Ok(Box::new(write))
}

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let region = signed_region(&request).unwrap_or_else(|| cloud.region.clone());
    let caller = Principal::of(&request);
    let form = match read_form(request).await {
        Ok(form) => form,
        Err(error) => return Protocol::Query.render_error(&error),
    };
    match authorize(cloud, &caller, &region, &form) {
        Ok(()) => respond(cloud, region, form).await,
        Err(refusal) => Protocol::Query.render_error(&refusal),
    }
}

/// Answers a request that is read already.
pub(crate) async fn respond(cloud: &Arc<Cloud>, region: String, form: Form) -> Response {
    let action = form.action().to_owned();
    match dispatch(&Call { cloud, region, form }, &action).await {
        Ok(write) => query_response(NAMESPACE, &action, write),
        Err(error) => Protocol::Query.render_error(&error),
    }
}

async fn dispatch(call: &Call<'_>, action: &str) -> Result<Answer, ServiceError> {
    match action {
        "CancelUpdateStack" => stacks::cancel_update_stack(call),
        "ContinueUpdateRollback" => stacks::continue_update_rollback(call),
        "CreateChangeSet" => change_sets::create_change_set(call).await,
        "CreateStack" => stacks::create_stack(call).await,
        "DeleteChangeSet" => change_sets::delete_change_set(call),
        "DeleteStack" => stacks::delete_stack(call),
        "DescribeAccountLimits" => queries::describe_account_limits(call),
        "DescribeChangeSet" => change_sets::describe_change_set(call),
        "DescribeChangeSetHooks" => change_sets::describe_change_set_hooks(call),
        "DescribeEvents" => queries::describe_events(call),
        "DescribeStackEvents" => queries::describe_stack_events(call),
        "DescribeStackDriftDetectionStatus" => drift::api::describe_stack_drift_detection_status(call),
        "DescribeStackResourceDrifts" => drift::api::describe_stack_resource_drifts(call),
        "DescribeStackResource" => queries::describe_stack_resource(call),
        "DescribeStackResources" => queries::describe_stack_resources(call),
        "DescribeStacks" => queries::describe_stacks(call),
        "DetectStackDrift" => drift::api::detect_stack_drift(call).await,
        "DetectStackResourceDrift" => drift::api::detect_stack_resource_drift(call).await,
        "ExecuteChangeSet" => change_sets::execute_change_set(call),
        "GetStackPolicy" => stacks::get_stack_policy(call),
        "GetTemplate" => templates::get_template(call),
        "GetTemplateSummary" => templates::get_template_summary(call).await,
        "ListChangeSets" => change_sets::list_change_sets(call),
        "ListExports" => queries::list_exports(call),
        "ListImports" => queries::list_imports(call),
        "ListStackResources" => queries::list_stack_resources(call),
        "ListStacks" => queries::list_stacks(call),
        "RollbackStack" => stacks::rollback_stack(call),
        "SetStackPolicy" => stacks::set_stack_policy(call).await,
        "SignalResource" => wait::signal_resource(call),
        "UpdateStack" => stacks::update_stack(call).await,
        "UpdateTerminationProtection" => stacks::update_termination_protection(call),
        "ValidateTemplate" => templates::validate_template(call).await,
        other => Err(ServiceError::unknown_operation("CloudFormation", other)),
    }
}
