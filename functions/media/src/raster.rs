//! Every format but JPEG, through the `image` crate.

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, png::PngDecoder, tiff::TiffDecoder, webp::WebPDecoder};
use image::error::{ImageError, LimitErrorKind};
use image::{ColorType, ImageDecoder, ImageResult};

use crate::limits::{Deadline, TimedReader};
use crate::orientation::Orientation;
use crate::pixels::{self, Model, Pixels};
use crate::{Decoded, Format, Limits, MediaError};

/// Memory for what a PNG holds beside its picture; a color profile of kilobytes may inflate to gigabytes.
const LARGEST_METADATA: u64 = 16 << 20;

/// Decodes the first picture of a file.
pub(crate) fn decode(
    format: Format,
    bytes: &[u8],
    limits: &Limits,
    deadline: &Deadline,
) -> Result<Decoded, MediaError> {
    let decoded = decode_with(format, bytes, limits, deadline);
    // An error after the time is over is the reader's refusal in a decoder's words.
    decoded.map_err(|error| if deadline.check().is_err() { deadline.missed() } else { error })
}

fn decode_with(format: Format, bytes: &[u8], limits: &Limits, deadline: &Deadline) -> Result<Decoded, MediaError> {
    let fault = |error| fault(format, limits, error);
    let mut decoder = open(format, TimedReader::new(bytes, *deadline), limits).map_err(fault)?;
    let (width, height) = decoder.dimensions();
    limits.check_size(width, height)?;
    limits.check_memory(decoder.total_bytes())?;
    decoder.set_limits(image_limits(limits)).map_err(fault)?;
    // Metadata that cannot be read does not spoil the picture.
    let profile = decoder.icc_profile().ok().flatten();
    let orientation = decoder.orientation().map_or(1, image::metadata::Orientation::to_exif);
    let color = decoder.color_type();
    let mut data = vec![0; usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX)];
    decoder.read_image(&mut data).map_err(fault)?;
    let (model, data) = to_bytes(color, data)?;
    let picture = Pixels { width, height, model, data: data.into() }.into();
    Ok(Decoded { picture, orientation: Orientation::from_exif(orientation), profile })
}

/// Size of the stored picture and its orientation, without decoding its pixels.
pub(crate) fn inspect(
    format: Format,
    bytes: &[u8],
    limits: &Limits,
    deadline: &Deadline,
) -> Result<((u32, u32), Orientation), MediaError> {
    let opened = open(format, TimedReader::new(bytes, *deadline), limits);
    let mut decoder = opened
        .map_err(|error| if deadline.check().is_err() { deadline.missed() } else { fault(format, limits, error) })?;
    let orientation = decoder.orientation().map_or(1, image::metadata::Orientation::to_exif);
    Ok((decoder.dimensions(), Orientation::from_exif(orientation)))
}

fn open<'a>(format: Format, reader: TimedReader<'a>, limits: &Limits) -> ImageResult<Box<dyn ImageDecoder + 'a>> {
    Ok(match format {
        Format::Png => {
            let mut metadata_limits = image_limits(limits);
            metadata_limits.max_alloc = Some(limits.memory.min(LARGEST_METADATA));
            Box::new(PngDecoder::with_limits(reader, metadata_limits)?)
        }
        Format::Gif => Box::new(GifDecoder::new(reader)?),
        Format::WebP => Box::new(WebPDecoder::new(reader)?),
        Format::Bmp => Box::new(BmpDecoder::new(reader)?),
        Format::Tiff => Box::new(TiffDecoder::new(reader)?),
        Format::Jpeg => return Err(ImageError::Unsupported(image::error::ImageFormatHint::Unknown.into())),
    })
}

fn image_limits(limits: &Limits) -> image::Limits {
    let mut image_limits = image::Limits::no_limits();
    image_limits.max_image_width = Some(limits.side);
    image_limits.max_image_height = Some(limits.side);
    image_limits.max_alloc = Some(limits.memory);
    image_limits
}

/// 8 bits a sample.
fn to_bytes(color: ColorType, data: Vec<u8>) -> Result<(Model, Vec<u8>), MediaError> {
    Ok(match color {
        ColorType::L8 => (Model::Luma, data),
        ColorType::La8 => (Model::LumaAlpha, data),
        ColorType::Rgb8 => (Model::Rgb, data),
        ColorType::Rgba8 => (Model::Rgba, data),
        ColorType::L16 => (Model::Luma, pixels::narrow(data)),
        ColorType::La16 => (Model::LumaAlpha, pixels::narrow(data)),
        ColorType::Rgb16 => (Model::Rgb, pixels::narrow(data)),
        ColorType::Rgba16 => (Model::Rgba, pixels::narrow(data)),
        ColorType::Rgb32F => (Model::Rgb, pixels::narrow_float(&data)),
        ColorType::Rgba32F => (Model::Rgba, pixels::narrow_float(&data)),
        other => return Err(MediaError::UnsupportedImage { what: format!("the pixel layout {other:?}") }),
    })
}

/// The `image` crate's error as ours.
fn fault(format: Format, limits: &Limits, error: ImageError) -> MediaError {
    let name = format.name();
    let detail = error.to_string();
    match error {
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::DimensionError => {
                MediaError::ImageTooLarge { width: 0, height: 0, side_limit: limits.side, pixel_limit: limits.pixels }
            }
            _ => MediaError::ImageNeedsTooMuchMemory { needed: 0, limit: limits.memory },
        },
        ImageError::Unsupported(_) => MediaError::UnsupportedImage { what: format!("this {name} ({detail})") },
        ImageError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
            MediaError::TruncatedImage { format: name, detail }
        }
        _ => MediaError::CorruptImage { format: name, detail },
    }
}
