//! ARNs: the database has a region of its own in them, clients know that of the local cloud.

use dynoxide::streams::LOCAL_REGION;
use serde_json::{Map, Value};

use crate::settings::DEFAULT_ACCOUNT;

/// `arn:aws:dynamodb:<region>:<account>:table/<table>`.
pub(super) fn table_arn(region: &str, table: &str) -> String {
    format!("arn:aws:dynamodb:{region}:{DEFAULT_ACCOUNT}:table/{table}")
}

/// The table of a name or of any ARN below it.
pub(crate) fn table_name(reference: &str) -> &str {
    let rest = reference.split_once(":table/").map_or(reference, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// Gives the ARNs and regions of an answer our region.
pub(super) fn outward(value: &mut Value, region: &str) {
    each_member(value, &mut |name, text| {
        if name == "awsRegion" {
            region.clone_into(text);
        } else if name.ends_with("Arn") {
            *text = text.replacen(&format!(":{LOCAL_REGION}:"), &format!(":{region}:"), 1);
        }
    });
}

/// Gives the ARNs of a request the database's region, and tables that are named by ARN their names.
pub(super) fn inward(input: &mut Value, region: &str) {
    each_member(input, &mut |name, text| match name {
        "TableName" => *text = table_name(text).to_owned(),
        "ResourceArn" | "StreamArn" => {
            *text = text.replacen(&format!(":{region}:"), &format!(":{LOCAL_REGION}:"), 1);
        }
        _ => {}
    });
    if let Some(Value::Object(items)) = input.get_mut("RequestItems") {
        let named: Map<String, Value> =
            std::mem::take(items).into_iter().map(|(name, value)| (table_name(&name).to_owned(), value)).collect();
        *items = named;
    }
}

/// Visits the texts of a request or an answer that are no part of an item.
fn each_member(value: &mut Value, visit: &mut impl FnMut(&str, &mut String)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    // Items, keys and values of expressions: their texts are the user's.
                    ("Item" | "Key" | "Keys" | "NewImage" | "OldImage" | "ExpressionAttributeValues", _) => {}
                    (name, Value::String(text)) => visit(name, text),
                    (_, member) => each_member(member, visit),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_member(item, visit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn regions_are_exchanged_outside_of_items_only() {
        let theirs = format!("arn:aws:dynamodb:{LOCAL_REGION}:000000000000:table/t");
        let ours = "arn:aws:dynamodb:eu-central-1:000000000000:table/t";
        let mut answer = json!({"Table": {"TableArn": theirs}, "Records": [{"awsRegion": LOCAL_REGION, "dynamodb": {"Keys": {"TableArn": theirs}}}]});
        outward(&mut answer, "eu-central-1");
        assert_eq!(
            answer,
            json!({"Table": {"TableArn": ours}, "Records": [{"awsRegion": "eu-central-1", "dynamodb": {"Keys": {"TableArn": theirs}}}]})
        );
        let mut input = json!({"ResourceArn": ours, "TableName": ours, "Item": {"TableName": {"S": ours}}, "RequestItems": {ours: []}});
        inward(&mut input, "eu-central-1");
        assert_eq!(
            input,
            json!({"ResourceArn": theirs, "TableName": "t", "Item": {"TableName": {"S": ours}}, "RequestItems": {"t": []}})
        );
        assert_eq!(table_name(&format!("{ours}/stream/x")), "t");
    }
}
