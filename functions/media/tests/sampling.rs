//! JPEGs with every sampling of the chroma, odd sides and each orientation: what a codec pads, halves or rounds must not shift
//! the picture, nor its colors against its brightness.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "common/psnr.rs"]
mod psnr;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use media::{Encoding, Fit, Limits, Variant, render};
use psnr::psnr;

const SAMPLINGS: [SamplingFactor; 4] =
    [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2];

/// Those that are written with a scan for each component.
const SCANNED: [SamplingFactor; 4] =
    [SamplingFactor::F_4_1, SamplingFactor::F_4_2, SamplingFactor::F_1_4, SamplingFactor::F_2_4];

/// The color at a place of the upright picture, both axes from 0 to 1: smooth, and in none of its channels symmetric.
fn color(x: f64, y: f64) -> [f64; 3] {
    [40.0 + 170.0 * x, 210.0 - 150.0 * y, 60.0 + 120.0 * x * y + 40.0 * (6.0 * x).sin()]
}

/// The upright picture, pixel by pixel.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "colors are between 0 and 255")]
fn upright(width: u32, height: u32) -> Vec<u8> {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let place = |index: u32, count: u32| (f64::from(index) + 0.5) / f64::from(count);
    pixels.flat_map(|(x, y)| color(place(x, width), place(y, height)).map(|sample| sample.round() as u8)).collect()
}

/// The picture as a camera that was held in an EXIF orientation stores it.
fn photo(width: u32, height: u32, orientation: u8, sampling: SamplingFactor) -> Vec<u8> {
    let pixels = upright(width, height);
    let (columns, rows) = if orientation < 5 { (width, height) } else { (height, width) };
    let mut stored = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            // Where the first row and the first column lie is how EXIF defines the values.
            let (x, y) = match orientation {
                2 => (width - 1 - column, row),
                3 => (width - 1 - column, height - 1 - row),
                4 => (column, height - 1 - row),
                5 => (row, column),
                6 => (width - 1 - row, column),
                7 => (width - 1 - row, height - 1 - column),
                8 => (row, height - 1 - column),
                _ => (column, row),
            };
            let at = 3 * (y * width + x) as usize;
            stored.extend_from_slice(&pixels[at..at + 3]);
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_sampling_factor(sampling);
    let exif = [b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation, 0, 0, 0]].concat();
    encoder.add_app_segment(1, exif).unwrap();
    let side = |side: u32| u16::try_from(side).unwrap();
    encoder.encode(&stored, side(columns), side(rows), ColorType::Rgb).unwrap();
    bytes
}

fn seen(bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(b"\xff\xd8") {
        zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(bytes)).decode().unwrap()
    } else {
        image::load_from_memory(bytes).unwrap().to_rgb8().into_raw()
    }
}

#[test]
fn every_sampling_side_and_orientation_gives_the_upright_picture() {
    assert_upright(&SAMPLINGS);
}

#[cfg(feature = "turbojpeg")]
#[test]
fn a_scan_for_each_component_gives_the_upright_picture() {
    assert_upright(&SCANNED);
}

#[cfg(not(feature = "turbojpeg"))]
#[test]
fn a_scan_for_each_component_is_refused_by_the_pure_codec() {
    for sampling in SCANNED {
        let variant = Variant { width: 32, height: 32, fit: Fit::Inside, encoding: Encoding::Png };
        let error = render(photo(203, 117, 1, sampling), &[variant], &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported-image");
    }
}

fn assert_upright(samplings: &[SamplingFactor]) {
    let (width, height) = (203, 117);
    for &sampling in samplings {
        for orientation in 1..=8 {
            let photo = photo(width, height, orientation, sampling);
            // Unchanged, a little smaller, and so small that a codec may decode at half and at a quarter of the size.
            for small in [203, 151, 61, 24] {
                let tall = (small * height + width / 2) / width;
                let expected = upright(small, tall);
                for encoding in [Encoding::Jpeg { quality: 95 }, Encoding::Png] {
                    let variant = Variant { width: small, height: 16_383, fit: Fit::Inside, encoding };
                    let rendered = render(&photo, &[variant], &Limits::default()).unwrap().remove(0);
                    let case = format!("{sampling:?}, orientation {orientation}, {small} wide, {encoding:?}");
                    assert_eq!((rendered.width, rendered.height), (small, tall), "{case}");
                    let likeness = psnr(&expected, &seen(&rendered.bytes));
                    assert!(likeness > 36.0, "{case}: {likeness:.2} dB");
                }
            }
        }
    }
}

#[test]
fn the_middle_of_every_sampling_is_cut_out() {
    for sampling in SAMPLINGS {
        let variant = Variant { width: 33, height: 33, fit: Fit::Cover, encoding: Encoding::Jpeg { quality: 95 } };
        let rendered = render(photo(203, 117, 6, sampling), &[variant], &Limits::default()).unwrap().remove(0);
        let (shrink, left) = (117.0 / 33.0, (203.0 - 117.0) / 2.0);
        let expected: Vec<u8> = (0..33u8)
            .flat_map(|y| (0..33u8).map(move |x| (f64::from(x) + 0.5, f64::from(y) + 0.5)))
            .flat_map(|(x, y)| color((left + x * shrink) / 203.0, y * shrink / 117.0))
            .map(|sample| {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
                let sample = sample.round() as u8;
                sample
            })
            .collect();
        let likeness = psnr(&expected, &seen(&rendered.bytes));
        assert!(likeness > 36.0, "{sampling:?}: {likeness:.2} dB");
    }
}
