//! What S3 checks of a bucket policy before it is kept. What a policy allows is for [`crate::iam::resource_policy`] to say.

use serde_json::Value;

use crate::iam::resource_policy::{statements, texts};

/// The fault of a policy document that cannot be kept, in AWS's words.
pub(in crate::s3) fn fault(text: &str, bucket: &str) -> Option<String> {
    let Ok(policy @ Value::Object(_)) = serde_json::from_str::<Value>(text) else {
        return Some("Policies must be valid JSON and the first byte must be '{'".to_owned());
    };
    if policy.get("Statement").is_none() {
        return Some("Missing required field Statement".to_owned());
    }
    let own = format!("arn:aws:s3:::{bucket}");
    for statement in statements(&policy) {
        for field in ["Effect", "Principal", "Action", "Resource"] {
            if statement.get(field).is_none() && statement.get(format!("Not{field}")).is_none() {
                return Some(format!("Missing required field {field}"));
            }
        }
        let foreign = texts(&statement["Resource"])
            .any(|resource| resource != own && resource != "*" && !resource.starts_with(&format!("{own}/")));
        if foreign {
            return Some("Policy has invalid resource".to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn origin_access_policy() -> Value {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
             "Resource": "arn:aws:s3:::b/avatars/*", "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::000000000000:distribution/E1"}}},
        ]})
    }

    #[test]
    fn faults_of_documents() {
        assert!(fault("[]", "b").is_some());
        assert_eq!(fault("{}", "b").as_deref(), Some("Missing required field Statement"));
        assert_eq!(fault(&origin_access_policy().to_string(), "b"), None);
        assert_eq!(fault(&origin_access_policy().to_string(), "c").as_deref(), Some("Policy has invalid resource"));
    }
}
