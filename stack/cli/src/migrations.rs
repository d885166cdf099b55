//! Migrations of a project: the function that runs them, their files, and what the function says.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stack_plan::Plan;
use stack_plan::plan::Artifact;

use crate::error::{CliError, MigrationError};

/// Package of the function that runs migrations.
const PACKAGE: &str = "migrate";

/// Longest name of a migration: what its record has room for.
const LONGEST_NAME: usize = 200;

/// How the function's answer reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MigrationReport {
    /// What was done, in order.
    pub(crate) steps: Vec<MigrationStep>,
    /// Every migration, by number.
    pub(crate) migrations: Vec<MigrationStatus>,
}

/// A migration that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MigrationStep {
    /// Its number.
    pub(crate) version: i64,
    /// Its name.
    pub(crate) name: String,
    /// `up` or `down`.
    pub(crate) direction: String,
}

/// How a migration stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MigrationStatus {
    /// Its number.
    pub(crate) version: i64,
    /// Its name.
    pub(crate) name: String,
    /// `pending`, `applied`, `changed`, `missing` or `unfinished`.
    pub(crate) state: String,
    /// When it was recorded, as the database has it in UTC.
    pub(crate) recorded_at: Option<String>,
}

/// The function that runs the migrations of a project.
///
/// # Errors
/// [`MigrationError::MigrationFunctionMissing`], [`MigrationError::MigrationFunctionUnknown`], and
/// [`MigrationError::MigrationFunctionAmbiguous`] where there are several and none is named.
pub(crate) fn runner<'a>(plan: &'a Plan, named: Option<&str>) -> Result<&'a Artifact, CliError> {
    let runners: Vec<&Artifact> = plan.artifacts.iter().filter(|artifact| artifact.package == PACKAGE).collect();
    let known = || runners.iter().map(|runner| runner.function.as_str()).collect::<Vec<_>>();
    match (named, runners.as_slice()) {
        (_, []) => Err(MigrationError::MigrationFunctionMissing.into()),
        (None, [runner]) => Ok(runner),
        (None, _) => Err(MigrationError::MigrationFunctionAmbiguous { names: known().join(", ") }.into()),
        (Some(name), _) => runners.iter().copied().find(|runner| runner.function == name).ok_or_else(|| {
            let help = crate::commands::near(name, &known());
            MigrationError::MigrationFunctionUnknown { name: name.to_owned(), help }.into()
        }),
    }
}

/// Directory of the files of SQL, relative to the project: what is deployed into the bucket that the function reads.
///
/// # Errors
/// [`MigrationError::MigrationFilesElsewhere`] where the bucket has no contents of the project.
pub(crate) fn directory(plan: &Plan, runner: &Artifact) -> Result<PathBuf, CliError> {
    let elsewhere = || MigrationError::MigrationFilesElsewhere { function: runner.function.clone() };
    let function = plan.template.resources.get(&runner.logical_id).ok_or_else(elsewhere)?;
    let variables = &function.properties["Environment"]["Variables"];
    let prefix = variables["MIGRATIONS_PREFIX"].as_str().unwrap_or_default();
    let bucket = &variables["MIGRATIONS_BUCKET"];
    let is_its_bucket = |name: &str, logical: Option<&str>| {
        bucket.as_str() == Some(name) || bucket["Ref"].as_str().is_some_and(|id| Some(id) == logical)
    };
    let contents = plan.contents.iter().find(|contents| {
        let logical = plan.template.resources.iter().find_map(|(id, resource)| {
            (resource.properties["BucketName"].as_str() == Some(&contents.bucket_name)).then_some(id.as_str())
        });
        is_its_bucket(&contents.bucket_name, logical) && prefix.starts_with(&contents.prefix)
    });
    let contents = contents.ok_or_else(elsewhere)?;
    Ok(Path::new(&contents.source).join(&prefix[contents.prefix.len()..]))
}

/// Name of a new migration as its files have it: `Add users` is `add_users`.
///
/// # Errors
/// [`MigrationError::MigrationName`] when nothing is left of it, or too much.
pub(crate) fn file_name_part(name: &str) -> Result<String, CliError> {
    let mut part = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            part.push(character.to_ascii_lowercase());
        } else if !part.is_empty() && !part.ends_with('_') {
            part.push('_');
        }
    }
    let part = part.trim_end_matches('_').to_owned();
    if part.is_empty() || part.len() > LONGEST_NAME {
        return Err(MigrationError::MigrationName { name: name.to_owned() }.into());
    }
    Ok(part)
}

/// Numbers of the migrations that files of these names are of.
pub(crate) fn versions<'a>(file_names: impl Iterator<Item = &'a str>) -> Vec<i64> {
    let number = |name: &str| {
        let stem = name.strip_suffix(".up.sql").or_else(|| name.strip_suffix(".down.sql"))?;
        stem.split_once('_')?.0.parse().ok().filter(|version| *version > 0)
    };
    let mut versions: Vec<i64> = file_names.filter_map(number).collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_joined_by_underscores() {
        assert_eq!(file_name_part("Add users!").unwrap(), "add_users");
        assert_eq!(file_name_part("--a--b--").unwrap(), "a_b");
        for wrong in ["", "!!", "ü", &"a".repeat(201)] {
            assert!(file_name_part(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_read_from_names() {
        let names = ["0002_b.up.sql", "0001_a.up.sql", "0001_a.down.sql", "README.md", "x_y.up.sql", "0_z.up.sql"];
        assert_eq!(versions(names.into_iter()), [1, 2]);
    }
}
