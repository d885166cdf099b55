//! STS: who am I, temporary keys.

use std::sync::Arc;

use time::format_description::well_known::Rfc3339;

use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Principal, TemporaryKeys};
use crate::wire::{Form, Protocol, ServiceError, XmlWriter, query_response, read_form};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let caller = request.extensions().get::<Principal>().cloned().unwrap_or_else(Principal::root);
    match read_form(request).await.and_then(|form| answer(cloud, &caller, &form)) {
        Ok(response) => response,
        Err(error) => Protocol::Query.render_error(&error),
    }
}

fn answer(cloud: &Cloud, caller: &Principal, form: &Form) -> Result<Response, ServiceError> {
    match form.action() {
        "GetCallerIdentity" => Ok(query_response(NAMESPACE, "GetCallerIdentity", |xml| {
            xml.text("Arn", &caller.arn);
            xml.text("UserId", &caller.user_id);
            xml.text("Account", &cloud.account);
        })),
        "AssumeRole" => assume_role(cloud, form),
        "GetSessionToken" => {
            let life = duration(form, 43200, 900..=129_600)?;
            let keys = cloud.iam.issue(caller.clone(), life);
            Ok(query_response(NAMESPACE, "GetSessionToken", |xml| write_keys(xml, &keys)))
        }
        other => Err(ServiceError::unknown_operation("STS", other)),
    }
}

fn assume_role(cloud: &Cloud, form: &Form) -> Result<Response, ServiceError> {
    let role_arn = form.require("RoleArn")?;
    let session = form.require("RoleSessionName")?;
    crate::iam::check_name("roleSessionName", session, 64)?;
    let name = role_arn.split_once(":role/").map(|(_, path)| path.rsplit('/').next().unwrap_or(path));
    let role = name.and_then(|name| cloud.iam.role(name)).filter(|role| role.arn == role_arn).ok_or_else(|| {
        ServiceError::new(
            http::StatusCode::FORBIDDEN,
            "AccessDenied",
            format!("the role `{role_arn}` does not exist in the local cloud, so nobody may assume it"),
        )
    })?;
    let life = duration(form, 3600, 900..=i64::from(role.max_session_duration))?;
    let principal = cloud.iam.session_principal(&role.arn, session);
    let keys = cloud.iam.issue(principal.clone(), life);
    Ok(query_response(NAMESPACE, "AssumeRole", |xml| {
        write_keys(xml, &keys);
        xml.element("AssumedRoleUser", |xml| {
            xml.text("Arn", &principal.arn);
            xml.text("AssumedRoleId", &principal.user_id);
        });
    }))
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
