//! The environment that a function starts with: nothing of this process, everything that AWS sets.

use crate::cloud::Cloud;

use super::function::Configuration;

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
}

/// All variables. The function's own may replace the plain defaults, never what the platform stands for.
pub(super) fn environment(
    cloud: &Cloud,
    configuration: &Configuration,
    instance: &InstanceEnvironment<'_>,
) -> Vec<(String, String)> {
    let defaults = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("TMPDIR", instance.temporary),
        ("AWS_ENDPOINT_URL", &cloud.url),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let memory = configuration.memory_size.to_string();
    let platform = [
        ("_HANDLER", configuration.handler.as_str()),
        ("AWS_ACCESS_KEY_ID", instance.access_key),
        ("AWS_DEFAULT_REGION", &cloud.region),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", &configuration.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", &configuration.version),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &configuration.log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", instance.log_stream),
        ("AWS_LAMBDA_RUNTIME_API", instance.runtime_api),
        ("AWS_REGION", &cloud.region),
        ("AWS_SECRET_ACCESS_KEY", instance.secret_key),
        ("AWS_SESSION_TOKEN", instance.session_token),
        ("LAMBDA_TASK_ROOT", instance.code),
    ];
    let own = configuration.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    // A later value of the same name wins.
    defaults.into_iter().chain(own).chain(platform).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
