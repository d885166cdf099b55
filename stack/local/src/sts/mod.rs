//! STS: who am I, temporary keys.

use std::sync::Arc;

use http::StatusCode;
use time::format_description::well_known::Rfc3339;

use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal, TemporaryKeys};
use crate::wire::{Form, Protocol, ServiceError, XmlWriter, authenticate, query_response, read_form};

mod assume;
mod token;
mod web_identity;

#[cfg(test)]
pub(crate) use token::verify;
pub(crate) use token::{Claims, SHA256_PREFIX, verify_with};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers one request. Whoever comes with the token of an identity provider has no keys yet, so it is not signed.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    answer(cloud, request).await.unwrap_or_else(|error| Protocol::Query.render_error(&error))
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<Response, ServiceError> {
    let is_signed = request.headers().contains_key(http::header::AUTHORIZATION)
        || request.uri().query().is_some_and(|query| query.contains("X-Amz-Signature="));
    if !is_signed {
        let form = read_form(request).await?;
        return match form.action() {
            "AssumeRoleWithWebIdentity" => web_identity::assume_role_with_web_identity(cloud, &form).await,
            _ => Err(ServiceError::new(
                StatusCode::FORBIDDEN,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            )),
        };
    }
    let request = authenticate(&cloud.iam, request, Protocol::Query).await?;
    let caller = Principal::of(&request);
    let form = read_form(request).await?;
    match form.action() {
        // Nobody needs a right to know who they are, and nobody can be denied it.
        "GetCallerIdentity" => Ok(query_response(NAMESPACE, "GetCallerIdentity", |xml| {
            xml.text("Arn", &caller.arn);
            xml.text("UserId", &caller.user_id);
            xml.text("Account", &cloud.account);
        })),
        "AssumeRole" => assume::assume_role(cloud, &caller, &form),
        "AssumeRoleWithWebIdentity" => web_identity::assume_role_with_web_identity(cloud, &form).await,
        "GetSessionToken" => {
            if caller.role_arn.is_some() {
                return Err(denied("Cannot call GetSessionToken with session credentials"));
            }
            let life = duration(&form, 43200, 900..=129_600)?;
            let keys = cloud.iam.issue(caller, life);
            Ok(query_response(NAMESPACE, "GetSessionToken", |xml| write_keys(xml, &keys)))
        }
        "GetAccessKeyInfo" => {
            cloud.iam.authorize(&caller, &Access::new("sts:GetAccessKeyInfo", "*"))?;
            let key = form.require("AccessKeyId")?;
            if cloud.iam.identity(key).is_none() {
                return Err(ServiceError::bad_request("ValidationError", format!("Invalid access key ID: {key}")));
            }
            Ok(query_response(NAMESPACE, "GetAccessKeyInfo", |xml| xml.text("Account", &cloud.account)))
        }
        other => Err(ServiceError::unknown_operation("STS", other)),
    }
}

fn denied(message: impl Into<String>) -> ServiceError {
    ServiceError::new(StatusCode::FORBIDDEN, "AccessDenied", message)
}

fn duration(form: &Form, default: i64, range: std::ops::RangeInclusive<i64>) -> Result<time::Duration, ServiceError> {
    let seconds = form.get("DurationSeconds").map_or(Some(default), |text| text.parse().ok());
    seconds.filter(|seconds| range.contains(seconds)).map(time::Duration::seconds).ok_or_else(|| {
        ServiceError::bad_request(
            "ValidationError",
            format!(
                "1 validation error detected: Value '{}' at 'durationSeconds' failed to satisfy constraint: Member must have value between {} and {}",
                form.get("DurationSeconds").unwrap_or_default(),
                range.start(),
                range.end()
            ),
        )
    })
}

fn write_keys(xml: &mut XmlWriter, keys: &TemporaryKeys) {
    let expires = keys.expires.replace_nanosecond(0).unwrap_or(keys.expires);
    xml.element("Credentials", |xml| {
        xml.text("AccessKeyId", &keys.access_key);
        xml.text("SecretAccessKey", &keys.secret_key);
        xml.text("SessionToken", &keys.session_token);
        xml.text("Expiration", expires.format(&Rfc3339).unwrap_or_default());
    });
}
