//! `stack migrate`: migrations of a database, new ones and the runs of the function that applies them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use stack_aws::{Invocation, InvocationKind, Invoked};

use crate::arguments::{MigrateArguments, MigrateCommand, Settings};
use crate::error::{CliError, MigrationError};
use crate::fact::Fact;
use crate::host::Consent;
use crate::migrations::{self, MigrationReport};
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: MigrateArguments, output: &mut Output) -> Result<Report, CliError> {
    let MigrateArguments { function, command, parameters } = arguments;
    let files = ProjectFiles::read(settings)?;
    let parameters = parameters.into_map();
    let plan = files.plan(settings, &parameters, None)?;
    let runner = migrations::runner(&plan, function.as_deref())?;
    let directory = migrations::directory(&plan, runner);
    let payload = match command {
        MigrateCommand::New { name } => return new(settings, &files.directory, &directory?, &name),
        MigrateCommand::Up => json!({ "command": "up" }),
        MigrateCommand::Status => json!({ "command": "status" }),
        MigrateCommand::Down { steps } => {
            if !may_undo(settings, &plan.stack_name, steps, output)? {
                return Ok(Report::Declined);
            }
            json!({ "command": "down", "steps": steps })
        }
        MigrateCommand::Resolve { version, as_ } => {
            json!({ "command": "resolve", "version": version, "as": as_.word() })
        }
    };
    let here = directory.ok().map(|directory| versions_in(&files.directory.join(directory))).unwrap_or_default();
    let name = runner.function.clone();
    let Some((function_name, invoked)) = invoke(settings, &files, &parameters, &name, &payload)? else {
        return Ok(Report::Interrupted);
    };
    let report = read(&name, &function_name, &invoked)?;
    let known: Vec<i64> = report.migrations.iter().map(|migration| migration.version).collect();
    let undeployed: Vec<i64> = here.into_iter().filter(|version| !known.contains(version)).collect();
    if !undeployed.is_empty() {
        output.fact(&Fact::MigrationsUndeployed { versions: &undeployed });
    }
    Ok(Report::Migrations { function: name, migrations: report })
}

/// What is undone is gone: the local cloud apart, somebody must say so.
fn may_undo(settings: &Settings, stack_name: &str, steps: u32, output: &mut Output) -> Result<bool, CliError> {
    let consent = Consent::to_deploy(settings).require("stack migrate down")?;
    Ok(consent == Consent::Given || output.ask_undo(stack_name, steps))
}

/// The two files of the next migration.
fn new(settings: &Settings, project: &Path, directory: &Path, name: &str) -> Result<Report, CliError> {
    let part = migrations::file_name_part(name)?;
    let number = versions_in(&project.join(directory)).last().map_or(1, |last| last + 1);
    // As the user would name them from here.
    let shown = settings.path(directory);
    let mut files = Vec::new();
    for (way, says) in [("up", "-- What this migration does.\n"), ("down", "-- What undoes it.\n")] {
        let file = format!("{number:04}_{part}.{way}.sql");
        let path = project.join(directory).join(&file);
        if path.exists() {
            return Err(CliError::FileExists { path: shown.join(file) });
        }
        super::write_file(&path, says.as_bytes())?;
        files.push(shown.join(file));
    }
    Ok(Report::Written { files })
}

/// Numbers of the migrations in a directory, the lowest first; none where it cannot be read.
fn versions_in(directory: &Path) -> Vec<i64> {
    let names: Vec<String> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    migrations::versions(names.iter().map(String::as_str))
}

/// The function's name in Lambda and its answer; nothing when the user interrupts.
fn invoke(
    settings: &Settings,
    files: &ProjectFiles,
    parameters: &BTreeMap<String, String>,
    function: &str,
    payload: &Value,
) -> Result<Option<(String, Invoked)>, CliError> {
    let endpoint_url = target::endpoint(settings, files)?;
    runtime::run(async |interrupt| {
        let invoking = async {
            let Connected { aws, plan } = target::connect(settings, files, parameters, endpoint_url).await?;
            let function_name = migrations::runner(&plan, Some(function))?.function_name.clone();
            let invocation = Invocation {
                function_name: &function_name,
                payload: payload.to_string().into_bytes(),
                kind: InvocationKind::RequestResponse,
            };
            let invoked = stack_aws::invoke(&aws, invocation).await?;
            Ok::<_, CliError>(Some((function_name, invoked)))
        };
        tokio::select! {
            invoked = invoking => invoked,
            () = interrupt.cancelled() => Ok(None),
        }
    })
}

/// What the function says: a report, or why there is none.
fn read(function: &str, function_name: &str, invoked: &Invoked) -> Result<MigrationReport, CliError> {
    if invoked.error.is_some() {
        let answer: Value = serde_json::from_str(&invoked.payload).unwrap_or_default();
        let text = |key: &str| answer[key].as_str().map(str::to_owned);
        return Err(MigrationError::MigrationFailed {
            function: function.to_owned(),
            error_type: text("errorType").unwrap_or_else(|| "unknown".to_owned()),
            message: text("errorMessage").unwrap_or_else(|| invoked.payload.clone()),
        }
        .into());
    }
    serde_json::from_str(&invoked.payload)
        .map_err(|source| MigrationError::MigrationAnswer { function: function_name.to_owned(), source }.into())
}
