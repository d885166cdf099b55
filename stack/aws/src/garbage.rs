//! Artifacts that no stack refers to.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{Object, ObjectIdentifier};
use serde::Serialize;
use stack_plan::plan::ARTIFACT_BUCKET_PARAMETER;

use crate::artifact_bucket::artifact_bucket_name;
use crate::connect::Aws;
use crate::contents::delete_objects;
use crate::empty_bucket::is_no_such_bucket;
use crate::error::{AwsError, Result, failed};
use crate::host::{Answer, Host, Question};
use crate::hot_swap::note_key;
use crate::outcome::StackReference;
use crate::stack;
use crate::status::StackStatus;

/// Most objects of a call that deletes.
const BATCH: usize = 1_000;

/// An object of the artifact bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArtifactObject {
    /// Key.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
}

/// How the collection of artifacts that nobody needs ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "garbage", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GarbageOutcome {
    /// There is no artifact bucket in this account and region.
    NoBucket {
        /// Its name.
        bucket: String,
    },
    /// What no stack refers to is gone.
    Deleted {
        /// The bucket.
        bucket: String,
        /// What went, by key; empty when there was nothing.
        objects: Vec<ArtifactObject>,
        /// Number of objects that stay.
        kept: usize,
    },
    /// The user said no; nothing was deleted.
    Declined {
        /// What would have gone.
        objects: Vec<ArtifactObject>,
    },
    /// There was nobody to ask; nothing was deleted.
    ApprovalNeeded {
        /// What would have gone.
        objects: Vec<ArtifactObject>,
    },
    /// A stack may need packages that it does not name: an operation runs on it or stands still. Nothing was deleted.
    Busy {
        /// The first such stack.
        stack: StackReference,
        /// Its status.
        status: StackStatus,
    },
}

/// Deletes the packages and templates in the artifact bucket that no stack of the account and region refers to and that were
/// written before `before` (seconds since 1970), after asking. Younger ones may belong to a deployment that goes on.
///
/// # Errors
/// A refused or unanswered call.
pub async fn collect_garbage(aws: &Aws, account: &str, before: i64, host: &mut dyn Host) -> Result<GarbageOutcome> {
    let bucket = artifact_bucket_name(account, &aws.target().region);
    let Some(all) = objects(aws, &bucket, account).await? else { return Ok(GarbageOutcome::NoBucket { bucket }) };
    // After the list: what a deployment uploads from here on is not in it.
    let mut named = BTreeSet::new();
    for stack in stack::all(aws).await? {
        named.insert(note_key(&stack.reference.name));
        if stack.parameters.get(ARTIFACT_BUCKET_PARAMETER) != Some(&bucket) {
            continue;
        }
        // A rollback needs the packages of before, which the stack does not name any more.
        if stack.status.is_in_progress() || stack.status.as_str().ends_with("_FAILED") {
            return Ok(GarbageOutcome::Busy { stack: stack.reference, status: stack.status });
        }
        named.extend(stack.parameters.into_values());
    }
    let (garbage, kept): (Vec<Object>, Vec<Object>) = all.into_iter().partition(|object| {
        let is_old = object.last_modified.is_some_and(|modified| modified.secs() < before);
        is_old && object.key.as_ref().is_some_and(|key| !named.contains(key))
    });
    let objects: Vec<ArtifactObject> = garbage
        .into_iter()
        .filter_map(|object| {
            let size = object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
            Some(ArtifactObject { key: object.key?, size })
        })
        .collect();
    if objects.is_empty() {
        return Ok(GarbageOutcome::Deleted { bucket, objects, kept: kept.len() });
    }
    match host.approve(&Question::DeleteArtifacts { bucket: bucket.clone(), objects: objects.clone() }) {
        Answer::Yes => {}
        Answer::No => return Ok(GarbageOutcome::Declined { objects }),
        Answer::CannotAsk => return Ok(GarbageOutcome::ApprovalNeeded { objects }),
    }
    for batch in objects.chunks(BATCH) {
        let incomplete = |_| AwsError::IncompleteAnswer { service: "S3", operation: "ListObjectsV2", missing: "a key" };
        let keys: std::result::Result<Vec<ObjectIdentifier>, _> =
            batch.iter().map(|object| ObjectIdentifier::builder().key(&object.key).build()).collect();
        delete_objects(aws, &bucket, account, keys.map_err(incomplete)?).await?;
    }
    Ok(GarbageOutcome::Deleted { bucket, objects, kept: kept.len() })
}

/// Every object of the bucket; `None` when there is no such bucket.
async fn objects(aws: &Aws, bucket: &str, account: &str) -> Result<Option<Vec<Object>>> {
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let call = aws.s3.list_objects_v2().bucket(bucket).expected_bucket_owner(account);
        let answer = call.set_continuation_token(token).send().await.map_err(failed("S3", "ListObjectsV2"));
        let page = match answer {
            Ok(page) => page,
            Err(error) if is_no_such_bucket(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        all.extend(page.contents.unwrap_or_default());
        token = page.next_continuation_token;
        if token.is_none() {
            return Ok(Some(all));
        }
    }
}
