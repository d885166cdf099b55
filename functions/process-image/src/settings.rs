//! The function's configuration: environment variables, checked at the start, all faults at once.

use wiring::Environment;

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bucket that receives the pictures (`DEST_BUCKET`).
    pub destination_bucket: String,
    /// What their keys start with (`DEST_PREFIX`, default `avatars/`).
    pub destination_prefix: String,
    /// Width in pixels (`WIDTH`, default 512).
    pub width: u32,
    /// Height in pixels (`HEIGHT`, default 512).
    pub height: u32,
    /// JPEG quality (`QUALITY`, default 80).
    pub quality: u8,
    /// `Cache-Control` of the pictures (`CACHE_CONTROL`, default one minute, so that a new avatar is soon seen).
    pub cache_control: String,
    /// Distribution whose copy of a picture is invalidated when a new one is written (`DISTRIBUTION_ID`, default none).
    pub distribution: Option<String>,
}

/// Longest side that may be asked for, in pixels.
const LONGEST_SIDE: u32 = 4096;

impl Settings {
    /// Reads the variables; what is wrong with them stays with the environment.
    pub fn read(environment: &mut Environment<'_>) -> Self {
        Self {
            destination_bucket: environment.required("DEST_BUCKET", "the bucket that receives the pictures"),
            destination_prefix: environment.optional("DEST_PREFIX").unwrap_or_else(|| "avatars/".into()),
            width: environment.number("WIDTH", 512, 1..=LONGEST_SIDE),
            height: environment.number("HEIGHT", 512, 1..=LONGEST_SIDE),
            quality: environment.number("QUALITY", 80, 1..=100),
            cache_control: environment.optional("CACHE_CONTROL").unwrap_or_else(|| "public, max-age=60".into()),
            distribution: distribution(environment),
        }
    }
}

/// The id is a part of an address.
fn distribution(environment: &mut Environment<'_>) -> Option<String> {
    let id = environment.optional("DISTRIBUTION_ID")?;
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        environment
            .fault(format!("DISTRIBUTION_ID is `{id}`, and must be the id of a distribution: letters and digits"));
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wiring::IncompleteEnvironment;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, IncompleteEnvironment> {
        let value = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let mut environment = Environment::new(&value);
        let settings = Settings::read(&mut environment);
        environment.finish(Some(settings))
    }

    #[test]
    fn only_the_bucket_is_required() {
        let settings = read(&[("DEST_BUCKET", "assets")]).unwrap();
        assert_eq!((settings.width, settings.height, settings.quality), (512, 512, 80));
        assert_eq!(settings.destination_prefix, "avatars/");
        assert_eq!((settings.cache_control.as_str(), settings.distribution), ("public, max-age=60", None));
    }

    #[test]
    fn every_fault_is_told() {
        let error =
            read(&[("WIDTH", "0"), ("HEIGHT", "tall"), ("QUALITY", "101"), ("DISTRIBUTION_ID", "E1/..")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the function's environment is incomplete: DEST_BUCKET is missing (the bucket that receives the pictures); \
             WIDTH is `0`, and must be a number from 1 to 4096; HEIGHT is `tall`, and must be a number from 1 to 4096; \
             QUALITY is `101`, and must be a number from 1 to 100; \
             DISTRIBUTION_ID is `E1/..`, and must be the id of a distribution: letters and digits"
        );
    }
}
