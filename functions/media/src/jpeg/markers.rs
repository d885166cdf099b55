//! The marker structure of a JPEG: size, scans, orientation, color profile, and whether it is whole.

use std::collections::BTreeMap;

use super::corrupt;
use crate::MediaError;

/// What the markers say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 1 (gray), 3 or 4.
    pub(crate) components: u8,
    pub(crate) progressive: bool,
    /// Scans in the whole file.
    pub(crate) scans: u32,
    /// EXIF orientation, 1 when there is none.
    pub(crate) orientation: u8,
    /// ICC profile, put together from its chunks.
    pub(crate) profile: Option<Vec<u8>>,
    /// Color transform of Adobe's marker: 0 none, 1 `YCbCr`, 2 YCCK.
    pub(crate) adobe_transform: Option<u8>,
}

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

/// Walks over all markers of a file.
pub(crate) fn parse(bytes: &[u8]) -> Result<Header, MediaError> {
    let mut header = Header { orientation: 1, ..Header::default() };
    let mut profile_chunks = BTreeMap::new();
    let mut position = 2;
    loop {
        let (marker, after) = next_marker(bytes, position).ok_or_else(|| truncated("no end-of-image marker"))?;
        position = after;
        match marker {
            END_OF_IMAGE => break,
            // Restart markers and the temporary marker stand alone.
            0xd0..=0xd8 | 0x01 => continue,
            _ => {}
        }
        let segment = segment(bytes, position)?;
        position += segment.len() + 2;
        match marker {
            0xc0..=0xc2 => read_frame(&mut header, marker, segment)?,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err(MediaError::UnsupportedImage {
                    what: "JPEG with lossless, hierarchical or arithmetic coding".into(),
                });
            }
            START_OF_SCAN => header.scans += 1,
            0xe1 => {
                if let Some(tiff) = segment.strip_prefix(b"Exif\0\0") {
                    header.orientation = exif_orientation(tiff).unwrap_or(1);
                }
            }
            0xe2 => {
                if let Some([number, _, chunk @ ..]) = segment.strip_prefix(b"ICC_PROFILE\0") {
                    profile_chunks.insert(*number, chunk);
                }
            }
            0xee => {
                if let Some([_, _, _, _, _, _, transform, ..]) = segment.strip_prefix(b"Adobe") {
                    header.adobe_transform = Some(*transform);
                }
            }
            _ => {}
        }
    }
    if header.components == 0 {
        return Err(corrupt("no frame header"));
    }
    if header.scans == 0 {
        return Err(corrupt("no picture data"));
    }
    if !profile_chunks.is_empty() {
        header.profile = Some(profile_chunks.into_values().flatten().copied().collect());
    }
    Ok(header)
}

fn truncated(detail: &str) -> MediaError {
    MediaError::TruncatedImage { format: "JPEG", detail: detail.into() }
}

/// The next marker at or after `position` and where it ends; entropy-coded data before it is skipped.
fn next_marker(bytes: &[u8], mut position: usize) -> Option<(u8, usize)> {
    loop {
        position += bytes.get(position..)?.iter().position(|&byte| byte == 0xff)?;
        let code = *bytes.get(position + 1)?;
        match code {
            // A stuffed 0xff of the data.
            0x00 => position += 2,
            // A fill byte.
            0xff => position += 1,
            _ => return Some((code, position + 2)),
        }
    }
}

/// The content of the segment whose length stands at `position`.
fn segment(bytes: &[u8], position: usize) -> Result<&[u8], MediaError> {
    let length = bytes.get(position..position + 2).ok_or_else(|| truncated("a marker without its length"))?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let content = length.checked_sub(2).ok_or_else(|| corrupt("a segment shorter than its own length"))?;
    let start = position + 2;
    bytes.get(start..start + content).ok_or_else(|| truncated("a segment reaches beyond the end"))
}

fn read_frame(header: &mut Header, marker: u8, segment: &[u8]) -> Result<(), MediaError> {
    let [precision, height_high, height_low, width_high, width_low, components, ..] = *segment else {
        return Err(corrupt("a frame header that is too short"));
    };
    if header.components != 0 {
        return Err(corrupt("two frame headers"));
    }
    if precision != 8 {
        return Err(MediaError::UnsupportedImage { what: format!("JPEG with {precision} bits a sample") });
    }
    if !matches!(components, 1 | 3 | 4) {
        return Err(MediaError::UnsupportedImage { what: format!("JPEG with {components} components") });
    }
    header.height = u32::from(u16::from_be_bytes([height_high, height_low]));
    header.width = u32::from(u16::from_be_bytes([width_high, width_low]));
    header.components = components;
    header.progressive = marker == 0xc2;
    Ok(())
}

/// The orientation tag in the first directory of EXIF data (a TIFF structure).
fn exif_orientation(tiff: &[u8]) -> Option<u8> {
    const ORIENTATION: u16 = 0x0112;
    let little_endian = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |offset: usize| {
        let bytes = tiff.get(offset..offset.checked_add(2)?)?.try_into().ok()?;
        Some(if little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let bytes = tiff.get(4..8)?.try_into().ok()?;
    let directory = if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
    let directory = usize::try_from(directory).ok()?;
    let entries = usize::from(short(directory)?);
    let entry =
        (0..entries).map(|index| directory + 2 + 12 * index).find(|&entry| short(entry) == Some(ORIENTATION))?;
    u8::try_from(short(entry + 8)?).ok().filter(|value| (1..=8).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exif(little_endian: bool, orientation: u8) -> Vec<u8> {
        if little_endian {
            [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation, 0, 0, 0]].concat()
        } else {
            [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[orientation, 0, 0]].concat()
        }
    }

    #[test]
    fn the_orientation_is_read_in_both_byte_orders() {
        for orientation in 1..=8 {
            assert_eq!(exif_orientation(&exif(true, orientation)), Some(orientation));
            assert_eq!(exif_orientation(&exif(false, orientation)), Some(orientation));
        }
        assert_eq!(exif_orientation(&exif(true, 9)), None);
        for cut in 0..22 {
            exif_orientation(&exif(true, 6)[..cut]);
        }
    }

    #[test]
    fn a_directory_beyond_the_data_is_no_orientation() {
        assert_eq!(exif_orientation(b"II*\0\xff\xff\xff\xff"), None);
    }

    #[test]
    fn a_file_without_its_end_is_truncated() {
        let frame = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x10\0\x20\x01\x01\x11\0";
        let scan = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x12\xff\0\x34";
        let whole = [frame.as_slice(), scan, b"\xff\xd9"].concat();
        let header = parse(&whole).unwrap();
        assert_eq!((header.width, header.height, header.components, header.scans), (32, 16, 1, 1));
        for cut in 2..whole.len() {
            assert!(matches!(parse(&whole[..cut]), Err(MediaError::TruncatedImage { .. })), "{cut}");
        }
    }
}
