//! Writing pictures, without metadata.

use std::borrow::Cow;

use image::ImageEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use crate::color;
use crate::jpeg;
use crate::picture::Planes;
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
    /// PNG, 8 bits a sample, with the transparency of the source.
    Png,
    /// WebP with losses, with the transparency of the source.
    #[cfg(feature = "webp")]
    WebP {
        /// 0 (worst) to 100 (best), on libwebp's scale. 80 is usual.
        quality: u8,
    },
}

impl Encoding {
    /// True where the result shows what is behind it.
    pub(crate) fn keeps_alpha(self) -> bool {
        !matches!(self, Self::Jpeg { .. })
    }
}

/// Encodes a picture that is in sRGB.
pub(crate) fn encode(pixels: Cow<'_, Pixels>, encoding: Encoding) -> Result<Rendered, MediaError> {
    let pixels = if encoding.keeps_alpha() || !pixels.model.has_alpha() {
        pixels
    } else {
        Cow::Owned(pixels.into_owned().flattened())
    };
    let (content_type, bytes) = match encoding {
        Encoding::Jpeg { quality } => ("image/jpeg", jpeg::encode(&pixels, quality.clamp(1, 100))?),
        Encoding::Png => ("image/png", encode_png(&pixels)?),
        #[cfg(feature = "webp")]
        Encoding::WebP { quality } => ("image/webp", encode_webp(&pixels, quality.min(100))?),
    };
    Ok(Rendered { width: pixels.width, height: pixels.height, content_type, bytes })
}

/// Encodes a picture whose planes are in sRGB, with the chroma at half resolution.
pub(crate) fn encode_planes(planes: &Planes, encoding: Encoding) -> Result<Rendered, MediaError> {
    let Encoding::Jpeg { quality } = encoding else { return encode(Cow::Owned(planes.to_rgb()), encoding) };
    let Pixels { width, height, .. } = planes.luma;
    let bytes = jpeg::encode_planes(planes, quality.clamp(1, 100))?;
    Ok(Rendered { width, height, content_type: "image/jpeg", bytes })
}

fn encode_png(pixels: &Pixels) -> Result<Vec<u8>, MediaError> {
    let rgb;
    let (pixels, color) = match pixels.model {
        Model::Luma => (pixels, image::ExtendedColorType::L8),
        Model::LumaAlpha => (pixels, image::ExtendedColorType::La8),
        Model::Rgba => (pixels, image::ExtendedColorType::Rgba8),
        Model::Ycbcr => {
            rgb = color::ycbcr_to_rgb(pixels);
            (&rgb, image::ExtendedColorType::Rgb8)
        }
        Model::Rgb | Model::Cmyk { .. } | Model::Ycck { .. } => (pixels, image::ExtendedColorType::Rgb8),
    };
    let mut bytes = Vec::with_capacity(pixels.data.len() * 3 / 4);
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    let written = encoder.write_image(&pixels.data, pixels.width, pixels.height, color);
    written.map_err(|error| MediaError::ImageNotEncodable { format: "PNG", detail: error.to_string() })?;
    Ok(bytes)
}

#[cfg(feature = "webp")]
fn encode_webp(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, MediaError> {
    let colors: bytes::Bytes;
    let (data, layout) = match pixels.model {
        Model::Luma => {
            colors = pixels.data.iter().flat_map(|&luma| [luma; 3]).collect();
            (&colors, webp::PixelLayout::Rgb)
        }
        Model::LumaAlpha => {
            colors = pixels.data.chunks_exact(2).flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]).collect();
            (&colors, webp::PixelLayout::Rgba)
        }
        Model::Ycbcr => {
            colors = color::ycbcr_to_rgb(pixels).data;
            (&colors, webp::PixelLayout::Rgb)
        }
        Model::Rgba => (&pixels.data, webp::PixelLayout::Rgba),
        Model::Rgb | Model::Cmyk { .. } | Model::Ycck { .. } => (&pixels.data, webp::PixelLayout::Rgb),
    };
    let encoder = webp::Encoder::new(data, layout, pixels.width, pixels.height);
    let written = encoder.encode_simple(false, quality.into());
    let bytes =
        written.map_err(|error| MediaError::ImageNotEncodable { format: "WebP", detail: format!("{error:?}") })?;
    Ok(bytes.to_vec())
}
