//! What to add so that a denied request would be allowed: a statement, and where the project is known, a line of stack.yaml.

use serde_json::json;

use super::Iam;
use crate::cloudformation::Declaration;

/// Actions that a link of `access:` grants: the action, the verb of the link, the kind of its target, and what the kind's
/// resource is called in logical ids.
const LINKS: &[(&str, &str, &str, &str)] = &[
    ("s3:GetObject", "read", "bucket", "Bucket"),
    ("s3:PutObject", "write", "bucket", "Bucket"),
    ("s3:AbortMultipartUpload", "write", "bucket", "Bucket"),
    ("s3:DeleteObject", "delete", "bucket", "Bucket"),
    ("s3:ListBucket", "list", "bucket", "Bucket"),
    ("dynamodb:GetItem", "read", "table", "Table"),
    ("dynamodb:BatchGetItem", "read", "table", "Table"),
    ("dynamodb:ConditionCheckItem", "read", "table", "Table"),
    ("dynamodb:PutItem", "write", "table", "Table"),
    ("dynamodb:UpdateItem", "write", "table", "Table"),
    ("dynamodb:BatchWriteItem", "write", "table", "Table"),
    ("dynamodb:DeleteItem", "delete", "table", "Table"),
    ("dynamodb:Query", "query", "table", "Table"),
    ("dynamodb:Scan", "scan", "table", "Table"),
    ("sns:Publish", "publish", "topic", "Topic"),
    ("sqs:SendMessage", "send", "queue", "Queue"),
    ("sqs:ReceiveMessage", "consume", "queue", "Queue"),
    ("sqs:DeleteMessage", "consume", "queue", "Queue"),
    ("sqs:ChangeMessageVisibility", "consume", "queue", "Queue"),
    ("sqs:GetQueueAttributes", "consume", "queue", "Queue"),
    ("secretsmanager:GetSecretValue", "read", "secret", "Secret"),
    ("lambda:InvokeFunction", "invoke", "function", "Function"),
    ("cloudfront:CreateInvalidation", "invalidate", "distribution", "Distribution"),
];

impl Iam {
    /// The end of a refusal's message.
    pub(super) fn advice(&self, identity_arn: &str, action: &str, resource: &str) -> String {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        let function = self.declarations.get().and_then(|store| store.function_of_role(identity_arn));
        let target = self.declarations.get().and_then(|store| store.declaration_of(resource));
        match function.filter(|function| function.of_project) {
            None => format!("the statement that is missing: {statement}"),
            Some(function) => {
                let function = name(&function.logical_id, "Function");
                match target.and_then(|target| link(&target, action, resource)) {
                    Some(link) => format!("add to function `{function}` in stack.yaml: access: {{ {link} }}"),
                    None => format!(
                        "add to function `{function}` in stack.yaml: policies: [NAME], and to policies/NAME.json.hbs the statement {statement}"
                    ),
                }
            }
        }
    }
}

/// `read: bucket.uploads`, where there is a link that grants the action.
fn link(target: &Declaration, action: &str, resource: &str) -> Option<String> {
    let (_, verb, kind, suffix) = LINKS.iter().find(|(linked, ..)| *linked == action)?;
    if !target.of_project || !target.logical_id.ends_with(suffix) {
        return None;
    }
    let index = resource.split_once("/index/").map_or_else(String::new, |(_, index)| format!("/index/{index}"));
    let index = if *kind == "table" { index } else { String::new() };
    Some(format!("{verb}: {kind}.{}{index}", name(&target.logical_id, suffix)))
}

/// The name in the project file that a logical id was made of: `ProcessImageFunction` gives `process-image`.
pub(super) fn name(logical_id: &str, suffix: &str) -> String {
    let mut name = String::new();
    for character in logical_id.strip_suffix(suffix).unwrap_or(logical_id).chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(logical_id: &str, of_project: bool) -> Declaration {
        Declaration {
            stack: "avatars-alice".to_owned(),
            logical_id: logical_id.to_owned(),
            resource_type: "AWS::S3::Bucket".to_owned(),
            of_project,
        }
    }

    #[test]
    fn a_link_is_named_in_the_words_of_the_project_file() {
        for (logical_id, action, resource, expected) in [
            ("UploadsBucket", "s3:GetObject", "arn:aws:s3:::u/x.jpg", Some("read: bucket.uploads")),
            (
                "UserProfilesTable",
                "dynamodb:Query",
                "arn:t/index/by-age",
                Some("query: table.user-profiles/index/by-age"),
            ),
            ("JobsQueue", "sqs:DeleteMessage", "arn:aws:sqs:::jobs", Some("consume: queue.jobs")),
            ("UploadsBucket", "s3:PutBucketPolicy", "arn:aws:s3:::u", None),
            ("Raw", "s3:GetObject", "arn:aws:s3:::u/x.jpg", None),
        ] {
            assert_eq!(
                link(&declared(logical_id, true), action, resource).as_deref(),
                expected,
                "{logical_id} {action}"
            );
        }
        assert_eq!(link(&declared("UploadsBucket", false), "s3:GetObject", "arn:aws:s3:::u/x"), None);
    }

    #[test]
    fn a_name_comes_back_from_its_logical_id() {
        assert_eq!(name("ProcessImageFunction", "Function"), "process-image");
        assert_eq!(name("Uploads", "Bucket"), "uploads");
    }
}
