//! Log groups as they are now, in the form of templates.

use serde_json::{Value, json};

use crate::cloudformation::provider::{Live, ProviderError, ResourceContext};
use crate::wire::properties::tag_list;

/// `AWS::Logs::LogGroup`.
pub(crate) async fn read_log_group(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Some(group) = context.cloud.logs.group(physical_id) else { return Ok(Live::Gone) };
    let mut live = json!({"LogGroupName": group.name, "Tags": tag_list(&group.tags)});
    if let Some(days) = group.retention_days {
        live["RetentionInDays"] = json!(days);
    }
    Ok(Live::readable(live, declared, &["RetentionInDays"]))
}
