//! Why a picture was not made.

use std::time::Duration;

use thiserror::Error;

/// A picture that cannot be rendered. All of these lie in the input: trying again gives the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MediaError {
    /// Zero bytes.
    #[error("the file is empty")]
    Empty,

    /// More bytes than are read.
    #[error("the file has {size} bytes, and at most {limit} are read")]
    FileTooLarge {
        /// Its size in bytes.
        size: u64,
        /// Bytes that are read.
        limit: u64,
    },

    /// The content is not a picture.
    #[error("the content is not a picture: it looks like {looks_like}")]
    NotAnImage {
        /// What the first bytes are known from.
        looks_like: &'static str,
    },

    /// A picture, but in a format or variety that is not read.
    #[error("{what} is not supported; supported are JPEG, PNG, WebP, GIF, TIFF and BMP")]
    UnsupportedImage {
        /// The format or variety.
        what: String,
    },

    /// More pixels, or a longer side, than allowed; or no pixels at all.
    #[error(
        "{width} x {height} pixels are out of bounds: 1 to {side_limit} pixels a side, at most {pixel_limit} pixels"
    )]
    ImageTooLarge {
        /// Claimed width in pixels.
        width: u64,
        /// Claimed height in pixels.
        height: u64,
        /// Longest side allowed, in pixels.
        side_limit: u32,
        /// Most pixels allowed.
        pixel_limit: u64,
    },

    /// Decoding would take more memory than allowed.
    #[error("decoding needs {needed} bytes of memory, and {limit} are allowed")]
    ImageNeedsTooMuchMemory {
        /// Estimated bytes; 0 where the decoder gave up without saying.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },

    /// Decoding takes more processor time than allowed: measured, or known from the file's structure before decoding.
    #[error("decoding takes more than {} s of processor time", limit.as_secs_f64())]
    ImageTakesTooLong {
        /// Processor time allowed.
        limit: Duration,
    },

    /// The file ends before the picture does.
    #[error("the {format} file is cut off: {detail}")]
    TruncatedImage {
        /// Format of the file.
        format: &'static str,
        /// What was being read.
        detail: String,
    },

    /// The file contradicts its format.
    #[error("the {format} file is damaged: {detail}")]
    CorruptImage {
        /// Format of the file.
        format: &'static str,
        /// What is wrong.
        detail: String,
    },

    /// The encoder refused the result (a side of more than 65,535 pixels).
    #[error("cannot write {format}: {detail}")]
    ImageNotEncodable {
        /// Format to write.
        format: &'static str,
        /// What is wrong.
        detail: String,
    },
}

impl MediaError {
    /// Stable kebab-case code, for logs and records.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::FileTooLarge { .. } => "file-too-large",
            Self::NotAnImage { .. } => "not-an-image",
            Self::UnsupportedImage { .. } => "unsupported-image",
            Self::ImageTooLarge { .. } => "image-too-large",
            Self::ImageNeedsTooMuchMemory { .. } => "image-needs-too-much-memory",
            Self::ImageTakesTooLong { .. } => "image-takes-too-long",
            Self::TruncatedImage { .. } => "truncated-image",
            Self::CorruptImage { .. } => "corrupt-image",
            Self::ImageNotEncodable { .. } => "image-not-encodable",
        }
    }
}
