//! From function packages to reproducible zips.
//!
//! [`build`] finds the Cargo workspace around the project, compiles every package that the plan names (one call of the
//! build tool for all packages that share architecture and features), and stores each binary as `bootstrap` in a zip
//! whose bytes depend on nothing but the binary. Unchanged sources cost a look at the times of their files (`stamp`).

mod archive;
mod compile;
mod error;
mod lock;
mod options;
mod process;
mod sources;
mod stamp;
mod tool;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use stack_plan::plan::{Architecture, Artifact};
use stack_plan::{Built, Event};

pub use error::BuildError;
pub use options::{BuildOptions, Profile};
pub use sources::source_directories;

use archive::Zip;
use compile::Compilation;
use tool::Tool;
use workspace::{Package, Workspace};

/// Receives the facts of a build as they happen.
pub type Events<'a> = dyn FnMut(Event) + Send + 'a;

/// Packages that one call of the build tool compiles together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    architecture: Architecture,
    features: Vec<String>,
}

/// Compiles and zips the packages of `artifacts`, and returns one [`Built`] per artifact, in their order.
///
/// Two artifacts of the same package, features and architecture share one zip. Zips lie in
/// `<target>/stack/<package>-<profile>-<architecture>.zip`.
///
/// # Errors
///
/// [`BuildError`], when a package is unknown or has no binary, the code does not compile, a tool is missing, or a file
/// cannot be written. Nothing half written is left in the place of a zip.
pub async fn build(
    options: &BuildOptions,
    artifacts: &[Artifact],
    events: &mut Events<'_>,
) -> Result<Vec<Built>, BuildError> {
    if artifacts.is_empty() {
        return Ok(Vec::new());
    }
    let cargo = tool::find_cargo(options)?;
    if let Some(built) = stamp::unchanged(options, &cargo, artifacts, events) {
        return Ok(built);
    }
    let began = SystemTime::now();
    let workspace = Workspace::find(&cargo, options).await?;
    let groups = group(&workspace, artifacts)?;
    let directory = workspace.target_directory.join("stack");
    create_directory(&directory)?;
    let _lock = lock::acquire(&directory, events).await?;

    let (mut zips, mut sources) = (BTreeMap::new(), Some(BTreeSet::new()));
    for (group, packages) in &groups {
        let tool = Tool::choose(options, &cargo, group.architecture, events).await?;
        for zip in build_group(options, &workspace, &tool, group, packages, &directory, events).await? {
            sources = sources.zip(zip.sources.clone()).map(|(all, more)| all.into_iter().chain(more).collect());
            zips.insert((zip.package.clone(), group.clone()), zip);
        }
    }
    let built = artifacts.iter().filter_map(|artifact| {
        let zip = zips.get(&(artifact.package.clone(), group_of(artifact)))?;
        Some(Built {
            function: artifact.function.clone(),
            package: artifact.package.clone(),
            file: zip.file.clone(),
            sha256: zip.sha256.clone(),
            size: zip.size,
        })
    });
    let built: Vec<Built> = built.collect();
    if let Some(sources) = sources {
        stamp::record(
            &stamp::Build { options, cargo: &cargo, workspace: &workspace, artifacts, began },
            sources,
            &built,
        );
    }
    Ok(built)
}

fn group_of(artifact: &Artifact) -> Group {
    let mut features = artifact.features.clone();
    features.sort();
    features.dedup();
    Group { architecture: artifact.architecture, features }
}

/// Every package to build, under the call that it belongs to; refuses what the workspace cannot build.
fn group<'w>(
    workspace: &'w Workspace,
    artifacts: &[Artifact],
) -> Result<BTreeMap<Group, BTreeMap<String, &'w Package>>, BuildError> {
    let mut groups: BTreeMap<Group, BTreeMap<String, &Package>> = BTreeMap::new();
    for artifact in artifacts {
        let package = workspace.package_for(artifact)?;
        groups.entry(group_of(artifact)).or_default().insert(package.name.clone(), package);
    }
    Ok(groups)
}

/// A zip made for one package of a group.
struct PackageZip {
    package: String,
    /// Its sources, where cargo told them.
    sources: Option<Vec<PathBuf>>,
    file: PathBuf,
    sha256: String,
    size: u64,
}

async fn build_group(
    options: &BuildOptions,
    workspace: &Workspace,
    tool: &Tool,
    group: &Group,
    packages: &BTreeMap<String, &Package>,
    directory: &Path,
    events: &mut Events<'_>,
) -> Result<Vec<PackageZip>, BuildError> {
    let started = Instant::now();
    for package in packages.keys() {
        events(Event::BuildStarted { package: package.clone() });
    }
    let compilation =
        Compilation { options, workspace, tool, architecture: group.architecture, features: &group.features };
    let binaries = compilation.run(packages, events).await?;

    let mut zips = Vec::new();
    for (package, binary) in binaries {
        // Another group builds the same binary with other features, and cargo writes another list.
        let sources = stamp::sources_beside(&compilation.cargo_file(&binary));
        let file = directory.join(zip_name(&package, options.profile, group));
        let Zip { sha256, size, unchanged } = archive::store(&binary, &file, group.architecture).await?;
        let seconds = started.elapsed().as_secs_f64();
        events(Event::BuildFinished { package: package.clone(), size, unchanged, seconds });
        zips.push(PackageZip { package, sources, file, sha256, size });
    }
    Ok(zips)
}

fn zip_name(package: &str, profile: Profile, group: &Group) -> String {
    let mut name = format!("{package}-{}-{}", profile.name(), group.architecture.as_str());
    for feature in &group.features {
        name.push('+');
        name.extend(feature.chars().map(|c| if c == '/' { '.' } else { c }));
    }
    name + ".zip"
}

fn create_directory(directory: &Path) -> Result<(), BuildError> {
    std::fs::create_dir_all(directory).map_err(|source| BuildError::UnusableFile {
        action: "create directory",
        path: directory.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zips_of_different_features_do_not_share_a_name() {
        let plain = Group { architecture: Architecture::X86_64, features: vec![] };
        let fast = Group { architecture: Architecture::X86_64, features: vec!["media/turbojpeg".into()] };
        assert_eq!(zip_name("thumb", Profile::Lambda, &plain), "thumb-lambda-x86_64.zip");
        assert_eq!(zip_name("thumb", Profile::Local, &fast), "thumb-local-x86_64+media.turbojpeg.zip");
    }
}
