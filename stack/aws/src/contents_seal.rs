//! The seal on a bucket's contents: distributions were told to forget what was there before.
//!
//! An invalidation comes after the uploads, and a run can end between the two. The next run finds nothing to upload, and visitors
//! would be served what was replaced until it expires. So the last object carries a hash of all objects as they were when
//! distributions had been told; where it is another one, they are told again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::MetadataDirective;
use sha2::{Digest as _, Sha256};

use crate::contents::{Bucket, Listed, MARK};
use crate::contents_files::ContentFile;
use crate::error::{Result, failed};

/// Metadata of the last object.
const SEAL: &str = "stack-served";

/// True when the last object says that distributions know the objects as they are.
pub(crate) fn is_sealed(
    head: &HeadObjectOutput,
    files: &BTreeMap<String, ContentFile>,
    objects: &BTreeMap<String, Listed>,
) -> bool {
    head.metadata().and_then(|metadata| metadata.get(SEAL)) == Some(&digest(files, objects))
}

/// Of every object but the last, whose own time is that of the seal, when it was written: the same bytes put back are news for
/// a distribution that held others meanwhile.
fn digest(files: &BTreeMap<String, ContentFile>, objects: &BTreeMap<String, Listed>) -> String {
    let last = files.keys().next_back();
    let mut hash = Sha256::new();
    for (key, object) in objects.iter().filter(|(key, _)| files.contains_key(*key)) {
        let written = if Some(key) == last { "" } else { &object.written };
        for part in [key.as_str(), &object.etag, written] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    hex::encode(hash.finalize())
}

impl Bucket<'_> {
    /// Takes note that distributions were told of the contents as they are now.
    pub(crate) async fn seal(&self, files: &BTreeMap<String, ContentFile>) -> Result<()> {
        let Some((key, file)) = files.last_key_value() else { return Ok(()) };
        let objects = self.list().await?;
        self.aws
            .s3
            .copy_object()
            .bucket(self.name)
            .key(key)
            .copy_source(copy_source(self.name, key))
            .expected_bucket_owner(self.account)
            .expected_source_bucket_owner(self.account)
            .metadata_directive(MetadataDirective::Replace)
            .content_type(&file.content_type)
            .set_cache_control(file.cache_control.clone())
            .metadata(MARK, &self.rules)
            .metadata(SEAL, digest(files, &objects))
            .send()
            .await
            .map_err(failed("S3", "CopyObject"))?;
        Ok(())
    }
}

/// `bucket/key` as the header wants it: percent-encoded.
fn copy_source(bucket: &str, key: &str) -> String {
    key.bytes().fold(format!("{bucket}/"), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_for_the_header() {
        assert_eq!(copy_source("b", "a b/ü+.html"), "b/a%20b/%C3%BC%2B.html");
    }
}
