//! Pixels in memory, 8 bits a sample, rows without padding.

use bytes::Bytes;

/// How the samples of a pixel are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    Luma,
    /// With an opacity, 255 = opaque.
    LumaAlpha,
    Rgb,
    /// With an opacity, 255 = opaque.
    Rgba,
    /// JPEG's own: full range, as JFIF defines it.
    #[cfg_attr(feature = "turbojpeg", expect(dead_code, reason = "libjpeg-turbo hands over planes"))]
    Ycbcr,
    /// Ink, 255 = full; or `inverted`, 255 = none, as Adobe writes it.
    Cmyk {
        inverted: bool,
    },
    /// CMYK with its CMY part as JPEG's `YCbCr`.
    Ycck {
        inverted: bool,
    },
}

impl Model {
    pub(crate) fn samples(self) -> usize {
        match self {
            Self::Luma => 1,
            Self::LumaAlpha => 2,
            Self::Rgb | Self::Ycbcr => 3,
            Self::Rgba | Self::Cmyk { .. } | Self::Ycck { .. } => 4,
        }
    }

    pub(crate) fn has_alpha(self) -> bool {
        matches!(self, Self::LumaAlpha | Self::Rgba)
    }
}

/// A picture in memory.
#[derive(Debug, Clone)]
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) model: Model,
    /// `width * height * model.samples()` bytes; the planes of a picture share what they were decoded into.
    pub(crate) data: Bytes,
}

impl Pixels {
    /// Without an alpha channel: what shows through is white.
    pub(crate) fn flattened(self) -> Self {
        let (model, data) = match self.model {
            Model::LumaAlpha => (Model::Luma, flatten::<1>(self.data.into()).into()),
            Model::Rgba => (Model::Rgb, flatten::<3>(self.data.into()).into()),
            model => (model, self.data),
        };
        Self { model, data, ..self }
    }

    /// True when every pixel hides what is behind it.
    pub(crate) fn is_opaque(&self) -> bool {
        let samples = self.model.samples();
        !self.model.has_alpha() || self.data.chunks_exact(samples).all(|pixel| pixel[samples - 1] == 255)
    }
}

/// What a picture with an alpha channel is laid on.
const BACKGROUND: u8 = 255;

/// One color sample laid on the background with the given opacity.
fn flatten_sample(sample: u8, alpha: u8) -> u8 {
    let mixed = u32::from(sample) * u32::from(alpha) + u32::from(BACKGROUND) * (255 - u32::from(alpha));
    // At most 255 * 255, so that the quotient fits.
    u8::try_from((mixed + 127) / 255).unwrap_or(BACKGROUND)
}

/// Drops the alpha channel of pixels of `COLORS` color samples, in place, laying them on white.
fn flatten<const COLORS: usize>(mut data: Vec<u8>) -> Vec<u8> {
    let pixels = data.len() / (COLORS + 1);
    for pixel in 0..pixels {
        let from = pixel * (COLORS + 1);
        let alpha = data[from + COLORS];
        for color in 0..COLORS {
            data[pixel * COLORS + color] = flatten_sample(data[from + color], alpha);
        }
    }
    data.truncate(pixels * COLORS);
    data
}

/// The high bytes of 16-bit samples in native order, rounded.
pub(crate) fn narrow(mut data: Vec<u8>) -> Vec<u8> {
    let samples = data.len() / 2;
    for index in 0..samples {
        let sample = u32::from(u16::from_ne_bytes([data[2 * index], data[2 * index + 1]]));
        data[index] = u8::try_from((sample * 255 + 32_767) / 65_535).unwrap_or(u8::MAX);
    }
    data.truncate(samples);
    data
}

/// 32-bit floating point samples, 0.0 to 1.0, as bytes.
pub(crate) fn narrow_float(data: &[u8]) -> Vec<u8> {
    let samples = data.chunks_exact(4).map(|bytes| f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    samples.map(to_byte).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped; a float cast saturates, NaN is 0"
)]
fn to_byte(sample: f32) -> u8 {
    (sample.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparency_becomes_white() {
        assert_eq!(
            flatten::<3>(vec![10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128]),
            [10, 20, 30, 255, 255, 255, 127, 127, 127]
        );
        assert_eq!(flatten::<1>(vec![10, 255, 10, 0]), [10, 255]);
        let pixels = |data: &[u8]| Pixels { width: 1, height: 2, model: Model::LumaAlpha, data: data.to_vec().into() };
        assert!(pixels(&[0, 255, 9, 255]).is_opaque() && !pixels(&[255, 255, 255, 254]).is_opaque());
        let flat = pixels(&[10, 255, 10, 0]).flattened();
        assert_eq!((flat.model, flat.data.to_vec()), (Model::Luma, vec![10, 255]));
    }

    #[test]
    fn wide_samples_are_rounded() {
        let wide: Vec<u8> = [0u16, 128, 129, 65_535].into_iter().flat_map(u16::to_ne_bytes).collect();
        assert_eq!(narrow(wide), [0, 0, 1, 255]);
        let floats: Vec<u8> = [0.0f32, 0.5, 7.0, f32::NAN].into_iter().flat_map(f32::to_ne_bytes).collect();
        assert_eq!(narrow_float(&floats), [0, 128, 255, 0]);
    }
}
