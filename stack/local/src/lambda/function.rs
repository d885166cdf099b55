//! What a function is: its settings, checked as AWS checks them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::wire::ServiceError;
use crate::wire::properties::{as_integer, text};

/// Custom runtimes that the local cloud runs.
const CUSTOM_RUNTIMES: [&str; 2] = ["provided.al2023", "provided.al2"];

/// Beginnings of the names of managed runtimes, which need an interpreter.
const MANAGED_RUNTIMES: [&str; 5] = ["dotnet", "java", "nodejs", "python", "ruby"];

/// Environment variables that belong to the platform.
const RESERVED_VARIABLES: [&str; 18] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// Greatest size in bytes of a function's own environment.
const ENVIRONMENT_LIMIT: usize = 4096;

/// The version that is being edited.
pub(crate) const LATEST: &str = "$LATEST";

/// The settings and code of one version of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Configuration {
    pub(crate) name: String,
    /// Without a version.
    pub(crate) arn: String,
    /// `$LATEST` or a number.
    pub(crate) version: String,
    pub(crate) role: String,
    pub(crate) runtime: String,
    pub(crate) handler: String,
    pub(crate) description: String,
    /// Seconds that an invocation may take.
    pub(crate) timeout: u32,
    /// Megabytes.
    pub(crate) memory_size: u32,
    /// Megabytes.
    pub(crate) ephemeral_storage: u32,
    pub(crate) architecture: String,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) log_group: String,
    /// ARN of a topic or queue that gets the payloads of asynchronous invocations that failed for good.
    pub(crate) dead_letter_target: Option<String>,
    /// SHA-256 of the zip, hexadecimal: the name of the file that keeps it.
    pub(crate) code: String,
    /// Bytes of the zip.
    pub(crate) code_size: u64,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
    /// New with every change; an instance serves one revision.
    pub(crate) revision: String,
}

/// How asynchronous invocations are retried and where their results go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct EventInvokeConfig {
    /// 0 to 2.
    pub(crate) maximum_retry_attempts: Option<u32>,
    /// Seconds, 60 to 21,600.
    pub(crate) maximum_event_age: Option<u32>,
    pub(crate) on_success: Option<String>,
    pub(crate) on_failure: Option<String>,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
}

/// A function with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) latest: Configuration,
    /// Published versions, 1 first.
    pub(crate) versions: Vec<Configuration>,
    /// Number of the version published last, deleted ones included.
    pub(crate) last_version: u32,
    /// Statements of the resource policy.
    pub(crate) policy: Vec<Value>,
    pub(crate) event_invoke_config: Option<EventInvokeConfig>,
    pub(crate) reserved_concurrency: Option<u32>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Configuration {
    /// The settings of a new function from the members of `CreateFunction`, which are the properties of
    /// `AWS::Lambda::Function` too. The code is added later.
    pub(crate) fn create(name: &str, region: &str, account: &str, input: &Value) -> Result<Self, ServiceError> {
        check_name(name)?;
        let mut configuration = Self {
            name: name.to_owned(),
            arn: format!("arn:aws:lambda:{region}:{account}:function:{name}"),
            version: LATEST.to_owned(),
            role: String::new(),
            runtime: String::new(),
            handler: String::new(),
            description: String::new(),
            timeout: 3,
            memory_size: 128,
            ephemeral_storage: 512,
            architecture: "x86_64".to_owned(),
            environment: BTreeMap::new(),
            log_group: format!("/aws/lambda/{name}"),
            dead_letter_target: None,
            code: String::new(),
            code_size: 0,
            modified: 0,
            revision: String::new(),
        };
        for required in ["Role", "Runtime"] {
            if text(input, required).is_none() {
                return Err(invalid(format!(
                    "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                    required.to_lowercase()
                )));
            }
        }
        configuration.change(input)?;
        if text(input, "Handler").is_none() {
            "bootstrap".clone_into(&mut configuration.handler);
        }
        Ok(configuration)
    }

    /// Takes over the settings that `input` has and makes a new revision.
    pub(crate) fn change(&mut self, input: &Value) -> Result<(), ServiceError> {
        refuse_unserved(input)?;
        if let Some(role) = text(input, "Role") {
            check_role(role)?;
            role.clone_into(&mut self.role);
        }
        if let Some(runtime) = text(input, "Runtime") {
            check_runtime(runtime)?;
            runtime.clone_into(&mut self.runtime);
        }
        if let Some(handler) = text(input, "Handler") {
            handler.clone_into(&mut self.handler);
        }
        if let Some(description) = text(input, "Description") {
            description.clone_into(&mut self.description);
        }
        if let Some(seconds) = input.get("Timeout") {
            self.timeout = between("timeout", seconds, 1, 900)?;
        }
        if let Some(megabytes) = input.get("MemorySize") {
            self.memory_size = between("memorySize", megabytes, 128, 10_240)?;
        }
        if let Some(megabytes) = input.get("EphemeralStorage").and_then(|storage| storage.get("Size")) {
            self.ephemeral_storage = between("ephemeralStorage.size", megabytes, 512, 10_240)?;
        }
        if let Some(architectures) = input.get("Architectures").and_then(Value::as_array) {
            match architectures.iter().map(Value::as_str).collect::<Vec<_>>()[..] {
                [Some(one @ ("x86_64" | "arm64"))] => one.clone_into(&mut self.architecture),
                _ => {
                    return Err(invalid(format!(
                        "1 validation error detected: Value '{}' at 'architectures' failed to satisfy constraint: Member must satisfy enum value set: [x86_64, arm64], and have length 1",
                        json!(architectures)
                    )));
                }
            }
        }
        if let Some(environment) = input.get("Environment") {
            self.environment = environment_of(environment)?;
        }
        if let Some(group) = input.get("LoggingConfig").and_then(|config| text(config, "LogGroup")) {
            group.clone_into(&mut self.log_group);
        }
        if let Some(config) = input.get("DeadLetterConfig") {
            self.dead_letter_target = dead_letter_target(config)?;
        }
        self.touch();
        Ok(())
    }

    /// Makes a new revision.
    pub(crate) fn touch(&mut self) {
        self.modified = crate::logs::now();
        self.revision = uuid::Uuid::new_v4().to_string();
    }

    /// ARN of this version as an invocation sees it.
    pub(crate) fn qualified_arn(&self) -> String {
        format!("{}:{}", self.arn, self.version)
    }
}

/// `InvalidParameterValueException`, status 400.
pub(crate) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterValueException", message)
}

/// The function is not there.
pub(crate) fn not_found(arn: &str) -> ServiceError {
    ServiceError::not_found("ResourceNotFoundException", format!("Function not found: {arn}"))
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    let wrong = if name.len() > 64 {
        "Member must have length less than or equal to 64"
    } else if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Ok(());
    } else {
        "Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+"
    };
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: {wrong}"
    )))
}

fn check_role(role: &str) -> Result<(), ServiceError> {
    let mut parts = role.splitn(6, ':');
    let well_formed = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some_and(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.next().is_some_and(|name| name.len() > 5 && name.starts_with("role/"));
    if well_formed {
        return Ok(());
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{role}' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{{12}}:role/?[a-zA-Z_0-9+=,.@\\-_/]+"
    )))
}

fn check_runtime(runtime: &str) -> Result<(), ServiceError> {
    if CUSTOM_RUNTIMES.contains(&runtime) {
        return Ok(());
    }
    if MANAGED_RUNTIMES.iter().any(|prefix| runtime.starts_with(prefix)) {
        return Err(invalid(format!(
            "the local cloud does not run the managed runtime `{runtime}`: it runs `provided.al2023` and `provided.al2`, whose zip brings its own `bootstrap`"
        )));
    }
    Err(invalid(format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a valid ARN",
        CUSTOM_RUNTIMES.join(", ")
    )))
}

/// Settings that change what a function does and that the local cloud cannot honor.
fn refuse_unserved(input: &Value) -> Result<(), ServiceError> {
    if text(input, "PackageType") == Some("Image") || input.get("ImageConfig").is_some() {
        return Err(invalid("the local cloud does not run container images: package the function as a zip"));
    }
    for name in ["Layers", "FileSystemConfigs"] {
        if input.get(name).and_then(Value::as_array).is_some_and(|list| !list.is_empty()) {
            return Err(invalid(format!("the local cloud does not serve `{name}` of a function")));
        }
    }
    Ok(())
}

fn between(field: &str, value: &Value, least: u32, most: u32) -> Result<u32, ServiceError> {
    let number = as_integer(value).and_then(|number| u32::try_from(number).ok());
    number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let wrong = if number.is_some_and(|number| number > most) {
            format!("Member must have value less than or equal to {most}")
        } else {
            format!("Member must have value greater than or equal to {least}")
        };
        invalid(format!(
            "1 validation error detected: Value '{shown}' at '{field}' failed to satisfy constraint: {wrong}"
        ))
    })
}

fn environment_of(environment: &Value) -> Result<BTreeMap<String, String>, ServiceError> {
    let mut variables = BTreeMap::new();
    for (name, value) in environment.get("Variables").and_then(Value::as_object).into_iter().flatten() {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(invalid(format!("the environment variable `{name}` is not text"))),
        };
        let mut characters = name.bytes();
        if !characters.next().is_some_and(|first| first.is_ascii_alphabetic())
            || !characters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            || name.len() < 2
        {
            return Err(invalid(format!(
                "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]: `{name}`"
            )));
        }
        if value.contains('\0') {
            return Err(invalid(format!("the environment variable `{name}` holds a NUL character")));
        }
        variables.insert(name.clone(), value);
    }
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED_VARIABLES.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    let measured = json!(variables).to_string();
    if measured.len() > ENVIRONMENT_LIMIT {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(variables)
}

fn dead_letter_target(config: &Value) -> Result<Option<String>, ServiceError> {
    match text(config, "TargetArn") {
        None | Some("") => Ok(None),
        Some(arn) if arn.starts_with("arn:aws:sns:") || arn.starts_with("arn:aws:sqs:") => Ok(Some(arn.to_owned())),
        Some(arn) => Err(invalid(format!(
            "The provided target ARN {arn} is invalid: dead letters go to a topic of SNS or a queue of SQS"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(input: &Value) -> Result<Configuration, ServiceError> {
        let mut whole = json!({"Role": "arn:aws:iam::000000000000:role/r", "Runtime": "provided.al2023"});
        for (name, value) in input.as_object().unwrap() {
            whole[name] = value.clone();
        }
        Configuration::create("resize", "eu-central-1", "000000000000", &whole)
    }

    #[test]
    fn settings_have_the_defaults_of_aws() {
        let configuration = create(&json!({})).unwrap();
        assert_eq!((configuration.timeout, configuration.memory_size, configuration.ephemeral_storage), (3, 128, 512));
        assert_eq!(configuration.log_group, "/aws/lambda/resize");
        assert_eq!(configuration.arn, "arn:aws:lambda:eu-central-1:000000000000:function:resize");
    }

    #[test]
    fn numbers_may_come_as_text() {
        assert_eq!(create(&json!({"Timeout": "30"})).unwrap().timeout, 30);
    }

    #[test]
    fn wrong_settings_are_refused_with_value_and_limit() {
        for (input, part) in [
            (
                json!({"Timeout": 901}),
                "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
            ),
            (json!({"MemorySize": 64}), "greater than or equal to 128"),
            (json!({"Role": "admin"}), "Value 'admin' at 'role'"),
            (json!({"Runtime": "python3.12"}), "does not run the managed runtime `python3.12`"),
            (json!({"Runtime": "basic"}), "Value basic at 'runtime'"),
            (json!({"Architectures": ["mips"]}), "'architectures'"),
            (
                json!({"Environment": {"Variables": {"AWS_REGION": "x"}}}),
                "Reserved keys used in this request: AWS_REGION",
            ),
            (json!({"Environment": {"Variables": {"BIG": "x".repeat(4096)}}}), "exceeded the 4KB limit"),
            (json!({"Environment": {"Variables": {"1A": "x"}}}), "`1A`"),
            (json!({"Layers": ["arn:aws:lambda:us-east-1:1:layer:l:1"]}), "`Layers`"),
            (json!({"PackageType": "Image"}), "container images"),
        ] {
            let error = create(&input).unwrap_err();
            assert_eq!(error.code, "InvalidParameterValueException");
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
}
