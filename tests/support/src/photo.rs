//! Photos as phones take them, made here so that tests need no corpus.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

/// Colors of the quarters as a person sees the photo: top left, top right, bottom left, bottom right.
pub const QUARTERS: [[u8; 3]; 4] = [[200, 40, 40], [40, 170, 60], [40, 70, 200], [220, 190, 40]];

/// Width and height of the sensor's picture.
pub const SENSOR: (u32, u32) = (4032, 3024);

/// A 12-megapixel JPEG of a phone held upright: the sensor's picture lies on its side, and EXIF orientation 6 says so. Its
/// four quarters have the colors of [`QUARTERS`] when it is shown as it should be; grain gives it a photo's size.
#[must_use]
pub fn phone_photo() -> Vec<u8> {
    let (width, height) = SENSOR;
    let mut grain = 0x2545_f491_u32;
    let sensor = RgbImage::from_fn(width, height, |x, y| {
        // Shown upright, the sensor's left edge is on top and its bottom edge on the left.
        let (shown_left, shown_top) = (y >= height / 2, x < width / 2);
        let [red, green, blue] = QUARTERS[usize::from(!shown_top) * 2 + usize::from(!shown_left)];
        grain ^= grain << 13;
        grain ^= grain >> 17;
        grain ^= grain << 5;
        let noise = u8::try_from(grain % 24).unwrap();
        Rgb([red + noise, green + noise, blue + noise])
    });
    with_orientation(&encode(&sensor), 6)
}

/// A baseline JPEG of quality 90.
#[must_use]
pub fn encode(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(image).unwrap();
    bytes.into_inner()
}

/// The JPEG with an EXIF segment that names an orientation.
#[must_use]
pub fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    assert_eq!(jpeg[..2], [0xff, 0xd8], "not a JPEG");
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&[0xff, 0xd8, 0xff, 0xe1][..], &length, &exif, &jpeg[2..]].concat()
}

/// Asserts that `jpeg` is an upright 512x512 JPEG of the photo: each quarter has its color.
pub fn assert_upright_thumbnail(jpeg: &[u8]) {
    assert_eq!(image::guess_format(jpeg).ok(), Some(image::ImageFormat::Jpeg), "the thumbnail is no JPEG");
    let thumbnail = image::load_from_memory(jpeg).unwrap().to_rgb8();
    assert_eq!(thumbnail.dimensions(), (512, 512));
    for (quarter, (x, y)) in QUARTERS.iter().zip([(64, 64), (448, 64), (64, 448), (448, 448)]) {
        let Rgb(seen) = thumbnail.get_pixel(x, y);
        let near = seen.iter().zip(quarter).all(|(seen, wanted)| seen.abs_diff(*wanted + 12) < 30);
        assert!(near, "at ({x}, {y}) the thumbnail has {seen:?}, the upright photo {quarter:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_photo_is_as_large_as_a_phone_takes_it_and_upright_once_turned() {
        let photo = phone_photo();
        assert!((2_000_000..9_000_000).contains(&photo.len()), "{} bytes", photo.len());
        let sensor = image::load_from_memory(&photo).unwrap();
        let upright = sensor.rotate90();
        let cover = upright.resize_to_fill(512, 512, image::imageops::FilterType::Triangle).to_rgb8();
        assert_upright_thumbnail(&encode(&cover));
    }

    #[test]
    #[should_panic(expected = "the upright photo")]
    fn a_photo_left_on_its_side_is_noticed() {
        let cover = image::load_from_memory(&phone_photo()).unwrap();
        let cover = cover.resize_to_fill(512, 512, image::imageops::FilterType::Triangle).to_rgb8();
        assert_upright_thumbnail(&encode(&cover));
    }
}
