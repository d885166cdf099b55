//! Which behavior of a distribution serves a path.

use serde_json::Value;

use crate::iam::resource_policy::glob;

/// The members of a list; absent reads as empty.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The first behavior whose pattern fits the path, or the default one.
pub(super) fn of_path<'a>(config: &'a Value, path: &str) -> &'a Value {
    items(&config["CacheBehaviors"])
        .find(|behavior| behavior["PathPattern"].as_str().is_some_and(|pattern| fits(pattern, path)))
        .unwrap_or(&config["DefaultCacheBehavior"])
}

/// Patterns are with or without the leading slash.
fn fits(pattern: &str, path: &str) -> bool {
    glob(pattern.trim_start_matches('/'), path.trim_start_matches('/'))
}

/// Whether a behavior lets a method through. GET and HEAD where it says nothing.
pub(super) fn allows(behavior: &Value, method: &str) -> bool {
    match behavior["AllowedMethods"].as_array() {
        Some(methods) => methods.iter().any(|allowed| allowed == method),
        None => method == "GET" || method == "HEAD",
    }
}

/// The origin of a behavior.
pub(super) fn origin<'a>(config: &'a Value, behavior: &Value) -> Option<&'a Value> {
    items(&config["Origins"]).find(|origin| origin["Id"] == behavior["TargetOriginId"])
}

/// Seconds for which a distribution says that an error status is kept.
pub(super) fn error_lifetime(config: &Value, status: u16) -> Option<i64> {
    let number = crate::wire::properties::as_integer;
    let rule = items(&config["CustomErrorResponses"]).find(|rule| number(&rule["ErrorCode"]) == Some(status.into()))?;
    rule.get("ErrorCachingMinTTL").and_then(number)
}

/// The custom answer of a distribution to an error status of the origin: path and status.
pub(super) fn custom_error(config: &Value, status: u16) -> Option<(&str, u16)> {
    let number =
        |value: &Value| crate::wire::properties::as_integer(value).and_then(|number| u16::try_from(number).ok());
    let rule = items(&config["CustomErrorResponses"]).find(|rule| number(&rule["ErrorCode"]) == Some(status))?;
    let path = rule["ResponsePagePath"].as_str().filter(|path| !path.is_empty())?;
    Some((path, number(&rule["ResponseCode"]).unwrap_or(status)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_fitting_pattern_wins() {
        let config = json!({
            "DefaultCacheBehavior": {"TargetOriginId": "default"},
            "CacheBehaviors": [
                {"PathPattern": "/avatars/*.jpg", "TargetOriginId": "pictures"},
                {"PathPattern": "avatars/*", "TargetOriginId": "avatars", "AllowedMethods": ["GET", "HEAD", "OPTIONS"]},
            ],
        });
        for (path, origin) in [
            ("/avatars/a.jpg", "pictures"),
            ("/avatars/a.png", "avatars"),
            ("/index.html", "default"),
            ("/", "default"),
        ] {
            assert_eq!(of_path(&config, path)["TargetOriginId"], origin, "{path}");
        }
        assert!(allows(of_path(&config, "/avatars/a"), "OPTIONS"));
        assert!(!allows(of_path(&config, "/"), "OPTIONS"));
        assert!(!allows(of_path(&config, "/"), "PUT"));
    }

    #[test]
    fn custom_errors_keep_their_status_unless_told() {
        let config = json!({"CustomErrorResponses": [
            {"ErrorCode": 403, "ResponsePagePath": "/404.html", "ResponseCode": "404"},
            {"ErrorCode": 404, "ResponsePagePath": "/404.html"},
            {"ErrorCode": 500, "ErrorCachingMinTTL": 1},
        ]});
        assert_eq!(custom_error(&config, 403), Some(("/404.html", 404)));
        assert_eq!(custom_error(&config, 404), Some(("/404.html", 404)));
        assert_eq!(custom_error(&config, 500), None);
        assert_eq!(custom_error(&config, 502), None);
    }
}
