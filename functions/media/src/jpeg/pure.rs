//! The pure Rust codec: zune-jpeg reads, jpeg-encoder writes.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{Header, corrupt, four_component_model};
use crate::picture::{Picture, Planes};
use crate::pixels::{Model, Pixels};
use crate::{Limits, MediaError};

/// Decodes at full size (this codec has no reduced decoding).
///
/// A file that is not progressive and yet has a scan for each component is refused: zune-jpeg 0.5 takes its chroma for zero and
/// says nothing of it (`tests/sampling.rs`).
pub(crate) fn decode(bytes: &[u8], header: &Header, _shrink: f64, limits: &Limits) -> Result<Picture, MediaError> {
    if header.scans > 1 && !header.progressive {
        return Err(MediaError::UnsupportedImage { what: "JPEG that is not progressive and has several scans".into() });
    }
    let samples = u64::from(header.width) * u64::from(header.height) * u64::from(header.components);
    // A progressive file keeps the coefficients of the whole picture, 2 bytes each.
    limits.check_memory(if header.progressive { 3 * samples } else { samples })?;
    let side = usize::try_from(limits.side).unwrap_or(usize::MAX);
    let options = DecoderOptions::new_fast()
        .set_strict_mode(true)
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_max_scans(usize::try_from(header.scans).unwrap_or(usize::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| corrupt(format!("{error:?}")))?;
    let stored = decoder.input_colorspace().ok_or_else(|| corrupt("no color space"))?;
    let (model, wanted) = match (header.components, stored) {
        (1, _) => (Model::Luma, ColorSpace::Luma),
        (4, _) => (four_component_model(header), stored),
        // With a profile the picture is needed in RGB; without, it can stay as it is up to the encoder.
        (_, ColorSpace::YCbCr) if header.profile.is_none() => (Model::Ycbcr, ColorSpace::YCbCr),
        _ => (Model::Rgb, ColorSpace::RGB),
    };
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(wanted));
    let data = decoder.decode().map_err(|error| corrupt(format!("{error:?}")))?;
    if data.len() as u64 != u64::from(header.width) * u64::from(header.height) * model.samples() as u64 {
        return Err(corrupt("the decoded size differs from the frame header"));
    }
    Ok(Pixels { width: header.width, height: header.height, model, data: data.into() }.into())
}

/// Encodes; the error is the encoder's own words.
pub(crate) fn encode(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, String> {
    let side = |side: u32| u16::try_from(side).map_err(|_| format!("a side of {side} pixels"));
    let (width, height) = (side(pixels.width)?, side(pixels.height)?);
    let color = match pixels.model {
        Model::Luma => ColorType::Luma,
        Model::Rgb => ColorType::Rgb,
        Model::Ycbcr => ColorType::Ycbcr,
        Model::LumaAlpha | Model::Rgba | Model::Cmyk { .. } | Model::Ycck { .. } => {
            return Err("a picture that is not in sRGB, or shows what is behind it".into());
        }
    };
    let mut bytes = Vec::with_capacity(pixels.data.len() / 8);
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.encode(&pixels.data, width, height, color).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Encodes planes; none come from [`decode`].
pub(crate) fn encode_planes(planes: &Planes, quality: u8) -> Result<Vec<u8>, String> {
    encode(&planes.to_rgb(), quality)
}
