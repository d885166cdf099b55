//! What a file is, by its first bytes. The name and the declared type of an upload say nothing.

use crate::MediaError;

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JPEG (JFIF, EXIF).
    Jpeg,
    /// PNG, of an animation the default picture.
    Png,
    /// GIF, of an animation the first frame.
    Gif,
    /// WebP, of an animation the first frame.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// TIFF, of several pages the first.
    Tiff,
}

impl Format {
    /// Extension of file names, in its usual form.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::WebP => "webp",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
        }
    }

    /// Media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
        }
    }

    /// Name of the format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
        }
    }
}

/// Finds out what the bytes are, by the first of them.
///
/// # Errors
///
/// [`MediaError::Empty`], [`MediaError::UnsupportedImage`], [`MediaError::NotAnImage`].
pub fn detect(bytes: &[u8]) -> Result<Format, MediaError> {
    let starts = |prefix: &[u8]| bytes.starts_with(prefix);
    let four = |offset: usize| bytes.get(offset..offset + 4).unwrap_or_default();
    if bytes.is_empty() {
        return Err(MediaError::Empty);
    }
    if starts(b"\xff\xd8") {
        return Ok(Format::Jpeg);
    }
    if starts(b"\x89PNG\r\n\x1a\n") {
        return Ok(Format::Png);
    }
    if starts(b"GIF87a") || starts(b"GIF89a") {
        return Ok(Format::Gif);
    }
    if starts(b"RIFF") && four(8) == b"WEBP" {
        return Ok(Format::WebP);
    }
    if starts(b"BM") {
        return Ok(Format::Bmp);
    }
    if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        return Ok(Format::Tiff);
    }
    if four(4) == b"ftyp" {
        return Err(match four(8) {
            b"avif" | b"avis" => MediaError::UnsupportedImage { what: "AVIF".into() },
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => {
                MediaError::UnsupportedImage { what: "HEIC".into() }
            }
            _ => MediaError::NotAnImage { looks_like: "a video (MP4 family)" },
        });
    }
    let unsupported = [
        (b"\0\0\x01\0".as_slice(), "ICO"),
        (b"\0\0\0\x0cJXL ", "JPEG XL"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (b"8BPS", "PSD"),
    ];
    if let Some((_, what)) = unsupported.iter().find(|(prefix, _)| starts(prefix)) {
        return Err(MediaError::UnsupportedImage { what: (*what).into() });
    }
    Err(MediaError::NotAnImage { looks_like: looks_like(bytes) })
}

/// What a file that is no picture probably is, for the person who uploaded it.
fn looks_like(bytes: &[u8]) -> &'static str {
    let head = &bytes[..bytes.len().min(512)];
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().to_ascii_lowercase();
    let contains = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
    if text.starts_with(b"<!doctype html") || text.starts_with(b"<html") {
        "HTML"
    } else if contains(b"<svg") {
        "SVG, a document with possible scripts"
    } else if text.starts_with(b"<?xml") || text.starts_with(b"<") {
        "XML"
    } else if head.starts_with(b"%PDF") {
        "PDF"
    } else if head.starts_with(b"PK\x03\x04") {
        "a ZIP archive"
    } else if head.starts_with(b"\x1f\x8b") {
        "gzip data"
    } else if head.iter().all(|&byte| byte == b'\n' || byte == b'\r' || byte == b'\t' || (32..127).contains(&byte)) {
        "plain text"
    } else {
        "unknown data"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(detect(b"\xff\xd8\xff\xe0"), Ok(Format::Jpeg));
        assert_eq!(detect(b"RIFF\0\0\0\0WEBPVP8 "), Ok(Format::WebP));
        assert_eq!(detect(b""), Err(MediaError::Empty));
        assert_eq!(detect(b"\0\0\0\x18ftypheic"), Err(MediaError::UnsupportedImage { what: "HEIC".into() }));
        for (bytes, looks_like) in [
            (b"  <!DOCTYPE html><p>".as_slice(), "HTML"),
            (b"<?xml version=\"1.0\"?><svg>", "SVG, a document with possible scripts"),
            (b"%PDF-1.7", "PDF"),
            (b"hello", "plain text"),
            (b"\x01\x02", "unknown data"),
        ] {
            assert_eq!(detect(bytes), Err(MediaError::NotAnImage { looks_like }));
        }
    }
}
