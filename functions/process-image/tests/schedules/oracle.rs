//! What must be there in the end. It knows the uploads and their order, and nothing of how the events were handled.

use std::collections::BTreeMap;

use function_testing::{MemoryObject, tag};
use serde_json::{Value, json};

/// Names of uploads: the first two share a picture.
pub(crate) const NAMES: [&str; 3] = ["a.png", "d/a.png", "b.png"];

/// Colors of photos, far enough from each other for JPEG.
const COLORS: [[u8; 3]; 3] = [[200, 30, 30], [30, 200, 30], [30, 30, 200]];

/// What is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A photo of one color.
    Photo(usize),
    /// A file that is no photo.
    Broken,
}

impl Content {
    /// One of four.
    pub(crate) fn of(number: usize) -> Self {
        if number < COLORS.len() { Self::Photo(number) } else { Self::Broken }
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        let Self::Photo(color) = self else { return b"no photo".to_vec() };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = image::RgbImage::from_pixel(9, 9, image::Rgb(COLORS[color]));
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }
}

/// An upload.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    /// Of [`NAMES`].
    pub(crate) name: usize,
    pub(crate) content: Content,
    sequencer: String,
    /// Whether it is still there: nothing took its place, nobody deleted it.
    pub(crate) stands: bool,
}

impl Upload {
    /// `place`: among all uploads.
    pub(crate) fn new(name: usize, place: usize, content: Content) -> Self {
        // Of unequal length: `0A1` is followed by `0A11`.
        Self { name, content, sequencer: format!("0A{}", "1".repeat(place + 1)), stands: true }
    }

    /// Where the storage keeps it.
    pub(crate) fn path(&self) -> String {
        format!("/uploads/{}", NAMES[self.name])
    }

    /// Where its picture goes.
    fn picture(&self) -> &'static str {
        if NAMES[self.name].ends_with("a.png") { "/assets/avatars/a.jpg" } else { "/assets/avatars/b.jpg" }
    }

    /// What S3 tells of it.
    pub(crate) fn record(&self) -> Value {
        let bytes = self.content.bytes();
        json!({
            "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": "uploads" }, "object": {
                "key": NAMES[self.name], "size": bytes.len(), "eTag": tag(&bytes), "sequencer": self.sequencer
            } }
        })
    }
}

/// Fails when pictures are others than the uploads make. A photo that was replaced or deleted before its event came may have a
/// picture or not; one that stands is never lost, and never replaced by an earlier one.
pub(crate) fn check(number: u64, uploads: &[Upload], objects: &BTreeMap<String, MemoryObject>) {
    let about = format!("schedule {number}: {uploads:#?}");
    for picture in ["/assets/avatars/a.jpg", "/assets/avatars/b.jpg"] {
        let photos: Vec<&Upload> =
            uploads.iter().filter(|upload| upload.picture() == picture && upload.content != Content::Broken).collect();
        let last = photos.iter().rfind(|upload| upload.stands);
        let Some(object) = objects.get(picture) else {
            assert!(last.is_none(), "no {picture}, {about}");
            continue;
        };
        let place = object.place.as_deref().unwrap();
        let made = photos.iter().find(|upload| upload.sequencer == place);
        let made = made.unwrap_or_else(|| panic!("{picture} is of {place}, {about}"));
        assert!(last.is_none_or(|last| made.sequencer >= last.sequencer), "{picture} is of {place}, {about}");
        let Content::Photo(color) = made.content else { unreachable!() };
        let pixel = image::load_from_memory(&object.bytes).unwrap().to_rgb8().get_pixel(4, 4).0;
        let is_near = pixel.iter().zip(COLORS[color]).all(|(found, wanted)| found.abs_diff(wanted) < 20);
        assert!(is_near, "{picture} of {place} has the color {pixel:?}, {about}");
    }
    let strays: Vec<&String> = objects
        .keys()
        .filter(|path| !path.starts_with("/assets/avatars/") && !uploads.iter().any(|upload| upload.path() == **path))
        .collect();
    assert!(strays.is_empty(), "{strays:?}, {about}");
}
