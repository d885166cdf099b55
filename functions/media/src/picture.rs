//! A decoded picture: packed pixels, or the planes that a JPEG stores.

use std::borrow::Cow;

use crate::MediaError;
use crate::color::rgb_of;
use crate::orientation::Orientation;
use crate::pixels::{Model, Pixels};
use crate::resize::{Fit, resample};

/// A picture as stored.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// Width and height in pixels of `layout`. A decoder that halves an odd side rounds its pixels up: the last column is only
    /// half covered, and whoever took it for a whole one would shift the picture.
    pub(crate) extent: (f64, f64),
    pub(crate) layout: Layout,
}

/// How the samples lie in memory.
#[derive(Debug, Clone)]
pub(crate) enum Layout {
    Packed(Pixels),
    Planar(Planes),
}

/// JPEG's own `YCbCr` (full range, as JFIF defines it), each in a plane of its own.
#[derive(Debug, Clone)]
pub(crate) struct Planes {
    /// Model `Luma`, as the two below.
    pub(crate) luma: Pixels,
    pub(crate) chroma: [Pixels; 2],
    /// Pixels of the luma beside and below one another that share one of the chroma.
    pub(crate) sharing: (u32, u32),
}

impl From<Pixels> for Picture {
    fn from(pixels: Pixels) -> Self {
        Self { extent: (pixels.width.into(), pixels.height.into()), layout: Layout::Packed(pixels) }
    }
}

impl Picture {
    /// Without an alpha channel: what shows through is white.
    pub(crate) fn flattened(self) -> Self {
        match self.layout {
            Layout::Packed(pixels) => Self { layout: Layout::Packed(pixels.flattened()), ..self },
            Layout::Planar(_) => self,
        }
    }

    /// True when every pixel hides what is behind it.
    pub(crate) fn is_opaque(&self) -> bool {
        match &self.layout {
            Layout::Packed(pixels) => pixels.is_opaque(),
            Layout::Planar(_) => true,
        }
    }

    /// Resizes into the box. Planes stay planes, with the chroma at half resolution, where `as_planes` says so; else they
    /// become RGB, with as much of the chroma as there is.
    pub(crate) fn resized(&self, box_size: (u32, u32), fit: Fit, as_planes: bool) -> Result<Self, MediaError> {
        let size = fit.result_size(self.extent, box_size);
        let part = fit.part(self.extent, box_size);
        let planes = match &self.layout {
            Layout::Packed(pixels) => return Ok(resample(pixels, part, size)?.into()),
            Layout::Planar(planes) => planes,
        };
        let (chroma_size, sharing) =
            if as_planes { ((size.0.div_ceil(2), size.1.div_ceil(2)), (2, 2)) } else { (size, (1, 1)) };
        let chroma_part = part.shared(planes.sharing);
        let [blue, red] = &planes.chroma;
        let planes = Planes {
            luma: resample(&planes.luma, part, size)?,
            chroma: [resample(blue, chroma_part, chroma_size)?, resample(red, chroma_part, chroma_size)?],
            sharing,
        };
        let layout = if as_planes { Layout::Planar(planes) } else { Layout::Packed(planes.to_rgb()) };
        Ok(Self { extent: (size.0.into(), size.1.into()), layout })
    }
}

impl Planes {
    /// With each plane turned upright.
    pub(crate) fn upright(&self, orientation: Orientation) -> Cow<'_, Self> {
        if orientation == Orientation::default() {
            return Cow::Borrowed(self);
        }
        let upright = |plane: &Pixels| orientation.apply(Cow::Borrowed(plane)).into_owned();
        let (across, down) = orientation.turn(self.sharing.0, self.sharing.1);
        Cow::Owned(Self {
            luma: upright(&self.luma),
            chroma: self.chroma.each_ref().map(upright),
            sharing: (across, down),
        })
    }

    /// In RGB, each pixel with the chroma that it shares.
    pub(crate) fn to_rgb(&self) -> Pixels {
        let Pixels { width, height, .. } = self.luma;
        let (_, down) = self.sharing;
        // One, two or four, and a shift costs a tenth of a division, twice for each pixel.
        let across = self.sharing.0.trailing_zeros();
        let [blue, red] = &self.chroma;
        let stride = blue.width as usize;
        let mut data = vec![0; 3 * self.luma.data.len()];
        let lines = self.luma.data.chunks_exact(width as usize).zip(data.chunks_exact_mut(3 * width as usize));
        for (y, (line, target)) in lines.enumerate() {
            let shared = y / down as usize * stride..(y / down as usize + 1) * stride;
            let (blue, red) = (&blue.data[shared.clone()], &red.data[shared]);
            for (x, (&luma, pixel)) in line.iter().zip(target.chunks_exact_mut(3)).enumerate() {
                pixel.copy_from_slice(&rgb_of(luma, blue[x >> across], red[x >> across]));
            }
        }
        Pixels { width, height, model: Model::Rgb, data: data.into() }
    }
}
