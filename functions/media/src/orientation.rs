//! Which way is up: the eight EXIF orientations.

use std::borrow::Cow;

use crate::pixels::Pixels;

/// An EXIF orientation: what must be done to the stored pixels so that they are upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Orientation {
    /// Rows become columns (mirrored at the main diagonal), before the flips.
    transpose: bool,
    flip_horizontally: bool,
    flip_vertically: bool,
}

impl Orientation {
    /// From the value of the EXIF tag; values that EXIF does not define mean upright.
    pub(crate) fn from_exif(value: u8) -> Self {
        let (transpose, flip_horizontally, flip_vertically) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transpose, flip_horizontally, flip_vertically }
    }

    /// A box of the upright picture, as a box of the stored one.
    pub(crate) fn turn(self, width: u32, height: u32) -> (u32, u32) {
        if self.transpose { (height, width) } else { (width, height) }
    }

    /// Turns the pixels upright.
    pub(crate) fn apply(self, pixels: Cow<'_, Pixels>) -> Cow<'_, Pixels> {
        if self == Self::default() {
            return pixels;
        }
        Cow::Owned(match pixels.model.samples() {
            1 => self.apply_to::<1>(&pixels),
            2 => self.apply_to::<2>(&pixels),
            3 => self.apply_to::<3>(&pixels),
            _ => self.apply_to::<4>(&pixels),
        })
    }

    fn apply_to<const SAMPLES: usize>(self, pixels: &Pixels) -> Pixels {
        let (stored_width, _) = (pixels.width as usize, pixels.height as usize);
        let (width, height) = self.turn(pixels.width, pixels.height);
        let (columns, rows) = (width as usize, height as usize);
        let mut data = Vec::with_capacity(pixels.data.len());
        for row in 0..rows {
            let row = if self.flip_vertically { rows - 1 - row } else { row };
            for column in 0..columns {
                let column = if self.flip_horizontally { columns - 1 - column } else { column };
                let stored = if self.transpose { column * stored_width + row } else { row * stored_width + column };
                data.extend_from_slice(&pixels.data[stored * SAMPLES..(stored + 1) * SAMPLES]);
            }
        }
        Pixels { width, height, model: pixels.model, data: data.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Model;

    #[test]
    fn every_orientation_brings_the_letter_up() {
        // Upright: "ab" over "cd" over "ef". Stored as a camera in each orientation would store it.
        let stored = [
            (1, 2, "abcdef"),
            (2, 2, "badcfe"),
            (3, 2, "fedcba"),
            (4, 2, "efcdab"),
            (5, 3, "acebdf"),
            (6, 3, "bdface"),
            (7, 3, "fdbeca"),
            (8, 3, "ecafdb"),
        ];
        for (exif, width, letters) in stored {
            let height = 6 / width;
            let pixels = Pixels { width, height, model: Model::Luma, data: letters.as_bytes().to_vec().into() };
            let upright = Orientation::from_exif(exif).apply(Cow::Owned(pixels)).into_owned();
            assert_eq!((upright.width, upright.height), (2, 3), "{exif}");
            assert_eq!(String::from_utf8(upright.data.into()).unwrap(), "abcdef", "{exif}");
        }
    }
}
