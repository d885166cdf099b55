//! The function `process-image` as AWS gets it: its zip, its start, its first answer, its memory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::codec::Codec;
use super::process::{self, middle, milliseconds};
use super::runtime::{Life, live};
use super::table::{Row, decimal};
use crate::failure::Failure;
use crate::talk::{heading, say};
use crate::tools::SHARP;

/// Photos that each process makes a thumbnail of; the memory counts after the last one.
const PHOTOS: usize = 5;

/// The peers that are there.
pub(super) struct Peers<'a> {
    /// Folder of sharp and its scripts.
    pub(super) sharp: Option<&'a Path>,
    /// Interpreter with Pillow.
    pub(super) pillow: Option<&'a Path>,
}

/// Builds the package as `stack deploy` to AWS does, once more without a change, and measures it; with every codec that this
/// machine can build.
pub(super) fn rows(
    stack: &Path,
    project: &Path,
    scratch: &Path,
    runs: usize,
    photo: Option<&Path>,
    peers: &Peers<'_>,
) -> Result<Vec<Row>, Failure> {
    heading("function package");
    let mut rows = Vec::new();
    for codec in Codec::available() {
        say(&format!("$ stack build -e {}", codec.environment()));
        let zip = match build(stack, project, codec) {
            Ok(zip) => zip,
            Err(reason) => {
                say(&format!("skipped: the function package could not be built: {reason}"));
                continue;
            }
        };
        let bytes = std::fs::metadata(&zip)?.len();
        let zip_size = format!("{} MB", decimal(bytes, 1_000_000));
        rows.push(
            Row::recorded(&format!("zip of process-image ({})", codec.name()), zip_size, "node + sharp 11.98 MB")
                .goal("4 MB", bytes <= 4_000_000),
        );
        if codec == Codec::Pure {
            let again = process::median(runs, || build_command(stack, project, codec))?;
            let is_met = again.wall.as_millis() <= 500;
            rows.push(Row::alone("stack build without a change", again).goal("500 ms wall", is_met));
        }
        let Some(photo) = photo else {
            say("skipped: start of the function, the benchmark photo is not there (see STACK_SHARED)");
            continue;
        };
        let bootstrap = unzip(&zip, &scratch.join(codec.environment()))?;
        rows.extend(lives(&bootstrap, &Arc::new(std::fs::read(photo)?), runs, peers, codec)?);
    }
    Ok(rows)
}

fn build_command(stack: &Path, project: &Path, codec: Codec) -> Command {
    let mut command = Command::new(stack);
    command.args(["build", "--json", "-e", codec.environment(), "--suffix", "bench", "-C"]).arg(project);
    command
}

/// The zip that a deployment to AWS would upload.
fn build(stack: &Path, project: &Path, codec: Codec) -> Result<PathBuf, Failure> {
    let text = process::output(&mut build_command(stack, project, codec))?;
    let report = text.lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok()).unwrap_or_default();
    let file = report["functions"][0]["file"].as_str().map(PathBuf::from);
    file.ok_or_else(|| Failure::new(format!("stack build did not report a zip: {text}")))
}

/// Takes the program out of its zip.
fn unzip(zip: &Path, scratch: &Path) -> Result<PathBuf, Failure> {
    let directory = scratch.join("function");
    std::fs::create_dir_all(&directory)?;
    let script = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
    process::output(Command::new("python3").args(["-c", script]).arg(zip).arg(&directory))?;
    let bootstrap = directory.join("bootstrap");
    process::output(Command::new("chmod").arg("+x").arg(&bootstrap))?;
    Ok(bootstrap)
}

fn lives(
    bootstrap: &Path,
    photo: &Arc<Vec<u8>>,
    runs: usize,
    peers: &Peers<'_>,
    codec: Codec,
) -> Result<Vec<Row>, Failure> {
    let (mut ours, mut sharp, mut pillow) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        ours.push(live(&mut Command::new(bootstrap), photo, PHOTOS)?);
        if let Some(directory) = peers.sharp {
            sharp.push(live(Command::new("node").arg("sharp_function.mjs").current_dir(directory), photo, PHOTOS)?);
        }
        if let Some(python) = peers.pillow {
            pillow.push(live(Command::new(python).arg(super::peer_script("pillow_function.py")), photo, PHOTOS)?);
        }
    }
    let has_goals = codec == Codec::Turbo;
    let name = |task: &str| format!("process-image ({}): {task}", codec.name());
    let time = |task, of: fn(&Life) -> Duration, goal: Option<(&'static str, [f64; 2])>| {
        let middle = |lives: &[Life]| middle(lives.iter().map(of).collect());
        let (mine, theirs) = (middle(&ours), [middle(&sharp), middle(&pillow)]);
        let ratio = |other: Option<Duration>| Some(other?.as_secs_f64() / mine?.as_secs_f64());
        let shown = theirs.map(|time| time.map(milliseconds));
        let row = row(&name(task), mine.map(milliseconds), shown, theirs.map(ratio));
        let Some((goal, least)) = goal else { return row };
        let is_met = theirs.map(ratio).iter().zip(least).all(|(ratio, least)| ratio.is_none_or(|it| it >= least));
        row.goal(goal, is_met)
    };
    let size = |lives: &[Life]| middle(lives.iter().map(|life| life.memory).collect());
    let (mine, theirs) = (size(&ours), [size(&sharp), size(&pillow)]);
    let percent = |other: Option<u64>| Some(precise(mine?) / precise(other?) * 100.0);
    let shown = |bytes: Option<u64>| bytes.map(|bytes| format!("{} MB", decimal(bytes, 1_000_000)));
    let shares = theirs.map(percent);
    let mut memory = Row::measured(
        &name(&format!("peak memory, {PHOTOS} photos")),
        format!("{}{}", shown(mine).unwrap_or_default(), joined(shares, |share| format!("{share:.0} %"))),
        named(theirs.map(shown)),
    );
    if has_goals {
        let is_met = shares.iter().zip([15.0, 30.0]).all(|(share, most)| share.is_none_or(|it| it <= most));
        memory = memory.goal("15 % / 30 %", is_met);
    }
    Ok(vec![
        time("start to first poll", |life| life.first_poll, Some(("15x / 25x", [15.0, 25.0]))),
        time("start to first answer", |life| life.first_answer, has_goals.then_some(("6x / -", [6.0, 0.0]))),
        memory,
    ])
}

fn row(task: &str, mine: Option<String>, theirs: [Option<String>; 2], ratios: [Option<f64>; 2]) -> Row {
    let ours = format!("{}{}", mine.unwrap_or_default(), joined(ratios, |ratio| format!("{ratio:.1}x")));
    Row::measured(task, ours, named(theirs))
}

/// Figures of both peers.
fn named(figures: [Option<String>; 2]) -> String {
    let [sharp, pillow] = figures.map(|figure| figure.unwrap_or_else(|| "not measured".to_owned()));
    format!("node + sharp {SHARP} {sharp}, Python + Pillow {pillow}")
}

fn joined(ratios: [Option<f64>; 2], show: impl Fn(f64) -> String) -> String {
    let shown: Vec<String> = ratios.into_iter().map(|ratio| ratio.map_or_else(|| "-".to_owned(), &show)).collect();
    format!(" = {}", shown.join(" / "))
}

#[expect(clippy::cast_precision_loss, reason = "sizes of memory")]
fn precise(bytes: u64) -> f64 {
    bytes as f64
}
