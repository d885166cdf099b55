//! Resource policies of functions, versions and aliases.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use stack_plan::policy::{Document, Request, decide};

use super::function::{Function, conflict, invalid, missing, not_found, stale, validation};
use super::reference::is_alias;
use super::versions::no_alias;
use super::{LATEST, Lambda, Reference};
use crate::cloud::Cloud;
use crate::iam::resource_policy::{Caller, allows};
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, text};

impl Lambda {
    /// Adds a statement, whose members are those of `AddPermission`, and returns it.
    pub(super) fn add_permission(
        &self,
        cloud: &Cloud,
        reference: &Reference,
        statement_id: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let mut statement = statement(reference, statement_id, input)?;
        let qualifier = reference.qualifier.as_deref();
        self.change(cloud, &reference.name, |function| {
            check_exists(function, qualifier)?;
            check_revision(function, qualifier, text(input, "RevisionId"))?;
            if position(function, qualifier, statement_id).is_some() {
                return Err(conflict(format!(
                    "The statement id ({statement_id}) provided already exists. Please provide a new statement id, or remove the existing statement."
                )));
            }
            statement["Resource"] = json!(function.arn(qualifier));
            function.policy.push(statement.clone());
            Ok(statement)
        })
    }

    /// Removes a statement.
    pub(super) fn remove_permission(
        &self,
        cloud: &Cloud,
        reference: &Reference,
        statement_id: &str,
        revision: Option<&str>,
    ) -> Result<(), ServiceError> {
        let qualifier = reference.qualifier.as_deref();
        let absent = |message: String| ServiceError::not_found("ResourceNotFoundException", message);
        if self.configuration(&reference.name, None).is_none() {
            return Err(absent(format!("No policy found for: {}", reference.arn(&cloud.region))));
        }
        self.change(cloud, &reference.name, |function| {
            if function.statements(qualifier).is_empty() {
                return Err(absent("No policy is associated with the given resource.".to_owned()));
            }
            check_revision(function, qualifier, revision)?;
            let at = position(function, qualifier, statement_id)
                .ok_or_else(|| absent(format!("Statement {statement_id} is not found in resource policy.")))?;
            function.policy.remove(at);
            Ok(())
        })
    }

    /// The whole policy of a function, a version or an alias, with its revision.
    pub(super) fn policy(&self, cloud: &Cloud, reference: &Reference) -> Result<(Value, String), ServiceError> {
        let function = self.function(cloud, &reference.name)?;
        let qualifier = reference.qualifier.as_deref();
        let document = function.policy_document(qualifier).ok_or_else(|| {
            ServiceError::not_found("ResourceNotFoundException", "The resource you requested does not exist.")
        })?;
        Ok((document, policy_revision(&function, qualifier)))
    }

    /// Whether the resource policy lets a service principal (`s3.amazonaws.com`) invoke the function for `source_arn`.
    pub(crate) fn allows_invoke(&self, function: &str, service: &str, source_arn: &str, source_account: &str) -> bool {
        let reference = Reference::parse(function);
        self.functions.read(|functions| {
            functions.get(&reference.name).is_some_and(|function| {
                let policy = json!({ "Statement": function.policy });
                let caller = Caller::Service { name: service, source_arn, source_account };
                allows(&policy, caller, "lambda:InvokeFunction", &function.arn(reference.qualifier.as_deref()))
            })
        })
    }
}

/// Whether anybody may do `action` on the function, a version or an alias, with these condition keys (in lower case).
pub(super) fn allows_anybody(
    function: &Function,
    qualifier: Option<&str>,
    action: &str,
    keys: &[(&str, &str)],
) -> bool {
    let policy = json!({ "Statement": function.policy });
    let Ok(document) = Document::parse(&policy) else { return false };
    let keys = [("aws:securetransport", "true"), ("aws:principalisawsservice", "false")].iter().chain(keys);
    let context: BTreeMap<String, Vec<String>> =
        keys.map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])).collect();
    let resource = function.arn(qualifier);
    let request =
        Request { caller: stack_plan::policy::Caller::Anonymous, action, resource: &resource, context: &context };
    decide(&[], Some(&document), &request).is_allowed()
}

/// An identity for the statements of a policy, which changes with every change of them.
pub(super) fn revision_of<T: serde::Serialize>(statements: T) -> String {
    let hash = Sha256::digest(json!(statements).to_string());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Uuid::from_bytes(bytes).to_string()
}

fn policy_revision(function: &Function, qualifier: Option<&str>) -> String {
    revision_of(function.statements(qualifier))
}

fn check_revision(function: &Function, qualifier: Option<&str>, revision: Option<&str>) -> Result<(), ServiceError> {
    match revision {
        Some(revision) if revision != policy_revision(function, qualifier) => Err(stale("GetPolicy")),
        _ => Ok(()),
    }
}

/// Refuses a version or alias that is not there.
fn check_exists(function: &Function, qualifier: Option<&str>) -> Result<(), ServiceError> {
    match qualifier {
        None => Ok(()),
        Some(LATEST) => Err(invalid("We currently do not support adding policies for $LATEST.")),
        Some(alias) if is_alias(alias) => {
            let found = function.aliases.contains_key(alias);
            found.then_some(()).ok_or_else(|| no_alias(&function.arn(qualifier)))
        }
        Some(version) => function.version(version).map(drop).ok_or_else(|| not_found(&function.arn(qualifier))),
    }
}

fn position(function: &Function, qualifier: Option<&str>, statement_id: &str) -> Option<usize> {
    let arn = function.arn(qualifier);
    function
        .policy
        .iter()
        .position(|statement| text(statement, "Sid") == Some(statement_id) && statement["Resource"] == arn.as_str())
}

/// The statement without its resource.
fn statement(reference: &Reference, statement_id: &str, input: &Value) -> Result<Value, ServiceError> {
    let required = |field: &str, name: &str| text(input, name).ok_or_else(|| missing(field));
    let sid_fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if statement_id.is_empty() || statement_id.len() > 100 || !statement_id.bytes().all(sid_fits) {
        return Err(validation(
            statement_id,
            "statementId",
            "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
        ));
    }
    let action = required("action", "Action")?;
    let is_action =
        |name: &str| name == "*" || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if !action.strip_prefix("lambda:").is_some_and(is_action) {
        return Err(validation(
            action,
            "action",
            "Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])",
        ));
    }
    let principal = match required("principal", "Principal")? {
        "*" => json!("*"),
        service if service.ends_with(".amazonaws.com") => json!({ "Service": service }),
        account if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
            json!({"AWS": format!("arn:aws:iam::{account}:root")})
        }
        arn if arn.starts_with("arn:") => json!({ "AWS": arn }),
        _ => return Err(invalid("The provided principal was invalid. Please check the principal and try again.")),
    };
    if reference.qualifier.as_deref() == Some(LATEST) {
        return Err(invalid("We currently do not support adding policies for $LATEST."));
    }
    let mut statement = json!({
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": "",
    });
    let equals: Vec<(&str, &str)> = [
        ("AWS:SourceAccount", "SourceAccount"),
        ("aws:PrincipalOrgID", "PrincipalOrgID"),
        ("lambda:EventSourceToken", "EventSourceToken"),
        ("lambda:FunctionUrlAuthType", "FunctionUrlAuthType"),
    ]
    .into_iter()
    .filter_map(|(key, name)| Some((key, text(input, name)?)))
    .collect();
    let mut condition = json!({});
    for (key, value) in equals {
        condition["StringEquals"][key] = json!(value);
    }
    if let Some(arn) = text(input, "SourceArn") {
        condition["ArnLike"] = json!({ "AWS:SourceArn": arn });
    }
    if let Some(flag) = input.get("InvokedViaFunctionUrl").and_then(as_flag) {
        condition["Bool"] = json!({ "lambda:InvokedViaFunctionUrl": flag.to_string() });
    }
    if condition.as_object().is_some_and(|condition| !condition.is_empty()) {
        statement["Condition"] = condition;
    }
    Ok(statement)
}
