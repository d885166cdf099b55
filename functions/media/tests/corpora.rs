//! The pipeline against public collections of good, odd and hostile pictures.
//!
//! They lie in `data/` of the folder that `STACK_SHARED` names, or of `../shared` beside the repository; a test whose
//! collection is not there says so and passes.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test stops at the first surprise")]

#[path = "common/corpus.rs"]
mod corpus;
#[path = "common/psnr.rs"]
mod psnr;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corpus::corpus;
use media::{Encoding, Fit, Limits, MediaError, Rendered, Variant, render};
use psnr::psnr;

const AVATAR: Variant = Variant { width: 512, height: 512, fit: Fit::Cover, encoding: Encoding::Jpeg { quality: 80 } };

/// All files below a directory with one of the endings, sorted.
fn files(directory: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn avatar(path: &Path) -> Result<Rendered, MediaError> {
    render(fs::read(path).unwrap(), &[AVATAR], &Limits::default()).map(|mut rendered| rendered.remove(0))
}

/// Decodes one of our JPEGs with a decoder of its own configuration, as luma.
fn luma(jpeg: &[u8]) -> Vec<u8> {
    let options =
        zune_core::options::DecoderOptions::new_safe().jpeg_set_out_colorspace(zune_core::colorspace::ColorSpace::Luma);
    zune_jpeg::JpegDecoder::new_with_options(zune_core::bytestream::ZCursor::new(jpeg), options).decode().unwrap()
}

#[test]
fn eight_orientations_come_out_upright() {
    let Some(directory) = corpus("exif_orientation") else { return };
    for scene in ["Landscape", "Portrait"] {
        let upright = luma(&avatar(&directory.join(format!("{scene}_1.jpg"))).unwrap().bytes);
        for orientation in 0..=8 {
            let turned = avatar(&directory.join(format!("{scene}_{orientation}.jpg"))).unwrap();
            assert_eq!((turned.width, turned.height), (512, 512));
            let likeness = psnr(&upright, &luma(&turned.bytes));
            assert!(likeness > 25.0, "{scene}_{orientation}: {likeness:.1} dB");
        }
    }
}

#[test]
fn a_turned_picture_inside_a_box_has_the_upright_proportions() {
    let Some(directory) = corpus("exif_orientation") else { return };
    let variant = Variant { width: 300, height: 300, fit: Fit::Inside, ..AVATAR };
    for (scene, size) in [("Landscape", (300, 200)), ("Portrait", (200, 300))] {
        for orientation in 0..=8 {
            let bytes = fs::read(directory.join(format!("{scene}_{orientation}.jpg"))).unwrap();
            let rendered = render(&bytes, &[variant], &Limits::default()).unwrap();
            assert_eq!((rendered[0].width, rendered[0].height), size, "{scene}_{orientation}");
        }
    }
}

#[test]
fn good_pngs_are_read_and_corrupt_ones_refused() {
    let Some(directory) = corpus("pngsuite") else { return };
    let (mut good, mut refused) = (0, 0);
    for path in files(&directory, &[".png"]) {
        match (name(&path).starts_with('x'), avatar(&path)) {
            (false, Ok(_)) => good += 1,
            (true, Err(_)) => refused += 1,
            (is_corrupt, result) => panic!("{}: corrupt {is_corrupt}, {:?}", path.display(), result.map(|r| r.width)),
        }
    }
    assert_eq!((good, refused), (161, 14));
}

#[test]
fn bombs_are_refused_or_cost_little() {
    let Some(directory) = corpus("image_bombs") else { return };
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(directory.join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert!(files.len() >= 26);
    let mut slowest = (Duration::ZERO, "");
    for file in files {
        let name = file["name"].as_str().unwrap();
        let started = cpu_time();
        let result = avatar(&directory.join(name));
        slowest = slowest.max((cpu_time().saturating_sub(started), name));
        match file["expect"].as_str().unwrap() {
            "reject" => assert!(result.is_err(), "{name} was rendered"),
            "thumbnail" => assert!(result.is_ok(), "{name}: {result:?}"),
            "reject-or-thumbnail" => {}
            other => panic!("{name}: unknown expectation {other}"),
        }
        // Whatever one upload did, the next one in the same warm process is served.
        assert!(render(tiny_png(), &[AVATAR], &Limits::default()).is_ok(), "after {name}");
    }
    eprintln!("most processor time: {:.2} s for {}", slowest.0.as_secs_f64(), slowest.1);
    if let Some(peak) = peak_memory() {
        eprintln!("peak memory of them all: {peak} MiB");
        assert!(peak <= 256, "{peak} MiB");
    }
}

/// Processor time of this thread, of the same clock as the limit.
fn cpu_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.try_into().unwrap(), now.tv_nsec.try_into().unwrap())
}

/// Greatest resident size of this process so far, in MiB. Linux only.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024)
}

#[test]
fn poison_of_the_past_ends_in_a_picture_or_a_typed_error() {
    for (collection, endings) in [
        ("pillow_poison", [".png", ".jpg", ".tif", ".gif", ".ico"].as_slice()),
        ("image_rs_regression", &[".png", ".jpeg", ".tif", ".gif", ".ico", ".tga", ".webp"]),
    ] {
        let Some(directory) = corpus(collection) else { continue };
        let files = files(&directory, endings);
        assert!(!files.is_empty());
        for path in files {
            if let Err(error) = avatar(&path) {
                assert!(!error.code().is_empty() && !error.to_string().is_empty(), "{}", path.display());
            }
        }
    }
}

#[test]
fn cut_off_pictures_are_refused() {
    let Some(directory) = corpus("pillow_poison") else { return };
    for file in ["truncated_jpeg.jpg", "truncated_image.png", "broken_data_stream.png"] {
        let error = avatar(&directory.join(file)).unwrap_err();
        assert!(
            matches!(error, MediaError::TruncatedImage { .. } | MediaError::CorruptImage { .. }),
            "{file}: {error}"
        );
    }
}

#[test]
fn any_cut_and_any_flipped_byte_ends_in_a_picture_or_a_typed_error() {
    let Some(directory) = corpus("photos") else { return };
    let small = Variant { width: 32, height: 32, ..AVATAR };
    for file in ["flowers.jpeg", "4.webp"] {
        let whole = fs::read(directory.join(file)).unwrap();
        for step in 1..24 {
            let cut = whole.len() * step / 24;
            assert!(render(&whole[..cut], &[small], &Limits::default()).is_err(), "{file} cut at {cut}");
            let mut flipped = whole.clone();
            flipped[cut] ^= 0x55;
            let _picture_or_error = render(&flipped, &[small], &Limits::default());
        }
    }
}

#[test]
fn a_photo_becomes_an_avatar_as_good_as_an_ideal_filter_makes_it() {
    let Some(directory) = corpus("photos") else { return };
    for (file, least) in [("2569067123_aca715a2ee_o.jpg", 33.0), ("china.jpg", 33.0), ("coffee.png", 33.0)] {
        let bytes = fs::read(directory.join(file)).unwrap();
        let rendered = avatar(&directory.join(file)).unwrap();
        assert_eq!((rendered.width, rendered.height, rendered.content_type), (512, 512, "image/jpeg"));
        let reference = ideal_avatar(&bytes);
        let quality = psnr(&reference, &luma(&rendered.bytes));
        eprintln!("{file}: {quality:.2} dB, {} bytes", rendered.bytes.len());
        assert!(quality > least, "{file}: {quality:.2} dB");
    }
}

#[test]
fn several_variants_of_one_photo_each_have_their_size() {
    let Some(directory) = corpus("photos") else { return };
    let bytes = fs::read(directory.join("2569067123_aca715a2ee_o.jpg")).unwrap();
    let inside = |width| Variant { width, height: 16_383, fit: Fit::Inside, encoding: Encoding::Jpeg { quality: 80 } };
    let variants = [inside(320), inside(1600), Variant { encoding: Encoding::Png, ..inside(800) }];
    let rendered = render(&bytes, &variants, &Limits::default()).unwrap();
    let widths: Vec<_> = rendered.iter().map(|rendered| (rendered.width, rendered.content_type)).collect();
    assert_eq!(widths, [(320, "image/jpeg"), (1600, "image/jpeg"), (800, "image/png")]);
}

/// The luma of a 512 x 512 cover crop by Lanczos3 in double precision, each axis in full.
fn ideal_avatar(bytes: &[u8]) -> Vec<u8> {
    let (width, height, luma) = full_luma(bytes);
    let scale = f64::from(width.min(height)) / 512.0;
    let (left, top) = ((f64::from(width) - 512.0 * scale) / 2.0, (f64::from(height) - 512.0 * scale) / 2.0);
    let (columns, rows) = (width as usize, height as usize);
    let horizontal = kernels(left, scale, columns);
    let vertical = kernels(top, scale, rows);
    let mut narrow = vec![0.0; 512 * rows];
    for row in 0..rows {
        for (x, (start, weights)) in horizontal.iter().enumerate() {
            let samples = &luma[row * columns + start..];
            narrow[row * 512 + x] = weights.iter().zip(samples).map(|(w, s)| w * f64::from(*s)).sum::<f64>();
        }
    }
    let mut result = Vec::with_capacity(512 * 512);
    for (start, weights) in &vertical {
        for x in 0..512 {
            let sum: f64 = weights.iter().enumerate().map(|(i, w)| w * narrow[(start + i) * 512 + x]).sum();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            result.push(sum.round().clamp(0.0, 255.0) as u8);
        }
    }
    result
}

/// For each of 512 results: the first source sample and the weights from there.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small sizes")]
fn kernels(offset: f64, scale: f64, samples: usize) -> Vec<(usize, Vec<f64>)> {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
    let support = 3.0 * scale.max(1.0);
    let kernel = |index: u32| {
        let center = offset + (f64::from(index) + 0.5) * scale;
        let start = (center - support).floor().max(0.0) as usize;
        let end = ((center + support).ceil() as usize).min(samples);
        let weight = |sample: usize| {
            let x = (sample as f64 + 0.5 - center) / scale.max(1.0);
            if x.abs() < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 }
        };
        let weights: Vec<f64> = (start..end).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        (start, weights.into_iter().map(|weight| weight / sum).collect())
    };
    (0..512).map(kernel).collect()
}

fn full_luma(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    if bytes.starts_with(b"\xff\xd8") {
        let mut decoder = zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(bytes));
        decoder.decode_headers().unwrap();
        let (width, height) = decoder.dimensions().unwrap();
        return (u32::try_from(width).unwrap(), u32::try_from(height).unwrap(), luma(bytes));
    }
    let rgb = image::load_from_memory(bytes).unwrap().to_rgb8();
    let luma = rgb.pixels().map(|pixel| {
        let [red, green, blue] = pixel.0.map(f64::from);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a weighted mean of bytes")]
        let luma = (0.299 * red + 0.587 * green + 0.114 * blue).round() as u8;
        luma
    });
    (rgb.width(), rgb.height(), luma.collect())
}

fn tiny_png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbaImage::from_fn(40, 30, |x, y| image::Rgba([if x < y { 200 } else { 40 }, 90, 9, 200]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}
