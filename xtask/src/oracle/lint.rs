//! cfn-lint over the templates; its answers are kept, since a run takes minutes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::failure::Failure;
use crate::talk::say;

/// One finding of cfn-lint.
pub(super) struct Finding {
    /// Rule (`E3002`).
    pub(super) rule: String,
    pub(super) line: usize,
    /// Steps joined by `/`.
    pub(super) path: String,
    pub(super) message: String,
}

/// Prints one JSON line for each template that is named on standard input.
const SCRIPT: &str = r"
import json, sys
from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner
for line in sys.stdin:
    name = line.rstrip('\n')
    try:
        run = Runner(ConfigMixIn(cli_args=['--regions', 'us-east-1', '--format', 'json', '--template', name])).run()
        found = [[m.rule.id, m.linenumber, '/'.join(map(str, m.path or [])), m.message] for m in run]
    except BaseException as error:
        found = None
    print(json.dumps([name, found]), flush=True)
";

/// Findings by template; none for a template that the linter itself fails at.
pub(super) fn run(
    python: &Path,
    directory: &Path,
    templates: &[PathBuf],
) -> Result<BTreeMap<PathBuf, Option<Vec<Finding>>>, Failure> {
    let cache = directory.join("cfn-lint.jsonl");
    let mut known = read(&cache)?;
    let missing: Vec<&PathBuf> = templates.iter().filter(|file| !known.contains_key(*file)).collect();
    if !missing.is_empty() {
        say(&format!("running cfn-lint over {} templates (a second or two each)", missing.len()));
        let names = directory.join("names.txt");
        let text: Vec<String> = missing.iter().map(|file| file.display().to_string()).collect();
        std::fs::write(&names, text.join("\n") + "\n")?;
        let output = std::fs::OpenOptions::new().create(true).append(true).open(&cache)?;
        let status = Command::new(python)
            .args(["-c", SCRIPT])
            .stdin(std::fs::File::open(&names)?)
            .stdout(output)
            .stderr(std::process::Stdio::null())
            .status()?;
        if !status.success() {
            return Err(Failure::new("cfn-lint could not be run; is it installed in target/tools/python?"));
        }
        known = read(&cache)?;
    }
    known.retain(|file, _| templates.contains(file));
    Ok(known)
}

fn read(cache: &Path) -> Result<BTreeMap<PathBuf, Option<Vec<Finding>>>, Failure> {
    let text = match std::fs::read_to_string(cache) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let mut known = BTreeMap::new();
    for line in text.lines() {
        // A line that an interrupted run left unfinished is done again.
        let Ok(answer) = serde_json::from_str::<(PathBuf, Option<Vec<Value>>)>(line) else { continue };
        known.insert(answer.0, answer.1.map(|found| found.iter().filter_map(finding).collect()));
    }
    Ok(known)
}

fn finding(value: &Value) -> Option<Finding> {
    let [rule, line, path, message] = value.as_array()?.as_slice() else { return None };
    Some(Finding {
        rule: rule.as_str()?.to_owned(),
        line: usize::try_from(line.as_u64()?).ok()?,
        path: path.as_str()?.to_owned(),
        message: message.as_str()?.to_owned(),
    })
}
