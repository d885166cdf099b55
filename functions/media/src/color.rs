//! To sRGB: embedded ICC profiles, and the color models of JPEG.

use std::borrow::Cow;

use bytes::Bytes;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::pixels::{Model, Pixels};

/// Profiles of cameras and screens have a few kilobytes, of printing presses up to two megabytes.
const LARGEST_PROFILE: usize = 4 << 20;

/// The picture in sRGB, as RGB or gray (with its opacity where it has one), or in the `YCbCr` that it came in (which is sRGB when there is no profile).
///
/// A profile that cannot be used (damaged, or of another color model) is ignored, as browsers do.
pub(crate) fn to_srgb<'a>(pixels: &'a Pixels, profile: Option<&[u8]>) -> Cow<'a, Pixels> {
    let plain = match pixels.model {
        Model::Ycck { inverted } => Cow::Owned(ycck_to_cmyk(pixels, inverted)),
        Model::Ycbcr if profile.is_some() => Cow::Owned(ycbcr_to_rgb(pixels)),
        _ => Cow::Borrowed(pixels),
    };
    let converted = profile.and_then(|profile| apply_profile(&plain, profile));
    match (converted, plain.model) {
        (Some(converted), _) => Cow::Owned(converted),
        (None, Model::Cmyk { inverted }) => Cow::Owned(cmyk_to_rgb(&plain, inverted)),
        (None, _) => plain,
    }
}

fn apply_profile(pixels: &Pixels, profile: &[u8]) -> Option<Pixels> {
    if profile.len() > LARGEST_PROFILE {
        return None;
    }
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    let (space, layout) = match pixels.model {
        Model::Luma => (DataColorSpace::Gray, Layout::Gray),
        Model::LumaAlpha => (DataColorSpace::Gray, Layout::GrayAlpha),
        Model::Rgb => (DataColorSpace::Rgb, Layout::Rgb),
        Model::Rgba => (DataColorSpace::Rgb, Layout::Rgba),
        Model::Cmyk { .. } => (DataColorSpace::Cmyk, Layout::Rgba),
        Model::Ycbcr | Model::Ycck { .. } => return None,
    };
    if profile.color_space != space {
        return None;
    }
    let ink: Bytes;
    let source = if pixels.model == (Model::Cmyk { inverted: true }) {
        ink = pixels.data.iter().map(|sample| 255 - sample).collect();
        &ink
    } else {
        &pixels.data
    };
    let options = TransformOptions { rendering_intent: profile.rendering_intent, ..TransformOptions::default() };
    let (model, target) =
        if pixels.model.has_alpha() { (Model::Rgba, Layout::Rgba) } else { (Model::Rgb, Layout::Rgb) };
    let transform = profile.create_transform_8bit(layout, &ColorProfile::new_srgb(), target, options).ok()?;
    let mut data = vec![0; source.len() / pixels.model.samples() * model.samples()];
    transform.transform(source, &mut data).ok()?;
    Some(Pixels { model, data: data.into(), ..*pixels })
}

/// Multiplies two fractions of 255.
fn multiply(a: u8, b: u8) -> u8 {
    u8::try_from((u32::from(a) * u32::from(b) + 127) / 255).unwrap_or(u8::MAX)
}

/// What light remains where ink covers paper, for a picture that does not say which inks and paper.
fn cmyk_to_rgb(pixels: &Pixels, inverted: bool) -> Pixels {
    let paper = |sample: u8| if inverted { sample } else { 255 - sample };
    let rgb = pixels.data.chunks_exact(4).flat_map(|ink| {
        let black = paper(ink[3]);
        [multiply(paper(ink[0]), black), multiply(paper(ink[1]), black), multiply(paper(ink[2]), black)]
    });
    Pixels { model: Model::Rgb, data: rgb.collect(), ..*pixels }
}

fn ycck_to_cmyk(pixels: &Pixels, inverted: bool) -> Pixels {
    let cmyk = pixels.data.chunks_exact(4).flat_map(|sample| {
        let [red, green, blue] = rgb_of(sample[0], sample[1], sample[2]);
        [255 - red, 255 - green, 255 - blue, sample[3]]
    });
    Pixels { model: Model::Cmyk { inverted }, data: cmyk.collect(), ..*pixels }
}

/// RGB of JPEG's `YCbCr`.
pub(crate) fn ycbcr_to_rgb(pixels: &Pixels) -> Pixels {
    let rgb = pixels.data.chunks_exact(3).flat_map(|sample| rgb_of(sample[0], sample[1], sample[2]));
    Pixels { model: Model::Rgb, data: rgb.collect(), ..*pixels }
}

/// The conversion of JFIF (ITU-R BT.601, full range), in 16-bit fixed point.
pub(crate) fn rgb_of(luma: u8, blue_difference: u8, red_difference: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let luma = i32::from(luma) << 16;
    let cb = i32::from(blue_difference) - 128;
    let cr = i32::from(red_difference) - 128;
    let red = (luma + 91_881 * cr + HALF) >> 16;
    let green = (luma - 22_554 * cb - 46_802 * cr + HALF) >> 16;
    let blue = (luma + 116_130 * cb + HALF) >> 16;
    [red, green, blue].map(|sample| u8::try_from(sample.clamp(0, 255)).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(model: Model, data: &[u8]) -> Pixels {
        Pixels { width: 1, height: 1, model, data: data.to_vec().into() }
    }

    #[test]
    fn jpeg_colors_become_rgb() {
        assert_eq!(rgb_of(76, 85, 255), [254, 0, 0]);
        assert_eq!(rgb_of(255, 128, 128), [255, 255, 255]);
        assert_eq!(to_srgb(&one(Model::Cmyk { inverted: true }, &[255, 0, 0, 255]), None).data.as_ref(), [255, 0, 0]);
        assert_eq!(to_srgb(&one(Model::Cmyk { inverted: false }, &[0, 255, 255, 0]), None).data.as_ref(), [255, 0, 0]);
        // Red paper in Adobe's YCCK: C = 255 (no ink), M = Y = 0, as YCbCr of the complement (0, 255, 255).
        assert_eq!(to_srgb(&one(Model::Ycck { inverted: true }, &[179, 171, 0, 255]), None).data.as_ref(), [255, 0, 0]);
    }

    #[test]
    fn a_wide_gamut_profile_is_converted() {
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        let converted = to_srgb(&one(Model::Rgb, &[200, 100, 50]), Some(&profile)).into_owned();
        // Display P3 (200, 100, 50) in sRGB, by the definitions of both: (213, 95, 34) within rounding.
        for (sample, expected) in converted.data.iter().zip([213u8, 95, 34]) {
            assert!(sample.abs_diff(expected) <= 3, "{:?}", converted.data);
        }
        let seen_through = to_srgb(&one(Model::Rgba, &[200, 100, 50, 77]), Some(&profile)).into_owned();
        assert_eq!(seen_through.model, Model::Rgba);
        assert_eq!((&seen_through.data[..3], seen_through.data[3]), (&converted.data[..], 77));
    }

    #[test]
    fn a_profile_that_does_not_fit_is_ignored() {
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        assert_eq!(to_srgb(&one(Model::Luma, &[7]), Some(&profile)).data.as_ref(), [7]);
        assert_eq!(to_srgb(&one(Model::Rgb, &[1, 2, 3]), Some(b"not a profile")).data.as_ref(), [1, 2, 3]);
    }
}
