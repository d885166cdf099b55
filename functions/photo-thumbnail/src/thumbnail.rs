//! The thumbnail of a photo.

use media::{Encoding, Fit, Format, Limits, Rendered, Variant};
use objects::LONGEST_KEY;

use crate::Settings;
use crate::error::Unprocessable;

/// What one pixel of a thumbnail's side stands for in the photo.
const REDUCTION: u32 = 3;

/// Makes a thumbnail of a third of each side, upright. PNG stays PNG; every other format becomes JPEG. Content decides, not the name.
pub(crate) fn render(bytes: &[u8], settings: &Settings) -> Result<Rendered, Unprocessable> {
    let limits = Limits::default();
    let photo = media::inspect(bytes, &limits)?;
    let encoding = match photo.format {
        Format::Png => Encoding::Png,
        Format::Jpeg | Format::Gif | Format::WebP | Format::Bmp | Format::Tiff => {
            Encoding::Jpeg { quality: settings.quality }
        }
    };
    let side = |length: u32| (length / REDUCTION).max(1);
    let variant = Variant { width: side(photo.width), height: side(photo.height), fit: Fit::Inside, encoding };
    let [thumbnail] = <[Rendered; 1]>::try_from(media::render(bytes, &[variant], &limits)?).map_err(|several| {
        // One variant gives one picture; were it otherwise, there would be none to choose.
        let detail = format!("{} pictures were made of one", several.len());
        media::MediaError::ImageNotEncodable { format: "a thumbnail", detail }
    })?;
    Ok(thumbnail)
}

/// Key of the thumbnail: the photo's own below the prefix, so that no two photos share one. The extension stays, whatever the format.
pub(crate) fn key(settings: &Settings, photo: &str) -> Result<String, Unprocessable> {
    let key = format!("{}{photo}", settings.thumbnail_prefix);
    if key.len() > LONGEST_KEY {
        return Err(Unprocessable::KeyTooLong { length: key.len() });
    }
    Ok(key)
}
