//! Current objects: `ListObjects` and `ListObjectsV2`.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{
    CommonPrefix, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object, Owner,
};

use super::{Writing, entries, limit, storage_class};
use crate::cloud::Cloud;
use crate::s3::errors::invalid_argument;
use crate::s3::listing::{Entry, Query, page};
use crate::s3::operations::buckets::owner;
use crate::s3::operations::common::{bucket, count, etag, length, timestamp};

/// One page of current objects.
struct Objects {
    contents: Vec<Object>,
    common_prefixes: Vec<CommonPrefix>,
    /// The last entry as it is, where more follow.
    next: Option<String>,
}

fn current_objects(
    cloud: &Cloud,
    name: &str,
    query: &Query,
    writing: Writing,
    owner: Option<&Owner>,
) -> S3Result<Objects> {
    cloud.s3.store.read(|state| {
        let bucket = bucket(state, name)?;
        let page = page(&bucket.objects, query, |versions| versions.last().is_some_and(|newest| !newest.delete_marker));
        let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
        for entry in &page.entries {
            match entry {
                Entry::CommonPrefix(prefix) => {
                    common_prefixes.push(CommonPrefix { prefix: Some(writing.write(prefix)) });
                }
                Entry::Key(key, versions) => contents.extend(versions.last().map(|version| Object {
                    checksum_algorithm: version.checksum.as_ref().map(|sum| vec![sum.algorithm.clone().into()]),
                    checksum_type: version.checksum.as_ref().map(|sum| sum.kind.clone().into()),
                    e_tag: Some(etag(&version.etag)),
                    key: Some(writing.write(key)),
                    last_modified: Some(timestamp(version.modified)),
                    owner: owner.cloned(),
                    size: Some(length(version.size())),
                    storage_class: Some(storage_class(version).into()),
                    ..Default::default()
                })),
            }
        }
        let next = page.entries.last().filter(|_| page.truncated).map(|entry| entry.name().to_owned());
        Ok(Objects { contents, common_prefixes, next })
    })
}

pub(in crate::s3::operations) fn objects(cloud: &Arc<Cloud>, input: &ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let max_keys = limit(input.max_keys, "max-keys")?;
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after: input.marker.clone().filter(|marker| !marker.is_empty()),
        limit: entries(max_keys),
    };
    let listed = current_objects(cloud, &input.bucket, &query, writing, Some(&owner(cloud)))?;
    Ok(ListObjectsOutput {
        name: Some(input.bucket.clone()),
        prefix: Some(writing.write(&query.prefix)),
        marker: Some(writing.write(query.after.as_deref().unwrap_or_default())),
        max_keys: Some(max_keys),
        is_truncated: Some(listed.next.is_some()),
        // S3 gives it with a delimiter only; without one the last key is where to go on.
        next_marker: listed.next.as_deref().filter(|_| query.delimiter.is_some()).map(|next| writing.write(next)),
        contents: Some(listed.contents),
        common_prefixes: Some(listed.common_prefixes),
        delimiter: query.delimiter.as_deref().map(|delimiter| writing.write(delimiter)),
        encoding_type: input.encoding_type.clone(),
        ..Default::default()
    })
}

pub(in crate::s3::operations) fn objects_v2(
    cloud: &Arc<Cloud>,
    input: &ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let max_keys = limit(input.max_keys, "max-keys")?;
    let continued = input.continuation_token.as_deref().map(read_token).transpose()?;
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after: continued.or_else(|| input.start_after.clone()).filter(|after| !after.is_empty()),
        limit: entries(max_keys),
    };
    let shown_owner = owner(cloud);
    let owner = (input.fetch_owner == Some(true)).then_some(&shown_owner);
    let listed = current_objects(cloud, &input.bucket, &query, writing, owner)?;
    Ok(ListObjectsV2Output {
        name: Some(input.bucket.clone()),
        prefix: Some(writing.write(&query.prefix)),
        max_keys: Some(max_keys),
        key_count: Some(count(listed.contents.len() + listed.common_prefixes.len())),
        continuation_token: input.continuation_token.clone(),
        is_truncated: Some(listed.next.is_some()),
        next_continuation_token: listed.next.as_deref().map(write_token),
        contents: Some(listed.contents),
        common_prefixes: Some(listed.common_prefixes),
        delimiter: query.delimiter.as_deref().map(|delimiter| writing.write(delimiter)),
        encoding_type: input.encoding_type.clone(),
        start_after: input.start_after.as_deref().map(|after| writing.write(after)),
        ..Default::default()
    })
}

/// A continuation token: the last entry, in a form that clients do not take for a key.
fn write_token(last: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(last)
}

fn read_token(token: &str) -> S3Result<String> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|last| !last.is_empty())
        .ok_or_else(|| invalid_argument("The continuation token provided is incorrect"))
}
