//! The image library against sharp and Pillow: all in the same run, one after the other, by processor time per photo; and
//! whether the pictures are as good and as small.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Row;
use super::codec::Codec;
use super::function::Peers;
use super::table::decimal;
use crate::failure::Failure;
use crate::talk::heading;
use crate::tools::SHARP;
use crate::{paths, talk};

/// Photos per process; more would let the machine's other work drift between the peers.
const PHOTOS: &str = "12";

/// What the luma may lose against sharp's, in dB.
const WORSE: f64 = 0.1;

struct Task {
    id: &'static str,
    name: &'static str,
    goal: &'static str,
    /// Least speed against sharp's, with libjpeg-turbo.
    speed: f64,
    /// Greatest size against sharp's. PNG says nothing of quality, so that its size is not judged.
    size: f64,
    files: usize,
}

const TASKS: [Task; 5] = [
    Task { id: "t1", name: "T1 photo to 720 wide JPEG", goal: "1.45x sharp, gate", speed: 1.45, size: 1.02, files: 1 },
    Task { id: "t2", name: "T2 photo to 512x512 JPEG", goal: "1.35x sharp, gate", speed: 1.35, size: 1.02, files: 1 },
    Task {
        id: "t2-png",
        name: "T2 photo to 512x512 PNG",
        goal: "2.0x sharp, gate",
        speed: 2.0,
        size: f64::INFINITY,
        files: 1,
    },
    Task {
        id: "t2-webp",
        name: "T2 photo to 512x512 WebP",
        goal: "1.15x sharp, gate",
        speed: 1.15,
        size: 1.02,
        files: 1,
    },
    Task {
        id: "t3",
        name: "T3 photo to 1600, 800, 320 wide JPEG",
        goal: "2.2x sharp, gate",
        speed: 2.2,
        size: 1.03,
        files: 3,
    },
];

/// Measures every codec that this machine can build.
pub(super) fn rows(photo: &Path, runs: usize, peers: &Peers<'_>, scratch: &Path) -> Result<Vec<Row>, Failure> {
    heading("image library");
    let mut rows = Vec::new();
    for codec in Codec::available() {
        let renderer = renderer(codec)?;
        for task in TASKS {
            talk::say(&format!("{} ({})", task.name, codec.name()));
            rows.push(measure(&task, codec, &renderer, photo, runs, peers, scratch)?);
        }
    }
    Ok(rows)
}

fn measure(
    task: &Task,
    codec: Codec,
    renderer: &Path,
    photo: &Path,
    runs: usize,
    peers: &Peers<'_>,
    scratch: &Path,
) -> Result<Row, Failure> {
    let directory = |name: &str| scratch.join(format!("{name}-{codec:?}"));
    let command = |mut command: Command, name: &str| -> Result<Command, Failure> {
        std::fs::create_dir_all(directory(name))?;
        command.arg(photo).args([task.id, PHOTOS]).arg(directory(name));
        Ok(command)
    };
    let (mut ours, mut sharp, mut pillow) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        ours.push(run(&mut command(Command::new(renderer), "ours")?)?);
        if let Some(folder) = peers.sharp {
            let mut node = Command::new("node");
            node.arg("sharp.mjs").current_dir(folder);
            sharp.push(run(&mut command(node, "sharp")?)?);
        }
        if let Some(python) = peers.pillow {
            let mut program = Command::new(python);
            program.arg(super::peer_script("pillow.py"));
            pillow.push(run(&mut command(program, "pillow")?)?);
        }
    }
    let quality = |name: &str, is_there: bool| -> Result<Vec<f64>, Failure> {
        let Some(python) = peers.pillow.filter(|_| is_there) else { return Ok(Vec::new()) };
        let files = (0..task.files).map(|index| directory(name).join(format!("{}-{index}", task.id)));
        let mut command = Command::new(python);
        let text = super::process::output(command.arg(super::peer_script("quality.py")).arg(photo).args(files))?;
        Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
    };
    let mine = Side { figures: median(ours), quality: quality("ours", true)? };
    let theirs = Side { figures: median(sharp), quality: quality("sharp", peers.sharp.is_some())? };
    let third = Side { figures: median(pillow), quality: quality("pillow", true)? };
    Ok(compare(task, codec, &mine, &theirs, &third))
}

/// One process's figures.
#[derive(Debug, Clone, Copy)]
struct Figures {
    milliseconds: f64,
    bytes: u64,
    /// Greatest resident size in KiB.
    memory: u64,
}

/// What one side takes, and how good its pictures are.
#[derive(Debug, Clone)]
struct Side {
    figures: Option<Figures>,
    /// PSNR of the luma in dB, one a picture; empty where it could not be measured.
    quality: Vec<f64>,
}

impl Side {
    fn show(&self) -> String {
        let Some(Figures { milliseconds, bytes, memory }) = self.figures else { return "not measured".to_owned() };
        let quality: Vec<String> = self.quality.iter().map(|decibels| format!("{decibels:.2}")).collect();
        let quality = if quality.is_empty() { String::new() } else { format!(", {} dB", quality.join("/")) };
        format!("{milliseconds:.1} ms CPU, {bytes} B{quality}, {} MiB", decimal(memory, 1024))
    }
}

fn compare(task: &Task, codec: Codec, ours: &Side, sharp: &Side, pillow: &Side) -> Row {
    let name = format!("{} ({})", task.name, codec.name());
    let (goal, least) = match codec {
        Codec::Pure => ("gate", 0.0),
        Codec::Turbo => (task.goal, task.speed),
    };
    let peer = format!("sharp {SHARP} {}; Pillow {}", sharp.show(), pillow.show());
    let (Some(mine), Some(theirs)) = (ours.figures, sharp.figures) else {
        return Row::measured(&name, ours.show(), peer).goal(goal, None);
    };
    let speed = theirs.milliseconds / mine.milliseconds;
    let versus_pillow = pillow
        .figures
        .map_or(String::new(), |third| format!(", {:.2}x Pillow", third.milliseconds / mine.milliseconds));
    #[expect(clippy::cast_precision_loss, reason = "file sizes")]
    let size = mine.bytes as f64 / theirs.bytes as f64;
    let differences = ours.quality.iter().zip(&sharp.quality).map(|(mine, theirs)| mine - theirs);
    let worst = differences.min_by(f64::total_cmp);
    let passes = worst.map(|worst| worst >= -WORSE && size <= task.size);
    let gate = match (worst, passes) {
        (Some(worst), Some(passes)) => {
            format!("; gate {}: {worst:+.2} dB, {size:.3} of the bytes", if passes { "passed" } else { "FAILED" })
        }
        _ => format!("; {size:.3} of the bytes, quality not measured"),
    };
    let is_met = passes.map(|passes| passes && speed >= least);
    Row::measured(&name, format!("{} = {speed:.2}x sharp{versus_pillow}{gate}", ours.show()), peer).goal(goal, is_met)
}

fn median(mut figures: Vec<Figures>) -> Option<Figures> {
    figures.sort_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds));
    figures.get(figures.len() / 2).copied()
}

/// Runs a renderer and reads its line of figures.
fn run(command: &mut Command) -> Result<Figures, Failure> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text.split_whitespace();
    let mut figures = || {
        let milliseconds = words.next()?.parse().ok()?;
        Some(Figures { milliseconds, bytes: words.next()?.parse().ok()?, memory: words.next()?.parse().ok()? })
    };
    figures().filter(|_| output.status.success()).ok_or_else(|| {
        Failure::new(format!("{command:?} ended with {} and printed `{}`", output.status, text.trim_end()))
    })
}

/// Builds the example of the media library as functions for AWS are built.
fn renderer(codec: Codec) -> Result<PathBuf, Failure> {
    let example = ["--package", "media", "--example", "render_repeatedly", "--features", codec.features()];
    super::cargo(&[["build", "--profile", "lambda"].as_slice(), &example].concat())?;
    let examples = paths::target().join("lambda").join("examples");
    // The next codec's build replaces the file.
    let kept = examples.join(format!("render_repeatedly-{codec:?}"));
    std::fs::copy(examples.join("render_repeatedly"), &kept)?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(milliseconds: f64, bytes: u64, decibels: f64) -> Side {
        Side { figures: Some(Figures { milliseconds, bytes, memory: 1024 }), quality: vec![decibels] }
    }

    #[test]
    fn a_fast_picture_that_is_worse_or_larger_does_not_pass() {
        let sharp = side(15.0, 1000, 38.0);
        let text = |ours: &Side| format!("{:?}", compare(&TASKS[0], Codec::Turbo, ours, &sharp, &sharp).into_cells());
        assert!(text(&side(10.0, 1000, 37.95)).ends_with("\"yes\"]"));
        assert!(text(&side(10.0, 1000, 37.85)).ends_with("\"NO\"]"), "worse");
        assert!(text(&side(10.0, 1030, 38.0)).ends_with("\"NO\"]"), "larger");
        assert!(text(&side(11.0, 1000, 38.0)).ends_with("\"NO\"]"), "slower");
    }
}
