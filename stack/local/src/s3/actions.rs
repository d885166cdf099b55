//! Which action of IAM an operation of S3 needs.

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// All buckets.
    Account,
    Bucket,
    Object,
}

/// Operations whose action has another name than they have, and a few that share one.
const NAMED: [(&str, &str); 33] = [
    ("CompleteMultipartUpload", "s3:PutObject"),
    ("CopyObject", "s3:PutObject"),
    ("CreateMultipartUpload", "s3:PutObject"),
    ("DeleteBucketCors", "s3:PutBucketCORS"),
    ("DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"),
    ("DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls"),
    ("DeleteBucketTagging", "s3:PutBucketTagging"),
    ("DeleteObjects", "s3:DeleteObject"),
    ("DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("GetBucketCors", "s3:GetBucketCORS"),
    ("GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
    ("GetBucketNotificationConfiguration", "s3:GetBucketNotification"),
    ("GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
    ("GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("HeadBucket", "s3:ListBucket"),
    ("HeadObject", "s3:GetObject"),
    ("ListBuckets", "s3:ListAllMyBuckets"),
    ("ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ("ListObjectVersions", "s3:ListBucketVersions"),
    ("ListObjects", "s3:ListBucket"),
    ("ListObjectsV2", "s3:ListBucket"),
    ("ListParts", "s3:ListMultipartUploadParts"),
    ("PostObject", "s3:PutObject"),
    ("PutBucketCors", "s3:PutBucketCORS"),
    ("PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
    ("PutBucketNotificationConfiguration", "s3:PutBucketNotification"),
    ("PutObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration"),
    ("PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("UploadPart", "s3:PutObject"),
    ("UploadPartCopy", "s3:PutObject"),
];

/// Actions that have another name for a version of an object.
const VERSIONED: [(&str, &str); 5] = [
    ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    ("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
    ("s3:GetObject", "s3:GetObjectVersion"),
    ("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
    ("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
];

/// The action of an operation; `versioned` when it names a version of an object.
pub(super) fn action(operation: &str, versioned: bool) -> String {
    let named = NAMED.iter().find(|(name, _)| *name == operation).map(|(_, action)| (*action).to_owned());
    let action = named.unwrap_or_else(|| format!("s3:{operation}"));
    let of_version = VERSIONED.iter().find(|(plain, _)| versioned && *plain == action);
    of_version.map_or(action, |(_, versioned)| (*versioned).to_owned())
}

/// What an operation's action is done to.
pub(super) fn subject(operation: &str) -> Subject {
    match operation {
        "ListBuckets" => Subject::Account,
        "PostObject"
        | "AbortMultipartUpload"
        | "CompleteMultipartUpload"
        | "CreateMultipartUpload"
        | "ListParts"
        | "UploadPart"
        | "UploadPartCopy" => Subject::Object,
        "GetObjectLockConfiguration" | "PutObjectLockConfiguration" => Subject::Bucket,
        other if other.contains("Object") && !other.starts_with("List") => Subject::Object,
        _ => Subject::Bucket,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_need_the_actions_of_the_authorization_reference() {
        for (operation, versioned, expected, on) in [
            ("GetObject", false, "s3:GetObject", Subject::Object),
            ("GetObject", true, "s3:GetObjectVersion", Subject::Object),
            ("HeadObject", true, "s3:GetObjectVersion", Subject::Object),
            ("PutObject", false, "s3:PutObject", Subject::Object),
            ("CopyObject", false, "s3:PutObject", Subject::Object),
            ("DeleteObject", true, "s3:DeleteObjectVersion", Subject::Object),
            ("GetObjectTagging", true, "s3:GetObjectVersionTagging", Subject::Object),
            ("GetObjectAttributes", false, "s3:GetObjectAttributes", Subject::Object),
            ("ListObjectsV2", false, "s3:ListBucket", Subject::Bucket),
            ("ListObjectVersions", false, "s3:ListBucketVersions", Subject::Bucket),
            ("HeadBucket", false, "s3:ListBucket", Subject::Bucket),
            ("ListBuckets", false, "s3:ListAllMyBuckets", Subject::Account),
            ("PutBucketCors", false, "s3:PutBucketCORS", Subject::Bucket),
            ("DeleteBucketWebsite", false, "s3:DeleteBucketWebsite", Subject::Bucket),
            ("PutObjectLockConfiguration", false, "s3:PutBucketObjectLockConfiguration", Subject::Bucket),
            ("AbortMultipartUpload", false, "s3:AbortMultipartUpload", Subject::Object),
        ] {
            assert_eq!((action(operation, versioned).as_str(), subject(operation)), (expected, on), "{operation}");
        }
    }
}
