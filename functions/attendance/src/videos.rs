//! The objects.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::Client;
use clients::failure_text;
use presign::{Grant, Signer, Storage};

use crate::Name;

/// The bucket of the videos.
#[derive(Debug, Clone)]
pub struct Videos {
    /// Reaches the bucket.
    pub client: Client,
    /// Signs URLs in the name of the function's role.
    pub signer: Signer,
    /// Where URLs point to.
    pub storage: Storage,
    /// Name of the bucket.
    pub bucket: String,
}

/// A URL that takes one video, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UploadUrl {
    pub(crate) url: String,
    /// Headers that the request must carry.
    pub(crate) headers: BTreeMap<&'static str, String>,
}

impl Videos {
    /// Signs a URL. Type and, if given, size are signed; and that there is no such object yet, so that a URL that got around
    /// replaces nothing.
    pub(crate) fn upload_url(
        &self,
        key: &str,
        name: &Name,
        length: Option<u64>,
        lifetime: Duration,
        now: Duration,
    ) -> UploadUrl {
        let headers =
            BTreeMap::from([("content-type", name.content_type.to_owned()), ("if-none-match", "*".to_owned())]);
        let mut signed: BTreeMap<&str, String> = headers.clone().into_iter().collect();
        if let Some(length) = length {
            // Browsers set it themselves.
            signed.insert("content-length", length.to_string());
        }
        let grant = Grant { method: "PUT", key, headers: signed, lifetime };
        UploadUrl { url: self.signer.sign(&self.storage, &grant, now), headers }
    }

    /// Whether there is an object. A role that may not list the bucket is told 403 for one that is not there.
    pub(crate) async fn exists(&self, key: &str) -> Result<bool, String> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.raw_response().map(|response| response.status().as_u16()) {
                Some(403 | 404) => Ok(false),
                _ => Err(failure_text(&error)),
            },
        }
    }

    /// Deletes an object; one that is not there is as good as deleted.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), String> {
        let deleted = self.client.delete_object().bucket(&self.bucket).key(key).send().await;
        deleted.map(drop).map_err(|error| failure_text(&error))
    }
}
