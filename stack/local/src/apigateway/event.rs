//! What functions behind REST APIs get, and what mapping templates know of a request.

use serde_json::{Map, Value, json};

use super::data_plane::Method;
use crate::execute_api::call::{Call, SOURCE_IP, decoded};
use crate::execute_api::event::{Surroundings, body, head};

/// `requestContext`, which is also `$context` of templates, mappings and the access log.
pub(super) fn context(call: &Call, method: &Method) -> Value {
    let mut identity = json!({
        "accessKey": null, "accountId": null, "caller": null, "cognitoAuthenticationProvider": null, "cognitoAuthenticationType": null,
        "cognitoIdentityId": null, "cognitoIdentityPoolId": null, "principalOrgId": null, "sourceIp": SOURCE_IP, "user": null,
        "userAgent": call.user_agent(), "userArn": null,
    });
    if let Some(own) = &method.identity {
        for (name, value) in own.as_object().into_iter().flatten() {
            identity[name] = value.clone();
        }
    }
    if let Some(member) = &method.key {
        identity["apiKey"] = json!(member.key_value);
        identity["apiKeyId"] = json!(member.key_id);
    }
    let mut context = json!({
        "accountId": crate::settings::DEFAULT_ACCOUNT,
        "apiId": call.api_id,
        "deploymentId": method.deployment,
        "domainName": call.domain,
        "domainPrefix": call.domain.split('.').next(),
        "extendedRequestId": call.extended_id,
        "httpMethod": call.method(),
        "identity": identity,
        "path": call.whole_path(),
        "protocol": call.protocol(),
        "requestId": call.request_id,
        "requestTime": call.time_text(),
        "requestTimeEpoch": call.time_epoch(),
        "resourceId": method.resource_id,
        "resourcePath": method.path,
        "stage": call.stage,
    });
    if let Some(authorizer) = &method.authorizer_context {
        context["authorizer"] = authorizer.clone();
    }
    context
}

/// The event of a proxy integration without its body.
pub(super) fn head_of(call: &Call, method: &Method) -> Value {
    // A custom domain's base path is part of the path, the stage is not.
    let path = if call.is_custom_domain { call.whole_path() } else { call.path.clone() };
    let surroundings = Surroundings {
        resource: &method.path,
        path,
        path_parameters: decoded(&method.parameters),
        stage_variables: &method.stage["variables"],
        request_context: context(call, method),
    };
    head(call, surroundings)
}

/// The event of a proxy integration.
pub(super) fn of_integration(call: &Call, method: &Method) -> Value {
    let mut event = head_of(call, method);
    let (text, is_base64) = body(call, method.is_binary(&call.header("content-type").unwrap_or_default()));
    event["body"] = text;
    event["isBase64Encoded"] = json!(is_base64);
    event
}

/// `$input.params()` of templates: what the path, the query and the headers say.
pub(super) fn parameters(call: &Call, method: &Method) -> Value {
    let query: Map<String, Value> = call.query().into_iter().map(|(name, value)| (name, json!(value))).collect();
    let headers: Map<String, Value> =
        call.headers().into_iter().map(|(name, values)| (name, json!(values.last()))).collect();
    json!({"path": decoded(&method.parameters), "querystring": query, "header": headers})
}
