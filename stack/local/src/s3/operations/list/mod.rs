//! Listings of objects, versions, uploads and parts.

mod objects;
mod uploads;
mod versions;

pub(super) use objects::{objects, objects_v2};
pub(super) use uploads::{parts, uploads};
pub(super) use versions::versions;

use s3s::S3Result;
use s3s::dto::EncodingType;

use crate::s3::errors::invalid_argument;
use crate::s3::key_encoding::form_encode;
use crate::s3::store::Version;

/// Entries of a page where the client asks for more or says nothing.
const PAGE: i32 = 1000;

/// The length of a page.
fn limit(asked: Option<i32>, argument: &str) -> S3Result<i32> {
    match asked {
        None => Ok(PAGE),
        Some(asked) if asked < 0 => {
            Err(invalid_argument(format!("Argument {argument} must be an integer between 0 and 2147483647")))
        }
        Some(asked) => Ok(asked.min(PAGE)),
    }
}

fn entries(limit: i32) -> usize {
    usize::try_from(limit).unwrap_or_default()
}

/// How names are written: form-encoded where the client asked for it.
#[derive(Clone, Copy)]
struct Writing(bool);

impl Writing {
    fn of(encoding: Option<&EncodingType>) -> S3Result<Self> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self(false)),
            Some("url") => Ok(Self(true)),
            Some(_) => Err(invalid_argument("Invalid Encoding Method specified in Request")),
        }
    }

    fn write(self, text: &str) -> String {
        if self.0 { form_encode(text) } else { text.to_owned() }
    }
}

fn storage_class(version: &Version) -> String {
    version.headers.storage_class.clone().unwrap_or_else(|| "STANDARD".to_owned())
}
