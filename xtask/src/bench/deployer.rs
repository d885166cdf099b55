//! What the deployer does without a cloud: starting, rendering, refusing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{self, Usage};
use super::table::{Row, decimal};
use crate::failure::Failure;

/// Buckets of the large project; each is rendered to a bucket and its policy.
const BUCKETS: u32 = 240;

const MIB: u64 = 1 << 20;

/// Every row.
pub(super) fn rows(stack: &Path, project: &Path, scratch: &Path, runs: usize) -> Result<Vec<Row>, Failure> {
    Ok(vec![
        version(stack, runs)?,
        size(stack)?,
        avatars(stack, project, runs)?,
        large(stack, scratch, runs)?,
        growth(stack, scratch, runs)?,
        template(stack, project)?,
        refusal(stack, project, runs)?,
    ])
}

fn is_within(usage: Usage, cpu_milliseconds: f64, memory: u64) -> bool {
    usage.cpu.as_secs_f64() * 1000.0 <= cpu_milliseconds && usage.memory <= memory
}

/// `stack --version`.
fn version(stack: &Path, runs: usize) -> Result<Row, Failure> {
    let usage = process::median(runs, || {
        let mut command = Command::new(stack);
        command.arg("--version");
        command
    })?;
    Ok(Row::recorded("stack --version", usage, "CDK 550 ms CPU").goal("10 ms", usage.wall.as_millis() < 10))
}

/// The file that is installed.
fn size(stack: &Path) -> Result<Row, Failure> {
    let bytes = std::fs::metadata(stack)?.len();
    let shown = format!("{} MB", decimal(bytes, 1_000_000));
    Ok(Row::recorded("size of the binary, local cloud included", shown, "CDK 215 MB")
        .goal("30 MB", bytes <= 30_000_000))
}

/// `stack render` of the avatars example.
fn avatars(stack: &Path, project: &Path, runs: usize) -> Result<Row, Failure> {
    let usage = render(stack, project, runs)?;
    Ok(Row::recorded("render avatars", usage, "CDK 3700 ms CPU, 442 MiB")
        .goal("20 ms CPU, 25 MiB", is_within(usage, 20.0, 25 * MIB)))
}

/// The template's size and number of resources.
fn template(stack: &Path, project: &Path) -> Result<Row, Failure> {
    let (bytes, resources) = rendered(stack, project)?;
    let ours = format!("{} KB, {resources} resources", decimal(bytes as u64, 1000));
    Ok(Row::recorded("template of avatars", ours, "CDK 30.9 KB, 34 resources").goal("25 KB", bytes <= 25_000))
}

/// `stack render` of a generated project near CloudFormation's limit of 500 resources.
fn large(stack: &Path, scratch: &Path, runs: usize) -> Result<Row, Failure> {
    let project = buckets(scratch, BUCKETS)?;
    let (_, resources) = rendered(stack, &project)?;
    let usage = render(stack, &project, runs)?;
    Ok(Row::recorded(&format!("render {resources} resources"), usage, "CDK 5300 ms CPU")
        .goal("60 ms CPU", is_within(usage, 60.0, u64::MAX)))
}

/// How the cost of `stack render` grows: eight times the resources cost at most 8.8 times as much.
fn growth(stack: &Path, scratch: &Path, runs: usize) -> Result<Row, Failure> {
    let mut costs = Vec::new();
    for parts in [8, 4, 2, 1] {
        let number = BUCKETS / parts;
        let usage = render(stack, &buckets(scratch, number)?, runs)?;
        costs.push((2 * number, usage.cpu.as_secs_f64() * 1000.0));
    }
    let shown: Vec<String> = costs.iter().map(|(resources, cost)| format!("{resources}: {cost:.1} ms")).collect();
    let [(few, least), .., (many, most)] = costs[..] else { return Err(Failure::new("nothing was measured")) };
    // What a further resource costs; CDK's figure is this one too (480 resources against the 34 of avatars).
    let each = (most - least) / f64::from(many - few);
    let ours = format!("{}; {each:.3} ms for each further one", shown.join(", "));
    Ok(Row::recorded("render, CPU by number of resources", ours, "CDK 3.6 ms for each further one")
        .goal("linear, 0.1 ms", most <= 8.8 * least && each <= 0.1))
}

/// A project of so many buckets.
fn buckets(scratch: &Path, number: u32) -> Result<PathBuf, Failure> {
    let project = scratch.join(format!("buckets-{number}"));
    std::fs::create_dir_all(&project)?;
    let mut text = "stack: large\nregion: us-east-1\nbuckets:\n".to_owned();
    for number in 0..number {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  data-{number}: {{}}");
    }
    std::fs::write(project.join("stack.yaml"), text)?;
    Ok(project)
}

/// `stack destroy` where nobody can be asked.
fn refusal(stack: &Path, project: &Path, runs: usize) -> Result<Row, Failure> {
    let usage = process::median_ending(runs, 3, || {
        let mut command = Command::new(stack);
        command.args(["destroy", "-e", "dev", "--suffix", "bench", "-C"]).arg(project);
        command
    })?;
    Ok(Row::recorded("destroy refused without a terminal", usage, "CDK 5400 ms")
        .goal("50 ms", usage.wall.as_millis() < 50))
}

fn command(stack: &Path, project: &Path) -> Command {
    let mut command = Command::new(stack);
    command.args(["render", "-e", "dev", "--suffix", "bench", "--format", "json", "-C"]).arg(project);
    command
}

fn render(stack: &Path, project: &Path, runs: usize) -> Result<Usage, Failure> {
    process::median(runs, || command(stack, project))
}

/// Bytes and number of resources of the template.
fn rendered(stack: &Path, project: &Path) -> Result<(usize, usize), Failure> {
    let text = process::output(&mut command(stack, project))?;
    let template: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("stack render did not print a template: {error}")))?;
    Ok((text.len(), template["Resources"].as_object().map_or(0, serde_json::Map::len)))
}
