//! `cargo xtask fuzz`: mutated inputs for what reads texts of users. No input may panic or take long.

mod mutate;
mod target;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use clap::Args;

use crate::failure::Failure;
use crate::paths;
use crate::talk::{print, say};
use mutate::{Corpus, Random};
use target::Target;

/// An input that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Inputs of which more are not worth a file each.
const KEPT: usize = 20;

#[derive(Args)]
pub(crate) struct FuzzArguments {
    /// What is fed; all of them, one after the other, when none is named
    #[arg(value_enum)]
    target: Vec<Target>,
    /// How long each is fed
    #[arg(long, value_name = "MINUTES", default_value_t = 10.0)]
    minutes: f64,
    /// Where the sequence of inputs begins; the same seed gives the same inputs
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What became of the inputs.
#[derive(Default)]
struct Tally {
    inputs: u64,
    /// Inputs that were fine as they were.
    accepted: u64,
    failures: Vec<String>,
    slowest: Duration,
}

/// Feeds each target for its time and prints what became of it.
///
/// # Errors
/// When an input panicked, broke a promise or hung; the inputs are kept in `fuzz` in the target directory.
pub(crate) fn run(arguments: &FuzzArguments) -> Result<(), Failure> {
    let directory = paths::target().join("fuzz");
    std::fs::create_dir_all(&directory)?;
    let corpus = Corpus::read()?;
    let time =
        Duration::try_from_secs_f64(arguments.minutes * 60.0).map_err(|error| Failure::new(error.to_string()))?;
    let targets = if arguments.target.is_empty() { Target::ALL.to_vec() } else { arguments.target.clone() };
    print(&format!(
        "seed {}, {} projects, {} templates, {} strings",
        arguments.seed,
        corpus.projects.len(),
        corpus.templates.len(),
        corpus.strings.len()
    ));
    // A panic is told with its input, once, and not where it happens.
    std::panic::set_hook(Box::new(|_| {}));
    let mut is_fine = true;
    for target in targets {
        let tally = feed(target, &corpus, arguments.seed, time, &directory)?;
        is_fine &= tally.failures.is_empty();
        print(&format!(
            "{:<11} {} inputs, {} accepted, slowest {} ms, {} failures",
            target.name(),
            tally.inputs,
            tally.accepted,
            tally.slowest.as_millis(),
            tally.failures.len()
        ));
        for failure in &tally.failures {
            print(&format!("  {failure}"));
        }
    }
    if is_fine { Ok(()) } else { Err(Failure::new(format!("inputs that failed are in {}", directory.display()))) }
}

/// Runs inputs in a thread of their own, so that one that hangs is noticed.
fn feed(target: Target, corpus: &Corpus, seed: u64, time: Duration, directory: &Path) -> Result<Tally, Failure> {
    let mut random = Random::new(seed, target.name());
    let mut tally = Tally::default();
    let (to_worker, inputs) = mpsc::channel::<String>();
    let (from_worker, outcomes) = mpsc::channel();
    std::thread::Builder::new().name(target.name().to_owned()).stack_size(8 << 20).spawn(move || {
        while let Ok(input) = inputs.recv() {
            let began = Instant::now();
            let outcome =
                std::panic::catch_unwind(|| target.run(&input)).unwrap_or_else(|cause| Err(words_of(&*cause)));
            if from_worker.send((outcome, began.elapsed())).is_err() {
                return;
            }
        }
    })?;
    let start = Instant::now();
    let mut told = start;
    while start.elapsed() < time {
        let input = target.input(corpus, &mut random);
        to_worker.send(input.clone()).map_err(|_| Failure::new("the thread that reads inputs is gone"))?;
        tally.inputs += 1;
        match outcomes.recv_timeout(PATIENCE) {
            Ok((outcome, took)) => {
                if took > tally.slowest {
                    tally.slowest = took;
                    std::fs::write(directory.join(format!("{}-slowest.txt", target.name())), &input)?;
                }
                match outcome {
                    Ok(is_accepted) => tally.accepted += u64::from(is_accepted),
                    Err(reason) => fail(&mut tally, target, directory, &input, &reason)?,
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                fail(&mut tally, target, directory, &input, &format!("no answer after {} s", PATIENCE.as_secs()))?;
                // The thread cannot be stopped; the others have not run yet, and the next run begins with this input.
                return Ok(tally);
            }
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::new("the thread that reads inputs is gone")),
        }
        if told.elapsed() > Duration::from_mins(1) {
            told = Instant::now();
            say(&format!("{}: {} inputs in {} s", target.name(), tally.inputs, start.elapsed().as_secs()));
        }
    }
    Ok(tally)
}

fn fail(tally: &mut Tally, target: Target, directory: &Path, input: &str, reason: &str) -> Result<(), Failure> {
    let file: PathBuf = directory.join(format!("{}-{}.txt", target.name(), tally.failures.len() + 1));
    if tally.failures.len() < KEPT {
        std::fs::write(&file, input)?;
    }
    let first = reason.lines().next().unwrap_or_default();
    tally.failures.push(format!("input {}: {first} ({})", tally.inputs, file.display()));
    Ok(())
}

/// What a panic said.
fn words_of(cause: &(dyn std::any::Any + Send)) -> String {
    let words = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    format!("panic: {}", words.unwrap_or("without words"))
}
