//! The settings of one version of a function, checked as AWS checks them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::function::{LATEST, invalid, missing, validation};
use super::layers::LayerUse;
use super::runtimes::Runtime;
use super::settings::{self, Logging, VpcConfig, between};
use crate::wire::ServiceError;
use crate::wire::properties::text;

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
    #[serde(default)]
    pub(crate) logging: Logging,
    /// ARN of a topic or queue that gets the payloads of asynchronous invocations that failed for good.
    pub(crate) dead_letter_target: Option<String>,
    /// In the order in which they are laid over each other.
    #[serde(default)]
    pub(crate) layers: Vec<LayerUse>,
    /// Recorded: every function reaches the same network here.
    #[serde(default)]
    pub(crate) vpc: Option<VpcConfig>,
    /// `Active` or `PassThrough`: recorded, nothing gathers traces here.
    #[serde(default = "pass_through")]
    pub(crate) tracing: String,
    /// Whether versions are to be snapshots: recorded, they start as ever here.
    #[serde(default)]
    pub(crate) snap_start: bool,
    #[serde(default)]
    pub(crate) kms_key: Option<String>,
    /// SHA-256 of the zip, hexadecimal: the name of the file that keeps it.
    pub(crate) code: String,
    /// Bytes of the zip.
    pub(crate) code_size: u64,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
    /// New with every change; an instance serves one revision.
    pub(crate) revision: String,
}

fn pass_through() -> String {
    "PassThrough".to_owned()
}

impl Configuration {
    /// The settings of a new function from the members of `CreateFunction`, which are the properties of
    /// `AWS::Lambda::Function` too. Code and layers are added later.
    pub(crate) fn create(name: &str, region: &str, account: &str, input: &Value) -> Result<Self, ServiceError> {
        settings::check_name(name)?;
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
            logging: Logging::default(),
            dead_letter_target: None,
            layers: Vec::new(),
            vpc: None,
            tracing: pass_through(),
            snap_start: false,
            kms_key: None,
            code: String::new(),
            code_size: 0,
            modified: 0,
            revision: String::new(),
        };
        if text(input, "Role").is_none() {
            return Err(missing("role"));
        }
        refuse_unserved(input)?;
        if text(input, "Runtime").is_none() {
            return Err(invalid("Runtime is mandatory for functions created with deployment packages."));
        }
        configuration.change(input)?;
        if text(input, "Handler").is_none() {
            if Runtime::of(&configuration.runtime) != Some(Runtime::Custom) {
                return Err(invalid("Handler is mandatory for functions created with deployment packages."));
            }
            "bootstrap".clone_into(&mut configuration.handler);
        }
        Ok(configuration)
    }

    /// Takes over the settings that `input` has and makes a new revision.
    pub(crate) fn change(&mut self, input: &Value) -> Result<(), ServiceError> {
        refuse_unserved(input)?;
        if let Some(role) = text(input, "Role") {
            settings::check_role(role)?;
            role.clone_into(&mut self.role);
        }
        if let Some(runtime) = text(input, "Runtime") {
            Runtime::parse(runtime)?;
            runtime.clone_into(&mut self.runtime);
        }
        if let Some(handler) = text(input, "Handler") {
            settings::check_handler(handler)?;
            handler.clone_into(&mut self.handler);
        }
        if let Some(description) = text(input, "Description") {
            if description.chars().count() > 256 {
                return Err(validation(
                    description,
                    "description",
                    "Member must have length less than or equal to 256",
                ));
            }
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
            self.architecture = settings::architecture(architectures)?;
        }
        if let Some(environment) = input.get("Environment") {
            self.environment = settings::environment(environment)?;
        }
        if let Some(config) = input.get("LoggingConfig") {
            if let Some(group) = text(config, "LogGroup") {
                group.clone_into(&mut self.log_group);
            }
            self.logging.change(config)?;
        }
        if let Some(config) = input.get("DeadLetterConfig") {
            self.dead_letter_target = dead_letter_target(config)?;
        }
        if let Some(config) = input.get("VpcConfig") {
            self.vpc = VpcConfig::read(config)?;
        }
        if let Some(mode) = input.get("TracingConfig").and_then(|config| text(config, "Mode")) {
            self.tracing = settings::one_of("tracingConfig.mode", mode, &["Active", "PassThrough"])?;
        }
        if let Some(apply_on) = input.get("SnapStart").and_then(|config| text(config, "ApplyOn")) {
            self.snap_start =
                settings::one_of("snapStart.applyOn", apply_on, &["PublishedVersions", "None"])? != "None";
        }
        if let Some(key) = text(input, "KMSKeyArn").or_else(|| text(input, "KmsKeyArn")) {
            self.kms_key = Some(key.to_owned()).filter(|key| !key.is_empty());
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

    /// Whether two versions run the same code in the same way.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let bare = |one: &Self| Self {
            version: String::new(),
            description: String::new(),
            modified: 0,
            revision: String::new(),
            ..one.clone()
        };
        bare(self) == bare(other)
    }
}

/// Settings that change what a function does and that the local cloud cannot honor.
fn refuse_unserved(input: &Value) -> Result<(), ServiceError> {
    if text(input, "PackageType") == Some("Image") || input.get("ImageConfig").is_some() {
        return Err(invalid("the local cloud does not run container images: package the function as a zip"));
    }
    if let Some(name) = ["FileSystemConfigs", "CapacityProviderConfig", "DurableConfig"].into_iter().find(|name| {
        input.get(*name).is_some_and(|value| {
            value
                .as_array()
                .map_or_else(|| value.as_object().is_some_and(|members| !members.is_empty()), |list| !list.is_empty())
        })
    }) {
        return Err(invalid(format!("the local cloud does not serve `{name}` of a function")));
    }
    Ok(())
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
    use serde_json::json;

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
        assert_eq!(configuration.tracing, "PassThrough");
    }

    #[test]
    fn numbers_may_come_as_text() {
        assert_eq!(create(&json!({"Timeout": "30"})).unwrap().timeout, 30);
    }

    #[test]
    fn every_setting_is_kept() {
        let configuration = create(&json!({
            "LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": "mine"},
            "TracingConfig": {"Mode": "Active"},
            "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
            "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"},
            "SnapStart": {"ApplyOn": "PublishedVersions"},
            "KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k",
        }))
        .unwrap();
        assert_eq!(configuration.log_group, "mine");
        assert_eq!(configuration.logging.application_level.as_deref(), Some("WARN"));
        assert_eq!(configuration.logging.system_level.as_deref(), Some("INFO"));
        assert_eq!(configuration.vpc.as_ref().unwrap().subnets, ["subnet-1"]);
        assert!(configuration.snap_start && configuration.kms_key.is_some() && configuration.tracing == "Active");
        assert!(configuration.dead_letter_target.is_some());
    }

    #[test]
    fn a_version_is_the_same_until_something_that_runs_differs() {
        let one = create(&json!({})).unwrap();
        assert!(one.is_same(&create(&json!({"Description": "other"})).unwrap()));
        assert!(!one.is_same(&create(&json!({"Timeout": 4})).unwrap()));
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
            (json!({"Runtime": "java21"}), "does not run `java21`"),
            (json!({"Runtime": "python3.12"}), "Handler is mandatory"),
            (json!({"Runtime": "basic"}), "Value basic at 'runtime'"),
            (json!({"Architectures": ["mips"]}), "'architectures'"),
            (json!({"Architectures": ["x86_64", "arm64"]}), "Member must have length less than or equal to 1"),
            (json!({"Handler": "a b"}), "Value 'a b' at 'handler'"),
            (
                json!({"Environment": {"Variables": {"AWS_REGION": "x"}}}),
                "Reserved keys used in this request: AWS_REGION",
            ),
            (json!({"Environment": {"Variables": {"BIG": "x".repeat(4096)}}}), "exceeded the 4KB limit"),
            (json!({"Environment": {"Variables": {"1A": "x"}}}), "`1A`"),
            (json!({"FileSystemConfigs": [{"Arn": "a"}]}), "`FileSystemConfigs`"),
            (json!({"PackageType": "Image"}), "container images"),
            (json!({"DeadLetterConfig": {"TargetArn": "arn:aws:s3:::b"}}), "arn:aws:s3:::b"),
            (json!({"TracingConfig": {"Mode": "On"}}), "Value 'On' at 'tracingConfig.mode'"),
            (json!({"LoggingConfig": {"LogFormat": "XML"}}), "Value 'XML' at 'loggingConfig.logFormat'"),
            (
                json!({"VpcConfig": {"SubnetIds": ["net"], "SecurityGroupIds": []}}),
                "Value '[net]' at 'vpcConfig.subnetIds'",
            ),
            (json!({"SnapStart": {"ApplyOn": "Always"}}), "Value 'Always' at 'snapStart.applyOn'"),
        ] {
            let error = create(&input).unwrap_err();
            assert!(["InvalidParameterValueException", "ValidationException"].contains(&error.code.as_str()));
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
}
