//! The JPEG codecs that a function can be built with.

use crate::talk::say;
use crate::tools;

/// Which codec reads and writes JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// Has no goals of speed and memory: it serves machines that cannot compile the other.
    Pure,
    Turbo,
}

impl Codec {
    /// Every codec that this machine can build.
    pub(super) fn available() -> Vec<Self> {
        match tools::turbojpeg() {
            Ok(()) => vec![Self::Pure, Self::Turbo],
            Err(reason) => {
                say(&format!("skipped: libjpeg-turbo ({reason})"));
                vec![Self::Pure]
            }
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pure => "pure Rust",
            Self::Turbo => "libjpeg-turbo",
        }
    }

    /// Features of the media library; WebP is written by libwebp beside either.
    pub(super) fn features(self) -> &'static str {
        match self {
            Self::Pure => "webp",
            Self::Turbo => "webp,turbojpeg",
        }
    }

    /// The environment of the example `avatars` that chooses it.
    pub(super) fn environment(self) -> &'static str {
        match self {
            Self::Pure => "dev",
            Self::Turbo => "prod",
        }
    }
}
