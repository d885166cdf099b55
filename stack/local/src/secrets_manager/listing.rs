//! Lists of secrets and of versions, by filters and in pages.

use serde_json::{Value, json};

use super::api::{Asked, describe, named, seconds};
use super::{Secret, Version};
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, as_integer, reference_list, text};

/// Secrets or versions of one page.
const PAGE: usize = 100;

pub(super) fn list(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    asked.authorize("secretsmanager:ListSecrets", "*", None)?;
    let mut secrets = matching(asked, "Filters");
    if text(asked.input, "SortOrder") == Some("desc") {
        secrets.reverse();
    }
    let (page, next) = page(asked.input, secrets, |secret| &secret.name)?;
    let shown: Vec<Value> = page
        .iter()
        .map(|secret| {
            let mut shown = describe(secret);
            if let Some(stages) = shown.as_object_mut().and_then(|shown| shown.shift_remove("VersionIdsToStages")) {
                shown["SecretVersionsToStages"] = stages;
            }
            shown
        })
        .collect();
    Ok(with_token(json!({ "SecretList": shown }), next))
}

pub(super) fn list_versions(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let secret = asked.secret("secretsmanager:ListSecretVersionIds")?;
    let deprecated = asked.input.get("IncludeDeprecated").and_then(as_flag) == Some(true);
    let mut versions: Vec<(&String, &Version)> = secret.versions.iter().collect();
    versions.retain(|(_, version)| deprecated || !version.stages.is_empty());
    versions.sort_by_key(|(id, version)| (std::cmp::Reverse(version.created), *id));
    let (page, next) = page(asked.input, versions, |(id, _)| id)?;
    let shown: Vec<Value> = page
        .iter()
        .map(|(id, version)| {
            let mut shown = json!({"VersionId": id, "CreatedDate": seconds(version.created)});
            if !version.stages.is_empty() {
                shown["VersionStages"] = json!(version.stages);
            }
            shown
        })
        .collect();
    let mut answer = named(&secret);
    answer["Versions"] = json!(shown);
    Ok(with_token(answer, next))
}

/// The secrets that the filters of a request choose.
pub(super) fn matching(asked: &Asked<'_>, filters: &str) -> Vec<Secret> {
    let filters = asked.input.get(filters).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let deleted_too = asked.input.get("IncludePlannedDeletion").and_then(as_flag) == Some(true);
    let mut secrets = asked.cloud.secrets_manager.all();
    secrets.retain(|secret| {
        (deleted_too || secret.deleted_at.is_none()) && filters.iter().all(|filter| chosen(secret, filter))
    });
    secrets
}

/// Whether one of a filter's values fits. A value that begins with `!` must not.
fn chosen(secret: &Secret, filter: &Value) -> bool {
    let fits = |value: &str| {
        let starts = |text: &str| text.to_lowercase().starts_with(&value.to_lowercase());
        let name = || secret.name.starts_with(value) || secret.name.split('/').any(|part| part.starts_with(value));
        match text(filter, "Key") {
            Some("name") => secret.name.starts_with(value),
            Some("description") => secret.description.split_whitespace().any(starts) || starts(&secret.description),
            Some("tag-key") => secret.tags.keys().any(|key| key.starts_with(value)),
            Some("tag-value") => secret.tags.values().any(|tag| tag.starts_with(value)),
            Some("all") => {
                name()
                    || starts(&secret.description)
                    || secret.tags.iter().any(|(key, tag)| key.starts_with(value) || tag.starts_with(value))
            }
            _ => false,
        }
    };
    reference_list(filter, "Values").iter().any(|value| match value.strip_prefix('!') {
        Some(value) => !fits(value),
        None => fits(value),
    })
}

/// Cuts a list to the page that `MaxResults` and `NextToken` (the name that the page before ended with) ask for.
fn page<T>(input: &Value, items: Vec<T>, name: impl Fn(&T) -> &str) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let limit = input.get("MaxResults").and_then(as_integer).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(PAGE).clamp(1, PAGE);
    let start = match text(input, "NextToken") {
        None => 0,
        Some(token) => {
            let at = items.iter().position(|item| name(item) == token);
            at.map(|at| at + 1).ok_or_else(|| {
                ServiceError::bad_request("InvalidNextTokenException", "You entered an invalid next token.")
            })?
        }
    };
    let more = items.len() > start + limit;
    let page: Vec<T> = items.into_iter().skip(start).take(limit).collect();
    let next = page.last().filter(|_| more).map(|item| name(item).to_owned());
    Ok((page, next))
}

fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    answer
}
