//! What a build depended on, so that an unchanged one is known without asking cargo.
//!
//! Cargo lists the source files of a binary beside it (`<binary>.d`). Sizes and times of those files, of manifests, lock file,
//! settings, toolchain and zips, and a hash of the request are recorded in `.stack/build/` of the project. When all of it is
//! as it was, the zips are too. A doubt (a file without a time, one that changed while the build ran) leaves no record, and
//! then cargo decides.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stack_plan::plan::Artifact;
use stack_plan::{Built, Event};

use crate::workspace::Workspace;
use crate::{BuildOptions, Events, archive, sources, tool};

/// Raised when a record of before may no longer be trusted.
const FORMAT: u32 = 1;

/// Variables that differ between terminals and say nothing of a build, and keys, which are rotated.
const NOISE: [&str; 15] = [
    "_",
    "SHLVL",
    "PWD",
    "OLDPWD",
    "TERM",
    "COLUMNS",
    "LINES",
    "COLORTERM",
    "NO_COLOR",
    "TMUX_PANE",
    "WINDOWID",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
];

/// Files that change what cargo does, in a directory or in one above it.
const SETTINGS: [&str; 4] = [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"];

/// Size and time of change of a file or directory; `None` when there is none.
type State = Option<(u64, u128)>;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    format: u32,
    /// Hash of artifacts, options, tools and environment.
    request: String,
    files: BTreeMap<PathBuf, State>,
    zips: Vec<RecordedZip>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RecordedZip {
    function: String,
    package: String,
    file: PathBuf,
    sha256: String,
    size: u64,
    state: State,
}

/// The build of these artifacts, if it was done before and nothing that it depended on has changed.
pub(crate) fn unchanged(
    options: &BuildOptions,
    cargo: &Path,
    artifacts: &[Artifact],
    events: &mut Events<'_>,
) -> Option<Vec<Built>> {
    let record: Record = serde_json::from_slice(&std::fs::read(path(options)).ok()?).ok()?;
    let same = record.format == FORMAT
        && record.request == request(options, cargo, artifacts)
        && record.zips.iter().all(|zip| zip.state.is_some() && state(&zip.file) == zip.state)
        && record.files.iter().all(|(file, before)| state(file) == *before);
    if !same {
        return None;
    }
    let mut told = BTreeSet::new();
    for zip in &record.zips {
        if told.insert(&zip.file) {
            events(Event::BuildStarted { package: zip.package.clone() });
            let (package, size) = (zip.package.clone(), zip.size);
            events(Event::BuildFinished { package, size, unchanged: true, seconds: 0.0 });
        }
    }
    Some(record.zips.into_iter().map(RecordedZip::into_built).collect())
}

/// A build that has just ended.
pub(crate) struct Build<'a> {
    pub(crate) options: &'a BuildOptions,
    pub(crate) cargo: &'a Path,
    pub(crate) workspace: &'a Workspace,
    pub(crate) artifacts: &'a [Artifact],
    /// When it was asked for.
    pub(crate) began: SystemTime,
}

/// Records what a build depended on. Nothing is recorded where something changed meanwhile: the next build asks cargo again.
pub(crate) fn record(done: &Build<'_>, sources: BTreeSet<PathBuf>, built: &[Built]) {
    let file = path(done.options);
    let _ = std::fs::remove_file(&file);
    let Some(files) = done.dependencies(sources) else { return };
    let began = done.began.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let files: BTreeMap<PathBuf, State> = files.into_iter().map(|file| (file.clone(), state(&file))).collect();
    if files.values().flatten().any(|(_, changed)| *changed >= began) {
        return;
    }
    let zips = built.iter().map(RecordedZip::of).collect();
    let request = request(done.options, done.cargo, done.artifacts);
    let record = Record { format: FORMAT, request, files, zips };
    // A project in a directory that cannot be written is built as ever, only not as fast.
    if let Some(directory) = file.parent()
        && std::fs::create_dir_all(directory).is_ok()
    {
        let _ = archive::replace(&file, serde_json::json!(record).to_string().as_bytes());
    }
}

fn path(options: &BuildOptions) -> PathBuf {
    options.project_directory.join(".stack").join("build").join(format!("{}.json", options.profile.name()))
}

fn state(file: &Path) -> State {
    let metadata = std::fs::metadata(file).ok()?;
    let changed = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos();
    // The size of a directory is the file system's own business.
    Some((if metadata.is_dir() { 0 } else { metadata.len() }, changed))
}

/// Everything that is not a file.
fn request(options: &BuildOptions, cargo: &Path, artifacts: &[Artifact]) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update(bytes.len().to_le_bytes());
        hash.update(bytes);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(options.profile.name().as_bytes());
    add(&[u8::from(options.locked)]);
    add(cargo.as_os_str().as_encoded_bytes());
    for artifact in artifacts {
        add(artifact.function.as_bytes());
        add(artifact.package.as_bytes());
        add(artifact.features.join(",").as_bytes());
        add(artifact.architecture.as_str().as_bytes());
        add(format!("{:?}", tool::present(options, cargo, artifact.architecture)).as_bytes());
    }
    for (name, value) in options.variables.iter().filter(|(name, _)| !is_noise(name)) {
        add(name.as_encoded_bytes());
        add(value.as_encoded_bytes());
    }
    hex::encode(hash.finalize())
}

fn is_noise(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| NOISE.contains(&name) || name.starts_with("SSH_") || name.starts_with("XDG_"))
}

impl Build<'_> {
    /// Every file whose change may lead to other zips; `None` where that cannot be known.
    fn dependencies(&self, mut files: BTreeSet<PathBuf>) -> Option<BTreeSet<PathBuf>> {
        let project = &self.options.project_directory;
        files.extend(self.workspace.manifests());
        files.insert(self.workspace.root.join("Cargo.lock"));
        // A new file may become a target, or a module that a build script finds.
        for directory in sources::of(self.workspace, self.artifacts).ok()? {
            files.extend(["src", "src/bin", "build.rs"].map(|name| directory.join(name)));
        }
        for start in [&self.workspace.root, project] {
            files.extend(start.ancestors().flat_map(|directory| SETTINGS.map(|name| directory.join(name))));
        }
        // Another workspace between project and root would win.
        files.extend(project.ancestors().map(|directory| directory.join("Cargo.toml")));
        let home = self.options.cargo_home();
        files.extend(home.into_iter().flat_map(|home| ["config.toml", "config"].map(|name| home.join(name))));
        files.extend(toolchain(self.options));
        files.insert(self.cargo.to_owned());
        Some(files)
    }
}

/// The sources of a binary, which cargo lists in a file beside it.
pub(crate) fn sources_beside(binary: &Path) -> Option<Vec<PathBuf>> {
    Some(sources_of(&std::fs::read_to_string(binary.with_extension("d")).ok()?))
}

/// Files of rustup that change with the toolchain in use or with an update of it.
fn toolchain(options: &BuildOptions) -> Vec<PathBuf> {
    let explicit = options.variable("RUSTUP_HOME").map(PathBuf::from);
    let home = explicit.or_else(|| Some(PathBuf::from(options.variable("HOME")?).join(".rustup")));
    let Some(home) = home else { return Vec::new() };
    let mut files = vec![home.join("settings.toml"), home.join("update-hashes")];
    let hashes = std::fs::read_dir(home.join("update-hashes")).into_iter().flatten().flatten();
    files.extend(hashes.map(|entry| entry.path()));
    files
}

/// The files of `target: file file`, the form of make that cargo writes: a space in a name follows a backslash.
fn sources_of(text: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in text.lines() {
        let Some((_, list)) = line.split_once(": ") else { continue };
        let mut name = String::new();
        let mut characters = list.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => name.extend(characters.next()),
                ' ' if !name.is_empty() => files.push(PathBuf::from(std::mem::take(&mut name))),
                ' ' => {}
                character => name.push(character),
            }
        }
        if !name.is_empty() {
            files.push(PathBuf::from(name));
        }
    }
    files
}

impl RecordedZip {
    fn of(built: &Built) -> Self {
        Self {
            function: built.function.clone(),
            package: built.package.clone(),
            file: built.file.clone(),
            sha256: built.sha256.clone(),
            size: built.size,
            state: state(&built.file),
        }
    }

    fn into_built(self) -> Built {
        Built { function: self.function, package: self.package, file: self.file, sha256: self.sha256, size: self.size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_spaces_and_backslashes_are_read_as_cargo_writes_them() {
        let files = sources_of("/t/bootstrap: /w/a.rs /w/b\\ c.rs  /w/d\\\\e.rs\n\n/w/a.rs:\n");
        assert_eq!(files, ["/w/a.rs", "/w/b c.rs", "/w/d\\e.rs"].map(PathBuf::from));
    }

    #[test]
    fn terminals_do_not_matter_and_flags_do() {
        for (name, expected) in
            [("SHLVL", true), ("SSH_TTY", true), ("RUSTFLAGS", false), ("PATH", false), ("CC", false)]
        {
            assert_eq!(is_noise(OsStr::new(name)), expected, "{name}");
        }
    }
}
