//! From the bytes of an uploaded picture to upright, web-sized pictures in sRGB.
//!
//! [`render`] decodes by content (never by a file's name), applies the EXIF orientation, flattens transparency on
//! white where the result cannot keep it, resizes with Lanczos3, converts an embedded color profile to sRGB and encodes
//! without metadata. Whatever arrives, it ends within its [`Limits`]: with pictures, or with a typed [`MediaError`].

mod color;
mod encode;
mod error;
mod format;
mod inspect;
mod jpeg;
mod limits;
mod orientation;
mod picture;
mod pixels;
mod raster;
mod resize;

pub use encode::Encoding;
pub use error::MediaError;
pub use format::{Format, detect};
pub use inspect::{Inspected, inspect};
pub use limits::Limits;
pub use resize::Fit;

use limits::Deadline;
use orientation::Orientation;
use picture::{Layout, Picture};

/// A picture to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Width of the box in pixels, at least 1.
    pub width: u32,
    /// Height of the box in pixels, at least 1.
    pub height: u32,
    /// How the picture fills the box.
    pub fit: Fit,
    /// File format and its settings.
    pub encoding: Encoding,
}

/// A picture that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Media type of the bytes (`image/jpeg`).
    pub content_type: &'static str,
    /// The encoded picture.
    pub bytes: Vec<u8>,
}

/// What a decoder yields: the picture as stored, and what is needed to show it right.
struct Decoded {
    picture: Picture,
    orientation: Orientation,
    /// ICC profile that the pixels are in; sRGB when absent.
    profile: Option<Vec<u8>>,
}

/// Makes every variant of a picture, in the order of `variants`; the picture is decoded once, after which bytes that were handed
/// over for good are given back.
///
/// # Errors
///
/// [`MediaError`], when the bytes are no picture that this reads, are damaged, or would need more than `limits`.
pub fn render(bytes: impl AsRef<[u8]>, variants: &[Variant], limits: &Limits) -> Result<Vec<Rendered>, MediaError> {
    for variant in variants {
        limits.check_size(variant.width, variant.height)?;
    }
    let deadline = Deadline::start(limits.cpu);
    let decoded = match format::detect(bytes.as_ref())? {
        Format::Jpeg => jpeg::decode(bytes.as_ref(), variants, limits, &deadline)?,
        other => raster::decode(other, bytes.as_ref(), limits, &deadline)?,
    };
    drop(bytes);
    deadline.check()?;
    draw(decoded, variants, &deadline)
}

/// Makes the variants of a decoded picture.
fn draw(decoded: Decoded, variants: &[Variant], deadline: &Deadline) -> Result<Vec<Rendered>, MediaError> {
    let Decoded { picture, orientation, profile } = decoded;
    let keep_alpha = variants.iter().any(|variant| variant.encoding.keeps_alpha()) && !picture.is_opaque();
    let picture = if keep_alpha { picture } else { picture.flattened() };
    deadline.check()?;

    // From large to small, so that a small variant can be made of a larger one instead of the whole picture.
    let mut order: Vec<usize> = (0..variants.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(u64::from(variants[index].width) * u64::from(variants[index].height)));
    let mut rendered = vec![None; variants.len()];
    let mut reduced: Option<Picture> = None;
    for index in order {
        let Variant { width, height, fit, encoding } = variants[index];
        let box_size = orientation.turn(width, height);
        // Halving an already reduced picture loses nothing that can be seen, and reads far fewer pixels.
        let is_enough = |from: &&Picture| fit.shrink(from.extent, box_size) >= 2.0;
        let source = reduced.as_ref().filter(is_enough).unwrap_or(&picture);
        // Only JPEG stores planes, and only without a profile is the color in them final.
        let as_planes = matches!(encoding, Encoding::Jpeg { .. }) && profile.is_none();
        let small = source.resized(box_size, fit, as_planes)?;
        deadline.check()?;
        rendered[index] = Some(match &small.layout {
            Layout::Packed(pixels) => {
                let shown = orientation.apply(color::to_srgb(pixels, profile.as_deref()));
                encode::encode(shown, encoding)?
            }
            Layout::Planar(planes) => encode::encode_planes(&planes.upright(orientation), encoding)?,
        });
        deadline.check()?;
        if fit == Fit::Inside {
            reduced = Some(small);
        }
    }
    Ok(rendered.into_iter().flatten().collect())
}
