//! `DeleteObject` and `DeleteObjects`.

use std::sync::Arc;

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition, Error,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::common::{bucket, check_write, fresh_version_id, request_facts, shown_version_id};
use crate::cloud::Cloud;
use crate::s3::access::RefusedKeys;
use crate::s3::notification::{Happening, RequestIds, notify};
use crate::s3::store::{Change, Moment, Record, State, Version};

/// Keys that one `DeleteObjects` may name.
const BATCH_LIMIT: usize = 1000;

/// What one deletion did.
struct Deletion {
    record: Option<Record>,
    /// The answer names a delete marker: one that was made, or one that was removed.
    marker: Option<bool>,
    version_id: Option<String>,
    event: Option<&'static str>,
}

/// Decides on the deletion of a key, or of one version of it.
fn decide(
    state: &State,
    name: &str,
    key: &str,
    version_id: Option<&str>,
    if_match: Option<&ETagCondition>,
    moment: Moment,
) -> S3Result<Deletion> {
    let bucket = bucket(state, name)?;
    check_write(bucket, key, if_match, None)?;
    let versions = bucket.objects.get(key).map(Vec::as_slice).unwrap_or_default();
    let delete = |version: &Version| Record::VersionDeleted {
        bucket: name.to_owned(),
        key: key.to_owned(),
        id: version.id.clone(),
    };
    if let Some(id) = version_id {
        let found = versions.iter().find(|version| version.id == id);
        return Ok(Deletion {
            record: found.map(delete),
            marker: found.filter(|version| version.delete_marker).map(|_| true),
            version_id: shown_version_id(bucket, id),
            event: found.map(|_| "ObjectRemoved:Delete"),
        });
    }
    let Some(enabled) = bucket.versioning() else {
        let found = versions.last();
        return Ok(Deletion {
            record: found.map(delete),
            marker: None,
            version_id: None,
            event: found.map(|_| "ObjectRemoved:Delete"),
        });
    };
    let id = if enabled { fresh_version_id(moment) } else { "null".to_owned() };
    let marker = Version {
        id: id.clone(),
        modified: moment.milliseconds(),
        delete_marker: true,
        etag: String::new(),
        segments: Vec::new(),
        parts: Vec::new(),
        headers: crate::s3::store::Headers::default(),
        checksum: None,
        tags: std::collections::BTreeMap::new(),
    };
    Ok(Deletion {
        record: Some(Record::Put { bucket: name.to_owned(), key: key.to_owned(), version: marker, upload: None }),
        marker: Some(true),
        version_id: Some(id),
        event: Some("ObjectRemoved:DeleteMarkerCreated"),
    })
}

/// Who asked, for the events.
struct Asker {
    ids: RequestIds,
    access_key: Option<String>,
}

fn tell(
    cloud: &Arc<Cloud>,
    asker: &Asker,
    name: &str,
    key: &str,
    event: Option<&'static str>,
    version_id: Option<String>,
    moment: Moment,
) {
    let Some(event) = event else { return };
    let happening = Happening {
        name: event,
        bucket: name.to_owned(),
        key: key.to_owned(),
        size: None,
        etag: None,
        version_id,
        moment,
        access_key: asker.access_key.clone(),
        ids: asker.ids.clone(),
    };
    notify(cloud, &happening);
}

pub(super) async fn delete_object(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<DeleteObjectOutput> {
    let (ids, access_key) = request_facts(&request);
    let input = request.input;
    let (marker, version_id, event, moment) = cloud
        .s3
        .store
        .change(Vec::new(), |state, moment| {
            let deletion =
                decide(state, &input.bucket, &input.key, input.version_id.as_deref(), input.if_match.as_ref(), moment)?;
            let answer = (deletion.marker, deletion.version_id, deletion.event, moment);
            Ok::<_, S3Error>(Change { records: deletion.record.into_iter().collect(), answer })
        })
        .await?;
    tell(cloud, &Asker { ids, access_key }, &input.bucket, &input.key, event, version_id.clone(), moment);
    Ok(DeleteObjectOutput { delete_marker: marker, version_id, ..Default::default() })
}

pub(super) async fn delete_objects(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<DeleteObjectsOutput> {
    let (ids, access_key) = request_facts(&request);
    let caller = Asker { ids, access_key };
    let refused = request.extensions.get::<RefusedKeys>().cloned().unwrap_or_default().0;
    let input = request.input;
    let count = input.delete.objects.len() + refused.len();
    if count == 0 || count > BATCH_LIMIT {
        return Err(S3Error::with_message(
            S3ErrorCode::MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    }
    cloud.s3.store.read(|state| bucket(state, &input.bucket).map(|_| ()))?;
    let quiet = input.delete.quiet == Some(true);
    let denied = |(key, version_id)| Error {
        code: Some("AccessDenied".to_owned()),
        key: Some(key),
        message: Some("Access Denied".to_owned()),
        version_id,
    };
    let (mut done, mut errors) = (Vec::new(), refused.into_iter().map(denied).collect::<Vec<_>>());
    for wanted in input.delete.objects {
        let condition = wanted.e_tag.clone().map(ETagCondition::ETag);
        let asked = wanted.version_id.as_deref();
        let outcome = cloud
            .s3
            .store
            .change(Vec::new(), |state, moment| {
                let deletion = decide(state, &input.bucket, &wanted.key, asked, condition.as_ref(), moment)?;
                let answer = (deletion.marker, deletion.version_id, deletion.event, moment);
                Ok::<_, S3Error>(Change { records: deletion.record.into_iter().collect(), answer })
            })
            .await;
        match outcome {
            Ok((marker, version_id, event, moment)) => {
                tell(cloud, &caller, &input.bucket, &wanted.key, event, version_id.clone(), moment);
                if !quiet {
                    done.push(DeletedObject {
                        delete_marker: marker,
                        delete_marker_version_id: version_id.filter(|_| marker == Some(true)),
                        key: Some(wanted.key),
                        version_id: wanted.version_id,
                    });
                }
            }
            Err(error) => errors.push(Error {
                code: Some(error.code().as_str().to_owned()),
                key: Some(wanted.key),
                message: error.message().map(str::to_owned),
                version_id: wanted.version_id,
            }),
        }
    }
    Ok(DeleteObjectsOutput {
        deleted: Some(done),
        errors: (!errors.is_empty()).then_some(errors),
        ..Default::default()
    })
}
