//! Access logs: one line for each request, made from a format with `$context` variables.

use serde_json::Value;

use crate::cloud::Cloud;

/// The name of the log group in an ARN of it, with or without `:*`.
pub(crate) fn group_of(arn: &str) -> Option<&str> {
    let (head, name) = arn.split_once(":log-group:")?;
    head.starts_with("arn:").then(|| name.strip_suffix(":*").unwrap_or(name)).filter(|name| !name.is_empty())
}

/// Writes the line of one request. Nothing is written to a group that is not there, as on AWS.
pub(crate) fn write(cloud: &Cloud, settings: &Value, stream: &str, context: &Value) {
    let (Some(arn), Some(format)) = (settings["destinationArn"].as_str(), settings["format"].as_str()) else { return };
    let Some(group) = group_of(arn) else { return };
    if cloud.logs.group(group).is_none() {
        tracing::warn!(group, "the log group of an access log does not exist, so the line is lost");
        return;
    }
    cloud.logs.append(group, stream, vec![(crate::logs::now(), render(format, context))]);
}

/// A format with its `$context.a.b` (or `${context.a.b}`) replaced; what is not known is `-`.
fn render(format: &str, context: &Value) -> String {
    let mut line = String::with_capacity(format.len());
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('$') {
        line.push_str(before);
        let (braced, inner) = after.strip_prefix('{').map_or((false, after), |inner| (true, inner));
        let Some(path) = inner.strip_prefix("context.") else {
            line.push('$');
            rest = after;
            continue;
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let end = path.bytes().position(|byte| !is_name(byte)).unwrap_or(path.len());
        // A full stop or a hyphen after a variable is not part of it.
        let name = path[..end].trim_end_matches(['.', '-']);
        line.push_str(&text_of(lookup(context, name)));
        rest = &path[name.len()..];
        if braced {
            rest = rest.strip_prefix('}').unwrap_or(rest);
        }
    }
    line.push_str(rest);
    line
}

/// A member by its path of names: the whole rest of the path may be one name, as those of claims are.
pub(crate) fn lookup<'a>(context: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(found) = context.get(path) {
        return Some(found);
    }
    path.match_indices('.').find_map(|(at, _)| lookup(context.get(&path[..at])?, &path[at + 1..]))
}

/// How a variable is written.
pub(crate) fn text_of(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_replaced_and_unknown_ones_are_a_dash() {
        let context = json!({
            "requestId": "r-1", "status": 200, "identity": {"sourceIp": "127.0.0.1"},
            "authorizer": {"claims": {"cognito:groups": "a", "x.y": "dotted"}},
        });
        for (format, expected) in [
            (r#"{"id":"$context.requestId","status":$context.status}"#, r#"{"id":"r-1","status":200}"#),
            ("$context.identity.sourceIp - - [$context.missing]", "127.0.0.1 - - [-]"),
            ("${context.requestId}x $context.requestId.", "r-1x r-1."),
            ("$context.authorizer.claims.x.y $100 $", "dotted $100 $"),
        ] {
            assert_eq!(render(format, &context), expected, "{format}");
        }
    }

    #[test]
    fn a_group_is_named_by_its_arn() {
        assert_eq!(group_of("arn:aws:logs:us-east-1:0:log-group:/aws/x:*"), Some("/aws/x"));
        assert_eq!(group_of("arn:aws:logs:us-east-1:0:log-group:/aws/x"), Some("/aws/x"));
        assert_eq!(group_of("arn:aws:firehose:us-east-1:0:deliverystream/x"), None);
    }
}
