//! What a library is made of.

use clients::CloudSettings;
use http_events::Cors;
use thiserror::Error;
use wiring::Environment;

use crate::Library;

/// Most variants beside the raw image.
const MOST_WIDTHS: usize = 8;

/// Greatest width in pixels.
const GREATEST_WIDTH: u32 = 16_383;

/// What a function of the library finds in its environment.
#[derive(Debug)]
pub struct FunctionSettings {
    /// Table, bucket and variants.
    pub library: Settings,
    /// Where AWS is.
    pub cloud: CloudSettings,
    /// Pages that may call (`WEB_ORIGIN`, separated by commas, default `*`: nobody is let in by an origin, requests are signed).
    pub cors: Cors,
    /// Which instance of the function this is (`AWS_LAMBDA_LOG_STREAM_NAME`).
    pub instance: String,
}

impl FunctionSettings {
    /// Reads the variables; the caller ends the reading.
    pub fn read(environment: &mut Environment<'_>, methods: &'static str) -> Option<Self> {
        let library = Settings::read(environment);
        let cloud = CloudSettings::read(environment);
        let origins = environment.optional("WEB_ORIGIN").unwrap_or_else(|| "*".to_owned());
        let origins = origins.split(',').map(|origin| origin.trim().to_owned()).collect();
        let cors = environment.check("WEB_ORIGIN", Cors::new(origins, methods, HEADERS));
        let instance = environment.required("AWS_LAMBDA_LOG_STREAM_NAME", "Lambda sets it");
        Some(Self { library: library?, cloud, cors: cors?, instance })
    }

    /// The library that these settings are of.
    #[must_use]
    pub fn connect(&self) -> Library {
        Library::connect(self.library.clone(), &self.cloud, &self.instance)
    }
}

/// Headers that a signed request has.
const HEADERS: &str = "authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-api-key";

/// Where the images are, and what is made of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Table of rows and states (`TABLE`).
    pub table: String,
    /// Bucket of the images (`BUCKET`).
    pub bucket: String,
    /// Variants to make (`WIDTHS`, default `sg:320,md:800,lg:1600`).
    pub widths: Widths,
}

/// A variant: a name and a width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Width {
    /// First part of its keys, and `ImageType` of its rows.
    pub kind: String,
    /// Greatest width in pixels; nothing is enlarged.
    pub pixels: u32,
}

/// Variants, at most eight, with different names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widths(Vec<Width>);

/// A text that lists no variants.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "has the entry `{entry}`, and lists up to {MOST_WIDTHS} variants as `name:pixels`, separated by commas: different names of up \
     to 16 lower-case letters and digits but `raw`, and 1 to {GREATEST_WIDTH} pixels"
)]
pub struct WidthsError {
    /// The first entry that is wrong.
    pub entry: String,
}

impl Settings {
    /// Reads the variables.
    pub fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let table = environment.required("TABLE", "the table of the images");
        let bucket = environment.required("BUCKET", "the bucket of the images");
        let widths = environment.optional("WIDTHS").unwrap_or_else(|| "sg:320,md:800,lg:1600".to_owned());
        let widths = environment.check("WIDTHS", Widths::parse(&widths))?;
        Some(Self { table, bucket, widths })
    }
}

impl Widths {
    /// Reads `sg:320,md:800`.
    ///
    /// # Errors
    ///
    /// [`WidthsError`] for the first entry that is wrong, named twice, or too many.
    pub fn parse(text: &str) -> Result<Self, WidthsError> {
        let mut widths: Vec<Width> = Vec::new();
        for entry in text.split(',').map(str::trim) {
            let width = width(entry).filter(|new| widths.iter().all(|width| width.kind != new.kind));
            match width.filter(|_| widths.len() < MOST_WIDTHS) {
                Some(width) => widths.push(width),
                None => return Err(WidthsError { entry: entry.to_owned() }),
            }
        }
        Ok(Self(widths))
    }

    /// The variants in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &Width> {
        self.0.iter()
    }
}

fn width(entry: &str) -> Option<Width> {
    let (kind, pixels) = entry.split_once(':')?;
    let is_kind = (1..=16).contains(&kind.len())
        && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && kind != crate::picture::RAW;
    let pixels = pixels.parse().ok().filter(|pixels| (1..=GREATEST_WIDTH).contains(pixels))?;
    is_kind.then(|| Width { kind: kind.to_owned(), pixels })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut environment = Environment::new(&variable);
        let settings = Settings::read(&mut environment);
        environment.finish(settings).map_err(|error| error.to_string())
    }

    #[test]
    fn widths_have_a_default_and_can_be_set() {
        let settings = read(&[("TABLE", "t"), ("BUCKET", "b")]).unwrap();
        let widths = |settings: &Settings| {
            settings.widths.iter().map(|width| (width.kind.clone(), width.pixels)).collect::<Vec<_>>()
        };
        assert_eq!(widths(&settings), [("sg".into(), 320), ("md".into(), 800), ("lg".into(), 1600)]);
        let settings = read(&[("TABLE", "t"), ("BUCKET", "b"), ("WIDTHS", "mobile:480, tablet:1024")]).unwrap();
        assert_eq!(widths(&settings), [("mobile".into(), 480), ("tablet".into(), 1024)]);
    }

    #[test]
    fn every_fault_is_told() {
        let fault = read(&[("WIDTHS", "sg:320,raw:9")]).unwrap_err();
        assert!(
            fault.starts_with(
                "the function's environment is incomplete: TABLE is missing (the table of the images); BUCKET is missing \
                 (the bucket of the images); WIDTHS has the entry `raw:9`, and lists up to 8 variants as `name:pixels`"
            ),
            "{fault}"
        );
        for wrong in [
            "sg",
            "sg:0",
            "sg:16384",
            "Sg:1",
            "a/b:1",
            ":1",
            "sg:1,sg:2",
            "sg:1,",
            "a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1,i:1",
        ] {
            assert!(Widths::parse(wrong).is_err(), "{wrong}");
        }
    }
}
