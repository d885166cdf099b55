//! The environment that a function starts with: nothing of this process, everything that AWS sets.

use std::path::{Path, PathBuf};

use super::function::Configuration;
use super::runtimes::{Interpreter, Runtime};
use crate::addresses::answering_variable;
use crate::cloud::Cloud;

/// Says where layers lie: `/opt`, where AWS puts them, cannot be written without being root.
const LAYER_ROOT: &str = "STACK_LAYER_ROOT";

/// What differs between the instances of a function.
pub(super) struct InstanceEnvironment<'a> {
    /// `127.0.0.1:PORT`.
    pub(super) runtime_api: &'a str,
    /// Unpacked package.
    pub(super) code: &'a str,
    /// Directory for temporary files of this instance alone.
    pub(super) temporary: &'a str,
    pub(super) log_stream: &'a str,
    pub(super) access_key: &'a str,
    pub(super) secret_key: &'a str,
    pub(super) session_token: &'a str,
    /// What stands for `/opt`.
    pub(super) layers: Option<&'a Path>,
    pub(super) interpreter: Option<&'a Interpreter>,
    /// Directory of our programs for managed runtimes.
    pub(super) programs: &'a str,
    pub(super) is_provisioned: bool,
}

/// All variables. The function's own may replace the plain defaults, never what the platform stands for.
pub(super) fn environment(
    cloud: &Cloud,
    configuration: &Configuration,
    instance: &InstanceEnvironment<'_>,
) -> Vec<(String, String)> {
    let search = search_paths(configuration, instance);
    let defaults = [
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("TMPDIR", instance.temporary),
        ("AWS_ENDPOINT_URL", &cloud.url),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let memory = configuration.memory_size.to_string();
    let execution = format!("AWS_Lambda_{}", configuration.runtime);
    let platform = [
        ("_HANDLER", configuration.handler.as_str()),
        ("AWS_ACCESS_KEY_ID", instance.access_key),
        ("AWS_DEFAULT_REGION", &cloud.region),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", &configuration.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", &configuration.version),
        (
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            if instance.is_provisioned { "provisioned-concurrency" } else { "on-demand" },
        ),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &configuration.log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", instance.log_stream),
        ("AWS_LAMBDA_RUNTIME_API", instance.runtime_api),
        ("AWS_REGION", &cloud.region),
        ("AWS_SECRET_ACCESS_KEY", instance.secret_key),
        ("AWS_SESSION_TOKEN", instance.session_token),
        ("LAMBDA_TASK_ROOT", instance.code),
    ];
    let managed = [("AWS_EXECUTION_ENV", execution.as_str()), ("LAMBDA_RUNTIME_DIR", instance.programs)];
    let managed = managed.into_iter().filter(|_| instance.interpreter.is_some());
    let level = configuration.logging.application_level.as_deref().map(|level| ("AWS_LAMBDA_LOG_LEVEL", level));
    let logging = configuration.logging.json.then_some(("AWS_LAMBDA_LOG_FORMAT", "JSON")).into_iter().chain(level);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    // Addresses are ones that answer from here, whatever names this machine resolves; pages get links to them as well.
    let own =
        configuration.environment.iter().map(|(name, value)| (name.clone(), answering_variable(value, &cloud.url)));
    // A later value of the same name wins.
    search
        .into_iter()
        .chain(defaults.map(owned))
        .chain(own)
        .chain(platform.map(owned))
        .chain(managed.chain(logging).map(owned))
        .collect()
}

/// Where programs, libraries and packages are looked for: in the package, in layers, and on this machine.
fn search_paths(configuration: &Configuration, instance: &InstanceEnvironment<'_>) -> Vec<(String, String)> {
    let in_layers = |path: &str| instance.layers.map(|layers| layers.join(path));
    let code = Path::new(instance.code);
    let mut programs: Vec<PathBuf> = instance
        .interpreter
        .and_then(|interpreter| interpreter.program.parent())
        .map(Path::to_owned)
        .into_iter()
        .chain(["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from))
        .collect();
    programs.push(in_layers("bin").unwrap_or_else(|| PathBuf::from("/opt/bin")));
    let libraries: Vec<PathBuf> =
        [Some(code.to_owned()), Some(code.join("lib")), in_layers("lib")].into_iter().flatten().collect();
    let mut paths = vec![("PATH", programs), ("LD_LIBRARY_PATH", libraries)];
    if let Some(interpreter) = instance.interpreter {
        let of_machine = interpreter.packages.iter().cloned();
        match Runtime::of(&configuration.runtime) {
            Some(Runtime::Python) => {
                let version = format!("python/lib/python{}/site-packages", interpreter.short_version());
                let of_layers = [in_layers("python"), in_layers(&version)].into_iter().flatten();
                paths.push(("PYTHONPATH", of_layers.chain(of_machine).collect()));
            }
            Some(Runtime::Node) => {
                let major = configuration.runtime.trim_start_matches("nodejs").trim_end_matches(".x");
                let version = format!("nodejs/node{major}/node_modules");
                let of_layers = [in_layers("nodejs/node_modules"), in_layers(&version)].into_iter().flatten();
                paths.push(("NODE_PATH", of_layers.chain(of_machine).collect()));
            }
            Some(Runtime::Custom) | None => {}
        }
    }
    let mut variables: Vec<(String, String)> = paths
        .into_iter()
        .map(|(name, paths)| (name.to_owned(), join(&paths)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    variables.extend(instance.layers.map(|layers| (LAYER_ROOT.to_owned(), layers.to_string_lossy().into_owned())));
    variables
}

fn join(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>().join(":")
}
