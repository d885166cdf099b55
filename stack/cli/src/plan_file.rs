//! A saved plan as a file.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use stack_aws::{SAVED_PLAN_VERSION, SavedPlan};
use thiserror::Error;

use crate::error::CliError;
use crate::project::read_text;

/// Why a file cannot be deployed as a plan.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum PlanFileError {
    /// Something else than a plan.
    #[error("`{path}` is not a plan of this program", path = path.display())]
    #[diagnostic(code("plan-invalid"), help("nothing was changed; `stack diff --out {path}` writes one", path = path.display()))]
    PlanInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        #[source]
        source: serde_json::Error,
    },
    /// A plan that another version of this program wrote.
    #[error("`{path}` is a plan of form {version}, this program reads form {SAVED_PLAN_VERSION}", path = path.display())]
    #[diagnostic(
        code("plan-version"),
        help("nothing was changed; write it with the program that deploys it: `stack diff --out {path}`", path = path.display())
    )]
    PlanVersion {
        /// The file.
        path: PathBuf,
        /// The form.
        version: u64,
    },
}

/// Reads a plan.
///
/// # Errors
/// [`PlanFileError`]; a file that cannot be read.
pub(crate) fn read_plan(path: &Path) -> Result<SavedPlan, CliError> {
    let text = read_text(path)?;
    let invalid = |source| PlanFileError::PlanInvalid { path: path.to_owned(), source };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(invalid)?;
    if let Some(version) = value["plan_version"].as_u64().filter(|version| *version != u64::from(SAVED_PLAN_VERSION)) {
        return Err(PlanFileError::PlanVersion { path: path.to_owned(), version }.into());
    }
    // From the text once more, so that the place of a fault is told.
    Ok(serde_json::from_str(&text).map_err(invalid)?)
}

/// The text of a plan's file.
pub(crate) fn render_plan(plan: &SavedPlan) -> String {
    // Strings, maps and lists only: it always has a JSON form.
    let text = serde_json::to_string_pretty(plan).unwrap_or_default();
    text + "\n"
}
