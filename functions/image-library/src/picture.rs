//! An image as it arrives, and what is stored of it.

use media::{Encoding, Fit, Format, Limits, MediaError, Variant};
use sha2::{Digest as _, Sha256};

use crate::{ImageName, Widths};

/// The type of the image as it arrived.
pub(crate) const RAW: &str = "raw";

/// Hexadecimal digits of the hash that name an object.
const DIGITS: usize = 20;

/// Highest variant, in pixels: the longest side that is read.
const GREATEST_HEIGHT: u32 = 16_383;

/// Quality of variants with losses, 1 to 100.
const QUALITY: u8 = 80;

/// Bytes that a client calls an image.
#[derive(Debug)]
pub struct Picture {
    bytes: Vec<u8>,
    hashed: String,
    format: Result<Format, MediaError>,
}

/// A file that is stored.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) content_type: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Picture {
    /// Takes the bytes that came under a name. What they are is decided by their first bytes; of the name only the extension
    /// counts, and only for bytes that are no image.
    #[must_use]
    pub fn new(name: &ImageName, bytes: Vec<u8>) -> Self {
        let format = media::detect(&bytes);
        let extension = format.as_ref().map_or_else(|_| name.extension(), |format| format.extension().to_owned());
        let hashed = format!("{}.{extension}", hash(&bytes));
        Self { bytes, hashed, format }
    }

    /// An image of which nothing but a token is known (its version in the bucket), because it must not be read.
    #[must_use]
    pub fn unread(name: &ImageName, token: &str, reason: MediaError) -> Self {
        let hashed = format!("{}.{}", hash(token.as_bytes()), name.extension());
        Self { bytes: Vec::new(), hashed, format: Err(reason) }
    }

    /// File name of the object: 20 digits of the SHA-256 of the bytes, and the extension of what they are.
    #[must_use]
    pub fn hashed(&self) -> &str {
        &self.hashed
    }

    /// Keys of all files that may be stored of it.
    pub(crate) fn keys(&self, widths: &Widths) -> Vec<String> {
        let variants = widths.iter().map(|width| self.variant_key(&width.kind));
        std::iter::once(format!("{RAW}/{}", self.hashed)).chain(variants).collect()
    }

    fn variant_key(&self, kind: &str) -> String {
        let extension = match &self.format {
            Ok(Format::Gif | Format::Bmp | Format::Tiff) => "png",
            Ok(other) => other.extension(),
            Err(_) => return format!("{kind}/{}", self.hashed),
        };
        let stem = self.hashed.split_once('.').map_or(self.hashed.as_str(), |(stem, _)| stem);
        format!("{kind}/{stem}.{extension}")
    }

    /// Makes every file: the bytes as they are, and a variant for each width.
    ///
    /// # Errors
    ///
    /// [`MediaError`], when the bytes are no image that is kept.
    pub(crate) fn render(&self, widths: &Widths) -> Result<Vec<File>, MediaError> {
        let format = self.format.clone()?;
        let encoding = encoding(format);
        let variant = |pixels| Variant { width: pixels, height: GREATEST_HEIGHT, fit: Fit::Inside, encoding };
        let variants: Vec<Variant> = widths.iter().map(|width| variant(width.pixels)).collect();
        let rendered = media::render(&self.bytes, &variants, &Limits::default())?;
        let upright = media::inspect(&self.bytes, &Limits::default())?;
        let raw = File {
            kind: RAW.to_owned(),
            key: format!("{RAW}/{}", self.hashed),
            content_type: format.content_type(),
            width: upright.width,
            height: upright.height,
            bytes: self.bytes.clone(),
        };
        let variants = widths.iter().zip(rendered).map(|(width, rendered)| File {
            kind: width.kind.clone(),
            key: self.variant_key(&width.kind),
            content_type: rendered.content_type,
            width: rendered.width,
            height: rendered.height,
            bytes: rendered.bytes,
        });
        Ok(std::iter::once(raw).chain(variants).collect())
    }
}

/// What variants are written as: the format of the image where it suits the web, else PNG, which loses nothing.
fn encoding(format: Format) -> Encoding {
    match format {
        Format::Jpeg => Encoding::Jpeg { quality: QUALITY },
        Format::WebP => Encoding::WebP { quality: QUALITY },
        Format::Png | Format::Gif | Format::Bmp | Format::Tiff => Encoding::Png,
    }
}

fn hash(bytes: &[u8]) -> String {
    let mut digits = hex::encode(Sha256::digest(bytes));
    digits.truncate(DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_name_the_object() {
        let name = ImageName::parse("a/photo.JPEG").unwrap();
        let picture = |bytes: &[u8]| Picture::new(&name, bytes.to_vec());
        // The first 20 digits of the SHA-256 of "abc", from FIPS 180-2.
        assert_eq!(picture(b"abc").hashed(), "ba7816bf8f01cfea4141.jpeg");
        let gif = picture(b"GIF89a");
        let (stem, extension) = gif.hashed().split_once('.').unwrap();
        assert_eq!((stem.len(), extension), (20, "gif"));
        let widths = Widths::parse("sg:320,lg:1600").unwrap();
        assert_eq!(gif.keys(&widths), [format!("raw/{stem}.gif"), format!("sg/{stem}.png"), format!("lg/{stem}.png")]);
        assert_eq!(picture(b"abc").render(&widths).unwrap_err().code(), "not-an-image");
    }
}
