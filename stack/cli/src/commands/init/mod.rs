//! `stack init`: a new project out of this program.

mod shipped;
mod workspace;

use std::path::{Path, PathBuf};

use crate::arguments::{InitArguments, Settings};
use crate::error::CliError;
use crate::report::Report;

/// What a project begins with when nothing is named.
pub(crate) const DEFAULT_EXAMPLE: &str = "minimal";
/// Longest name of a project.
const NAME_LENGTH: usize = 40;
/// What tools make in a project.
const IGNORED: &str = "/target\n.stack/\n";

pub(super) fn run(settings: &Settings, arguments: InitArguments) -> Result<Report, CliError> {
    if arguments.list {
        return Ok(Report::Examples { examples: shipped::examples() });
    }
    let InitArguments { example, path, name, .. } = arguments;
    let known = shipped::examples();
    if !known.contains_key(&example) {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let near = super::near(&example, &names);
        let help = format!("{near}\na directory is the second word: `stack init {DEFAULT_EXAMPLE} DIR`");
        return Err(CliError::ExampleUnknown { name: example, help });
    }
    let directory = settings.path(&path);
    let name = project_name(name, &directory)?;
    refuse_contents(&directory, &example)?;
    let mut files = shipped::files_of(&example);
    files.insert(".gitignore".to_owned(), IGNORED.as_bytes().to_vec());
    if let Some(project) = files.get_mut(crate::project::FILE_NAME) {
        *project = renamed(&String::from_utf8_lossy(project), &name).into_bytes();
    }
    for (file, content) in &files {
        super::write_file(&directory.join(file), content)?;
    }
    let enter = (path != Path::new(".")).then(|| format!("cd {}", path.display()));
    let commands = ["stack schema > stack.schema.json", "stack check", "stack dev"].map(str::to_owned);
    Ok(Report::Initialized {
        name,
        directory: path,
        files: files.into_keys().collect(),
        next: enter.into_iter().chain(commands).collect(),
    })
}

/// The name that was given, which must be one, or what can be made of the directory's.
fn project_name(given: Option<String>, directory: &Path) -> Result<String, CliError> {
    if let Some(name) = given {
        return if is_name(&name) { Ok(name) } else { Err(CliError::ProjectName { name }) };
    }
    let whole: PathBuf = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let last = whole.components().next_back().map(|last| last.as_os_str().to_string_lossy().to_lowercase());
    let words = last.unwrap_or_default();
    let words = words.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    let name = name.trim_start_matches(|first: char| first.is_ascii_digit() || first == '-');
    let name: String = name.chars().take(NAME_LENGTH).collect();
    let name = name.trim_end_matches('-').to_owned();
    Ok(if is_name(&name) { name } else { "my-project".to_owned() })
}

/// The planner has the last word; its rule is told with its fault.
fn is_name(name: &str) -> bool {
    let project = format!("stack: \"{name}\"\nregion: us-east-1\nbuckets: {{ x: {{}} }}\n");
    !name.contains(['"', '\\']) && stack_plan::parse_project("stack.yaml", &project).is_ok()
}

/// A directory is empty when nothing but a repository's own directory is in it.
fn refuse_contents(directory: &Path, example: &str) -> Result<(), CliError> {
    let unreadable = |source| CliError::Unreadable { path: directory.to_owned(), source };
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(unreadable)?,
    };
    for entry in entries {
        if entry.map_err(unreadable)?.file_name() != ".git" {
            return Err(CliError::DirectoryNotEmpty { path: directory.to_owned(), example: example.to_owned() });
        }
    }
    Ok(())
}

/// The project file under another name.
fn renamed(text: &str, name: &str) -> String {
    let line = |line: &str| if line.starts_with("stack:") { format!("stack: {name}\n") } else { line.to_owned() };
    text.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_name_projects() {
        let name = |directory: &str| project_name(None, Path::new(directory)).unwrap();
        assert_eq!(name("/tmp/My Photos_2"), "my-photos-2");
        assert_eq!(name("/tmp/2024-photos"), "photos");
        assert_eq!(name("/tmp/ünï"), "n");
        assert_eq!(name("/tmp/aws-things"), "my-project", "AWS keeps such names");
        assert_eq!(name("/"), "my-project");
        assert_eq!(name(&format!("/{}", "a-".repeat(60))), "a-".repeat(20).trim_end_matches('-'));
        assert!(project_name(Some("A b".to_owned()), Path::new("/x")).is_err());
    }

    #[test]
    fn every_example_is_a_project_that_builds_outside_this_repository() {
        for example in shipped::examples().keys() {
            let files = shipped::files_of(example);
            let project = String::from_utf8(files["stack.yaml"].clone()).unwrap();
            let renamed = renamed(&project, "other");
            assert!(stack_plan::parse_project("stack.yaml", &renamed).unwrap().name() == "other", "{example}");
            if project.contains("\nfunctions:") {
                assert!(files.contains_key("Cargo.toml"), "{example}");
            }
            assert!(files.keys().all(|file| !file.starts_with('/') && !file.contains("..")), "{example}");
            if example == "image-library" {
                assert!(files.contains_key(".github/workflows/push-images.yml"), "{:?}", files.keys());
                assert!(files.contains_key(".github/push-images.py"));
            }
        }
    }
}
