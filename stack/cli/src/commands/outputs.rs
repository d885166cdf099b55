//! `stack outputs`: what the deployed stack says.

use std::collections::BTreeMap;

use crate::arguments::{OutputsArguments, Settings};
use crate::error::CliError;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: &OutputsArguments) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let asking = async {
            let Connected { aws, plan } = target::connect(settings, &files, &BTreeMap::new(), endpoint_url).await?;
            // A script that asks too early is told so, and does not go on with nothing.
            let stack = stack_aws::status(&aws, &plan.stack_name).await?.ok_or_else(|| CliError::StackMissing {
                stack_name: plan.stack_name.clone(),
                region: aws.target().region.clone(),
            })?;
            Ok::<_, CliError>((aws, plan.stack_name, stack.outputs))
        };
        let (aws, stack_name, outputs) = tokio::select! {
            answer = asking => answer?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        if let Some(name) = arguments.name.as_ref().filter(|name| !outputs.contains_key(*name)) {
            let known = outputs.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(CliError::OutputUnknown { name: name.clone(), stack_name, known });
        }
        let report = Report::Outputs { stack_name, outputs, only: arguments.name.clone() };
        let report = report.answering(aws.target().endpoint_url.as_deref());
        let Some(file) = &arguments.env_file else { return Ok(report) };
        let path = settings.path(file);
        super::write_file(&path, env_text(report.outputs().unwrap_or(&BTreeMap::new()))?.as_bytes())?;
        Ok(Report::Written { files: vec![path] })
    })
}

/// A line for each output: `API_URL="https://..."`.
fn env_text(outputs: &BTreeMap<String, String>) -> Result<String, CliError> {
    let mut lines: BTreeMap<String, (&str, String)> = BTreeMap::new();
    for (name, value) in outputs {
        let variable = variable(name);
        if let Some((other, _)) = lines.get(&variable) {
            return Err(CliError::OutputsAlike { one: (*other).to_owned(), other: name.clone(), variable });
        }
        let line = format!("{variable}=\"{}\"\n", quoted(value));
        lines.insert(variable, (name, line));
    }
    Ok(lines.into_values().map(|(_, line)| line).collect())
}

/// `ApiUrl` is `API_URL`, `S3Bucket` is `S3_BUCKET`, `UserPoolID` is `USER_POOL_ID`.
fn variable(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut variable = String::new();
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| characters[before]);
        let ends_word = before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit());
        let ends_letters = before.is_some_and(|before| before.is_ascii_uppercase())
            && characters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        if character.is_ascii_uppercase() && (ends_word || ends_letters) {
            variable.push('_');
        }
        variable.push(character.to_ascii_uppercase());
    }
    variable
}

/// Between double quotes, for shells and for the readers of such files.
fn quoted(value: &str) -> String {
    let mut text = String::new();
    for character in value.chars() {
        match character {
            '\n' => text.push_str("\\n"),
            '"' | '\\' | '$' | '`' => text.extend(['\\', character]),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn names_become_variables() {
        let names = ["ApiUrl", "S3Bucket", "UserPoolID", "URLPath", "X", "Queue2Arn"].map(variable);
        assert_eq!(names, ["API_URL", "S3_BUCKET", "USER_POOL_ID", "URL_PATH", "X", "QUEUE2_ARN"]);
    }

    #[test]
    fn values_stay_as_they_are_and_start_nothing() {
        let text = env_text(&outputs(&[("B", "a \"b\" $HOME `id` \\ c"), ("A", "x\ny")])).unwrap();
        assert_eq!(text, "A=\"x\\ny\"\nB=\"a \\\"b\\\" \\$HOME \\`id\\` \\\\ c\"\n");
        assert!(env_text(&outputs(&[("ApiUrl", ""), ("APIUrl", "")])).is_err());
    }
}
