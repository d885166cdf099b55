//! `stack invoke`: runs a function once, and prints what it answers.

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;
use stack_aws::{Invocation, InvocationKind, Invoked};

use super::build;
use crate::arguments::{InvokeArguments, Settings};
use crate::error::CliError;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

/// Greatest event that Lambda takes, in bytes.
const LIMIT: u64 = 6 * 1024 * 1024;

pub(super) fn run(settings: &Settings, arguments: InvokeArguments) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let InvokeArguments { function, payload, file, event, parameters } = arguments;
    let parameters = parameters.into_map();
    // Names and the event are checked before anything is asked of AWS.
    let plan = files.plan(settings, &parameters, None)?;
    if plan.artifacts.is_empty() {
        return Err(CliError::FunctionsMissing);
    }
    build::chosen(&plan, std::slice::from_ref(&function))?;
    let payload = match (payload, file) {
        (Some(text), _) => checked(text, "the event")?,
        (None, Some(file)) if file == Path::new("-") => checked(read_stdin()?, "the event of standard input")?,
        (None, Some(file)) => {
            let path = settings.path(&file);
            checked(read_file(&path)?, &format!("`{}`", path.display()))?
        }
        (None, None) => b"{}".to_vec(),
    };
    let kind = if event { InvocationKind::Event } else { InvocationKind::RequestResponse };
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let invoking = async {
            let Connected { aws, plan } = target::connect(settings, &files, &parameters, endpoint_url).await?;
            let artifact = build::chosen(&plan, std::slice::from_ref(&function))?.remove(0);
            let function_name = artifact.function_name;
            let invocation = Invocation { function_name: &function_name, payload, kind };
            let invoked = stack_aws::invoke(&aws, invocation).await?;
            Ok::<_, CliError>((function_name, invoked))
        };
        let (function_name, invoked) = tokio::select! {
            invoked = invoking => invoked?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        let answer = answer_of(&invoked);
        Ok(Report::Invoked { function, function_name, invoked, answer })
    })
}

/// The answer as a value; as a text where it is no JSON, absent where there is none.
fn answer_of(invoked: &Invoked) -> Option<Value> {
    let payload = Some(&invoked.payload).filter(|payload| !payload.is_empty())?;
    Some(serde_json::from_str(payload).unwrap_or_else(|_| Value::String(payload.clone())))
}

/// The event, when it is JSON.
fn checked(text: String, source: &str) -> Result<Vec<u8>, CliError> {
    let invalid = |error: serde_json::Error| CliError::EventInvalid { source_name: source.to_owned(), error };
    serde_json::from_str::<serde::de::IgnoredAny>(&text).map_err(invalid)?;
    Ok(text.into_bytes())
}

fn read_file(path: &Path) -> Result<String, CliError> {
    let unreadable = |source| CliError::Unreadable { path: path.to_owned(), source };
    read(std::fs::File::open(path).map_err(unreadable)?, path)
}

fn read_stdin() -> Result<String, CliError> {
    read(std::io::stdin().lock(), Path::new("/dev/stdin"))
}

/// A text of bounded size.
fn read(source: impl std::io::Read, path: &Path) -> Result<String, CliError> {
    let mut text = String::new();
    let read = source.take(LIMIT + 1).read_to_string(&mut text);
    read.map_err(|source| CliError::Unreadable { path: path.to_owned(), source })?;
    let size = text.len() as u64;
    if size > LIMIT { Err(CliError::EventTooLarge { path: path.to_owned(), limit: LIMIT }) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_json_of_bounded_size() {
        assert_eq!(checked("{ \"a\": 1 }".to_owned(), "x").unwrap(), b"{ \"a\": 1 }", "sent as it is");
        assert!(checked("{a: 1}".to_owned(), "x").is_err());
        assert!(checked(String::new(), "x").is_err());
        let endless = std::io::repeat(b'1');
        assert!(matches!(read(endless, Path::new("x")), Err(CliError::EventTooLarge { .. })));
    }

    #[test]
    fn an_answer_that_is_no_json_is_a_text() {
        let answer = |payload: &str| {
            answer_of(&Invoked {
                status: 200,
                version: None,
                error: None,
                payload: payload.to_owned(),
                log: String::new(),
            })
        };
        assert_eq!(answer("{\"a\":1}"), Some(serde_json::json!({ "a": 1 })));
        assert_eq!(answer("oops"), Some(Value::String("oops".to_owned())));
        assert_eq!(answer(""), None);
    }
}
