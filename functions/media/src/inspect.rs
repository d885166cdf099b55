//! What a picture is and how large, before it is decoded.

use crate::limits::Deadline;
use crate::{Format, Limits, MediaError, format, jpeg, raster};

/// A picture as its header describes it. Its pixels may still prove to be damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inspected {
    /// What the file is, by its content.
    pub format: Format,
    /// Width in pixels of the upright picture.
    pub width: u32,
    /// Height in pixels of the upright picture.
    pub height: u32,
}

/// Reads format and size; the EXIF orientation is taken into account.
///
/// # Errors
///
/// [`MediaError`], when the bytes are no picture that this reads, its header is damaged, or its size is out of `limits`.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspected, MediaError> {
    let format = format::detect(bytes)?;
    let ((width, height), orientation) = match format {
        Format::Jpeg => jpeg::inspect(bytes)?,
        other => raster::inspect(other, bytes, limits, &Deadline::start(limits.cpu))?,
    };
    limits.check_size(width, height)?;
    let (width, height) = orientation.turn(width, height);
    Ok(Inspected { format, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gray JPEG with an EXIF orientation, which the encoder writes after the first two bytes.
    fn photo(orientation: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut bytes, 80);
        encoder.encode(&[128; 60 * 30], 60, 30, jpeg_encoder::ColorType::Luma).unwrap();
        let tiff =
            [b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[orientation, 0, 0, 0, 0, 0, 0]]
                .concat();
        let length = u16::try_from(tiff.len() + 2).unwrap().to_be_bytes();
        let segment = [[0xff, 0xe1].as_slice(), &length, &tiff].concat();
        bytes.splice(2..2, segment);
        bytes
    }

    #[test]
    fn the_upright_size_is_told() {
        let size =
            |bytes: &[u8]| inspect(bytes, &Limits::default()).map(|found| (found.format, found.width, found.height));
        assert_eq!(size(&photo(1)), Ok((Format::Jpeg, 60, 30)));
        assert_eq!(size(&photo(6)), Ok((Format::Jpeg, 30, 60)));
        let mut png = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut png);
        image::ImageEncoder::write_image(encoder, &[0; 7 * 5], 7, 5, image::ExtendedColorType::L8).unwrap();
        assert_eq!(size(&png), Ok((Format::Png, 7, 5)));
        assert_eq!(size(b""), Err(MediaError::Empty));
        assert!(matches!(size(&png[..20]), Err(MediaError::TruncatedImage { .. })), "{:?}", size(&png[..20]));
    }

    #[test]
    fn sizes_out_of_bounds_are_refused() {
        let limits = Limits { side: 59, ..Limits::default() };
        assert!(matches!(inspect(&photo(1), &limits), Err(MediaError::ImageTooLarge { width: 60, .. })));
    }
}
