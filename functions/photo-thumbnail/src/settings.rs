//! The function's configuration: environment variables, checked at the start, all faults at once.

use wiring::Environment;

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bucket of the website, which receives thumbnails and their list (`WEBSITE_BUCKET`).
    pub website_bucket: String,
    /// What the keys of thumbnails start with (`THUMBNAIL_PREFIX`, default `thumbnails/`).
    pub thumbnail_prefix: String,
    /// Key of the list of the newest thumbnails (`LIST_KEY`, default `newest.json`).
    pub list_key: String,
    /// How many thumbnails the list has at most (`LIST_LENGTH`, default 60).
    pub list_length: u16,
    /// Bucket that receives a record of each file that is no photo (`LOG_BUCKET`).
    pub log_bucket: String,
    /// JPEG quality (`QUALITY`, default 80).
    pub quality: u8,
    /// `Cache-Control` of thumbnails (`CACHE_CONTROL`, default one minute, so that a new photo of an old name is soon seen).
    pub cache_control: String,
}

impl Settings {
    /// Reads the variables; faults stay with the environment.
    pub fn read(environment: &mut Environment<'_>) -> Self {
        let website_bucket = environment.required("WEBSITE_BUCKET", "the bucket that receives the thumbnails");
        let log_bucket =
            environment.required("LOG_BUCKET", "the bucket that receives records of files that are no photos");
        let or = |name: &str, default: &str| environment.optional(name).unwrap_or_else(|| default.to_owned());
        let (thumbnail_prefix, list_key) = (or("THUMBNAIL_PREFIX", "thumbnails/"), or("LIST_KEY", "newest.json"));
        let cache_control = or("CACHE_CONTROL", "public, max-age=60");
        if list_key.starts_with(&thumbnail_prefix) {
            environment.fault(format!(
                "LIST_KEY is `{list_key}`, and a photo could have that thumbnail: it must not begin with `{thumbnail_prefix}`"
            ));
        }
        if website_bucket == log_bucket && !log_bucket.is_empty() {
            environment.fault("LOG_BUCKET is the bucket of the website, where everybody could read the records");
        }
        Self {
            website_bucket,
            thumbnail_prefix,
            list_key,
            list_length: environment.number("LIST_LENGTH", 60, 1..=500),
            log_bucket,
            quality: environment.number("QUALITY", 80, 1..=100),
            cache_control,
        }
    }
}

#[cfg(test)]
mod tests {
    use wiring::IncompleteEnvironment;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, IncompleteEnvironment> {
        let value = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let mut environment = Environment::new(&value);
        let settings = Settings::read(&mut environment);
        environment.finish(Some(settings))
    }

    #[test]
    fn only_the_buckets_are_required() {
        let settings = read(&[("WEBSITE_BUCKET", "site"), ("LOG_BUCKET", "logs")]).unwrap();
        assert_eq!((settings.thumbnail_prefix.as_str(), settings.list_key.as_str()), ("thumbnails/", "newest.json"));
        assert_eq!((settings.quality, settings.list_length), (80, 60));
    }

    #[test]
    fn every_fault_is_told() {
        let start = "the function's environment is incomplete: ";
        assert_eq!(
            read(&[("QUALITY", "101"), ("LIST_LENGTH", "0"), ("LIST_KEY", "thumbnails/index.json")])
                .unwrap_err()
                .to_string(),
            format!(
                "{start}WEBSITE_BUCKET is missing (the bucket that receives the thumbnails); LOG_BUCKET is missing (the \
                 bucket that receives records of files that are no photos); LIST_KEY is `thumbnails/index.json`, and a photo \
                 could have that thumbnail: it must not begin with `thumbnails/`; LIST_LENGTH is `0`, and must be a number \
                 from 1 to 500; QUALITY is `101`, and must be a number from 1 to 100"
            )
        );
        assert_eq!(
            read(&[("WEBSITE_BUCKET", "one"), ("LOG_BUCKET", "one")]).unwrap_err().to_string(),
            format!("{start}LOG_BUCKET is the bucket of the website, where everybody could read the records")
        );
    }
}
