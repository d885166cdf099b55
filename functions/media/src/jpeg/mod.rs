//! JPEG: what its markers say is checked before a codec sees it.
//!
//! The codec is chosen when this crate is built, not by what a machine happens to have: pure Rust by default,
//! libjpeg-turbo with the feature `turbojpeg`.

mod markers;
#[cfg(not(feature = "turbojpeg"))]
mod pure;
#[cfg(feature = "turbojpeg")]
mod turbo;

use markers::Header;
#[cfg(not(feature = "turbojpeg"))]
use pure as codec;
#[cfg(feature = "turbojpeg")]
use turbo as codec;

use crate::limits::Deadline;
use crate::orientation::Orientation;
use crate::picture::Planes;
use crate::pixels::{Model, Pixels};
use crate::{Decoded, Limits, MediaError, Variant};

/// Coefficients per second that decoders handle at least; every scan of a progressive file may touch each of them.
const COEFFICIENTS_PER_SECOND: f64 = 100e6;

/// Decodes a JPEG; where the codec can, already reduced to a size from which every variant loses nothing.
pub(crate) fn decode(
    bytes: &[u8],
    variants: &[Variant],
    limits: &Limits,
    deadline: &Deadline,
) -> Result<Decoded, MediaError> {
    let header = markers::parse(bytes)?;
    limits.check_size(header.width, header.height)?;
    let pixels = f64::from(header.width) * f64::from(header.height);
    if pixels * f64::from(header.scans) > limits.cpu.as_secs_f64() * COEFFICIENTS_PER_SECOND {
        return Err(deadline.missed());
    }
    let orientation = Orientation::from_exif(header.orientation);
    let size = (f64::from(header.width), f64::from(header.height));
    let shrinks = variants.iter().map(|variant| {
        let box_size = orientation.turn(variant.width, variant.height);
        variant.fit.shrink(size, box_size)
    });
    let shrink = shrinks.fold(f64::INFINITY, f64::min);
    let picture = codec::decode(bytes, &header, shrink, limits)?;
    Ok(Decoded { picture, orientation, profile: header.profile })
}

/// Size of the stored picture and its orientation, from the markers alone.
pub(crate) fn inspect(bytes: &[u8]) -> Result<((u32, u32), Orientation), MediaError> {
    let header = markers::parse(bytes)?;
    Ok(((header.width, header.height), Orientation::from_exif(header.orientation)))
}

/// Encodes with chroma at half resolution and the quantization tables of libjpeg.
pub(crate) fn encode(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, MediaError> {
    codec::encode(pixels, quality).map_err(|detail| MediaError::ImageNotEncodable { format: "JPEG", detail })
}

/// The same of planes whose chroma has half their resolution already.
pub(crate) fn encode_planes(planes: &Planes, quality: u8) -> Result<Vec<u8>, MediaError> {
    codec::encode_planes(planes, quality).map_err(|detail| MediaError::ImageNotEncodable { format: "JPEG", detail })
}

fn corrupt(detail: impl Into<String>) -> MediaError {
    MediaError::CorruptImage { format: "JPEG", detail: detail.into() }
}

/// How the four components of a file are to be read.
fn four_component_model(header: &Header) -> Model {
    let inverted = header.adobe_transform.is_some();
    if header.adobe_transform == Some(2) { Model::Ycck { inverted } } else { Model::Cmyk { inverted } }
}
