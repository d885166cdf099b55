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
    /// Size of the result for a picture of `size` in a box.
    pub(crate) fn result_size(self, size: (u32, u32), box_size: (u32, u32)) -> (u32, u32) {
        if self == Self::Cover {
            return box_size;
        }
        let (width, height) = (f64::from(size.0), f64::from(size.1));
        let scale = (f64::from(box_size.0) / width).min(f64::from(box_size.1) / height).min(1.0);
        (scaled(width, scale), scaled(height, scale))
    }

    /// How many pixels of a picture of `size` become one of the result, along the side where it is fewer.
    pub(crate) fn shrink(self, size: (u32, u32), box_size: (u32, u32)) -> f64 {
        let (width, height) = self.result_size(size, box_size);
        (f64::from(size.0) / f64::from(width)).min(f64::from(size.1) / f64::from(height))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 < scale <= 1: it stays within u32")]
fn scaled(side: f64, scale: f64) -> u32 {
    ((side * scale).round() as u32).max(1)
}

/// Resizes the stored pixels into the box.
pub(crate) fn resize(pixels: &Pixels, box_size: (u32, u32), fit: Fit) -> Result<Pixels, MediaError> {
    let (width, height) = fit.result_size((pixels.width, pixels.height), box_size);
    if (width, height) == (pixels.width, pixels.height) {
        return Ok(pixels.clone());
    }
    let kind = match pixels.model.samples() {
        1 => PixelType::U8,
        2 => PixelType::U8x2,
        3 => PixelType::U8x3,
        _ => PixelType::U8x4,
    };
    // The color of what cannot be seen must not bleed into what can.
    let has_alpha = pixels.model.has_alpha();
    let mut options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(has_alpha);
    if fit == Fit::Cover {
        options = options.fit_into_destination(Some((0.5, 0.5)));
    }
    // Neither can fail on pixels that agree with their own size; were it otherwise, the decoder had misled us.
    let failed = |detail: String| MediaError::CorruptImage { format: "decoded", detail };
    let source = ImageRef::new(pixels.width, pixels.height, &pixels.data, kind).map_err(|e| failed(e.to_string()))?;
    let mut target = Image::new(width, height, kind);
    Resizer::new().resize(&source, &mut target, &options).map_err(|e| failed(e.to_string()))?;
    Ok(Pixels { width, height, model: pixels.model, data: target.into_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_size_that_the_fit_says() {
        assert_eq!(Fit::Cover.result_size((100, 50), (512, 512)), (512, 512));
        assert_eq!(Fit::Inside.result_size((2725, 2225), (720, 720)), (720, 588));
        assert_eq!(Fit::Inside.result_size((100, 50), (512, 512)), (100, 50));
        assert_eq!(Fit::Inside.result_size((16_000, 1), (100, 100)), (100, 1));
        assert!((Fit::Cover.shrink((2725, 2225), (512, 512)) - 4.3457).abs() < 0.001);
    }
}
