//! The wire format of Lambda: REST-JSON.

mod answers;
mod concurrency;
mod event_invoke;
mod functions;
mod invoke;
mod layers;
mod operations;
mod policies;
mod tags;
mod urls;
mod versions;

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::function::{Function, invalid};
use super::{Reference, event_sources, layers as layer_store};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::wire::{CONTROL_BODY_LIMIT, Form, ServiceError, form_decode, percent_decode, read_body};

use answers::{parse, render_error};
use operations::{Operation, Subject};

pub(super) use event_invoke::event_invoke_config;
pub(super) use functions::logging;

/// A request that was read.
struct Call<'a> {
    cloud: &'a Arc<Cloud>,
    operation: Operation<'a>,
    query: Form,
    /// `tagKeys`, the one parameter that may come several times.
    tag_keys: Vec<String>,
    headers: HeaderMap,
    body: Bytes,
    principal: Principal,
}

impl Call<'_> {
    /// What stands in a place of the path.
    fn place(&self, index: usize) -> &str {
        self.operation.places.get(index).copied().unwrap_or_default()
    }

    /// The function of the path, with the qualifier of path or query.
    fn reference(&self) -> Result<Reference, ServiceError> {
        Reference::of_client(self.cloud, self.place(0), self.query.get("Qualifier"))
    }

    /// The body as a JSON object.
    fn input(&self) -> Result<Value, ServiceError> {
        parse(&self.body)
    }

    /// A number of the query, within limits.
    fn limit(&self, most: usize) -> usize {
        self.query.get("MaxItems").and_then(|text| text.parse().ok()).unwrap_or(most).clamp(1, most)
    }
}

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    match answer(cloud, request).await {
        Ok(response) => response,
        Err(error) => render_error(&error),
    }
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<Response, ServiceError> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let raw_query = request.uri().query().unwrap_or_default().to_owned();
    let headers = request.headers().clone();
    let principal = request.extensions().get::<Principal>().cloned().ok_or_else(|| {
        ServiceError::new(
            http::StatusCode::FORBIDDEN,
            "MissingAuthenticationTokenException",
            "Request is missing Authentication Token",
        )
    })?;
    let body = read_body(request, CONTROL_BODY_LIMIT).await?;
    let segments: Option<Vec<String>> =
        path.split('/').filter(|segment| !segment.is_empty()).map(percent_decode).collect();
    let segments = segments.ok_or_else(|| invalid(format!("the path `{path}` is not percent-encoded UTF-8")))?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let ["2015-03-31", "event-source-mappings", rest @ ..] = segments.as_slice() {
        let query = Form::parse(&raw_query)?;
        return event_sources::api::handle(cloud, &principal, &method, rest, &query, &body);
    }
    let operation = operations::find(&method, &segments, &raw_query)
        .ok_or_else(|| ServiceError::unknown_operation("Lambda", &format!("{method} {path}")))?;
    let tag_keys = raw_query.split('&').filter_map(|pair| form_decode(pair.strip_prefix("tagKeys=")?)).collect();
    let call = Call { cloud, operation, query: Form::parse(&raw_query)?, tag_keys, headers, body, principal };
    authorize(&call)?;
    dispatch(&call).await
}

/// Asks IAM whether the caller may do this.
fn authorize(call: &Call<'_>) -> Result<(), ServiceError> {
    let cloud = call.cloud;
    let (resource, policy) = match call.operation.subject {
        Subject::Function => {
            let reference = call.reference()?;
            let qualifier = reference.qualifier.as_deref();
            match cloud.lambda.function(cloud, &reference.name) {
                Ok(function) => (function.arn(qualifier), function.policy_document(qualifier)),
                Err(_) => (reference.arn(&cloud.region), None),
            }
        }
        Subject::Layer => {
            let name = layer_store::layer_name(call.place(0));
            let layer = format!("arn:aws:lambda:{}:{}:layer:{name}", cloud.region, cloud.account);
            let version = call.operation.places.get(1).map(|number| format!(":{number}")).unwrap_or_default();
            (format!("{layer}{version}"), None)
        }
        Subject::Arn => (call.place(0).to_owned(), None),
        Subject::Any if call.operation.name == "CreateFunction" => {
            let input = call.input()?;
            let name = input.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
            (Reference::of(&Reference::parse(name).name).arn(&cloud.region), None)
        }
        Subject::Any => ("*".to_owned(), None),
    };
    let action = call.operation.action();
    let access = Access { resource_policy: policy.as_ref(), ..Access::new(&action, &resource) };
    cloud.iam.authorize(&call.principal, &access)?;
    match call.operation.name {
        "CreateFunction" | "UpdateFunctionConfiguration" => {
            cloud.iam.authorize_passed_roles(&call.principal, &call.input()?, &["/Role"], "lambda.amazonaws.com")
        }
        _ => Ok(()),
    }
}

async fn dispatch(call: &Call<'_>) -> Result<Response, ServiceError> {
    match call.operation.name {
        "CreateFunction" => functions::create(call).await,
        "ListFunctions" => functions::list(call),
        "GetFunction" => functions::get(call),
        "DeleteFunction" => functions::delete(call).await,
        "GetFunctionConfiguration" => functions::get_configuration(call),
        "UpdateFunctionConfiguration" => functions::update_configuration(call).await,
        "UpdateFunctionCode" => functions::update_code(call).await,
        "GetFunctionRecursionConfig" | "PutFunctionRecursionConfig" => functions::recursion(call),
        "GetRuntimeManagementConfig" | "PutRuntimeManagementConfig" => functions::runtime_management(call),
        "GetFunctionCodeSigningConfig" => functions::code_signing(call),
        "GetAccountSettings" => Ok(functions::account_settings(call)),
        "Invoke" => invoke::invoke(call).await,
        "InvokeAsync" => Err(invalid(
            "InvokeAsync is deprecated and the local cloud does not serve it: use Invoke with the invocation type Event",
        )),
        "InvokeWithResponseStream" => Err(invalid(
            "the local cloud does not stream responses of functions: use Invoke, or a function URL, which answers as a whole",
        )),
        "PublishVersion" => versions::publish(call),
        "ListVersionsByFunction" => versions::list(call),
        "CreateAlias" | "UpdateAlias" | "GetAlias" | "DeleteAlias" | "ListAliases" => versions::alias(call),
        "GetPolicy" | "AddPermission" | "RemovePermission" => policies::policy(call),
        "GetFunctionEventInvokeConfig"
        | "PutFunctionEventInvokeConfig"
        | "UpdateFunctionEventInvokeConfig"
        | "DeleteFunctionEventInvokeConfig"
        | "ListFunctionEventInvokeConfigs" => event_invoke::event_invoke(call),
        "PutFunctionConcurrency" | "DeleteFunctionConcurrency" | "GetFunctionConcurrency" => {
            concurrency::reserved(call)
        }
        "PutProvisionedConcurrencyConfig"
        | "GetProvisionedConcurrencyConfig"
        | "DeleteProvisionedConcurrencyConfig"
        | "ListProvisionedConcurrencyConfigs" => concurrency::provisioned(call),
        "CreateFunctionUrlConfig"
        | "GetFunctionUrlConfig"
        | "UpdateFunctionUrlConfig"
        | "DeleteFunctionUrlConfig"
        | "ListFunctionUrlConfigs" => urls::url(call),
        "ListTags" | "TagResource" | "UntagResource" => tags::tags(call),
        _ => layers::layers(call).await,
    }
}

/// The function of the path.
fn function(call: &Call<'_>) -> Result<Function, ServiceError> {
    call.cloud.lambda.function(call.cloud, &call.reference()?.name)
}
