//! The function's configuration: environment variables, checked at the start, all faults at once.

use thiserror::Error;

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
}

/// Variables that are missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the function's environment is incomplete: {}", faults.join("; "))]
pub struct SettingsError {
    /// One sentence per variable.
    pub faults: Vec<String>,
}

/// Longest side that may be asked for, in pixels.
const LONGEST_SIDE: u32 = 4096;

impl Settings {
    /// Reads the variables that `variable` returns by name.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] with every variable that is missing or wrong.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut faults = Vec::new();
        let destination_bucket = variable("DEST_BUCKET").unwrap_or_default();
        if destination_bucket.is_empty() {
            faults.push("DEST_BUCKET is missing (the bucket that receives the pictures)".to_owned());
        }
        let mut number = |name: &str, default: u32, most: u32| match variable(name).map(|text| (text.parse(), text)) {
            None => default,
            Some((Ok(value), _)) if (1..=most).contains(&value) => value,
            Some((_, text)) => {
                faults.push(format!("{name} is `{text}`, and must be a number from 1 to {most}"));
                default
            }
        };
        let width = number("WIDTH", 512, LONGEST_SIDE);
        let height = number("HEIGHT", 512, LONGEST_SIDE);
        let quality = u8::try_from(number("QUALITY", 80, 100)).unwrap_or(80);
        if !faults.is_empty() {
            return Err(SettingsError { faults });
        }
        Ok(Self {
            destination_bucket,
            destination_prefix: variable("DEST_PREFIX").unwrap_or_else(|| "avatars/".into()),
            width,
            height,
            quality,
            cache_control: variable("CACHE_CONTROL").unwrap_or_else(|| "public, max-age=60".into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let value = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Settings::read(value)
    }

    #[test]
    fn only_the_bucket_is_required() {
        let settings = read(&[("DEST_BUCKET", "assets")]).unwrap();
        assert_eq!((settings.width, settings.height, settings.quality), (512, 512, 80));
        assert_eq!(settings.destination_prefix, "avatars/");
        assert_eq!(settings.cache_control, "public, max-age=60");
    }

    #[test]
    fn every_fault_is_told() {
        let error = read(&[("WIDTH", "0"), ("HEIGHT", "tall"), ("QUALITY", "101")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the function's environment is incomplete: DEST_BUCKET is missing (the bucket that receives the pictures); \
             WIDTH is `0`, and must be a number from 1 to 4096; HEIGHT is `tall`, and must be a number from 1 to 4096; \
             QUALITY is `101`, and must be a number from 1 to 100"
        );
    }
}
