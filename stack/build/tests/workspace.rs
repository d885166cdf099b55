//! The build against a real, tiny workspace and the real cargo. No network: the packages have no dependencies.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use stack_build::{BuildError, BuildOptions, Profile, build};
use stack_plan::plan::{Architecture, Artifact};
use stack_plan::{Built, Event};

/// A workspace with two functions that share a library.
struct Checkout {
    directory: tempfile::TempDir,
    /// What lies below the temporary directory, so that two checkouts have paths of different length.
    below: &'static str,
}

impl Checkout {
    fn new(below: &'static str) -> Self {
        let checkout = Self { directory: tempfile::tempdir().unwrap(), below };
        checkout.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"functions/*\"]\n");
        for name in ["thumbnail", "webhook"] {
            let manifest = format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [features]\nloud = []\n[dependencies]\nshared = {{ path = \"../shared\" }}\n"
            );
            checkout.write(&format!("functions/{name}/Cargo.toml"), &manifest);
            let main = format!("fn main() {{ shared::greet(\"{name}\", cfg!(feature = \"loud\")); }}\n");
            checkout.write(&format!("functions/{name}/src/main.rs"), &main);
        }
        let manifest = "[package]\nname = \"shared\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        checkout.write("functions/shared/Cargo.toml", manifest);
        let lib = "pub fn greet(name: &str, loud: bool) {\n    assert!(!name.is_empty(), \"no name\");\n    \
                   println!(\"{name} {loud} {}\", file!());\n}\n";
        checkout.write("functions/shared/src/lib.rs", lib);
        checkout.write("examples/app/stack.yaml", "stack: app\n");
        checkout
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join(self.below)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn options(&self) -> BuildOptions {
        BuildOptions {
            project_directory: self.root().join("examples/app"),
            profile: Profile::Local,
            tools_directory: self.directory.path().join("tools"),
            allow_install: false,
            locked: false,
            variables: variables(),
        }
    }

    async fn build(&self, artifacts: &[Artifact]) -> Result<(Vec<Built>, Vec<Event>), BuildError> {
        build_with(&self.options(), artifacts).await
    }
}

async fn build_with(options: &BuildOptions, artifacts: &[Artifact]) -> Result<(Vec<Built>, Vec<Event>), BuildError> {
    let mut events = Vec::new();
    let built = build(options, artifacts, &mut |event| events.push(event)).await?;
    Ok((built, events))
}

/// The environment of this test with a `PATH` that has cargo, rustc and a linker, but no cargo-lambda.
fn variables() -> BTreeMap<OsString, OsString> {
    let mut variables: BTreeMap<_, _> = std::env::vars_os().collect();
    variables.remove(&OsString::from("CARGO_TARGET_DIR"));
    let path = std::env::var_os("PATH").unwrap();
    let directories = std::env::split_paths(&path).filter(|directory| !directory.join("cargo-lambda").exists());
    variables.insert("PATH".into(), std::env::join_paths(directories).unwrap());
    variables
}

fn artifact(function: &str, package: &str, features: &[&str]) -> Artifact {
    Artifact {
        function: function.into(),
        logical_id: format!("{function}Function"),
        function_name: format!("app-dev-{function}"),
        package: package.into(),
        features: features.iter().map(ToString::to_string).collect(),
        architecture: here(),
        key_parameter: format!("{function}Key"),
    }
}

fn here() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 }
}

/// `unchanged` of each package that was finished.
fn finished(events: &[Event]) -> Vec<(String, bool)> {
    let finished = events.iter().filter_map(|event| match event {
        Event::BuildFinished { package, unchanged, .. } => Some((package.clone(), *unchanged)),
        _ => None,
    });
    finished.collect()
}

fn run_bootstrap(zip: &Path) -> String {
    let directory = tempfile::tempdir().unwrap();
    zip::ZipArchive::new(fs::File::open(zip).unwrap()).unwrap().extract(directory.path()).unwrap();
    let output = std::process::Command::new(directory.path().join("bootstrap")).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn functions_of_one_workspace_become_zips_that_run() {
    let checkout = Checkout::new("app");
    let artifacts = [
        artifact("thumb", "thumbnail", &[]),
        artifact("hook", "webhook", &[]),
        artifact("thumb-again", "thumbnail", &[]),
        artifact("thumb-loud", "thumbnail", &["loud"]),
    ];
    let (built, events) = checkout.build(&artifacts).await.unwrap();

    let functions: Vec<_> = built.iter().map(|built| built.function.as_str()).collect();
    assert_eq!(functions, ["thumb", "hook", "thumb-again", "thumb-loud"]);
    assert_eq!(built[0].file, built[2].file);
    assert_eq!(run_bootstrap(&built[0].file), "thumbnail false functions/shared/src/lib.rs\n");
    assert_eq!(run_bootstrap(&built[1].file), "webhook false functions/shared/src/lib.rs\n");
    assert_eq!(run_bootstrap(&built[3].file), "thumbnail true functions/shared/src/lib.rs\n");
    let compiled_shared =
        events.iter().filter(|event| matches!(event, Event::BuildOutput { line } if line.contains("Compiling shared")));
    assert_eq!(compiled_shared.count(), 1, "{events:?}");
    assert!(
        events.iter().any(|event| matches!(event, Event::Notice { code: "plain-cargo-fallback", .. })),
        "{events:?}"
    );
}

#[tokio::test]
async fn unchanged_sources_are_not_zipped_again_and_touched_ones_give_the_same_bytes() {
    let checkout = Checkout::new("app");
    let artifacts = [artifact("thumb", "thumbnail", &[])];
    let (first, events) = checkout.build(&artifacts).await.unwrap();
    assert_eq!(finished(&events), [("thumbnail".to_owned(), false)]);
    let written = fs::metadata(&first[0].file).unwrap().modified().unwrap();

    let (second, events) = checkout.build(&artifacts).await.unwrap();
    assert_eq!(finished(&events), [("thumbnail".to_owned(), true)]);
    assert_eq!(second, first);

    let source = fs::File::options().write(true).open(checkout.root().join("functions/shared/src/lib.rs")).unwrap();
    source.set_modified(std::time::SystemTime::now()).unwrap();
    let (third, _) = checkout.build(&artifacts).await.unwrap();
    assert_eq!(third, first);
    assert_eq!(fs::metadata(&third[0].file).unwrap().modified().unwrap(), written);

    checkout.write("functions/thumbnail/src/main.rs", "fn main() { shared::greet(\"other\", true); }\n");
    let (changed, events) = checkout.build(&artifacts).await.unwrap();
    assert_eq!(finished(&events), [("thumbnail".to_owned(), false)]);
    assert_ne!(changed[0].sha256, first[0].sha256);
}

/// The options with a `cargo` in front of the real one that notes each call, and the file that it notes them in.
fn noting_calls(checkout: &Checkout) -> (BuildOptions, PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut options = checkout.options();
    let (directory, log) = (checkout.directory.path().join("bin"), checkout.directory.path().join("calls"));
    let path = options.variables[&OsString::from("PATH")].clone();
    let real = std::env::split_paths(&path).map(|directory| directory.join("cargo")).find(|file| file.is_file());
    fs::create_dir_all(&directory).unwrap();
    let script = format!("#!/bin/sh\necho called >> '{}'\nexec '{}' \"$@\"\n", log.display(), real.unwrap().display());
    fs::write(directory.join("cargo"), script).unwrap();
    fs::set_permissions(directory.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    let directories = std::iter::once(directory).chain(std::env::split_paths(&path));
    options.variables.insert("PATH".into(), std::env::join_paths(directories).unwrap());
    (options, log)
}

#[tokio::test]
async fn cargo_is_asked_only_when_something_changed() {
    let checkout = Checkout::new("a b");
    let artifacts = [artifact("thumb", "thumbnail", &[]), artifact("loud", "thumbnail", &["loud"])];
    let (mut options, log) = noting_calls(&checkout);
    let calls = || fs::read_to_string(&log).map_or(0, |text| text.lines().count());
    let (first, _) = build_with(&options, &artifacts).await.unwrap();
    let asked = calls();
    assert!(asked > 0);
    // The lock file was made by the first build, so only the second one is recorded.
    build_with(&options, &artifacts).await.unwrap();
    let asked_again = calls();
    assert!(asked_again > asked);

    let (second, events) = build_with(&options, &artifacts).await.unwrap();
    assert_eq!((second, calls()), (first.clone(), asked_again));
    assert_eq!(finished(&events), [("thumbnail".to_owned(), true), ("thumbnail".to_owned(), true)]);

    let mut last = calls();
    let mut is_asked = |what: &str| {
        let (before, now) = (last, calls());
        last = now;
        assert!(now > before, "{what}: cargo was not asked");
    };
    checkout.write("functions/shared/src/lib.rs", "pub fn greet(_: &str, _: bool) {}\n");
    let (changed, _) = build_with(&options, &artifacts).await.unwrap();
    assert_ne!(changed[0].sha256, first[0].sha256);
    is_asked("a source of a dependency");
    fs::remove_file(&changed[0].file).unwrap();
    build_with(&options, &artifacts).await.unwrap();
    is_asked("a zip that is gone");
    checkout.write(".cargo/config.toml", "[build]\nincremental = false\n");
    build_with(&options, &artifacts).await.unwrap();
    is_asked("settings of cargo");
    options.variables.insert("RUSTFLAGS".into(), "-Copt-level=1".into());
    build_with(&options, &artifacts).await.unwrap();
    is_asked("a variable");
    build_with(&options, &artifacts[..1]).await.unwrap();
    is_asked("other artifacts");
}

#[tokio::test]
async fn two_checkouts_give_the_same_bytes() {
    let artifacts = [artifact("thumb", "thumbnail", &[])];
    let short = Checkout::new("a");
    let long = Checkout::new("somewhere/else/with a space");
    let (here, _) = short.build(&artifacts).await.unwrap();
    let (there, _) = long.build(&artifacts).await.unwrap();
    assert_eq!(here[0].sha256, there[0].sha256);
}

#[tokio::test]
async fn a_compile_error_is_told_once() {
    let checkout = Checkout::new("app");
    checkout.write("functions/thumbnail/src/main.rs", "fn main() { shared::greet(1, true); }\n");
    let mut lines = Vec::new();
    let (options, artifacts) = (checkout.options(), [artifact("thumb", "thumbnail", &[])]);
    let mut keep_lines = |event| {
        if let Event::BuildOutput { line } = event {
            lines.push(line);
        }
    };
    let error = build(&options, &artifacts, &mut keep_lines).await.unwrap_err();
    let BuildError::BuildFailed { packages, output, command, .. } = error else { panic!("{error:?}") };
    assert_eq!(packages, ["thumbnail"]);
    assert!(output.starts_with("error[E0308]: mismatched types"), "{output}");
    assert!(output.contains("functions/thumbnail/src/main.rs:1:27"), "{output}");
    assert!(command.contains("build --profile local --package thumbnail"), "{command}");
    assert!(lines.iter().any(|line| line.contains("Compiling thumbnail")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("E0308")), "{lines:?}");
}

#[tokio::test]
async fn the_workspace_own_profile_wins() {
    let checkout = Checkout::new("app");
    let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"functions/*\"]\n\
                    [profile.local]\ninherits = \"dev\"\ndebug-assertions = false\n";
    checkout.write("Cargo.toml", manifest);
    let (_, events) = checkout.build(&[artifact("thumb", "thumbnail", &[])]).await.unwrap();
    let unoptimized = |event: &Event| matches!(event, Event::BuildOutput { line } if line.contains("[unoptimized"));
    assert!(events.iter().any(unoptimized), "{events:?}");
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let checkout = Checkout::new("app");
    let artifacts = [artifact("thumb", "thumbnail", &[])];

    let error = checkout.build(&[artifact("thumb", "thumbnails", &[])]).await.unwrap_err();
    assert!(matches!(error, BuildError::UnknownPackage { .. }), "{error:?}");
    assert_eq!(miette::Diagnostic::help(&error).unwrap().to_string(), "did you mean `thumbnail`?");

    let error = checkout.build(&[artifact("thumb", "shared", &[])]).await.unwrap_err();
    assert!(matches!(error, BuildError::NoBinary { .. }), "{error:?}");

    let mut options = checkout.options();
    options.variables.insert("PATH".into(), checkout.root().into());
    let error = build_with(&options, &artifacts).await.unwrap_err();
    assert!(matches!(error, BuildError::NoCargo), "{error:?}");

    let options = BuildOptions { profile: Profile::Lambda, ..checkout.options() };
    let error = build_with(&options, &artifacts).await.unwrap_err();
    assert!(matches!(error, BuildError::NoCargoLambda { .. }), "{error:?}");

    let outside = tempfile::tempdir().unwrap();
    let options = BuildOptions { project_directory: outside.path().into(), ..checkout.options() };
    let error = build_with(&options, &artifacts).await.unwrap_err();
    assert!(matches!(error, BuildError::NoWorkspace { .. }), "{error:?}");
}

#[tokio::test]
async fn nothing_to_build_asks_for_no_tool() {
    let checkout = Checkout::new("app");
    let options = BuildOptions { variables: BTreeMap::new(), ..checkout.options() };
    assert_eq!(build_with(&options, &[]).await.unwrap(), (vec![], vec![]));
}
