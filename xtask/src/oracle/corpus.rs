//! Public templates in registry packages, fetched once into the cache.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::talk::say;
use crate::{paths, tools};

/// Source distributions that hold templates among their tests.
const PYTHON_PACKAGES: [&str; 2] = ["cfn-lint==1.58.0", tools::SAM];

/// Packages of the first CDK generation, whose tests hold the templates that they expect.
const CDK_PACKAGES: [&str; 44] = [
    "aws-apigateway",
    "aws-apigatewayv2",
    "aws-autoscaling",
    "aws-batch",
    "aws-certificatemanager",
    "aws-cloudformation",
    "aws-cloudfront",
    "aws-cloudtrail",
    "aws-codebuild",
    "aws-codedeploy",
    "aws-codepipeline-actions",
    "aws-cognito",
    "aws-config",
    "aws-docdb",
    "aws-dynamodb",
    "aws-ec2",
    "aws-ecr-assets",
    "aws-ecs",
    "aws-ecs-patterns",
    "aws-efs",
    "aws-elasticloadbalancing",
    "aws-elasticloadbalancingv2",
    "aws-events-targets",
    "aws-iam",
    "aws-kinesis",
    "aws-kms",
    "aws-lambda",
    "aws-lambda-event-sources",
    "aws-logs",
    "aws-opsworks",
    "aws-rds",
    "aws-route53",
    "aws-route53-patterns",
    "aws-route53-targets",
    "aws-s3",
    "aws-s3-deployment",
    "aws-s3-notifications",
    "aws-secretsmanager",
    "aws-ses",
    "aws-sns",
    "aws-sns-subscriptions",
    "aws-sqs",
    "aws-stepfunctions-tasks",
    "cloudformation-include",
];
const CDK_VERSION: &str = "1.60.0";

/// Greatest file that is a template.
const MOST_BYTES: u64 = 600_000;

/// Files of all templates, sorted, without repetitions.
pub(super) fn provide(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let packages = directory.join("packages");
    std::fs::create_dir_all(&packages)?;
    let python = tools::python().map_err(Failure::new)?;
    for package in PYTHON_PACKAGES {
        let folder = packages.join(package.replace("==", "-"));
        fetch(&folder, package, || {
            let mut command = Command::new(&python);
            command.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
            command.args(["--no-binary", ":all:", package]);
            command
        })?;
    }
    let npm = paths::program("npm").ok_or_else(|| Failure::new("npm is not on PATH"))?;
    for name in CDK_PACKAGES {
        let package = format!("@aws-cdk/{name}@{CDK_VERSION}");
        fetch(&packages.join(format!("{name}-{CDK_VERSION}")), &package, || {
            let mut command = Command::new(&npm);
            command.args(["pack", "--silent", &package]);
            command
        })?;
    }
    let mut files = Vec::new();
    collect(&packages, &mut files)?;
    files.sort();
    let mut texts = BTreeSet::new();
    let mut templates = Vec::new();
    for file in files {
        // A file that is no text is no template.
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        if is_template(&text) && texts.insert(text) {
            templates.push(file);
        }
    }
    Ok(templates)
}

/// Fetches an archive and unpacks it, unless that was done.
fn fetch(folder: &Path, package: &str, command: impl Fn() -> Command) -> Result<(), Failure> {
    let stamp = folder.join("unpacked");
    if stamp.is_file() {
        return Ok(());
    }
    say(&format!("fetching {package}"));
    std::fs::create_dir_all(folder)?;
    let status = command().current_dir(folder).stdout(Stdio::null()).status()?;
    if !status.success() {
        return Err(Failure::new(format!("{package} cannot be fetched")));
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tgz" || extension == "gz") {
            let unpacked = Command::new("tar").arg("xzf").arg(&path).current_dir(folder).status()?;
            if !unpacked.success() {
                return Err(Failure::new(format!("{} cannot be unpacked", path.display())));
            }
        }
    }
    std::fs::write(stamp, package)?;
    Ok(())
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        let is_template = path
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| ["json", "yaml", "yml", "template"].contains(&extension));
        if kind.is_dir() {
            // The linter's own data is no template.
            if !path.ends_with("data/schemas") {
                collect(&path, files)?;
            }
        } else if kind.is_file() && is_template && entry.metadata()?.len() <= MOST_BYTES {
            files.push(path);
        }
    }
    Ok(())
}

/// True for a text with resources that have types.
fn is_template(text: &str) -> bool {
    let has_resources = text.contains("Resources\":") || text.contains("Resources :") || text.contains("Resources:");
    has_resources
        && ["AWS::", "Custom::", "Alexa::"].iter().any(|prefix| text.contains(prefix))
        && text.contains("Type")
}
