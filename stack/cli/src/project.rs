//! Finds and reads what the user wrote: the project file, and its own template and policy sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stack_plan::{Context, Plan};

use crate::arguments::Settings;
use crate::error::CliError;
use crate::report::Declaration;

/// Name of the project file.
pub(crate) const FILE_NAME: &str = "stack.yaml";

/// Greatest size of a project file, template, template source or policy source, in bytes: no template is larger.
const SIZE_LIMIT: u64 = 1024 * 1024;

/// A project and the files beside it, read once.
#[derive(Debug)]
pub(crate) struct ProjectFiles {
    /// Directory of the project file, without `.` and links.
    pub(crate) directory: PathBuf,
    /// The project file as the user would name it from here.
    pub(crate) file_name: String,
    text: String,
    template_sources: BTreeMap<String, String>,
    policy_sources: BTreeMap<String, String>,
    /// Files that the project includes, by path.
    includes: BTreeMap<String, String>,
}

impl ProjectFiles {
    /// Reads the nearest project file, from the settings' directory upward, and what lies beside it.
    ///
    /// # Errors
    /// [`CliError::ProjectMissing`], [`CliError::Unreadable`], or [`CliError::FileTooLarge`].
    pub(crate) fn read(settings: &Settings) -> Result<Self, CliError> {
        let directory = project_directory(settings)?;
        let file_name = name_from(&settings.directory, &start_directory(settings)?, &directory);
        let text = read_text(&directory.join(FILE_NAME))?;
        Ok(Self {
            includes: read_includes(&directory, &text)?,
            text,
            template_sources: read_sources(&directory.join("templates"))?,
            policy_sources: read_sources(&directory.join("policies"))?,
            directory,
            file_name,
        })
    }

    /// The project in one environment.
    ///
    /// `account` is what AWS says; the settings' own wins, then the project file's.
    ///
    /// # Errors
    /// All faults of the project at once.
    pub(crate) fn plan(
        &self,
        settings: &Settings,
        parameters: &BTreeMap<String, String>,
        account: Option<String>,
    ) -> Result<Plan, CliError> {
        let context = self.context(settings, parameters, account);
        Ok(stack_plan::check_project(&self.file_name, &self.text, &context)?)
    }

    /// Region of the environment that the settings mean, as far as the project tells it; its other faults do not matter.
    pub(crate) fn region(&self, settings: &Settings) -> Option<String> {
        stack_plan::region(&self.text, &self.context(settings, &BTreeMap::new(), None))
    }

    /// What a plan depends on besides the project file.
    fn context(&self, settings: &Settings, parameters: &BTreeMap<String, String>, account: Option<String>) -> Context {
        Context {
            environment: settings.environment.clone(),
            suffix: settings.suffix.clone(),
            user: login_name(),
            region: settings.region.clone(),
            account: settings.account.clone().or(account),
            // The plan looks only at those that the project lists.
            env: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            parameters: parameters.clone(),
            template_sources: self.template_sources.clone(),
            policy_sources: self.policy_sources.clone(),
            includes: self.includes.clone(),
        }
    }

    /// Files that the project includes, relative to it.
    pub(crate) fn included(&self) -> impl Iterator<Item = &str> {
        self.includes.keys().map(String::as_str)
    }

    /// True when the project has a template source or a policy source of its own under this name.
    pub(crate) fn has_source(&self, file_name: &str) -> bool {
        self.template_sources.contains_key(file_name) || self.policy_sources.contains_key(file_name)
    }

    /// Where the project declares a resource.
    pub(crate) fn declaration(&self, plan: &Plan, logical_id: &str) -> Option<Declaration> {
        let companions = plan.companions.iter().map(|companion| &companion.origins);
        let origin = std::iter::once(&plan.origins).chain(companions).find_map(|origins| origins.get(logical_id));
        origin.map(|origin| Declaration {
            file: self.file_name.clone(),
            line: origin.line,
            key_path: origin.key_path.clone(),
        })
    }
}

/// Directory in which the search begins, without `.` and links.
pub(crate) fn start_directory(settings: &Settings) -> Result<PathBuf, CliError> {
    let path = &settings.directory;
    std::fs::canonicalize(path).map_err(|source| CliError::Unreadable { path: path.clone(), source })
}

/// Directory of the project that the settings mean.
///
/// # Errors
/// [`CliError::ProjectMissing`] when there is none.
pub(crate) fn project_directory(settings: &Settings) -> Result<PathBuf, CliError> {
    find_directory(&start_directory(settings)?)
        .ok_or_else(|| CliError::ProjectMissing { directory: settings.directory.clone() })
}

/// The nearest directory, from here upward, that has a project file.
pub(crate) fn find_directory(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|directory| directory.join(FILE_NAME).is_file()).map(Path::to_owned)
}

/// Region that the project file names, if there is one that can be read.
pub(crate) fn region(settings: &Settings) -> Option<String> {
    ProjectFiles::read(settings).ok()?.region(settings)
}

/// The project file seen from the working directory: what an editor opens when the name is clicked.
fn name_from(given: &Path, start: &Path, found: &Path) -> String {
    let levels = start.strip_prefix(found).map_or(0, |below| below.components().count());
    let mut name = if given == Path::new(".") { PathBuf::new() } else { given.to_owned() };
    name.extend(std::iter::repeat_n("..", levels));
    name.join(FILE_NAME).display().to_string()
}

/// The `.hbs` files of a directory by name; none when there is no such directory.
fn read_sources(directory: &Path) -> Result<BTreeMap<String, String>, CliError> {
    let unreadable = |source| CliError::Unreadable { path: directory.to_owned(), source };
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut sources = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_some_and(|extension| extension == "hbs") && path.is_file() {
            sources.insert(name.to_owned(), read_text(&path)?);
        }
    }
    Ok(sources)
}

/// The files that a project includes, as far as they are there; the plan reports the others where they are named.
fn read_includes(directory: &Path, text: &str) -> Result<BTreeMap<String, String>, CliError> {
    let mut includes = BTreeMap::new();
    for name in stack_plan::included_files(text) {
        let path = directory.join(&name);
        if path.is_file() {
            includes.insert(name, read_text(&path)?);
        }
    }
    Ok(includes)
}

/// The text of a file of bounded size.
///
/// # Errors
/// [`CliError::Unreadable`], [`CliError::FileTooLarge`].
pub(crate) fn read_text(path: &Path) -> Result<String, CliError> {
    let unreadable = |source| CliError::Unreadable { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > SIZE_LIMIT {
        return Err(CliError::FileTooLarge { path: path.to_owned(), size, limit: SIZE_LIMIT });
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// Login name, for `{{user}}`: of the environment, else of the user database, else the user's number.
/// Who deploys: whoever a job of CI says that it works for, else the login name.
pub(crate) fn deployer() -> String {
    let named = |name| std::env::var(name).ok().filter(|login| !login.is_empty());
    ["GITHUB_ACTOR", "GITLAB_USER_LOGIN"].into_iter().find_map(named).unwrap_or_else(login_name)
}

fn login_name() -> String {
    let named = |name| std::env::var(name).ok().filter(|login| !login.is_empty());
    ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(named).unwrap_or_else(|| {
        // Containers set none of these.
        let number = rustix::process::getuid().as_raw();
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        login_of(number, &users).unwrap_or_else(|| format!("user{number}"))
    })
}

/// The name that a user database (`name:password:number:...` per line) has for a number.
fn login_of(number: u32, users: &str) -> Option<String> {
    let mut entries = users.lines().map(|line| line.split(':'));
    let mut entry = entries.find(|entry| entry.clone().nth(2) == Some(number.to_string().as_str()))?;
    entry.next().filter(|login| !login.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_database_knows_names() {
        let users = "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/sh\nbroken\n:x:7:7:::\n";
        assert_eq!(login_of(1000, users).as_deref(), Some("alice"));
        assert_eq!(login_of(0, users).as_deref(), Some("root"));
        assert_eq!(login_of(7, users), None);
        assert_eq!(login_of(100, users), None);
    }

    #[test]
    fn the_project_file_is_named_as_seen_from_here() {
        let name = |given: &str, start: &str, found: &str| name_from(given.as_ref(), start.as_ref(), found.as_ref());
        assert_eq!(name(".", "/p", "/p"), "stack.yaml");
        assert_eq!(name(".", "/p/a/b", "/p"), "../../stack.yaml");
        assert_eq!(
            name("examples/avatars", "/r/examples/avatars", "/r/examples/avatars"),
            "examples/avatars/stack.yaml"
        );
        assert_eq!(name("/r/x", "/r/x", "/r"), "/r/x/../stack.yaml");
    }
}
