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

    /// The content is not a picture.
    #[error("the content is not a picture: it looks like {looks_like}")]
    NotAnImage {
        /// What the first bytes are known from.
        looks_like: &'static str,
    },

    /// A picture, but in a format or variety that is not read.
    #[error("{what} is not supported; supported are JPEG, PNG, WebP, GIF, TIFF and BMP")]
    Unsupported {
        /// The format or variety.
        what: String,
    },

    /// More pixels, or a longer side, than allowed; or no pixels at all.
    #[error(
        "{width} x {height} pixels are out of bounds: 1 to {side_limit} pixels a side, at most {pixel_limit} pixels"
    )]
    TooLarge {
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
    TooMuchMemory {
        /// Estimated bytes; 0 where the decoder gave up without saying.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },

    /// Decoding takes more processor time than allowed: measured, or known from the file's structure before decoding.
    #[error("decoding takes more than {} s of processor time", limit.as_secs_f64())]
    OutOfTime {
        /// Processor time allowed.
        limit: Duration,
    },

    /// The file ends before the picture does.
    #[error("the {format} file is cut off: {detail}")]
    Truncated {
        /// Format of the file.
        format: &'static str,
        /// What was being read.
        detail: String,
    },

    /// The file contradicts its format.
    #[error("the {format} file is damaged: {detail}")]
    Corrupt {
        /// Format of the file.
        format: &'static str,
        /// What is wrong.
        detail: String,
    },

    /// The encoder refused the result (a side of more than 65,535 pixels).
    #[error("cannot write {format}: {detail}")]
    NotEncodable {
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
            Self::NotAnImage { .. } => "not-an-image",
            Self::Unsupported { .. } => "unsupported-image",
            Self::TooLarge { .. } => "image-too-large",
            Self::TooMuchMemory { .. } => "image-needs-too-much-memory",
            Self::OutOfTime { .. } => "image-takes-too-long",
            Self::Truncated { .. } => "truncated-image",
            Self::Corrupt { .. } => "corrupt-image",
            Self::NotEncodable { .. } => "image-not-encodable",
        }
    }
}
