//! The function's configuration.

use fetch::Address;
use http_events::Cors;
use presign::{Signer, Storage};
use wiring::{Environment, IncompleteEnvironment};

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The bucket that avatars are uploaded to (`UPLOADS_BUCKET`), and where it is (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`).
    pub storage: Storage,
    /// Signs in the name of the function's role.
    pub signer: Signer,
    /// Pages that may ask (`WEB_ORIGIN`, separated by commas).
    pub cors: Cors,
}

impl Settings {
    /// Reads the variables that `variable` returns by name.
    ///
    /// # Errors
    ///
    /// [`IncompleteEnvironment`] with every variable that is missing or wrong.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, IncompleteEnvironment> {
        let mut environment = Environment::new(variable);
        let bucket = environment.required("UPLOADS_BUCKET", "the bucket that avatars are uploaded to");
        let origins = environment.required_list("WEB_ORIGIN", "the origins of the pages that may upload, or *");
        let cors = Cors::new(origins, "OPTIONS,POST", "authorization,content-type");
        let cors = environment.check("WEB_ORIGIN", cors);
        let region = environment.region();
        let credentials = environment.credentials();
        let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
            .iter()
            .find_map(|name| environment.optional(name).map(|url| (name, url)))
            .and_then(|(name, url)| environment.check(name, Address::parse(&url)));
        let storage = Storage::new(&bucket, &region, endpoint.as_ref());
        environment.finish(cors.map(|cors| Self { storage, signer: Signer { credentials, region }, cors }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let fault = |variables: &[(&str, &str)]| {
            let value = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
            Settings::read(&value).unwrap_err().to_string()
        };
        assert_eq!(
            fault(&[]),
            "the function's environment is incomplete: \
             UPLOADS_BUCKET is missing (the bucket that avatars are uploaded to); \
             WEB_ORIGIN is missing (the origins of the pages that may upload, or *); \
             AWS_REGION is missing (Lambda sets it); AWS_ACCESS_KEY_ID is missing (Lambda sets it); \
             AWS_SECRET_ACCESS_KEY is missing (Lambda sets it)"
        );
        let lambda = [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
        let wrong =
            [("UPLOADS_BUCKET", "u"), ("WEB_ORIGIN", "example.com"), ("AWS_ENDPOINT_URL", "http://example.com")];
        assert_eq!(
            fault(&[&lambda[..], &wrong[..]].concat()),
            "the function's environment is incomplete: \
             WEB_ORIGIN names `example.com`, and an origin is `*` or `https://host` with an optional port and nothing behind it; \
             AWS_ENDPOINT_URL is `http://example.com`, and must begin with https:// (plain http:// is for this machine only)"
        );
    }
}
