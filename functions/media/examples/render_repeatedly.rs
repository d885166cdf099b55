//! Renders one photo over and over, for `cargo xtask bench`: prints processor milliseconds per photo, bytes of the
//! results, and the greatest resident size in KiB, separated by spaces.
//!
//! Arguments: photo, task (`t1`, `t2`, `t2-png`, `t2-webp`, `t3`), number of photos, and optionally a directory for the results.
#![expect(clippy::print_stdout, reason = "the figures are the output")]

use std::error::Error;
use std::path::Path;

use media::{Encoding, Fit, Limits, Variant, render};

/// Photos rendered before the measured ones, so that caches and the allocator are warm.
const WARM_UP: u32 = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [photo, task, count, rest @ ..] = arguments.as_slice() else {
        return Err("arguments: PHOTO t1|t2|t2-png|t2-webp|t3 COUNT [DIRECTORY]".into());
    };
    let photo = std::fs::read(photo)?;
    let count: u32 = count.parse()?;
    let variants = variants(task)?;
    for _ in 0..WARM_UP {
        render(&photo, &variants, &Limits::default())?;
    }
    let started = cpu_seconds();
    let mut bytes = 0;
    for _ in 0..count {
        bytes = render(&photo, &variants, &Limits::default())?.iter().map(|rendered| rendered.bytes.len()).sum();
    }
    let milliseconds = (cpu_seconds() - started) * 1000.0 / f64::from(count.max(1));
    if let [directory] = rest {
        for (index, rendered) in render(&photo, &variants, &Limits::default())?.iter().enumerate() {
            std::fs::write(Path::new(directory).join(format!("{task}-{index}")), &rendered.bytes)?;
        }
    }
    println!("{milliseconds:.3} {bytes} {}", peak_memory().unwrap_or_default());
    Ok(())
}

fn variants(task: &str) -> Result<Vec<Variant>, String> {
    let jpeg = Encoding::Jpeg { quality: 80 };
    let inside = |width| Variant { width, height: 16_383, fit: Fit::Inside, encoding: jpeg };
    let avatar = Variant { width: 512, height: 512, fit: Fit::Cover, encoding: jpeg };
    match task {
        "t1" => Ok(vec![inside(720)]),
        "t2" => Ok(vec![avatar]),
        "t2-png" => Ok(vec![Variant { encoding: Encoding::Png, ..avatar }]),
        #[cfg(feature = "webp")]
        "t2-webp" => Ok(vec![Variant { encoding: Encoding::WebP { quality: 80 }, ..avatar }]),
        "t3" => Ok(vec![inside(1600), inside(800), inside(320)]),
        other => Err(format!("unknown task `{other}`")),
    }
}

/// Processor time of this process, all threads.
fn cpu_seconds() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    std::time::Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0)).as_secs_f64()
}

/// `VmHWM` of Linux, in KiB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
