//! Writing pictures, without metadata.

use image::ImageEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use crate::color;
use crate::jpeg;
use crate::pixels::{Model, Pixels};
use crate::{MediaError, Rendered};

/// File format of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// JPEG with chroma at half resolution (4:2:0).
    Jpeg {
        /// 1 (worst) to 100 (best), on libjpeg's scale. 80 is usual.
        quality: u8,
    },
    /// PNG, 8 bits a sample.
    Png,
}

/// Encodes a picture that is in sRGB.
pub(crate) fn encode(pixels: &Pixels, encoding: Encoding) -> Result<Rendered, MediaError> {
    let (content_type, bytes) = match encoding {
        Encoding::Jpeg { quality } => ("image/jpeg", jpeg::encode(pixels, quality.clamp(1, 100))?),
        Encoding::Png => ("image/png", encode_png(pixels)?),
    };
    Ok(Rendered { width: pixels.width, height: pixels.height, content_type, bytes })
}

fn encode_png(pixels: &Pixels) -> Result<Vec<u8>, MediaError> {
    let rgb;
    let (pixels, color) = match pixels.model {
        Model::Luma => (pixels, image::ExtendedColorType::L8),
        Model::Ycbcr => {
            rgb = color::ycbcr_to_rgb(pixels);
            (&rgb, image::ExtendedColorType::Rgb8)
        }
        Model::Rgb | Model::Cmyk { .. } | Model::Ycck { .. } => (pixels, image::ExtendedColorType::Rgb8),
    };
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    let written = encoder.write_image(&pixels.data, pixels.width, pixels.height, color);
    written.map_err(|error| MediaError::ImageNotEncodable { format: "PNG", detail: error.to_string() })?;
    Ok(bytes)
}
