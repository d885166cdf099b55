//! The comment in a picture that says of which event it was made.
//!
//! S3 makes the entity tag of the bytes alone. With the comment no two events give the same bytes, so that a tag which is
//! still there tells that nothing was written since, not even an older picture that looks the same.

/// First bytes of a PNG.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The last chunk of a PNG, of fixed length: no data, type, checksum.
const PNG_END: usize = 12;

/// Writes the comment into a picture that was rendered just now: a text chunk of a PNG, a comment segment of a JPEG.
///
/// Two events may make the same bytes, to which S3 gives the same entity tag. Only with the comment does a tag that is still there
/// tell that nothing was written since.
pub fn mark(bytes: &mut Vec<u8>, comment: &str) {
    let (place, block) = if bytes.starts_with(PNG) {
        (bytes.len().saturating_sub(PNG_END), chunk(comment))
    } else {
        (after_first_segment(bytes), segment(comment))
    };
    bytes.splice(place..place, block);
}

/// A `tEXt` chunk: length, type, data, checksum of type and data.
fn chunk(comment: &str) -> Vec<u8> {
    let data = [b"tEXtComment\0", comment.as_bytes()].concat();
    let length = u32::try_from(data.len() - b"tEXt".len()).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), &data, &checksum(&data).to_be_bytes()].concat()
}

/// A `COM` segment: marker, length with itself, data.
fn segment(comment: &str) -> Vec<u8> {
    let length = u16::try_from(comment.len() + 2).unwrap_or(u16::MAX);
    [&[0xff, 0xfe], length.to_be_bytes().as_slice(), comment.as_bytes()].concat()
}

/// Behind the start of a JPEG and the JFIF segment, which must come first.
fn after_first_segment(bytes: &[u8]) -> usize {
    match bytes {
        [0xff, 0xd8, 0xff, 0xe0, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 2,
    }
}

/// The CRC-32 of PNG, bit by bit: some dozen bytes are not worth a table.
fn checksum(data: &[u8]) -> u32 {
    let step = |rest: u32| if rest & 1 == 1 { 0xedb8_8320 ^ (rest >> 1) } else { rest >> 1 };
    !data.iter().fold(u32::MAX, |rest, &byte| (0..8).fold(rest ^ u32::from(byte), |rest, _| step(rest)))
}

#[cfg(test)]
mod tests {
    use media::{Encoding, Fit, Limits, Variant, inspect, render};

    use super::*;

    #[test]
    fn a_marked_picture_is_the_same_picture() {
        let mut photo = std::io::Cursor::new(Vec::new());
        image::RgbImage::from_fn(12, 9, |x, y| image::Rgb([u8::try_from(x * y).unwrap(), 7, 90]))
            .write_to(&mut photo, image::ImageFormat::Png)
            .unwrap();
        for encoding in [Encoding::Png, Encoding::Jpeg { quality: 80 }] {
            let variant = Variant { width: 12, height: 9, fit: Fit::Inside, encoding };
            let mut rendered = render(photo.get_ref(), &[variant], &Limits::default()).unwrap();
            let plain = image::load_from_memory(&rendered[0].bytes).unwrap();
            let format = inspect(&rendered[0].bytes, &Limits::default()).unwrap().format;
            let mut tags = vec![rendered[0].bytes.clone()];
            for comment in ["0055AED6DCD90281E5", "0055AED6DCD90281E6"] {
                let mut marked = rendered.clone();
                mark(&mut marked[0].bytes, comment);
                let bytes = &marked[0].bytes;
                assert_eq!(inspect(bytes, &Limits::default()).unwrap().format, format);
                assert_eq!(image::load_from_memory(bytes).unwrap(), plain);
                assert!(bytes.windows(comment.len()).any(|window| window == comment.as_bytes()));
                assert!(!tags.contains(bytes));
                tags.push(bytes.clone());
            }
            rendered.clear();
        }
    }

    #[test]
    fn checksums_are_those_of_png() {
        // The check value of CRC-32/ISO-HDLC, and the last chunk of every PNG.
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
        assert_eq!(checksum(b"IEND"), 0xae42_6082);
    }
}
