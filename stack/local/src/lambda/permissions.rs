//! Resource policies of functions.

use http::StatusCode;
use serde_json::{Value, json};

use super::function::{invalid, not_found};
use super::{Lambda, Reference};
use crate::cloud::Cloud;
use crate::wire::ServiceError;
use crate::wire::properties::text;

impl Lambda {
    /// Adds a statement, whose members are those of `AddPermission`, and returns it.
    pub(super) fn add_permission(
        &self,
        cloud: &Cloud,
        reference: &Reference,
        statement_id: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let statement = statement(cloud, reference, statement_id, input)?;
        self.change(cloud, &reference.name, |function| {
            if position(&function.policy, statement_id).is_some() {
                return Err(ServiceError::new(
                    StatusCode::CONFLICT,
                    "ResourceConflictException",
                    format!(
                        "The statement id ({statement_id}) provided already exists. Please provide a new statement id, or remove the existing statement."
                    ),
                ));
            }
            function.policy.push(statement.clone());
            Ok(statement)
        })
    }

    /// Removes a statement.
    pub(super) fn remove_permission(&self, cloud: &Cloud, name: &str, statement_id: &str) -> Result<(), ServiceError> {
        self.change(cloud, name, |function| {
            let at = position(&function.policy, statement_id).ok_or_else(|| {
                ServiceError::not_found(
                    "ResourceNotFoundException",
                    format!("Statement {statement_id} is not found in resource policy."),
                )
            })?;
            function.policy.remove(at);
            Ok(())
        })
    }

    /// The whole policy.
    pub(super) fn policy(&self, cloud: &Cloud, name: &str) -> Result<Value, ServiceError> {
        let function = self.function(cloud, name)?;
        if function.policy.is_empty() {
            return Err(ServiceError::not_found(
                "ResourceNotFoundException",
                "No policy is associated with the given resource.",
            ));
        }
        Ok(json!({"Version": "2012-10-17", "Id": "default", "Statement": function.policy}))
    }
}

fn position(policy: &[Value], statement_id: &str) -> Option<usize> {
    policy.iter().position(|statement| text(statement, "Sid") == Some(statement_id))
}

fn statement(cloud: &Cloud, reference: &Reference, statement_id: &str, input: &Value) -> Result<Value, ServiceError> {
    let required = |name: &str| {
        text(input, name).ok_or_else(|| {
            invalid(format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                name.to_lowercase()
            ))
        })
    };
    let sid_fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if statement_id.is_empty() || statement_id.len() > 100 || !statement_id.bytes().all(sid_fits) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{statement_id}' at 'statementId' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)"
        )));
    }
    let action = required("Action")?;
    if action != "lambda:*"
        && !action
            .strip_prefix("lambda:")
            .is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()))
    {
        return Err(invalid(format!(
            "1 validation error detected: Value '{action}' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])"
        )));
    }
    let principal = match required("Principal")? {
        "*" => json!("*"),
        service if service.ends_with(".amazonaws.com") => json!({ "Service": service }),
        account if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
            json!({"AWS": format!("arn:aws:iam::{account}:root")})
        }
        arn if arn.starts_with("arn:") => json!({ "AWS": arn }),
        _ => return Err(invalid("The provided principal was invalid. Please check the principal and try again.")),
    };
    if reference.version.as_deref() == Some(super::LATEST) {
        return Err(invalid("We currently do not support adding policies for $LATEST."));
    }
    let missing = || not_found(&reference.arn(&cloud.region));
    cloud.lambda.configuration(&reference.name, reference.version.as_deref()).ok_or_else(missing)?;
    let mut statement = json!({
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": reference.arn(&cloud.region),
    });
    let mut condition = json!({});
    if let Some(account) = text(input, "SourceAccount") {
        condition["StringEquals"] = json!({ "AWS:SourceAccount": account });
    }
    if let Some(arn) = text(input, "SourceArn") {
        condition["ArnLike"] = json!({ "AWS:SourceArn": arn });
    }
    if condition.as_object().is_some_and(|condition| !condition.is_empty()) {
        statement["Condition"] = condition;
    }
    Ok(statement)
}
