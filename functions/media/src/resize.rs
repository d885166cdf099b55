//! Lanczos3, into a box.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::MediaError;
use crate::pixels::Pixels;

/// How a picture fills its box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The box is filled, what is over is cut off on both sides alike; a smaller picture is enlarged.
    Cover,
    /// The whole picture within the box, with its proportions; a smaller picture stays as it is.
    Inside,
}

impl Fit {
    /// Size of the result for a picture of `extent` in a box.
    pub(crate) fn result_size(self, extent: (f64, f64), box_size: (u32, u32)) -> (u32, u32) {
        if self == Self::Cover {
            return box_size;
        }
        let (width, height) = extent;
        let scale = (f64::from(box_size.0) / width).min(f64::from(box_size.1) / height).min(1.0);
        (scaled(width, scale), scaled(height, scale))
    }

    /// How many pixels of a picture of `extent` become one of the result, along the side where it is fewer.
    pub(crate) fn shrink(self, extent: (f64, f64), box_size: (u32, u32)) -> f64 {
        let (width, height) = self.result_size(extent, box_size);
        (extent.0 / f64::from(width)).min(extent.1 / f64::from(height))
    }

    /// What of a picture of `extent` is shown.
    pub(crate) fn part(self, extent: (f64, f64), box_size: (u32, u32)) -> Part {
        let (width, height) = match self {
            Self::Inside => extent,
            Self::Cover => {
                let shrink = self.shrink(extent, box_size);
                (f64::from(box_size.0) * shrink, f64::from(box_size.1) * shrink)
            }
        };
        Part { left: (extent.0 - width) / 2.0, top: (extent.1 - height) / 2.0, width, height }
    }
}

/// A part of a picture, in pixels of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Part {
    /// The same part of a plane, each pixel of which stands for as many beside and below one another.
    pub(crate) fn shared(self, sharing: (u32, u32)) -> Self {
        let (across, down) = (f64::from(sharing.0), f64::from(sharing.1));
        Self { left: self.left / across, top: self.top / down, width: self.width / across, height: self.height / down }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 < scale <= 1: it stays within u32")]
fn scaled(side: f64, scale: f64) -> u32 {
    ((side * scale).round() as u32).max(1)
}

/// Resizes a part of the pixels.
pub(crate) fn resample(pixels: &Pixels, part: Part, size: (u32, u32)) -> Result<Pixels, MediaError> {
    let (width, height) = size;
    // A part of the picture's own size lies within it, so that it is the picture.
    let is_whole = (f64::from(width), f64::from(height)) == (part.width, part.height);
    if is_whole && size == (pixels.width, pixels.height) {
        return Ok(pixels.clone());
    }
    let kind = match pixels.model.samples() {
        1 => PixelType::U8,
        2 => PixelType::U8x2,
        3 => PixelType::U8x3,
        _ => PixelType::U8x4,
    };
    // Rounding must not let the part reach out of the picture.
    let (left, top) = (part.left.max(0.0), part.top.max(0.0));
    let (most_width, most_height) = (f64::from(pixels.width) - left, f64::from(pixels.height) - top);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        // The color of what cannot be seen must not bleed into what can.
        .use_alpha(pixels.model.has_alpha())
        .crop(left, top, part.width.min(most_width), part.height.min(most_height));
    // Neither can fail on pixels that agree with their own size; were it otherwise, the decoder had misled us.
    let failed = |detail: String| MediaError::CorruptImage { format: "decoded", detail };
    let source = ImageRef::new(pixels.width, pixels.height, &pixels.data, kind).map_err(|e| failed(e.to_string()))?;
    let mut target = Image::new(width, height, kind);
    Resizer::new().resize(&source, &mut target, &options).map_err(|e| failed(e.to_string()))?;
    Ok(Pixels { width, height, model: pixels.model, data: target.into_vec().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_size_that_the_fit_says() {
        assert_eq!(Fit::Cover.result_size((100.0, 50.0), (512, 512)), (512, 512));
        assert_eq!(Fit::Inside.result_size((2725.0, 2225.0), (720, 720)), (720, 588));
        assert_eq!(Fit::Inside.result_size((100.0, 50.0), (512, 512)), (100, 50));
        assert_eq!(Fit::Inside.result_size((16_000.0, 1.0), (100, 100)), (100, 1));
        assert!((Fit::Cover.shrink((2725.0, 2225.0), (512, 512)) - 4.3457).abs() < 0.001);
    }
}
