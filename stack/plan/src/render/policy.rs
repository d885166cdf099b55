//! Policy sources: from links to least-privilege policy documents.

use std::collections::{BTreeMap, BTreeSet};

use handlebars::Handlebars;
use serde_json::{Map, Value, json};

use super::escape::{json_content, json_helper};
use crate::expression::render_reason;
use crate::fault::FaultKind;

/// Version of the policy language.
const VERSION: &str = "2012-10-17";

/// Renders policy sources.
pub(crate) struct PolicyRenderer<'a> {
    registry: Handlebars<'static>,
    /// The project's own sources by file name.
    sources: &'a BTreeMap<String, String>,
}

impl<'a> PolicyRenderer<'a> {
    pub(crate) fn new(sources: &'a BTreeMap<String, String>) -> Self {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(json_content);
        registry.register_helper("json", Box::new(json_helper));
        Self { registry, sources }
    }

    /// Names of the project's own policies.
    pub(crate) fn project_policies(&self) -> Vec<String> {
        self.sources.keys().filter_map(|file| file.strip_suffix(".json.hbs")).map(str::to_owned).collect()
    }

    /// The text of a source, the project's own before ours.
    pub(crate) fn source(&self, file: &str) -> Option<&str> {
        self.sources.get(file).map(String::as_str).or_else(|| built_in(file))
    }

    /// Statements of a source with the given values; nothing when there is no such source.
    ///
    /// # Errors
    /// What is wrong with the source.
    pub(crate) fn statements(&self, file: &str, values: &Value) -> Option<Result<Vec<Map<String, Value>>, FaultKind>> {
        let text = self.source(file)?;
        let rendered = self.registry.render_template(text, values).map_err(|error| render_reason(&error));
        Some(match rendered {
            Ok(rendered) => parse(file, &rendered),
            Err(reason) => Err(FaultKind::InvalidPolicy { file: file.to_owned(), reason }),
        })
    }
}

/// Lists the built-in sources; each is named once.
macro_rules! built_in {
    ($($name:literal,)+) => {
        /// File names and texts of the built-in sources, sorted.
        pub(crate) fn built_in_policies() -> &'static [(&'static str, &'static str)] {
            &[$((concat!($name, ".json.hbs"), include_str!(concat!("../../../../policies/", $name, ".json.hbs"))),)+]
        }
    };
}

/// The text of a built-in source.
fn built_in(file: &str) -> Option<&'static str> {
    built_in_policies().iter().find(|(name, _)| *name == file).map(|(_, text)| *text)
}

built_in! {
    "bucket-delete",
    "bucket-list",
    "bucket-read",
    "bucket-write",
    "connection-use",
    "dead-letter-send",
    "database-connect",
    "distribution-invalidate",
    "function-invoke",
    "function-logs",
    "function-network",
    "function-tracing",
    "http_api-invoke",
    "pipeline-artifacts",
    "pipeline-build",
    "pipeline-source",
    "pipeline-start",
    "queue-consume",
    "queue-send",
    "secret-read",
    "repository-pull",
    "repository-push",
    "rest_api-invoke",
    "table-delete",
    "table-query",
    "table-read",
    "table-scan",
    "table-stream",
    "table-write",
    "topic-publish",
    "transcoder-transcode",
}

fn parse(file: &str, text: &str) -> Result<Vec<Map<String, Value>>, FaultKind> {
    let invalid = |reason: String| FaultKind::InvalidPolicy { file: file.to_owned(), reason };
    let document: Value = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
    if document.get("Version").is_some_and(|version| version != VERSION) {
        return Err(invalid(format!("`Version` must be `{VERSION}`")));
    }
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.clone(),
        Some(statement @ Value::Object(_)) => vec![statement.clone()],
        _ => return Err(invalid("`Statement` must be a list with at least one statement".to_owned())),
    };
    statements
        .into_iter()
        .map(|statement| match statement {
            Value::Object(statement) => check_statement(file, statement),
            _ => Err(invalid("a statement must be an object".to_owned())),
        })
        .collect()
}

fn check_statement(file: &str, statement: Map<String, Value>) -> Result<Map<String, Value>, FaultKind> {
    const KEYS: [&str; 7] = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    let invalid = |reason: String| Err(FaultKind::InvalidPolicy { file: file.to_owned(), reason });
    if let Some(key) = statement.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return invalid(format!("a statement of a function's policy has no `{key}`"));
    }
    if !matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
        return invalid("`Effect` must be `Allow` or `Deny`".to_owned());
    }
    for (one, other) in [("Action", "NotAction"), ("Resource", "NotResource")] {
        let texts: Vec<&Value> = [one, other].iter().filter_map(|key| statement.get(*key)).collect();
        let [texts] = texts.as_slice() else {
            return invalid(format!("a statement has exactly one of `{one}` and `{other}`"));
        };
        let texts = texts_of(texts);
        if texts.is_empty() {
            return invalid(format!("`{one}` must be a text or a list of texts"));
        }
        if one == "Action"
            && let Some(action) = texts.iter().find(|action| !is_action(action))
        {
            return Err(FaultKind::InvalidAction { action: action.clone(), file: file.to_owned() });
        }
    }
    Ok(statement)
}

/// `service:Operation`, where the operation may have wildcards and the service may not.
fn is_action(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, operation)| {
        let is_service = service.starts_with(|first: char| first.is_ascii_lowercase())
            && service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let is_operation = !operation.is_empty()
            && operation.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?'));
        is_service && is_operation
    })
}

/// The texts of a text or a list of texts; empty for anything else.
fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// A policy document of statements as they are.
pub(crate) fn document(statements: Vec<Map<String, Value>>) -> Value {
    json!({ "Version": VERSION, "Statement": statements.into_iter().map(Value::Object).collect::<Vec<_>>() })
}

/// A policy document of few statements: allowances with the same conditions and the same resources share their actions,
/// those with the same actions share their resources. Sorted, so that the order of links does not matter.
pub(crate) fn merged_document(statements: Vec<Map<String, Value>>) -> Value {
    // (effect, condition, resources) -> actions, then (effect, condition, actions) -> resources.
    let mut by_resources: BTreeMap<(String, String, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    let mut others = Vec::new();
    for statement in statements {
        let texts = |key: &str| statement.get(key).map(texts_of).unwrap_or_default();
        let is_simple =
            statement.keys().all(|key| matches!(key.as_str(), "Effect" | "Action" | "Resource" | "Condition"));
        if !is_simple {
            others.push(statement);
            continue;
        }
        let effect = texts("Effect").concat();
        let condition = statement.get("Condition").map(Value::to_string).unwrap_or_default();
        let resources = texts("Resource").into_iter().collect();
        by_resources.entry((effect, condition, resources)).or_default().extend(texts("Action"));
    }
    let mut by_actions: BTreeMap<(String, String, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    for ((effect, condition, resources), actions) in by_resources {
        by_actions.entry((effect, condition, actions)).or_default().extend(resources);
    }
    let merged = by_actions.into_iter().map(|((effect, condition, actions), resources)| {
        let mut statement = Map::new();
        statement.insert("Effect".to_owned(), json!(effect));
        statement.insert("Action".to_owned(), one_or_many(actions));
        statement.insert("Resource".to_owned(), one_or_many(resources));
        if let Ok(condition) = serde_json::from_str::<Value>(&condition) {
            statement.insert("Condition".to_owned(), condition);
        }
        statement
    });
    document(merged.chain(others).collect())
}

fn one_or_many(texts: BTreeSet<String>) -> Value {
    let mut texts: Vec<String> = texts.into_iter().collect();
    match (texts.pop(), texts.is_empty()) {
        (Some(only), true) => json!(only),
        (last, _) => json!(texts.into_iter().chain(last).collect::<Vec<_>>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(action: &str, resource: &str) -> Map<String, Value> {
        let Value::Object(statement) = json!({"Effect": "Allow", "Action": action, "Resource": resource}) else {
            unreachable!()
        };
        statement
    }

    #[test]
    fn statements_merge_whatever_their_order() {
        let statements = vec![
            statement("s3:PutObject", "b/*"),
            statement("s3:GetObject", "a/*"),
            statement("s3:GetObject", "b/*"),
            statement("s3:PutObject", "a/*"),
        ];
        let mut reversed = statements.clone();
        reversed.reverse();
        let document = merged_document(statements);
        assert_eq!(document, merged_document(reversed));
        assert_eq!(
            document["Statement"],
            json!([{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["a/*", "b/*"]}])
        );
    }

    #[test]
    fn merging_never_allows_more() {
        let document = merged_document(vec![statement("s3:GetObject", "a/*"), statement("s3:PutObject", "b/*")]);
        assert_eq!(document["Statement"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn values_cannot_break_out_of_their_text() {
        let renderer = BTreeMap::from([(
            "p.json.hbs".to_owned(),
            r#"{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{{x}}"}}"#.to_owned(),
        )]);
        let hostile = "a\", \"Action\": \"*\", \"x\": \"\\";
        let statements =
            PolicyRenderer::new(&renderer).statements("p.json.hbs", &json!({"x": hostile})).unwrap().unwrap();
        assert_eq!(statements[0]["Resource"], json!(hostile));
        assert_eq!(statements[0]["Action"], json!("s3:GetObject"));
    }

    #[test]
    fn faults_of_sources_are_told() {
        let check = |text: &str| {
            let sources = BTreeMap::from([("p.json.hbs".to_owned(), text.to_owned())]);
            PolicyRenderer::new(&sources).statements("p.json.hbs", &json!({})).unwrap().unwrap_err()
        };
        let with_action = |action: &str| {
            format!(r#"{{"Statement": [{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}]}}"#)
        };
        for action in ["*", "s3", "s3:", "S3:GetObject", "s3:Get Object", "*:*", ""] {
            assert_eq!(check(&with_action(action)).code(), "invalid-action", "{action}");
        }
        for text in [
            "",
            "{}",
            "{{x}}",
            r#"{"Statement": []}"#,
            r#"{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}"#,
            r#"{"Statement": [{"Effect": "allow", "Action": "a:b", "Resource": "*"}]}"#,
            r#"{"Statement": [{"Effect": "Allow", "Action": "a:b"}]}"#,
            r#"{"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Principal": "*"}]}"#,
            r#"{"Statement": [{"Effect": "Allow", "Action": 1, "Resource": "*"}]}"#,
        ] {
            assert_eq!(check(text).code(), "invalid-policy", "{text}");
        }
    }
}
