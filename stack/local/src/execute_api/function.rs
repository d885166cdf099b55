//! Calling the functions behind an API.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::iam::Access;

/// Who an API is when it calls.
pub(crate) const SERVICE: &str = "apigateway.amazonaws.com";

/// Why there is no answer of a function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CallFault {
    /// The function's policy (or the role of the integration) does not let the API in. What is missing, in a sentence.
    NotPermitted(String),
    /// It was not run: there is none, or no instance may start.
    NotRun(String),
    /// It failed; what it answered.
    Failed(Bytes),
    /// It took longer than the API waits.
    TimedOut,
}

impl CallFault {
    /// What the access log says of it.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::NotPermitted(why) | Self::NotRun(why) => why.clone(),
            Self::Failed(payload) => format!(
                "The Lambda function returned the following error: {}. Check your Lambda function code and try again.",
                String::from_utf8_lossy(payload)
            ),
            Self::TimedOut => "Execution failed due to a timeout error".to_owned(),
        }
    }
}

/// A call of a function in the name of an API.
pub(crate) struct FunctionCall<'a> {
    /// ARN of the function, or the URI that API Gateway makes of it.
    pub(crate) target: &'a str,
    /// For whom the call is: any of these may be what the function's policy names.
    pub(crate) source_arns: &'a [String],
    /// Role that is assumed for the call; it is asked instead of the function's policy.
    pub(crate) role: Option<&'a str>,
    pub(crate) payload: Value,
    /// `X-Amzn-Trace-Id` of the request.
    pub(crate) trace: Option<String>,
    pub(crate) timeout: Duration,
}

/// The ARN of the function in `arn:aws:apigateway:<region>:lambda:path/.../functions/<arn>/invocations`, or the text itself.
pub(crate) fn function_of(uri: &str) -> &str {
    let inner = uri.split_once("/functions/").and_then(|(_, rest)| rest.strip_suffix("/invocations"));
    inner.unwrap_or(uri)
}

/// Calls a function and waits for what it answers.
pub(crate) async fn call(cloud: &Arc<Cloud>, call: FunctionCall<'_>) -> Result<Bytes, CallFault> {
    let function = function_of(call.target);
    if let Some(role) = call.role {
        let principal = cloud.iam.session_principal(role, "BackplaneAssumeRoleSession");
        let access = Access::new("lambda:InvokeFunction", function);
        cloud.iam.authorize(&principal, &access).map_err(|error| CallFault::NotPermitted(error.message))?;
    } else {
        let allows = |arn: &String| cloud.lambda.allows_invoke(function, SERVICE, arn, &cloud.account);
        if !call.source_arns.iter().any(allows) {
            let source = call.source_arns.first().map_or("", String::as_str);
            return Err(CallFault::NotPermitted(format!(
                "Invalid permissions on Lambda function: the resource policy of {function} has no statement that lets {SERVICE} perform lambda:InvokeFunction for {source}: add an AWS::Lambda::Permission with that principal and SourceArn"
            )));
        }
    }
    let invocation =
        cloud.lambda.invoke_request_response(cloud, function, call.payload.to_string().into(), call.trace.as_deref());
    match tokio::time::timeout(call.timeout, invocation).await {
        Err(_) => Err(CallFault::TimedOut),
        Ok(Err(error)) => Err(CallFault::NotRun(error.message)),
        Ok(Ok(Err(payload))) => Err(CallFault::Failed(payload)),
        Ok(Ok(Ok(payload))) => Ok(payload),
    }
}

/// `${stageVariables.name}` in the URI of an integration; what is not set is empty.
pub(crate) fn with_stage_variables(text: &str, variables: &Value) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${stageVariables.") {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(variables[name].as_str().unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_function_is_named_by_arn_or_uri() {
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f:live";
        let uri = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations");
        assert_eq!([function_of(arn), function_of(&uri)], [arn, arn]);
    }

    #[test]
    fn stage_variables_are_filled_in() {
        let variables = json!({"alias": "live"});
        assert_eq!(with_stage_variables("f:${stageVariables.alias}/x", &variables), "f:live/x");
        assert_eq!(with_stage_variables("f:${stageVariables.none}", &variables), "f:");
        assert_eq!(with_stage_variables("$x", &variables), "$x");
    }
}
