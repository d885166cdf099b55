//! Layers: packages that are laid over each other into a directory that stands for `/opt`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Lambda;
use super::code::{check_layer, unpack};
use super::function::{conflict, invalid, missing, stale, validation};
use super::manage::{fetch_zip, keep};
use super::reference::is_word;
use super::{runtimes, settings};
use crate::cloud::Cloud;
use crate::wire::ServiceError;
use crate::wire::properties::{reference_list, text};

/// Layers that a function may have.
const LAYERS_PER_FUNCTION: usize = 5;

/// Pattern of a layer version's ARN, in AWS's words.
const ARN_PATTERN: &str = "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)";

/// A layer of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LayerUse {
    /// ARN of the version.
    pub(crate) arn: String,
    /// SHA-256 of the zip, hexadecimal.
    pub(crate) code: String,
    /// Bytes of the zip.
    pub(crate) code_size: u64,
}

/// A published version of a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LayerVersion {
    pub(crate) number: u32,
    pub(crate) arn: String,
    pub(crate) description: String,
    pub(crate) license: Option<String>,
    pub(crate) runtimes: Vec<String>,
    pub(crate) architectures: Vec<String>,
    /// SHA-256 of the zip, hexadecimal.
    pub(crate) code: String,
    /// Bytes of the zip.
    pub(crate) code_size: u64,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    /// Statements of its resource policy: recorded, there is one account.
    pub(crate) policy: Vec<Value>,
}

/// A layer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Layer {
    pub(crate) versions: Vec<LayerVersion>,
    /// Number of the version published last, deleted ones included.
    pub(crate) last_version: u32,
}

impl LayerVersion {
    /// Changes with every change of the policy.
    pub(crate) fn policy_revision(&self) -> String {
        super::permissions::revision_of(&self.policy)
    }

    /// ARN of the layer, without the version.
    pub(crate) fn layer_arn(&self) -> &str {
        self.arn.rsplit_once(':').map_or(&self.arn, |(layer, _)| layer)
    }
}

/// Name and number of a version from its ARN.
pub(crate) fn parse_arn(arn: &str) -> Option<(&str, u32)> {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "lambda", _, _, "layer", name, number] if is_word(name) => Some((name, number.parse().ok()?)),
        _ => None,
    }
}

/// The name of a layer, which may come as its ARN.
pub(crate) fn layer_name(text: &str) -> &str {
    text.rsplit_once(":layer:").map_or(text, |(_, name)| name)
}

impl Lambda {
    /// Publishes a version. `input` has the members of `PublishLayerVersion`.
    pub(super) async fn publish_layer(
        &self,
        cloud: &Arc<Cloud>,
        region: &str,
        name: &str,
        input: &Value,
    ) -> Result<LayerVersion, ServiceError> {
        let name = layer_name(name);
        if !is_word(name) || name.len() > 140 {
            return Err(validation(
                name,
                "layerName",
                "Member must have length less than or equal to 140 and satisfy regular expression pattern: (arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+",
            ));
        }
        let runtimes = reference_list(input, "CompatibleRuntimes");
        runtimes::check_names("compatibleRuntimes", &runtimes)?;
        let architectures = reference_list(input, "CompatibleArchitectures");
        for architecture in &architectures {
            settings::one_of("compatibleArchitectures", architecture, &["x86_64", "arm64"])?;
        }
        let zip = fetch_zip(cloud, input.get("Content").ok_or_else(|| missing("content"))?).await?;
        let _writing = self.code_files.lock().await;
        let code = keep(cloud, zip, check_layer).await?;
        self.layers.change(|layers| {
            let layer = layers.entry(name.to_owned()).or_default();
            layer.last_version += 1;
            let version = LayerVersion {
                number: layer.last_version,
                arn: format!("arn:aws:lambda:{region}:{}:layer:{name}:{}", cloud.account, layer.last_version),
                description: text(input, "Description").unwrap_or_default().to_owned(),
                license: text(input, "LicenseInfo").map(str::to_owned),
                runtimes,
                architectures,
                code: code.hash,
                code_size: code.size,
                created: crate::logs::now(),
                policy: Vec::new(),
            };
            layer.versions.push(version.clone());
            Ok(version)
        })
    }

    /// A version of a layer.
    pub(super) fn layer_version(&self, name: &str, number: u32) -> Option<LayerVersion> {
        self.layers.read(|layers| layers.get(name)?.versions.iter().find(|version| version.number == number).cloned())
    }

    /// The versions of every layer, oldest first.
    pub(super) fn all_layers(&self) -> BTreeMap<String, Layer> {
        self.layers.read(Clone::clone)
    }

    /// Removes a version. Functions that have it keep it; one that is not there is fine, as on AWS.
    pub(super) async fn delete_layer_version(
        &self,
        cloud: &Arc<Cloud>,
        name: &str,
        number: u32,
    ) -> Result<(), ServiceError> {
        self.layers.change(|layers| {
            if let Some(layer) = layers.get_mut(name) {
                layer.versions.retain(|version| version.number != number);
            }
            Ok(())
        })?;
        let _writing = self.code_files.lock().await;
        self.remove_unused_code(cloud);
        Ok(())
    }

    /// Changes a version of a layer.
    fn change_layer<R>(
        &self,
        cloud: &Cloud,
        name: &str,
        number: u32,
        change: impl FnOnce(&mut LayerVersion) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        let absent = || no_layer_version(&cloud.region, &cloud.account, name, number);
        self.layers.change(|layers| {
            let versions = layers.get_mut(name).map(|layer| &mut layer.versions);
            let version = versions.and_then(|versions| versions.iter_mut().find(|version| version.number == number));
            change(version.ok_or_else(absent)?)
        })
    }

    /// Lets somebody use a version. `input` has the members of `AddLayerVersionPermission`.
    pub(super) fn add_layer_permission(
        &self,
        cloud: &Cloud,
        name: &str,
        number: u32,
        input: &Value,
    ) -> Result<(Value, String), ServiceError> {
        let required = |field: &str, name: &str| text(input, name).ok_or_else(|| missing(field));
        let (id, principal) = (required("statementId", "StatementId")?, required("principal", "Principal")?);
        let action = required("action", "Action")?;
        if action != "lambda:GetLayerVersion" {
            return Err(validation(
                action,
                "action",
                "Member must satisfy regular expression pattern: lambda:GetLayerVersion",
            ));
        }
        let everyone = principal == "*";
        let named = json!({"AWS": if principal.starts_with("arn:") { principal.to_owned() } else { format!("arn:aws:iam::{principal}:root") }});
        self.change_layer(cloud, name, number, |version| {
            check_policy_revision(version, text(input, "RevisionId"))?;
            if version.policy.iter().any(|statement| text(statement, "Sid") == Some(id)) {
                return Err(conflict(format!(
                    "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the existing statement."
                )));
            }
            let mut statement = json!({
                "Sid": id,
                "Effect": "Allow",
                "Principal": if everyone { json!("*") } else { named },
                "Action": action,
                "Resource": version.arn,
            });
            if let Some(organization) = text(input, "OrganizationId") {
                statement["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": organization}});
            }
            version.policy.push(statement.clone());
            Ok((statement, version.policy_revision()))
        })
    }

    /// Takes a permission back.
    pub(super) fn remove_layer_permission(
        &self,
        cloud: &Cloud,
        name: &str,
        number: u32,
        id: &str,
        revision: Option<&str>,
    ) -> Result<(), ServiceError> {
        self.change_layer(cloud, name, number, |version| {
            check_policy_revision(version, revision)?;
            let at =
                version.policy.iter().position(|statement| text(statement, "Sid") == Some(id)).ok_or_else(|| {
                    ServiceError::not_found(
                        "ResourceNotFoundException",
                        format!("Statement {id} is not found in resource policy."),
                    )
                })?;
            version.policy.remove(at);
            Ok(())
        })
    }

    /// The layers that a function's `Layers` name; `None` when it says nothing of them.
    pub(super) fn layer_uses(&self, input: &Value) -> Result<Option<Vec<LayerUse>>, ServiceError> {
        if !input.get("Layers").is_some_and(Value::is_array) {
            return Ok(None);
        }
        let arns = reference_list(input, "Layers");
        if arns.len() > LAYERS_PER_FUNCTION {
            return Err(invalid(format!("Cannot reference more than {LAYERS_PER_FUNCTION} layers.")));
        }
        let mut uses: Vec<LayerUse> = Vec::new();
        for arn in &arns {
            let Some((name, number)) = parse_arn(arn) else {
                return Err(validation(
                    &format!("[{}]", arns.join(", ")),
                    "layers",
                    &format!(
                        "Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: {ARN_PATTERN}, Member must not be null]"
                    ),
                ));
            };
            let version = self.layer_version(name, number).filter(|version| version.arn == *arn).ok_or_else(|| {
                invalid(format!(
                    "Layer version {arn} does not exist. The local cloud has the layers that were published to it, none of other accounts: publish it here with `aws lambda publish-layer-version` or an AWS::Lambda::LayerVersion"
                ))
            })?;
            if let Some(twin) = uses.iter().find(|one| parse_arn(&one.arn).is_some_and(|(other, _)| other == name)) {
                return Err(invalid(format!(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. {} and {arn} are versions of the same layer.",
                    twin.arn
                )));
            }
            uses.push(LayerUse { arn: arn.clone(), code: version.code, code_size: version.code_size });
        }
        Ok(Some(uses))
    }

    /// The directory that stands for `/opt`, made on first use; `None` for a function without layers.
    pub(super) async fn laid_out(
        &self,
        cloud: &Arc<Cloud>,
        layers: &[LayerUse],
    ) -> Result<Option<PathBuf>, ServiceError> {
        if layers.is_empty() {
            return Ok(None);
        }
        let files: Vec<PathBuf> = layers.iter().map(|layer| Self::code_file(cloud, &layer.code)).collect();
        let codes: Vec<&str> = layers.iter().map(|layer| layer.code.as_str()).collect();
        let directory = cloud.scratch.path().join("layers").join(hex::encode(Sha256::digest(codes.join("\n"))));
        let failed = |why: String| ServiceError::internal(format!("cannot unpack the layers of the function: {why}"));
        tokio::task::spawn_blocking(move || unpack(&files, &directory))
            .await
            .map_err(|error| failed(error.to_string()))?
            .map(Some)
            .map_err(|error| failed(error.to_string()))
    }
}

fn check_policy_revision(version: &LayerVersion, revision: Option<&str>) -> Result<(), ServiceError> {
    match revision {
        Some(revision) if revision != version.policy_revision() => Err(stale("GetLayerPolicy")),
        _ => Ok(()),
    }
}

/// The refusal of a version that does not exist.
pub(super) fn no_layer_version(region: &str, account: &str, name: &str, number: u32) -> ServiceError {
    ServiceError::new(
        StatusCode::NOT_FOUND,
        "ResourceNotFoundException",
        format!("Layer version arn:aws:lambda:{region}:{account}:layer:{name}:{number} does not exist."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_a_version_has_a_name_and_a_number() {
        assert_eq!(parse_arn("arn:aws:lambda:us-east-1:000000000000:layer:shared:3"), Some(("shared", 3)));
        for text in [
            "arn:aws:lambda:us-east-1:000000000000:layer:shared",
            "arn:aws:lambda:us-east-1:000000000000:function:shared:3",
            "arn:aws:lambda:us-east-1:000000000000:layer:../x:3",
            "shared:3",
        ] {
            assert_eq!(parse_arn(text), None, "{text}");
        }
        assert_eq!(layer_name("arn:aws:lambda:us-east-1:000000000000:layer:shared"), "shared");
    }
}
