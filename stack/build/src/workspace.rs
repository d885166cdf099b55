//! The Cargo workspace around a project, as `cargo metadata` tells it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use stack_plan::plan::Artifact;

use crate::{BuildError, BuildOptions, Profile, process};

/// What a build needs to know of a workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// Directory of the root manifest.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    pub(crate) target_directory: PathBuf,
    packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    /// Directory of a package on this machine; absent for one of a registry.
    path: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Workspace {
    /// Asks cargo for the workspace at or above the project directory.
    pub(crate) async fn find(cargo: &Path, options: &BuildOptions) -> Result<Self, BuildError> {
        let mut command = process::command(options, cargo);
        command.current_dir(&options.project_directory);
        command.args(["metadata", "--format-version", "1", "--no-deps"]);
        let output = process::output(command).await?;
        if !output.status.success() {
            return Err(BuildError::NoWorkspace {
                directory: options.project_directory.clone(),
                output: String::from_utf8_lossy(&output.stderr).trim_end().to_owned(),
            });
        }
        serde_json::from_slice(&output.stdout).map_err(|source| BuildError::UnreadableMetadata { source })
    }

    /// The package of a function, checked: it exists, has the features, and yields one binary.
    pub(crate) fn package_for(&self, artifact: &Artifact) -> Result<&Package, BuildError> {
        let function = artifact.function.clone();
        let Some(package) = self.packages.iter().find(|package| package.name == artifact.package) else {
            let known = self.packages.iter().filter(|package| !package.binaries().is_empty());
            return Err(BuildError::UnknownPackage {
                function,
                package: artifact.package.clone(),
                workspace: self.root.clone(),
                help: suggest(&artifact.package, known.map(|package| package.name.as_str()), "packages with a binary"),
            });
        };
        for feature in &artifact.features {
            // `dependency/feature` is cargo's own syntax; cargo checks it.
            if !feature.contains('/') && !package.features.contains_key(feature) {
                return Err(BuildError::UnknownFeature {
                    function,
                    package: package.name.clone(),
                    feature: feature.clone(),
                    help: suggest(feature, package.features.keys().map(String::as_str), "features"),
                });
            }
        }
        package.binary(&function)?;
        Ok(package)
    }

    /// The member whose manifest lies in this directory.
    pub(crate) fn package_in(&self, directory: &Path) -> Option<&Package> {
        self.packages.iter().find(|package| package.directory() == directory)
    }

    /// Every manifest of the workspace.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = PathBuf> {
        let root = std::iter::once(self.root.join("Cargo.toml"));
        root.chain(self.packages.iter().map(|package| package.manifest_path.clone()))
    }

    /// True when the root manifest has a section for the profile, which then wins over our settings.
    pub(crate) fn defines_profile(&self, profile: Profile) -> Result<bool, BuildError> {
        let path = self.root.join("Cargo.toml");
        let text = std::fs::read_to_string(&path).map_err(|source| BuildError::UnusableFile {
            action: "read",
            path,
            source,
        })?;
        // Cargo has read this manifest without complaint; what it accepts and we cannot read has no profile of ours.
        let manifest: toml::Table = text.parse().unwrap_or_default();
        Ok(manifest.get("profile").and_then(|profiles| profiles.get(profile.name())).is_some())
    }
}

impl Package {
    /// Directory of its manifest.
    pub(crate) fn directory(&self) -> PathBuf {
        self.manifest_path.parent().unwrap_or(&self.manifest_path).to_owned()
    }

    /// Directories of the packages on this machine that it depends on.
    pub(crate) fn path_dependencies(&self) -> impl Iterator<Item = PathBuf> {
        self.dependencies.iter().filter_map(|dependency| dependency.path.clone())
    }

    fn binaries(&self) -> Vec<&str> {
        let binaries = self.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "bin"));
        binaries.map(|target| target.name.as_str()).collect()
    }

    /// The binary target that becomes `bootstrap`: the only one, else the one named after the package, else `bootstrap`.
    pub(crate) fn binary(&self, function: &str) -> Result<&str, BuildError> {
        let binaries = self.binaries();
        if let [only] = binaries[..] {
            return Ok(only);
        }
        let named = |name: &str| binaries.iter().find(|binary| **binary == name).copied();
        if let Some(binary) = named(&self.name).or_else(|| named("bootstrap")) {
            return Ok(binary);
        }
        let (function, package) = (function.to_owned(), self.name.clone());
        Err(if binaries.is_empty() {
            BuildError::NoBinary { function, package, manifest: self.manifest_path.clone() }
        } else {
            let binaries = binaries.into_iter().map(str::to_owned).collect();
            BuildError::AmbiguousBinary { function, package, binaries }
        })
    }
}

/// The nearest known name, else all of them.
fn suggest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>, what: &str) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    let nearest = known.iter().map(|name| (strsim::damerau_levenshtein(wrong, name), name)).min();
    match nearest {
        Some((distance, name)) if distance <= wrong.chars().count().div_ceil(3) => format!("did you mean `{name}`?"),
        Some(_) => format!("{what}: {}", known.join(", ")),
        None => format!("there are no {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stack_plan::plan::Architecture;

    fn workspace() -> Workspace {
        serde_json::from_value(serde_json::json!({
            "workspace_root": "/w", "target_directory": "/w/target",
            "packages": [
                { "name": "thumbnail", "manifest_path": "/w/thumbnail/Cargo.toml", "features": { "fast": [] },
                  "targets": [{ "name": "thumbnail", "kind": ["lib"] }, { "name": "main-of-it", "kind": ["bin"] }] },
                { "name": "media", "manifest_path": "/w/media/Cargo.toml", "targets": [{ "name": "media", "kind": ["lib"] }] },
                { "name": "many", "manifest_path": "/w/many/Cargo.toml",
                  "targets": [{ "name": "one", "kind": ["bin"] }, { "name": "two", "kind": ["bin"] }] },
                { "name": "twins", "manifest_path": "/w/twins/Cargo.toml",
                  "targets": [{ "name": "one", "kind": ["bin"] }, { "name": "twins", "kind": ["bin"] }] },
            ]
        }))
        .unwrap()
    }

    fn artifact(package: &str, features: &[&str]) -> Artifact {
        Artifact {
            function: "process".into(),
            logical_id: "ProcessFunction".into(),
            function_name: "app-dev-process".into(),
            package: package.into(),
            features: features.iter().map(ToString::to_string).collect(),
            architecture: Architecture::X86_64,
            key_parameter: "ProcessKey".into(),
        }
    }

    fn refusal(package: &str, features: &[&str]) -> String {
        let error = workspace().package_for(&artifact(package, features)).unwrap_err();
        format!("{error}; {}", miette::Diagnostic::help(&error).unwrap())
    }

    #[test]
    fn the_binary_is_the_only_one_or_the_one_named_after_the_package() {
        let workspace = workspace();
        assert_eq!(
            workspace.package_for(&artifact("thumbnail", &["fast"])).unwrap().binary("f").unwrap(),
            "main-of-it"
        );
        assert_eq!(workspace.package_for(&artifact("twins", &[])).unwrap().binary("f").unwrap(), "twins");
    }

    #[test]
    fn what_cannot_be_built_is_refused_with_the_way_out() {
        assert_eq!(
            refusal("thumbnial", &[]),
            "function `process`: the workspace /w has no package `thumbnial`; did you mean `thumbnail`?"
        );
        assert_eq!(
            refusal("webhook", &[]),
            "function `process`: the workspace /w has no package `webhook`; packages with a binary: many, thumbnail, twins"
        );
        assert_eq!(
            refusal("media", &[]),
            "function `process`: package `media` has no binary target (/w/media/Cargo.toml); \
             add src/main.rs, or a [[bin]] section, to the package"
        );
        assert_eq!(
            refusal("many", &[]),
            "function `process`: package `many` has several binary targets: one, two; \
             name one of them `many` or `bootstrap`, or split the package"
        );
        assert_eq!(
            refusal("thumbnail", &["fats"]),
            "function `process`: package `thumbnail` has no feature `fats`; did you mean `fast`?"
        );
    }
}
