//! `AWS::Lambda::Permission`.

use serde_json::{Map, Value, json};

use super::{absent_is_done, function_named};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::text;

/// Adds a statement. `Ref` is its id.
pub(crate) async fn create_permission(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let reference = function_named(properties, "FunctionName")?;
    let id = context.generated_name(100);
    context.cloud.lambda.add_permission(&context.cloud, &reference, &id, properties)?;
    Ok(Provisioned { attributes: Map::from_iter([("Id".to_owned(), json!(id))]), physical_id: id })
}

/// Every property of a permission is create-only.
pub(crate) async fn update_permission(
    _context: &ResourceContext,
    _physical_id: &str,
    _old: &Value,
    _new: &Value,
) -> Result<Update, ProviderError> {
    Ok(Update::Replace)
}

/// Removes the statement.
pub(crate) async fn delete_permission(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let reference = function_named(properties, "FunctionName")?;
    let removed = context.cloud.lambda.remove_permission(&context.cloud, &reference, physical_id, None);
    absent_is_done(removed.map_err(Into::into))
}

/// The statement as properties.
pub(crate) async fn read_permission(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let reference = function_named(declared, "FunctionName")?;
    let Ok(function) = context.cloud.lambda.function(&context.cloud, &reference.name) else { return Ok(Live::Gone) };
    let statements = function.statements(reference.qualifier.as_deref());
    let Some(statement) = statements.into_iter().find(|one| text(one, "Sid") == Some(physical_id)) else {
        return Ok(Live::Gone);
    };
    let mut live = Map::from_iter([
        ("FunctionName".to_owned(), declared["FunctionName"].clone()),
        ("Action".to_owned(), statement["Action"].clone()),
        ("Principal".to_owned(), principal(&statement["Principal"], declared)),
    ]);
    let condition = &statement["Condition"];
    for (property, value) in [
        ("SourceAccount", &condition["StringEquals"]["AWS:SourceAccount"]),
        ("PrincipalOrgID", &condition["StringEquals"]["aws:PrincipalOrgID"]),
        ("EventSourceToken", &condition["StringEquals"]["lambda:EventSourceToken"]),
        ("FunctionUrlAuthType", &condition["StringEquals"]["lambda:FunctionUrlAuthType"]),
        ("SourceArn", &condition["ArnLike"]["AWS:SourceArn"]),
    ] {
        if !value.is_null() {
            live.insert(property.to_owned(), value.clone());
        }
    }
    if let Some(flag) = text(&condition["Bool"], "lambda:InvokedViaFunctionUrl") {
        live.insert("InvokedViaFunctionUrl".to_owned(), json!(flag == "true"));
    }
    Ok(Live::Properties(Value::Object(live)))
}

/// The principal of a statement as the template has it, which may name an account by its number alone.
fn principal(principal: &Value, declared: &Value) -> Value {
    let named = [&principal["Service"], &principal["AWS"], principal].into_iter().find(|value| value.is_string());
    let named = named.cloned().unwrap_or(Value::Null);
    let account = text(declared, "Principal").map(|account| json!(format!("arn:aws:iam::{account}:root")));
    if account.as_ref() == Some(&named) { declared["Principal"].clone() } else { named }
}
