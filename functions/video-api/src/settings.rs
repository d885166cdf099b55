//! The function's configuration.

use fetch::Address;
use http_events::Cors;
use presign::{Signer, Storage};
use wiring::Environment;

/// Largest upload in bytes unless the environment says otherwise: 512 MiB. Three minutes of 1080p have about 355 MB.
const LARGEST_UPLOAD: u64 = 512 << 20;

/// Largest object that S3 takes in one piece: 5 GiB.
const LARGEST_POST: u64 = 5 << 30;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Table of the responses (`TABLE`).
    pub table: String,
    /// Its index by mail (`MAIL_INDEX`).
    pub mail_index: String,
    /// The bucket that videos are posted to (`MEDIA_BUCKET`), and where it is (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`).
    pub storage: Storage,
    /// Signs in the name of the function's role.
    pub signer: Signer,
    /// Largest video in bytes (`LARGEST_UPLOAD`).
    pub largest_upload: u64,
    /// Pages that may ask (`WEB_ORIGIN`, separated by commas).
    pub cors: Cors,
}

impl Settings {
    /// Reads the variables; what is wrong with them stays with the environment. `None` when the origins are.
    pub fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let table = environment.required("TABLE", "the table of the responses");
        let mail_index = environment.required("MAIL_INDEX", "the index of the table by mail");
        let bucket = environment.required("MEDIA_BUCKET", "the bucket that videos are posted to");
        let origins = environment.required_list("WEB_ORIGIN", "the origins of the pages that may ask, or *");
        let largest_upload = environment.number("LARGEST_UPLOAD", LARGEST_UPLOAD, 1..=LARGEST_POST);
        let cors = Cors::new(origins, "GET,OPTIONS", "authorization,content-type");
        let cors = environment.check("WEB_ORIGIN", cors);
        let region = environment.region();
        let credentials = environment.credentials();
        let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
            .iter()
            .find_map(|name| environment.optional(name).map(|url| (name, url)))
            .and_then(|(name, url)| environment.check(name, Address::parse(&url)));
        let storage = Storage::new(&bucket, &region, endpoint.as_ref());
        let signer = Signer { credentials, region };
        Some(Self { table, mail_index, storage, signer, largest_upload, cors: cors? })
    }
}
