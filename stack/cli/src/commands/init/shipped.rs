//! The examples that this program carries. Adding one is adding its directory to `examples/`.

use std::collections::{BTreeMap, BTreeSet};

use stack_plan::Context;

use super::workspace;
use crate::project::FILE_NAME;

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// Names of the examples, with the comment that their project files begin with.
pub(super) fn examples() -> BTreeMap<String, String> {
    let projects = FILES.iter().filter_map(|(path, content)| {
        let name = path.strip_prefix("examples/")?.strip_suffix(FILE_NAME)?.strip_suffix('/')?;
        let text = std::str::from_utf8(content).unwrap_or_default();
        is_whole(name, text).then_some(())?;
        let comment =
            text.lines().map_while(|line| line.strip_prefix("# ")).take_while(|line| !line.contains("$schema"));
        Some((name.to_owned(), comment.collect::<Vec<_>>().join(" ")))
    });
    projects.collect()
}

/// True for an example whose functions are all here; of another nobody could deploy anything.
fn is_whole(example: &str, project: &str) -> bool {
    let has = |path: String| FILES.iter().any(|(name, _)| *name == path);
    has(format!("examples/{example}/Cargo.toml"))
        || packages_of(example, project).iter().all(|package| has(format!("functions/{package}/Cargo.toml")))
}

/// The files of an example, relative to the new project. One without a manifest of its own gets the packages of its
/// functions, and a workspace around them.
pub(super) fn files_of(example: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> =
        below(&format!("examples/{example}/")).into_iter().map(|(file, content)| (dotted(file), content)).collect();
    let project = files.get(FILE_NAME).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
    let packages = packages_of(example, &project);
    if files.contains_key("Cargo.toml") || packages.is_empty() {
        return files;
    }
    let members = with_dependencies(packages);
    for member in &members {
        let directory = format!("{}/", directory_of(member));
        files.extend(below(&directory).into_iter().map(|(file, content)| (format!("{directory}{file}"), content)));
    }
    let manifests: Vec<String> = members.iter().map(|member| manifest_of(member)).collect();
    let lock = workspace::lock(&text("Cargo.lock"), &members);
    let manifest = workspace::manifest(&text("Cargo.toml"), &manifests, &lock.packages);
    files.insert("Cargo.toml".to_owned(), manifest.into_bytes());
    files.insert("Cargo.lock".to_owned(), lock.text.into_bytes());
    files
}

/// Where a file of an example goes in a new project: `github/` is `.github/` there. Here that directory would be this
/// repository's own affair, and what begins with a dot is not carried.
fn dotted(file: String) -> String {
    if file.starts_with("github/") { format!(".{file}") } else { file }
}

/// Packages that the functions of an example are built from.
fn packages_of(example: &str, project: &str) -> BTreeSet<String> {
    let variables = ["PR_NUMBER"].map(|name| (name.to_owned(), "1".to_owned()));
    let policies = below(&format!("examples/{example}/policies/"));
    let context = Context {
        user: "you".to_owned(),
        env: BTreeMap::from(variables),
        policy_sources: policies
            .into_iter()
            .map(|(file, text)| (file, String::from_utf8_lossy(&text).into_owned()))
            .collect(),
        ..Context::default()
    };
    let plan = stack_plan::check_project(FILE_NAME, project, &context);
    plan.map(|plan| plan.artifacts.into_iter().map(|artifact| artifact.package).collect()).unwrap_or_default()
}

/// The packages and those of `functions/` that they depend on.
fn with_dependencies(packages: BTreeSet<String>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut open: Vec<String> = packages.into_iter().collect();
    while let Some(package) = open.pop() {
        let dependencies = workspace::inherited(&manifest_of(&package));
        if all.insert(package) {
            open.extend(dependencies.into_iter().filter(|name| !manifest_of(name).is_empty()));
        }
    }
    all
}

/// Where a package of this workspace lies: a directory of another name is named in the workspace's manifest.
fn directory_of(package: &str) -> String {
    let path = text("Cargo.toml").lines().find_map(|line| {
        let path = line.strip_prefix(package)?.strip_prefix(" = { path = \"")?.split('"').next()?;
        Some(path.to_owned())
    });
    path.unwrap_or_else(|| format!("functions/{package}"))
}

/// The manifest of a package of `functions/`; empty for any other.
fn manifest_of(package: &str) -> String {
    text(&format!("{}/Cargo.toml", directory_of(package)))
}

/// Files below a directory of this repository, relative to it.
fn below(directory: &str) -> BTreeMap<String, Vec<u8>> {
    let files =
        FILES.iter().filter_map(|(path, content)| Some((path.strip_prefix(directory)?.to_owned(), content.to_vec())));
    files.collect()
}

/// The text of a file; empty when there is none.
fn text(path: &str) -> String {
    let file = FILES.iter().find(|(name, _)| *name == path);
    file.map(|(_, content)| String::from_utf8_lossy(content).into_owned()).unwrap_or_default()
}
