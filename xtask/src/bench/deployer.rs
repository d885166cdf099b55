//! What the deployer does without a cloud: starting, rendering.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::process::{self, Usage};
use super::table::{Row, decimal};
use crate::failure::Failure;

/// Buckets of the large project; each is rendered to a bucket and its policy.
const BUCKETS: usize = 240;

/// `stack --version`.
pub(super) fn version(stack: &Path, runs: usize) -> Result<Row, Failure> {
    let usage = process::median(runs, || {
        let mut command = Command::new(stack);
        command.arg("--version");
        command
    })?;
    Ok(Row::recorded("stack --version", &usage, "CDK 550 ms CPU", "10 ms"))
}

/// The file that is installed.
pub(super) fn size(stack: &Path) -> Result<Row, Failure> {
    let size = format!("{} MB", decimal(std::fs::metadata(stack)?.len(), 1_000_000));
    Ok(Row::recorded("size of the binary, local cloud included", &size, "CDK 215 MB", "30 MB"))
}

/// `stack render` of the avatars example.
pub(super) fn avatars(stack: &Path, project: &Path, runs: usize) -> Result<Row, Failure> {
    let usage = render(stack, project, runs)?;
    Ok(Row::recorded("render avatars", &usage, "CDK 3700 ms CPU, 442 MiB", "20 ms CPU, 25 MiB"))
}

/// The template's size and number of resources.
pub(super) fn template(stack: &Path, project: &Path) -> Result<Row, Failure> {
    let (bytes, resources) = rendered(stack, project)?;
    let ours = format!("{} KB, {resources} resources", decimal(bytes as u64, 1000));
    Ok(Row::recorded("template of avatars", &ours, "CDK 30.9 KB, 34 resources", "25 KB"))
}

/// `stack render` of a generated project near CloudFormation's limit of 500 resources.
pub(super) fn large(stack: &Path, scratch: &Path, runs: usize) -> Result<Row, Failure> {
    let project = scratch.join("large");
    std::fs::create_dir_all(&project)?;
    let mut text = "stack: large\nregion: us-east-1\nbuckets:\n".to_owned();
    for number in 0..BUCKETS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  data-{number}: {{}}");
    }
    std::fs::write(project.join("stack.yaml"), text)?;
    let (_, resources) = rendered(stack, &project)?;
    let usage = render(stack, &project, runs)?;
    Ok(Row::recorded(&format!("render {resources} resources"), &usage, "CDK 5300 ms CPU (480)", "60 ms CPU"))
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
