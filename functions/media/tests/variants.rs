//! Several variants of one picture: transparency, formats, sizes.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use media::{Encoding, Fit, Format, Inspected, Limits, MediaError, Variant, detect, inspect, render};

/// A red disk of 256 x 128 pixels on nothing; what cannot be seen is green.
fn disk() -> RgbaImage {
    RgbaImage::from_fn(256, 128, |x, y| {
        let (dx, dy) = (f64::from(x) - 128.0, f64::from(y) - 64.0);
        if dx.hypot(dy) < 60.0 { Rgba([220, 20, 20, 255]) } else { Rgba([0, 255, 0, 0]) }
    })
}

fn written(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn wide(width: u32, encoding: Encoding) -> Variant {
    Variant { width, height: 16_383, fit: Fit::Inside, encoding }
}

/// A picture as others read it.
fn seen(bytes: &[u8]) -> DynamicImage {
    if !bytes.starts_with(b"\xff\xd8") {
        return image::load_from_memory(bytes).unwrap();
    }
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(bytes));
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    let side = |side: usize| u32::try_from(side).unwrap();
    image::RgbImage::from_raw(side(width), side(height), pixels).unwrap().into()
}

#[test]
fn a_png_keeps_its_transparency_and_a_jpeg_lies_on_white() {
    let bytes = written(disk(), ImageFormat::Png);
    let variants = [wide(100, Encoding::Png), wide(64, Encoding::Jpeg { quality: 90 }), wide(32, Encoding::Png)];
    let rendered = render(&bytes, &variants, &Limits::default()).unwrap();
    for (variant, picture) in variants.iter().zip(&rendered) {
        let seen = seen(&picture.bytes);
        assert_eq!((seen.width(), seen.height()), (variant.width, variant.width / 2));
        assert_eq!(seen.color().has_alpha(), variant.encoding == Encoding::Png);
        let seen = seen.to_rgba8();
        let center = seen.get_pixel(variant.width / 2, variant.width / 4);
        assert!(center[0] > 210 && center[1] < 40 && center[3] == 255, "{center:?}");
        let corner = seen.get_pixel(0, 0);
        if variant.encoding == Encoding::Png {
            assert_eq!(corner[3], 0);
        } else {
            assert!(corner.0.iter().all(|sample| *sample > 250), "{corner:?}");
        }
        // The hidden green does not bleed into the edge of the disk.
        let greenest = seen.pixels().filter(|pixel| pixel[3] > 30).map(|pixel| pixel[1].saturating_sub(pixel[0])).max();
        assert!(greenest < Some(20), "{greenest:?}");
    }
}

#[test]
fn an_alpha_channel_that_hides_nothing_is_left_out() {
    let opaque = RgbaImage::from_pixel(20, 10, Rgba([1, 2, 3, 255]));
    let rendered = render(written(opaque, ImageFormat::Png), &[wide(10, Encoding::Png)], &Limits::default()).unwrap();
    let seen = image::load_from_memory(&rendered[0].bytes).unwrap();
    assert!(!seen.color().has_alpha());
    assert_eq!(seen.to_rgb8().get_pixel(5, 2).0, [1, 2, 3]);
}

#[test]
fn every_format_is_told_by_its_content_and_measured() {
    for (format, told) in [
        (ImageFormat::Png, Format::Png),
        (ImageFormat::Gif, Format::Gif),
        (ImageFormat::WebP, Format::WebP),
        (ImageFormat::Bmp, Format::Bmp),
        (ImageFormat::Tiff, Format::Tiff),
    ] {
        let bytes = written(disk(), format);
        assert_eq!(detect(&bytes), Ok(told));
        let size = inspect(&bytes, &Limits::default()).map(|Inspected { width, height, .. }| (width, height));
        assert_eq!(size, Ok((256, 128)), "{format:?}");
        let rendered = render(&bytes, &[wide(64, Encoding::Png)], &Limits::default()).unwrap();
        assert_eq!((rendered[0].width, rendered[0].height), (64, 32), "{format:?}");
    }
    let small = Limits { side: 100, ..Limits::default() };
    let error = inspect(&written(disk(), ImageFormat::Png), &small).unwrap_err();
    assert!(matches!(error, MediaError::ImageTooLarge { .. }), "{error}");
}

#[cfg(feature = "webp")]
#[test]
fn webp_is_written_with_and_without_transparency() {
    let quality = Encoding::WebP { quality: 80 };
    let rendered = render(written(disk(), ImageFormat::WebP), &[wide(100, quality)], &Limits::default()).unwrap();
    assert_eq!(rendered[0].content_type, "image/webp");
    let seen = image::load_from_memory_with_format(&rendered[0].bytes, ImageFormat::WebP).unwrap().to_rgba8();
    assert_eq!((seen.dimensions(), seen.get_pixel(0, 0)[3], seen.get_pixel(50, 25)[3]), ((100, 50), 0, 255));

    let gray = image::GrayImage::from_pixel(30, 30, image::Luma([77]));
    let rendered = render(written(gray, ImageFormat::Png), &[wide(10, quality)], &Limits::default()).unwrap();
    let seen = image::load_from_memory_with_format(&rendered[0].bytes, ImageFormat::WebP).unwrap();
    assert!(!seen.color().has_alpha() && seen.to_rgb8().get_pixel(5, 5)[0].abs_diff(77) < 4);
}
