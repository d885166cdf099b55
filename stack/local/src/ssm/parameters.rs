//! Writing, reading and removing parameters.

use std::collections::BTreeMap;

use super::{Parameter, Ssm, Version};
use crate::wire::ServiceError;

/// Versions that are kept.
const VERSION_LIMIT: usize = 100;

/// Labels of one version.
const LABEL_LIMIT: usize = 10;

pub(super) fn not_found() -> ServiceError {
    ServiceError::bad_request("ParameterNotFound", "")
}

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("ValidationException", message)
}

/// What is written.
#[derive(Clone)]
pub(super) struct Write {
    pub(super) name: String,
    /// Absent: that of the version before.
    pub(super) kind: Option<String>,
    pub(super) value: String,
    pub(super) description: Option<String>,
    pub(super) key_id: Option<String>,
    pub(super) allowed_pattern: Option<String>,
    pub(super) data_type: Option<String>,
    pub(super) tier: Option<String>,
    pub(super) overwrite: bool,
    pub(super) user: String,
    pub(super) tags: BTreeMap<String, String>,
}

/// Name and selector (version or label) of a name, an ARN, or one of them with a selector.
fn split(reference: &str) -> (String, Option<String>) {
    let rest = match reference.split_once(":parameter/") {
        // A name with one part has no slash before it.
        Some((_, rest)) if rest.contains('/') => format!("/{rest}"),
        Some((_, rest)) => rest.to_owned(),
        None => reference.to_owned(),
    };
    match rest.split_once(':') {
        Some((name, selector)) => (name.to_owned(), Some(selector.to_owned())),
        None => (rest, None),
    }
}

/// The name in a reference.
pub(super) fn name_of(reference: &str) -> String {
    split(reference).0
}

impl Parameter {
    pub(super) fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    fn selected(&self, selector: Option<&str>) -> Result<&Version, ServiceError> {
        let version = match selector {
            None => self.latest(),
            Some(selector) => self.versions.iter().find(|version| {
                version.number.to_string() == selector || version.labels.iter().any(|one| one == selector)
            }),
        };
        version.ok_or_else(|| {
            let selector = selector.unwrap_or_default();
            let what = if selector.parse::<u64>().is_ok() { "version" } else { "label" };
            ServiceError::bad_request(
                "ParameterVersionNotFound",
                format!(
                    "Systems Manager could not find {what} {selector} of {}. Verify the {what} and try again.",
                    self.name
                ),
            )
        })
    }
}

impl Ssm {
    /// A parameter and the version that a reference selects.
    pub(super) fn find(&self, reference: &str) -> Result<(Parameter, Version), ServiceError> {
        let (name, selector) = split(reference);
        let parameter = self.parameter(&name)?;
        let version = parameter.selected(selector.as_deref())?.clone();
        Ok((parameter, version))
    }

    /// A parameter by name.
    pub(super) fn parameter(&self, name: &str) -> Result<Parameter, ServiceError> {
        self.parameters.read(|parameters| parameters.get(name).cloned()).ok_or_else(not_found)
    }

    /// All parameters by name.
    pub(super) fn all(&self) -> Vec<Parameter> {
        self.parameters.read(|parameters| parameters.values().cloned().collect())
    }

    /// Writes a parameter and gives its new version.
    pub(super) fn write(&self, write: Write) -> Result<Version, ServiceError> {
        check_name(&write.name)?;
        self.parameters.change(|parameters| {
            let existing = parameters.get(&write.name);
            if existing.is_some() && !write.overwrite {
                return Err(ServiceError::bad_request(
                    "ParameterAlreadyExists",
                    "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
                ));
            }
            if existing.is_some() && !write.tags.is_empty() {
                return Err(invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource."));
            }
            let before = existing.and_then(Parameter::latest);
            let kind = write.kind.or_else(|| before.map(|version| version.kind.clone())).ok_or_else(|| {
                invalid("A parameter type is required when you create a parameter.")
            })?;
            let tier = write.tier.or_else(|| before.map(|version| version.tier.clone())).unwrap_or_else(|| "Standard".to_owned());
            let version = Version {
                number: before.map_or(1, |version| version.number + 1),
                kind,
                value: write.value,
                description: write.description.or_else(|| before.map(|version| version.description.clone())).unwrap_or_default(),
                key_id: write.key_id,
                allowed_pattern: write.allowed_pattern,
                data_type: write.data_type.unwrap_or_else(|| "text".to_owned()),
                tier: if tier == "Intelligent-Tiering" { "Standard".to_owned() } else { tier },
                labels: Vec::new(),
                modified: crate::logs::now(),
                user: write.user,
            };
            check_version(&version)?;
            let parameter = parameters.entry(write.name.clone()).or_insert_with(|| Parameter {
                name: write.name,
                versions: Vec::new(),
                tags: write.tags,
            });
            if parameter.versions.len() == VERSION_LIMIT {
                if !parameter.versions[0].labels.is_empty() {
                    return Err(ServiceError::bad_request(
                        "ParameterMaxVersionLimitExceeded",
                        format!("You attempted to create a new version of {} by calling the PutParameter API with the overwrite flag. Version {}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.", parameter.name, parameter.versions[0].number),
                    ));
                }
                parameter.versions.remove(0);
            }
            parameter.versions.push(version.clone());
            Ok(version)
        })
    }

    /// Removes a parameter.
    pub(super) fn remove(&self, name: &str) -> Result<(), ServiceError> {
        self.parameters.change(|parameters| parameters.remove(name).map(drop).ok_or_else(not_found))
    }

    /// Changes a parameter in place.
    pub(super) fn change<R>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Parameter) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        self.parameters.change(|parameters| change(parameters.get_mut(name).ok_or_else(not_found)?))
    }

    /// Gives labels to a version, which other versions lose. Gives the labels that no version may have, and its number.
    pub(super) fn label(
        &self,
        name: &str,
        number: Option<u64>,
        labels: &[String],
    ) -> Result<(Vec<String>, u64), ServiceError> {
        let (good, wrong): (Vec<&String>, Vec<&String>) = labels.iter().partition(|label| is_label(label));
        self.change(name, |parameter| {
            let number = number.or_else(|| parameter.latest().map(|version| version.number)).unwrap_or_default();
            let name = parameter.name.clone();
            parameter.selected(Some(&number.to_string()))?;
            for version in &mut parameter.versions {
                version.labels.retain(|label| !good.contains(&label));
                if version.number == number {
                    version.labels.extend(good.iter().map(|label| (*label).clone()));
                    version.labels.sort();
                    if version.labels.len() > LABEL_LIMIT {
                        return Err(ServiceError::bad_request(
                            "ParameterVersionLabelLimitExceeded",
                            format!("A parameter version can have maximum {LABEL_LIMIT} labels. Move one or more labels of {name} to another version and try again."),
                        ));
                    }
                }
            }
            Ok((wrong.into_iter().cloned().collect(), number))
        })
    }
}

fn is_label(label: &str) -> bool {
    let lower = label.to_ascii_lowercase();
    (1..=100).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        && !label.starts_with(|first: char| first.is_ascii_digit())
        && !lower.starts_with("aws")
        && !lower.starts_with("ssm")
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    let parts: Vec<&str> = name.trim_start_matches('/').split('/').collect();
    let well_formed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte))
        && (1..=1011).contains(&name.len())
        && parts.iter().all(|part| !part.is_empty());
    if !well_formed || (name.contains('/') && !name.starts_with('/')) {
        return Err(invalid(
            "Parameter name: can't be empty, and must consist of letters, numbers and the symbols .-_ in parts; a name with several parts must be fully qualified: begin with a slash",
        ));
    }
    if parts.len() > 15 {
        return Err(ServiceError::bad_request(
            "HierarchyLevelLimitExceededException",
            "A hierarchy can have a maximum of 15 levels.",
        ));
    }
    let first = parts.first().map(|part| part.to_ascii_lowercase()).unwrap_or_default();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err(ServiceError::bad_request(
            "AccessDeniedException",
            format!("No access to reserved parameter name: {name}."),
        ));
    }
    Ok(())
}

fn check_version(version: &Version) -> Result<(), ServiceError> {
    if !matches!(version.kind.as_str(), "String" | "StringList" | "SecureString") {
        return Err(invalid(format!(
            "1 validation error detected: Value '{}' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [SecureString, StringList, String]",
            version.kind
        )));
    }
    let limit = if version.tier == "Advanced" { 8192 } else { 4096 };
    if version.value.is_empty() || version.value.len() > limit {
        return Err(invalid(format!(
            "{} tier parameters support a maximum parameter value of {limit} characters, and at least one.",
            version.tier
        )));
    }
    if let Some(pattern) = &version.allowed_pattern {
        let wrong = || {
            ServiceError::bad_request(
                "InvalidAllowedPatternException",
                format!("The pattern is not a regular expression: {pattern}"),
            )
        };
        let expression = regex::Regex::new(&format!("^(?:{pattern})$")).map_err(|_| wrong())?;
        if !expression.is_match(&version.value) {
            return Err(ServiceError::bad_request(
                "ParameterPatternMismatchException",
                format!("Parameter value can't be validated against allowedPattern: {pattern}"),
            ));
        }
    }
    Ok(())
}
