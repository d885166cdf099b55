//! Which actions on which resources a request needs.

use serde_json::Value;

use super::arns::{table_arn, table_name};
use crate::wire::properties::text;

/// An action and the ARN that it is done to.
pub(super) type Need = (String, String);

/// What IAM is asked for an operation. Batches and transactions are asked for each of their tables.
pub(super) fn needs(region: &str, operation: &str, input: &Value) -> Vec<Need> {
    let need = |action: &str, resource: String| (format!("dynamodb:{action}"), resource);
    let table = |value: &Value| table_arn(region, table_name(text(value, "TableName").unwrap_or_default()));
    let mut needs = match operation {
        "Query" | "Scan" => {
            let resource = match text(input, "IndexName") {
                Some(index) => format!("{}/index/{index}", table(input)),
                None => table(input),
            };
            vec![need(operation, resource)]
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = input.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
            tables.map(|(name, _)| need(operation, table_arn(region, table_name(name)))).collect()
        }
        "TransactGetItems" | "TransactWriteItems" => {
            let items = input.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
            let parts = items.filter_map(Value::as_object).flatten();
            parts
                .filter_map(|(kind, part)| {
                    let action = match kind.as_str() {
                        "Get" => "GetItem",
                        "Put" => "PutItem",
                        "Update" => "UpdateItem",
                        "Delete" => "DeleteItem",
                        "ConditionCheck" => "ConditionCheckItem",
                        _ => return None,
                    };
                    Some(need(action, table(part)))
                })
                .collect()
        }
        "ExecuteStatement" => vec![statement(region, input)],
        "BatchExecuteStatement" | "ExecuteTransaction" => {
            let member = if operation == "ExecuteTransaction" { "TransactStatements" } else { "Statements" };
            let statements = input.get(member).and_then(Value::as_array).into_iter().flatten();
            statements.map(|one| statement(region, one)).collect()
        }
        "ListTables" | "ListStreams" | "DescribeLimits" | "DescribeEndpoints" => vec![need(operation, "*".to_owned())],
        "DescribeStream" | "GetShardIterator" => {
            vec![need(operation, text(input, "StreamArn").unwrap_or_default().to_owned())]
        }
        "GetRecords" => vec![need(operation, String::new())],
        "ListTagsOfResource"
        | "TagResource"
        | "UntagResource"
        | "GetResourcePolicy"
        | "PutResourcePolicy"
        | "DeleteResourcePolicy" => vec![need(operation, text(input, "ResourceArn").unwrap_or_default().to_owned())],
        _ => vec![need(operation, table(input))],
    };
    needs.sort();
    needs.dedup();
    needs
}

/// The action and the table or index of a `PartiQL` statement.
fn statement(region: &str, input: &Value) -> Need {
    let words: Vec<&str> = text(input, "Statement").unwrap_or_default().split_whitespace().collect();
    let verb = words.first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let (action, after) = match verb.as_str() {
        "INSERT" => ("PartiQLInsert", "INTO"),
        "UPDATE" => ("PartiQLUpdate", "UPDATE"),
        "DELETE" => ("PartiQLDelete", "FROM"),
        _ => ("PartiQLSelect", "FROM"),
    };
    let at = words.iter().position(|word| word.eq_ignore_ascii_case(after));
    let named = at.and_then(|at| words.get(at + 1)).copied().unwrap_or_default();
    let mut parts = named.trim_end_matches(';').split("\".\"").map(|part| part.trim_matches('"'));
    let table = table_arn(region, parts.next().unwrap_or_default());
    let resource = parts.next().map_or_else(|| table.clone(), |index| format!("{table}/index/{index}"));
    (format!("dynamodb:{action}"), resource)
}

/// The partition key of the one item that a request is about, as the condition key `dynamodb:LeadingKeys` shows it.
pub(super) fn leading_key<'a>(operation: &str, input: &'a Value, partition_key: &str) -> Option<&'a str> {
    let item = match operation {
        "PutItem" => input.get("Item")?,
        "GetItem" | "UpdateItem" | "DeleteItem" => input.get("Key")?,
        _ => return None,
    };
    let value = item.get(partition_key)?.as_object()?;
    value.values().next()?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_needs_what_iam_checks() {
        let arn = |rest: &str| format!("arn:aws:dynamodb:us-east-1:000000000000:table/{rest}");
        for (operation, input, expected) in [
            ("PutItem", json!({"TableName": "t"}), vec![("PutItem", arn("t"))]),
            ("GetItem", json!({"TableName": arn("t")}), vec![("GetItem", arn("t"))]),
            ("Query", json!({"TableName": "t", "IndexName": "i"}), vec![("Query", arn("t/index/i"))]),
            (
                "BatchWriteItem",
                json!({"RequestItems": {"a": [], "b": []}}),
                vec![("BatchWriteItem", arn("a")), ("BatchWriteItem", arn("b"))],
            ),
            (
                "TransactWriteItems",
                json!({"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}, {"Put": {"TableName": "a"}}]}),
                vec![("ConditionCheckItem", arn("b")), ("PutItem", arn("a"))],
            ),
            (
                "ExecuteStatement",
                json!({"Statement": "SELECT * FROM \"t\".\"i\" WHERE x = 1"}),
                vec![("PartiQLSelect", arn("t/index/i"))],
            ),
            (
                "ExecuteStatement",
                json!({"Statement": "insert into t value {'a': 1}"}),
                vec![("PartiQLInsert", arn("t"))],
            ),
            ("ExecuteStatement", json!({"Statement": "UPDATE \"t\" SET a = 1"}), vec![("PartiQLUpdate", arn("t"))]),
            ("ListTables", json!({}), vec![("ListTables", "*".to_owned())]),
        ] {
            let expected: Vec<Need> =
                expected.into_iter().map(|(action, resource)| (format!("dynamodb:{action}"), resource)).collect();
            assert_eq!(needs("us-east-1", operation, &input), expected, "{operation} {input}");
        }
    }
}
