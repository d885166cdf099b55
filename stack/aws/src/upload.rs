//! Content-addressed uploads: the key is the hash, so what is there is right, and nothing is uploaded twice.

use aws_sdk_s3::config::Builder as Override;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::timeout::TimeoutConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest, Sha256};
use stack_plan::{Built, Event};

use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::host::Host;

/// Uploads at the same time.
const PARALLEL: usize = 4;
/// Tries when another upload of the same key is under way.
const CONFLICT_TRIES: u32 = 5;

/// Uploads the zips that the bucket does not hold, and tells the host about each, in the order of `built`.
pub(crate) async fn upload_zips(
    aws: &Aws,
    bucket: &str,
    account: &str,
    built: &[Built],
    host: &mut dyn Host,
) -> Result<()> {
    let mut uploads =
        stream::iter(built.iter().map(|zip| async move { Ok((zip, upload_zip(aws, bucket, account, zip).await?)) }))
            .buffered(PARALLEL);
    while let Some((zip, uploaded)) = uploads.try_next().await? {
        host.event(Event::ArtifactReady { key: zip.key(), size: zip.size, uploaded });
    }
    Ok(())
}

/// True when bytes were sent.
async fn upload_zip(aws: &Aws, bucket: &str, account: &str, zip: &Built) -> Result<bool> {
    let key = zip.key();
    if is_there(aws, bucket, account, &key).await? {
        return Ok(false);
    }
    let checksum = hex::decode(&zip.sha256).map(|bytes| STANDARD.encode(bytes)).unwrap_or_default();
    for try_number in 1.. {
        // S3 checks the bytes against the hash that names them: a zip that changed since it was built is refused.
        let body = ByteStream::from_path(&zip.file).await.map_err(|error| AwsError::UnreadableFile {
            path: zip.file.clone(),
            source: std::io::Error::other(error),
        })?;
        let put = aws.s3.put_object().content_type("application/zip").body(body);
        match put_once(aws, put, bucket, account, &key, &checksum).await {
            Err(error) if is_conflict(&error) && try_number < CONFLICT_TRIES => {
                tokio::time::sleep(aws.limits.backoff).await;
            }
            answer => return answer,
        }
    }
    Ok(false)
}

/// Puts bytes under a key that is named after them.
pub(crate) async fn put_bytes_once(aws: &Aws, bucket: &str, account: &str, key: &str, bytes: Vec<u8>) -> Result<()> {
    if is_there(aws, bucket, account, key).await? {
        return Ok(());
    }
    let checksum = STANDARD.encode(Sha256::digest(&bytes));
    let put = aws.s3.put_object().content_type("application/json").body(ByteStream::from(bytes));
    put_once(aws, put, bucket, account, key, &checksum).await?;
    Ok(())
}

/// The conditional put. "It is there" is as good as "it was put": the key says what the bytes are.
async fn put_once(
    aws: &Aws,
    put: PutObjectFluentBuilder,
    bucket: &str,
    account: &str,
    key: &str,
    checksum_sha256: &str,
) -> Result<bool> {
    let answer = put
        .bucket(bucket)
        .key(key)
        .expected_bucket_owner(account)
        .if_none_match("*")
        .checksum_sha256(checksum_sha256)
        .customize()
        .config_override(upload_limits(aws))
        .send()
        .await
        .map_err(failed("S3", "PutObject"));
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.has_status(412) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Time limits of a call that carries a file.
pub(crate) fn upload_limits(aws: &Aws) -> Override {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(aws.limits.connect)
        .read_timeout(aws.limits.upload)
        .operation_attempt_timeout(aws.limits.upload)
        .operation_timeout(aws.limits.upload.saturating_mul(2))
        .build();
    Override::default().timeout_config(timeouts)
}

/// True when an upload of the same key by someone else is under way.
fn is_conflict(error: &AwsError) -> bool {
    error.has_code("ConditionalRequestConflict")
}

async fn is_there(aws: &Aws, bucket: &str, account: &str, key: &str) -> Result<bool> {
    let answer = aws.s3.head_object().bucket(bucket).key(key).expected_bucket_owner(account).send().await;
    match answer.map_err(failed("S3", "HeadObject")) {
        Ok(_) => Ok(true),
        Err(error) if error.has_status(404) => Ok(false),
        Err(error) => Err(error),
    }
}
