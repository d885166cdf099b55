//! Making, reading, changing and removing secrets.

use std::collections::BTreeMap;

use super::{CURRENT, PREVIOUS, Secret, SecretValue, SecretsManager, Version, now, secret_arn};
use crate::wire::ServiceError;

/// Greatest value in bytes.
const VALUE_LIMIT: usize = 65_536;

/// Versions without a stage that are kept, as on AWS, for a while.
const UNSTAGED_LIMIT: usize = 100;

const DAY: i64 = 24 * 60 * 60 * 1000;

pub(super) fn not_found() -> ServiceError {
    ServiceError::bad_request("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

pub(super) fn no_value(stage: &str) -> ServiceError {
    ServiceError::bad_request(
        "ResourceNotFoundException",
        format!("Secrets Manager can't find the specified secret value for staging label: {stage}"),
    )
}

pub(super) fn invalid_request(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidRequestException", message)
}

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterException", message)
}

/// What a new secret is made of.
#[derive(Debug, Clone, Default)]
pub(super) struct NewSecret {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) description: String,
    pub(super) kms_key: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) value: Option<SecretValue>,
    /// `ClientRequestToken`, which becomes the version id.
    pub(super) token: Option<String>,
}

/// The name of a secret that an id (name, ARN, or ARN without its random end) means.
fn find_name(secrets: &BTreeMap<String, Secret>, id: &str) -> Option<String> {
    let of_arn =
        |secret: &&Secret| secret.arn == id || secret.arn.rsplit_once('-').is_some_and(|(start, _)| start == id);
    if secrets.contains_key(id) {
        return Some(id.to_owned());
    }
    secrets.values().find(of_arn).map(|secret| secret.name.clone())
}

impl SecretsManager {
    /// A secret by name or ARN, marked for deletion or not. One whose time is over is not there.
    pub(super) fn find(&self, id: &str) -> Result<Secret, ServiceError> {
        self.secrets
            .read(|secrets| {
                let secret = secrets.get(&find_name(secrets, id)?)?;
                let over = secret.deleted_at.is_some_and(|time| time <= now());
                (!over).then(|| secret.clone())
            })
            .ok_or_else(not_found)
    }

    /// The same without those marked for deletion.
    pub(super) fn usable(&self, id: &str) -> Result<Secret, ServiceError> {
        let secret = self.find(id)?;
        if secret.deleted_at.is_some() {
            return Err(marked());
        }
        Ok(secret)
    }

    /// All secrets by name, those marked for deletion included.
    pub(super) fn all(&self) -> Vec<Secret> {
        let now = now();
        let there = |secret: &&Secret| secret.deleted_at.is_none_or(|time| time > now);
        self.secrets.read(|secrets| secrets.values().filter(there).cloned().collect())
    }

    /// The secret and the id of one of its versions, which has a value.
    pub(super) fn find_version(
        &self,
        id: &str,
        version_id: Option<&str>,
        stage: Option<&str>,
    ) -> Result<(Secret, String), ServiceError> {
        let secret = self.usable(id)?;
        let found = if let Some(version_id) = version_id {
            let fits = |version: &&Version| stage.is_none_or(|stage| version.stages.iter().any(|one| one == stage));
            let version = secret.versions.get(version_id).filter(fits);
            version.map(|_| version_id.to_owned()).ok_or_else(|| {
                ServiceError::bad_request(
                    "ResourceNotFoundException",
                    format!("Secrets Manager can't find the specified secret value for VersionId: {version_id}"),
                )
            })?
        } else {
            let stage = stage.unwrap_or(CURRENT);
            secret.at_stage(stage).map(str::to_owned).ok_or_else(|| no_value(stage))?
        };
        if secret.versions.get(&found).is_none_or(|version| version.value.is_none()) {
            return Err(no_value(stage.unwrap_or(&found)));
        }
        Ok((secret, found))
    }

    /// Changes a secret that is not marked for deletion.
    pub(super) fn change<R>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Secret) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        self.usable(id)?;
        self.secrets.change(|secrets| {
            let name = find_name(secrets, id).ok_or_else(not_found)?;
            let secret = secrets.get_mut(&name).ok_or_else(not_found)?;
            let result = change(secret)?;
            secret.changed = now();
            Ok(result)
        })
    }

    /// Makes a secret and gives it with the id of its first version.
    pub(super) fn create(&self, new: NewSecret) -> Result<(Secret, Option<String>), ServiceError> {
        check_name(&new.name)?;
        if let Some(value) = &new.value {
            check_value(value)?;
        }
        self.secrets.change(|secrets| {
            if let Some(existing) = secrets.get(&new.name).filter(|secret| secret.deleted_at.is_none_or(|time| time > now())) {
                if existing.deleted_at.is_some() {
                    return Err(invalid_request(
                        "You can't create this secret because a secret with this name is already scheduled for deletion.",
                    ));
                }
                // The same request again.
                let again = new.token.as_ref().and_then(|token| existing.versions.get(token));
                if again.is_some_and(|version| version.value == new.value) {
                    return Ok((existing.clone(), new.token.clone()));
                }
                return Err(ServiceError::bad_request(
                    "ResourceExistsException",
                    format!("The operation failed because the secret {} already exists.", new.name),
                ));
            }
            let random: String = uuid::Uuid::new_v4().simple().to_string().chars().take(6).collect();
            let time = now();
            let mut secret = Secret {
                arn: secret_arn(&new.region, &format!("{}-{random}", new.name)),
                name: new.name.clone(),
                description: new.description,
                kms_key: new.kms_key,
                tags: new.tags,
                versions: BTreeMap::new(),
                created: time,
                changed: time,
                accessed: None,
                deleted_at: None,
                rotation: None,
                policy: None,
            };
            let version = match new.value {
                Some(value) => Some(put(&mut secret, value, new.token, &[CURRENT.to_owned()])?),
                None => None,
            };
            secrets.insert(new.name, secret.clone());
            Ok((secret, version))
        })
    }

    /// Marks a secret for deletion in `days` days, or removes it at once. Gives the secret and when it is gone.
    pub(super) fn delete(&self, id: &str, days: Option<i64>) -> Result<(Secret, i64), ServiceError> {
        let secret = self.find(id)?;
        if secret.deleted_at.is_some() && days.is_some() {
            return Err(invalid_request(
                "You can't perform this operation on the secret because it was already scheduled for deletion.",
            ));
        }
        self.secrets.change(|secrets| {
            let gone = now() + days.unwrap_or(0) * DAY;
            if days.is_none() {
                secrets.remove(&secret.name);
            } else if let Some(secret) = secrets.get_mut(&secret.name) {
                secret.deleted_at = Some(gone);
            }
            Ok((secret, gone))
        })
    }

    /// Takes the mark for deletion away.
    pub(super) fn restore(&self, id: &str) -> Result<Secret, ServiceError> {
        let secret = self.find(id)?;
        self.secrets.change(|secrets| {
            let secret = secrets.get_mut(&secret.name).ok_or_else(not_found)?;
            secret.deleted_at = None;
            Ok(secret.clone())
        })
    }

    /// Remembers the day of a read.
    pub(super) fn note_access(&self, secret: &Secret) {
        let today = now() / DAY * DAY;
        if secret.accessed == Some(today) {
            return;
        }
        let noted = self.secrets.change(|secrets| {
            if let Some(secret) = secrets.get_mut(&secret.name) {
                secret.accessed = Some(today);
            }
            Ok(())
        });
        if let Err(error) = noted {
            tracing::warn!(error = error.message, "the day of a read of a secret could not be written");
        }
    }
}

/// Puts a version into a secret and gives its id. The stages move to it; what was current becomes previous.
pub(super) fn put(
    secret: &mut Secret,
    value: SecretValue,
    token: Option<String>,
    stages: &[String],
) -> Result<String, ServiceError> {
    check_value(&value)?;
    let id = token.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    if !(32..=64).contains(&id.len()) {
        return Err(invalid("ClientRequestToken must have 32 to 64 characters."));
    }
    match secret.versions.get_mut(&id) {
        Some(existing) if existing.value.is_none() => existing.value = Some(value),
        Some(existing) if existing.value.as_ref() == Some(&value) => return Ok(id),
        Some(_) => {
            return Err(ServiceError::bad_request(
                "ResourceExistsException",
                "You can't use the same version id (ClientRequestToken) for a different value.",
            ));
        }
        None => {
            let version = Version { value: Some(value), created: now(), stages: Vec::new() };
            secret.versions.insert(id.clone(), version);
        }
    }
    for stage in stages {
        move_stage(secret, stage, &id);
    }
    drop_old(secret);
    Ok(id)
}

/// Gives a stage to a version.
pub(super) fn move_stage(secret: &mut Secret, stage: &str, id: &str) {
    let before = secret.at_stage(stage).map(str::to_owned);
    if before.as_deref() == Some(id) {
        return;
    }
    take_stage(secret, stage);
    if let Some(version) = secret.versions.get_mut(id) {
        version.stages.push(stage.to_owned());
    }
    if let (CURRENT, Some(before)) = (stage, before) {
        take_stage(secret, PREVIOUS);
        if let Some(version) = secret.versions.get_mut(&before) {
            version.stages.push(PREVIOUS.to_owned());
        }
    }
}

/// Takes a stage from whatever version has it.
pub(super) fn take_stage(secret: &mut Secret, stage: &str) {
    for version in secret.versions.values_mut() {
        version.stages.retain(|one| one != stage);
    }
}

/// Forgets the oldest versions that no stage names.
fn drop_old(secret: &mut Secret) {
    let mut unstaged: Vec<(i64, String)> = secret
        .versions
        .iter()
        .filter(|(_, version)| version.stages.is_empty())
        .map(|(id, version)| (version.created, id.clone()))
        .collect();
    unstaged.sort();
    let excess = unstaged.len().saturating_sub(UNSTAGED_LIMIT);
    for (_, id) in &unstaged[..excess] {
        secret.versions.remove(id);
    }
}

pub(super) fn marked() -> ServiceError {
    invalid_request("You can't perform this operation on the secret because it was marked for deletion.")
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    let fits = (1..=512).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@!-".contains(&byte));
    if fits {
        return Ok(());
    }
    Err(ServiceError::bad_request(
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    ))
}

fn check_value(value: &SecretValue) -> Result<(), ServiceError> {
    let (SecretValue::String(text) | SecretValue::Binary(text)) = value;
    let length = if matches!(value, SecretValue::Binary(_)) { text.len() / 4 * 3 } else { text.len() };
    if length > VALUE_LIMIT {
        return Err(invalid(format!("The secret value has {length} bytes, more than the limit of {VALUE_LIMIT}.")));
    }
    Ok(())
}
