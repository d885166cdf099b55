//! Corpora that lie beside the repository, never inside it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Says on stderr that a test proves nothing on this machine, and why. The caller returns.
pub fn skipped(reason: &str) {
    // A closed stderr leaves nobody to tell.
    let _ignored = writeln!(std::io::stderr().lock(), "skipped: {reason}");
}

/// The Python that `cargo xtask test` provides, or that of the machine.
#[must_use]
pub fn python() -> PathBuf {
    std::env::var_os("STACK_TEST_PYTHON").map_or_else(|| "python3".into(), PathBuf::from)
}

/// A folder of the corpora: in `data/` below `STACK_SHARED`, or below `../shared` beside the workspace. `None` where this machine
/// does not have it; that is said.
#[must_use]
pub fn corpus(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("STACK_SHARED").map_or(beside, PathBuf::from);
    let path = shared.join("data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    skipped(&format!("no corpus `{folder}` at {}", path.display()));
    None
}

/// Events of every service that calls functions, by file name, sorted. `None` where this machine does not have them.
#[must_use]
pub fn lambda_events() -> Option<Vec<(String, Value)>> {
    let mut files = Vec::new();
    gather(&corpus("lambda_events")?, &mut files);
    gather(&corpus("sam_generate_event")?.join("samcli/lib/generated_sample_events/events"), &mut files);
    files.sort();
    let read = |path: PathBuf| (path.display().to_string(), serde_json::from_slice(&fs::read(&path).unwrap()).unwrap());
    Some(files.into_iter().map(read).collect())
}

fn gather(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}

/// Copies of an event in which one value is of another type: every value in turn, every type of JSON.
#[must_use]
pub fn wrong_types(event: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    list_pointers(event, String::new(), &mut pointers);
    let replacements =
        [json!(null), json!(true), json!(-1.5), json!(""), json!("\u{2603}\u{0}"), json!([]), json!([[]]), json!({})];
    let mut events = Vec::new();
    for pointer in pointers {
        for replacement in &replacements {
            let mut copy = event.clone();
            *copy.pointer_mut(&pointer).unwrap() = replacement.clone();
            events.push(copy);
        }
    }
    events
}

fn list_pointers(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                list_pointers(value, format!("{pointer}/{name}"), pointers);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                list_pointers(value, format!("{pointer}/{index}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(pointer);
}
