//! The image functions against sharp: both in the same run, one after the other, by processor time per photo.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::Row;
use super::table::decimal;
use crate::failure::Failure;
use crate::paths;
use crate::talk::{heading, say};

const SHARP: &str = "0.35.5";

/// Photos per process; more would let the machine's other work drift between the two.
const PHOTOS: &str = "12";

const TASKS: [(&str, &str, &str); 4] = [
    ("t1", "photo -> 720 wide JPEG", "1.45x sharp's speed"),
    ("t2", "photo -> 512x512 avatar JPEG", "1.35x sharp's speed"),
    ("t2-png", "photo -> 512x512 avatar PNG", "2.0x sharp's speed"),
    ("t3", "photo -> 1600, 800, 320 wide JPEG", "2.2x sharp's speed"),
];

/// Measures every codec that this machine can build, and the start of the function.
pub(crate) fn rows(runs: usize) -> Result<Vec<Row>, Failure> {
    let Some(photo) = photo() else {
        say("image functions: skipped, the benchmark photo is not there (see STACK_SHARED)");
        return Ok(Vec::new());
    };
    let sharp = sharp();
    if let Err(reason) = &sharp {
        say(&format!("sharp is not measured: {reason}"));
    }
    let mut rows = Vec::new();
    let mut codecs = vec![("pure Rust", None)];
    if paths::program("cmake").is_some() && paths::program("nasm").is_some() {
        codecs.push(("turbojpeg", Some("turbojpeg")));
    }
    for (codec, feature) in codecs {
        let renderer = renderer(feature)?;
        for (task, name, goal) in TASKS {
            let mut ours = Vec::new();
            let mut theirs = Vec::new();
            for _ in 0..runs.max(1) {
                ours.push(run(Command::new(&renderer).arg(&photo).args([task, PHOTOS]))?);
                if let Ok(directory) = &sharp {
                    let mut node = Command::new("node");
                    theirs.push(run(node.arg("sharp.mjs").arg(&photo).args([task, PHOTOS]).current_dir(directory))?);
                }
            }
            rows.push(compare(format!("{name} ({codec})"), ours, theirs, goal));
        }
    }
    rows.push(first_poll(runs, sharp.as_deref().ok())?);
    Ok(rows)
}

/// One process's figures.
#[derive(Debug, Clone, Copy)]
struct Figures {
    milliseconds: f64,
    bytes: u64,
    memory: u64,
}

fn compare(task: String, ours: Vec<Figures>, theirs: Vec<Figures>, goal: &'static str) -> Row {
    let show = |figures: Figures| {
        let memory = decimal(figures.memory, 1024);
        format!("{:.1} ms CPU, {} bytes, {memory} MiB", figures.milliseconds, figures.bytes)
    };
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours.zip(theirs).map(|(ours, theirs)| {
        #[expect(clippy::cast_precision_loss, reason = "file sizes")]
        let size = ours.bytes as f64 / theirs.bytes as f64;
        format!(" = {:.2}x, {size:.3} of its bytes", theirs.milliseconds / ours.milliseconds)
    });
    Row {
        task,
        ours: ours.map(show).unwrap_or_default() + &ratio.unwrap_or_default(),
        peer: theirs.map_or_else(|| "not measured".into(), |figures| format!("sharp {SHARP}: {}", show(figures))),
        goal,
    }
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

/// The photo of sharp's own benchmark, which may not be copied into this project.
fn photo() -> Option<PathBuf> {
    let shared = std::env::var_os("STACK_SHARED").map_or_else(|| paths::root().join("../shared"), PathBuf::from);
    let photo = shared.join("data/photos/2569067123_aca715a2ee_o.jpg");
    photo.is_file().then(|| photo.canonicalize().unwrap_or(photo))
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(paths::root());
    cargo
}

/// Builds the example of the media library as functions for AWS are built.
fn renderer(feature: Option<&str>) -> Result<PathBuf, Failure> {
    heading("image functions");
    let mut build = cargo();
    build.args(["build", "--profile", "lambda", "--package", "media", "--example", "render_repeatedly"]);
    build.args(feature.iter().flat_map(|feature| ["--features", feature]));
    succeed(&mut build)?;
    let examples = paths::target().join("lambda").join("examples");
    // The next feature's build replaces the file.
    let kept = examples.join(format!("render_repeatedly-{}", feature.unwrap_or("pure")));
    std::fs::copy(examples.join("render_repeatedly"), &kept)?;
    Ok(kept)
}

fn succeed(command: &mut Command) -> Result<(), Failure> {
    say(&format!("$ {command:?}"));
    let status = command.stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{command:?} ended with {status}"))) }
}

/// Installs sharp into a private folder; returns the folder.
fn sharp() -> Result<PathBuf, String> {
    for program in ["node", "npm"] {
        paths::program(program).ok_or_else(|| format!("`{program}` is not on PATH"))?;
    }
    let directory = paths::tools().join(format!("sharp-{SHARP}"));
    let install = || -> Result<(), Failure> {
        std::fs::create_dir_all(&directory)?;
        for script in ["sharp.mjs", "sharp_start.mjs"] {
            std::fs::copy(paths::root().join("xtask/src/bench").join(script), directory.join(script))?;
        }
        if directory.join("node_modules/sharp").is_dir() {
            return Ok(());
        }
        std::fs::write(directory.join("package.json"), "{\"private\": true}")?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", &format!("sharp@{SHARP}")]).current_dir(&directory);
        succeed(&mut npm)
    };
    install().map_err(|failure| failure.to_string())?;
    Ok(directory)
}

/// From the start of the process to its first poll of the Lambda Runtime API.
fn first_poll(runs: usize, sharp: Option<&Path>) -> Result<Row, Failure> {
    let mut build = cargo();
    build.args(["build", "--profile", "lambda", "--package", "process-image"]);
    succeed(&mut build)?;
    let bootstrap = paths::target().join("lambda").join("process-image");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        ours.push(poll_after(&mut Command::new(&bootstrap))?);
        if let Some(directory) = sharp {
            theirs.push(poll_after(Command::new("node").arg("sharp_start.mjs").current_dir(directory))?);
        }
    }
    let middle = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    };
    let (ours, theirs) = (middle(ours), middle(theirs));
    let ratio = ours.zip(theirs).map(|(ours, theirs)| format!(" = {:.1}x", theirs / ours)).unwrap_or_default();
    let show = |time: f64| format!("{time:.1} ms wall");
    Ok(Row {
        task: "process-image: start -> first poll".to_owned(),
        ours: ours.map(show).unwrap_or_default() + &ratio,
        peer: theirs.map_or_else(|| "not measured".into(), |time| format!("node + sharp {SHARP}: {}", show(time))),
        goal: "15x sharp's speed",
    })
}

/// Starts a function against a Runtime API of our own; returns milliseconds until it asks for its first event.
fn poll_after(command: &mut Command) -> Result<f64, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    command
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
        .envs([
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("DEST_BUCKET", "bench"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let mut child = command.spawn()?;
    listener.set_nonblocking(true)?;
    let polled = loop {
        match listener.accept() {
            Ok((mut connection, _)) => {
                connection.set_nonblocking(false)?;
                let mut first = [0; 4];
                connection.read_exact(&mut first)?;
                break Ok(started.elapsed().as_secs_f64() * 1000.0);
            }
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => break Err(error.into()),
            Err(_) => {
                if let Some(status) = child.try_wait()? {
                    break Err(Failure::new(format!("{command:?} ended with {status} before it polled")));
                }
                std::thread::sleep(std::time::Duration::from_micros(100));
            }
        }
    };
    // It may have ended by itself.
    let _ = child.kill();
    child.wait()?;
    polled
}
