//! Values of transcoders.

use super::{SettingValue, parse_whole, whole};

/// Width or height of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pixels(pub(crate) u32);

impl SettingValue for Pixels {
    const EXPECTED: &'static str = "an even number of pixels from 32 to 4096";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 32, 4096).filter(|pixels| pixels % 2 == 0).map(Self)
    }
}

/// Greatest bits per second of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bitrate(pub(crate) u32);

impl SettingValue for Bitrate {
    const EXPECTED: &'static str = "bits per second from 100k to 100M";
    const HELP: &'static str = "write a whole number with a unit: `900k`, `6M`";
    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = match text.char_indices().next_back()? {
            (at, 'k') => (&text[..at], 1_000),
            (at, 'M') => (&text[..at], 1_000_000),
            _ => (text, 1),
        };
        let bits = whole(number)?.checked_mul(unit)?;
        (100_000..=100_000_000).contains(&bits).then_some(Self(bits))
    }
}

/// Quality of a picture, 10 being the best that `MediaConvert` offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quality(pub(crate) u32);

impl SettingValue for Quality {
    const EXPECTED: &'static str = "a quality from 1 to 10";
    const HELP: &'static str = "7 to 9 suit most pictures";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 1, 10).map(Self)
    }
}

/// Bits per second of two channels of AAC at 48 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AudioBitrate(pub(crate) u32);

impl SettingValue for AudioBitrate {
    const EXPECTED: &'static str = "a bit rate of AAC";
    const HELP: &'static str =
        "one of `64k`, `80k`, `96k`, `112k`, `128k`, `160k`, `192k`, `224k`, `256k`, `288k`, `320k`";
    fn parse(text: &str) -> Option<Self> {
        const OFFERED: [u32; 11] = [64, 80, 96, 112, 128, 160, 192, 224, 256, 288, 320];
        let thousands = whole(text.strip_suffix('k')?)?;
        OFFERED.contains(&thousands).then_some(Self(thousands * 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_units_and_bounds() {
        assert_eq!(Bitrate::parse("6M"), Some(Bitrate(6_000_000)));
        assert_eq!(Bitrate::parse("900k"), Some(Bitrate(900_000)));
        assert_eq!(AudioBitrate::parse("96k"), Some(AudioBitrate(96_000)));
        for wrong in ["", "M", "6m", "1k", "101M", "5000M", "-6M"] {
            assert_eq!(Bitrate::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Pixels::parse("721"), None);
    }
}
