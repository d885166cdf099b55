//! Color profiles and printing inks against renderings by others: sharp writes the pictures, Little CMS (in Pillow) renders them.
//!
//! `cargo xtask test` installs both and names them in `STACK_TEST_SHARP` (a folder) and `STACK_TEST_PILLOW` (an interpreter); without
//! them, or without the photos of `data/photos`, the test says so and passes.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test stops at the first surprise")]

#[path = "common/corpus.rs"]
mod corpus;
#[path = "common/psnr.rs"]
mod psnr;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use corpus::corpus;
use media::{Encoding, Fit, Limits, Variant, render};
use psnr::psnr;

/// The picture as it is: nothing is resized, and PNG loses nothing, so that only colors can differ.
const AS_IT_IS: Variant = Variant { width: 2_000, height: 2_000, fit: Fit::Inside, encoding: Encoding::Png };

/// How near the colors must be, in dB.
const PICTURES: [(&str, f64); 6] = [
    ("display-p3.jpg", 50.0),
    ("display-p3-subsampled.jpg", 42.0),
    ("display-p3-progressive.jpg", 50.0),
    ("display-p3.png", 50.0),
    ("cmyk-with-profile.jpg", 44.0),
    ("cmyk-without-profile.jpg", 60.0),
];

fn there(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).map(PathBuf::from);
    if value.is_none() {
        eprintln!("skipped: {name} is not set; run `cargo xtask test --only packages`");
    }
    value
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn profiles_and_inks_are_rendered_as_little_cms_renders_them() {
    let (Some(sharp), Some(pillow), Some(photos)) =
        (there("STACK_TEST_SHARP"), there("STACK_TEST_PILLOW"), corpus("photos"))
    else {
        return;
    };
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/colors");
    let directory = tempfile::tempdir().unwrap();
    let script = scripts.join("pictures.mjs");
    succeed(Command::new("node").args([&script, &sharp, &photos.join("coffee.png")]).arg(directory.path()));
    let paths = PICTURES.map(|(name, _)| directory.path().join(name));
    succeed(Command::new(pillow).arg(scripts.join("reference.py")).args(&paths));
    for ((name, least), path) in PICTURES.into_iter().zip(&paths) {
        let rendered = render(fs::read(path).unwrap(), &[AS_IT_IS], &Limits::default()).unwrap();
        let ours = image::load_from_memory(&rendered[0].bytes).unwrap().to_rgb8();
        let reference = image::open(path.with_file_name(format!("{name}.reference.png"))).unwrap().to_rgb8();
        assert_eq!(ours.dimensions(), reference.dimensions(), "{name}");
        let likeness = psnr(ours.as_raw(), reference.as_raw());
        eprintln!("{name}: {likeness:.2} dB");
        assert!(likeness > least, "{name}: {likeness:.2} dB");
    }
}
