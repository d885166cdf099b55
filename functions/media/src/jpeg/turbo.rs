//! libjpeg-turbo: decodes at a reduced size, which costs a fraction of decoding all.

use std::borrow::Cow;

use bytes::Bytes;
use turbojpeg::{
    Colorspace, Compressor, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp, YuvImage, YuvPlanesImage,
};

use super::{Header, corrupt, four_component_model};
use crate::color;
use crate::picture::{Layout, Picture, Planes};
use crate::pixels::{Model, Pixels};
use crate::{Limits, MediaError};

/// Decodes at the smallest size that leaves enough to the resize; color as the planes that the file stores, which spares turning
/// all of it into RGB and back.
pub(crate) fn decode(bytes: &[u8], header: &Header, shrink: f64, limits: &Limits) -> Result<Picture, MediaError> {
    let mut decompressor = Decompressor::new().map_err(fault)?;
    let stored = decompressor.read_header(bytes).map_err(fault)?;
    let factor = scaling_factor(shrink);
    decompressor.set_scaling_factor(factor).map_err(fault)?;
    let size = (factor.scale(header.width as usize), factor.scale(header.height as usize));
    let samples = u64::from(header.width) * u64::from(header.height) * u64::from(header.components);
    // A progressive file keeps the coefficients of the whole picture, 2 bytes each.
    let coefficients = if header.progressive { 2 * samples } else { 0 };
    let has_planes = header.components == 3
        && stored.colorspace == Colorspace::YCbCr
        && !matches!(stored.subsamp, Subsamp::Unknown | Subsamp::Gray);
    let layout = if has_planes {
        let length = turbojpeg::yuv_pixels_len(size.0, 1, size.1, stored.subsamp).map_err(fault)?;
        limits.check_memory(length as u64 + coefficients)?;
        Layout::Planar(decode_planes(&mut decompressor, bytes, size, stored.subsamp, length)?)
    } else {
        let model = match header.components {
            1 => Model::Luma,
            4 => match four_component_model(header) {
                // The library undoes YCCK by itself.
                Model::Ycck { inverted } => Model::Cmyk { inverted },
                model => model,
            },
            _ => Model::Rgb,
        };
        limits.check_memory((size.0 * size.1 * model.samples()) as u64 + coefficients)?;
        Layout::Packed(decode_pixels(&mut decompressor, bytes, size, model)?)
    };
    let exact = |side: u32| f64::from(side) * sides(factor.num()) / sides(factor.denom());
    Ok(Picture { extent: (exact(header.width), exact(header.height)), layout })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn fault(error: turbojpeg::Error) -> MediaError {
    corrupt(error.to_string())
}

/// A side of at most 16 bits.
fn side(side: usize) -> u32 {
    u32::try_from(side).unwrap_or(u32::MAX)
}

fn sides(count: usize) -> f64 {
    f64::from(side(count))
}

fn decode_planes(
    decompressor: &mut Decompressor,
    bytes: &[u8],
    (width, height): (usize, usize),
    subsamp: Subsamp,
    length: usize,
) -> Result<Planes, MediaError> {
    let mut samples = vec![0; length];
    let output = YuvImage { pixels: samples.as_mut_slice(), width, align: 1, height, subsamp };
    decompressor.decompress_to_yuv(bytes, output).map_err(fault)?;
    // The planes hold whole pixels of the chroma.
    let (across, down) = subsamp.size();
    let (chroma_width, chroma_height) = (width.div_ceil(across), height.div_ceil(down));
    let (width, height) = (chroma_width * across, chroma_height * down);
    let mut luma = Bytes::from(samples);
    let mut chroma = luma.split_off(width * height);
    let red = chroma.split_off(chroma_width * chroma_height);
    let plane = |width: usize, height: usize, data| Pixels {
        width: side(width),
        height: side(height),
        model: Model::Luma,
        data,
    };
    Ok(Planes {
        luma: plane(width, height, luma),
        chroma: [chroma, red].map(|data| plane(chroma_width, chroma_height, data)),
        sharing: (side(across), side(down)),
    })
}

fn decode_pixels(
    decompressor: &mut Decompressor,
    bytes: &[u8],
    (width, height): (usize, usize),
    model: Model,
) -> Result<Pixels, MediaError> {
    let format = match model {
        Model::Luma => PixelFormat::GRAY,
        Model::Cmyk { .. } => PixelFormat::CMYK,
        _ => PixelFormat::RGB,
    };
    let pitch = width * model.samples();
    let mut data = vec![0; pitch * height];
    let output = Image { pixels: data.as_mut_slice(), width, pitch, height, format };
    decompressor.decompress(bytes, output).map_err(fault)?;
    Ok(Pixels { width: side(width), height: side(height), model, data: data.into() })
}

/// A reduction by 8, 4 or 2 that leaves a real shrink to the resize, of 1.5 at least: its filter is better than the reduction.
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
    let image = Image { pixels: pixels.data.as_ref(), width, pitch: width * format.size(), height, format };
    let compress = || {
        let mut compressor = compressor(quality)?;
        compressor.set_subsamp(if format == PixelFormat::GRAY { Subsamp::Gray } else { Subsamp::Sub2x2 })?;
        compressor.compress_to_vec(image)
    };
    compress().map_err(|error| error.to_string())
}

/// Encodes planes whose chroma has half their resolution.
pub(crate) fn encode_planes(planes: &Planes, quality: u8) -> Result<Vec<u8>, String> {
    let [blue, red] = &planes.chroma;
    let luma = even(&planes.luma);
    let image = YuvPlanesImage {
        y_plane: luma.data.as_ref(),
        u_plane: blue.data.as_ref(),
        v_plane: red.data.as_ref(),
        width: planes.luma.width as usize,
        height: planes.luma.height as usize,
        y_stride: luma.width as usize,
        u_stride: blue.width as usize,
        v_stride: red.width as usize,
        subsamp: Subsamp::Sub2x2,
    };
    compressor(quality)
        .and_then(|mut compressor| compressor.compress_yuv_planes_to_vec(&image))
        .map_err(|error| error.to_string())
}

/// With as many columns and rows as its chroma stands for: the last ones stand twice where they are odd.
fn even(plane: &Pixels) -> Cow<'_, Pixels> {
    let (width, height) = (plane.width.next_multiple_of(2), plane.height.next_multiple_of(2));
    if (width, height) == (plane.width, plane.height) {
        return Cow::Borrowed(plane);
    }
    let mut data = Vec::with_capacity(width as usize * height as usize);
    for line in plane.data.chunks_exact(plane.width as usize) {
        data.extend_from_slice(line);
        data.extend(line.last().filter(|_| width > plane.width));
    }
    if height > plane.height {
        data.extend_from_within(data.len() - width as usize..);
    }
    Cow::Owned(Pixels { width, height, model: plane.model, data: data.into() })
}

fn compressor(quality: u8) -> turbojpeg::Result<Compressor> {
    let mut compressor = Compressor::new()?;
    compressor.set_quality(quality.into())?;
    Ok(compressor)
}
