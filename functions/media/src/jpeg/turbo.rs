//! libjpeg-turbo: decodes at a reduced size, which costs a fraction of decoding all.

use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

use super::{Header, corrupt, four_component_model};
use crate::color;
use crate::pixels::{Model, Pixels};
use crate::{Limits, MediaError};

/// Decodes at the smallest size that leaves at least a halving to the resize.
pub(crate) fn decode(bytes: &[u8], header: &Header, shrink: f64, limits: &Limits) -> Result<Pixels, MediaError> {
    let (model, format) = match header.components {
        1 => (Model::Luma, PixelFormat::GRAY),
        4 => match four_component_model(header) {
            // The library undoes YCCK by itself.
            Model::Ycck { inverted } => (Model::Cmyk { inverted }, PixelFormat::CMYK),
            model => (model, PixelFormat::CMYK),
        },
        _ => (Model::Rgb, PixelFormat::RGB),
    };
    let factor = scaling_factor(shrink);
    let width = factor.scale(header.width as usize);
    let height = factor.scale(header.height as usize);
    let pitch = width * model.samples();
    let samples = u64::from(header.width) * u64::from(header.height) * u64::from(header.components);
    // A progressive file keeps the coefficients of the whole picture, 2 bytes each.
    let coefficients = if header.progressive { 2 * samples } else { 0 };
    limits.check_memory((pitch * height) as u64 + coefficients)?;

    let mut data = vec![0; pitch * height];
    let fault = |error: turbojpeg::Error| corrupt(error.to_string());
    let mut decompressor = Decompressor::new().map_err(fault)?;
    decompressor.set_scaling_factor(factor).map_err(fault)?;
    let output = Image { pixels: data.as_mut_slice(), width, pitch, height, format };
    decompressor.decompress(bytes, output).map_err(fault)?;
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    Ok(Pixels { width: side(width), height: side(height), model, data })
}

/// A reduction by 8, 4 or 2 that still leaves a shrink of two or more to the resize: less would lose up to 2 dB.
fn scaling_factor(shrink: f64) -> ScalingFactor {
    match shrink {
        shrink if shrink >= 16.0 => ScalingFactor::ONE_EIGHTH,
        shrink if shrink >= 8.0 => ScalingFactor::ONE_QUARTER,
        shrink if shrink >= 3.0 => ScalingFactor::ONE_HALF,
        _ => ScalingFactor::ONE,
    }
}

/// Encodes; the error is the encoder's own words.
pub(crate) fn encode(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, String> {
    let rgb;
    let (pixels, format) = match pixels.model {
        Model::Luma => (pixels, PixelFormat::GRAY),
        Model::Rgb => (pixels, PixelFormat::RGB),
        Model::Ycbcr => {
            rgb = color::ycbcr_to_rgb(pixels);
            (&rgb, PixelFormat::RGB)
        }
        Model::LumaAlpha | Model::Rgba | Model::Cmyk { .. } | Model::Ycck { .. } => {
            return Err("a picture that is not in sRGB, or shows what is behind it".into());
        }
    };
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let image = Image { pixels: pixels.data.as_slice(), width, pitch: width * format.size(), height, format };
    let compress = || {
        let mut compressor = Compressor::new()?;
        compressor.set_quality(quality.into())?;
        compressor.set_subsamp(if format == PixelFormat::GRAY { Subsamp::Gray } else { Subsamp::Sub2x2 })?;
        compressor.compress_to_vec(image)
    };
    compress().map_err(|error: turbojpeg::Error| error.to_string())
}
