//! What template sources receive: a construct's values, and what its links to others ask of it.

use serde_json::{Map, Value, json};

use crate::construct::Kind;
use crate::construct::access::Access;
use crate::construct::bucket::{Bucket, EventRule, EventTarget};
use crate::construct::distribution::Distribution;
use crate::construct::function::Function;
use crate::construct::topic::{Endpoint, Subscription, Topic};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::names::{hash, logical_id};
use crate::naming::Naming;
use crate::plan::{ARTIFACT_BUCKET_PARAMETER, Removal};
use crate::render::{PolicyRenderer, document, merged_document};
use crate::resolve::Constructs;
use crate::scope::Scope;
use crate::settings::Settings;

/// Greatest size of all inline policies of a role together, white space apart.
const ROLE_POLICY_CHARACTERS: usize = 10_240;
/// Key of SNS itself.
const SNS_KEY: &str = "alias/aws/sns";

/// Everything that the values of a construct are made from.
pub(crate) struct Links<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) naming: &'a Naming,
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) constructs: &'a Constructs,
    pub(crate) sink: &'a Sink,
}

impl Links<'_> {
    fn deletion_policies(&self) -> (&'static str, &'static str) {
        match self.settings.environment.removal {
            Removal::Destroy => ("Delete", "Delete"),
            // What a failed first creation leaves behind is empty and would stand in the way of the next.
            Removal::Retain => ("RetainExceptOnCreate", "Retain"),
        }
    }

    /// Values of `function.yaml.hbs`.
    pub(crate) fn function(&self, function: &Function, policies: &mut PolicyRenderer<'_>) -> Value {
        let name = &function.name;
        let (deletion_policy, update_replace_policy) = self.deletion_policies();
        json!({
            "id": Naming::function_id(name),
            "role_id": logical_id(name, "Role"),
            "log_group_id": logical_id(name, "LogGroup"),
            "invoke_config_id": logical_id(name, "InvokeConfig"),
            "function_name": self.naming.function(name),
            "log_group_name": self.naming.log_group(name),
            "log_retention": function.log_retention.0,
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "description": function.description,
            "architecture": function.architecture.as_str(),
            "memory": function.memory.0,
            "timeout": function.timeout.0,
            "temporary_storage": function.temporary_storage.map(|size| size.0),
            "environment": function.environment,
            "artifact_bucket_parameter": ARTIFACT_BUCKET_PARAMETER,
            "key_parameter": Naming::code_key_id(name),
            "asynchronous": function.declares_retries || self.constructs.is_asynchronous(name),
            "retries": function.retries.0,
            "max_event_age": function.max_event_age.0,
            "policies": self.policies(function, policies),
        })
    }

    /// Inline policies of a function's role: one of its links, then the project's own.
    fn policies(&self, function: &Function, renderer: &mut PolicyRenderer<'_>) -> Vec<Value> {
        let log_group = deferred::attribute(&logical_id(&function.name, "LogGroup"), "Arn");
        let mut granted = Vec::new();
        let logs = json!({ "name": self.naming.log_group(&function.name), "arn": log_group });
        self.statements("function-logs.json.hbs", &logs, "*", false, &function.place, renderer, &mut granted);
        for access in &function.access {
            let target = self.target(access);
            let has_keys = access.target.path.is_some();
            let file = access.verb.policy_source();
            self.statements(file, &target, access.key_pattern(), has_keys, &access.place, renderer, &mut granted);
        }
        let mut policies = vec![json!({ "name": "access", "document": merged_document(granted) })];
        for (name, place) in &function.policies {
            let mut statements = Vec::new();
            let file = format!("{name}.json.hbs");
            let itself = json!({ "name": self.naming.function(&function.name), "arn": self.naming.function_arn(&function.name) });
            if self.statements(&file, &itself, "*", false, place, renderer, &mut statements) {
                policies.push(json!({ "name": name, "document": document(statements) }));
            }
        }
        self.check_size(function, &policies);
        policies
    }

    fn target(&self, access: &Access) -> Value {
        let name = &access.target.name;
        let (name, arn) = match access.target.kind {
            Kind::Bucket => (self.naming.bucket(name), self.naming.bucket_arn(name)),
            Kind::Topic => (self.naming.topic(name), self.naming.topic_arn(name)),
            Kind::Function => (self.naming.function(name), self.naming.function_arn(name)),
            Kind::Distribution => (String::new(), Naming::distribution_arn(name)),
        };
        json!({ "name": name, "arn": arn })
    }

    /// Adds the statements of a policy source; false when it has a fault.
    #[expect(clippy::too_many_arguments, reason = "a policy source has these values and no others")]
    fn statements(
        &self,
        file: &str,
        target: &Value,
        keys: &str,
        has_keys: bool,
        place: &Place,
        renderer: &mut PolicyRenderer<'_>,
        statements: &mut Vec<Map<String, Value>>,
    ) -> bool {
        let mut values = self.scope.values();
        values.insert("target".to_owned(), target.clone());
        values.insert("keys".to_owned(), json!(keys));
        values.insert("has_keys".to_owned(), json!(has_keys));
        let fault = match renderer.statements(file, &Value::Object(values)) {
            Some(Ok(more)) => {
                statements.extend(more);
                return true;
            }
            // The fault of the parameter is reported; that its name has no value is no fault of the source.
            Some(Err(FaultKind::InvalidPolicy { .. })) if !self.settings.is_complete => return false,
            Some(Err(fault)) => fault,
            None => FaultKind::MissingPolicy {
                name: file.trim_end_matches(".json.hbs").to_owned(),
                file: format!("policies/{file}"),
                known: renderer.project_policies(),
            },
        };
        self.sink.push(fault, place);
        false
    }

    fn check_size(&self, function: &Function, policies: &[Value]) {
        let characters: usize = policies
            .iter()
            .map(|policy| policy["document"].to_string().chars().filter(|character| !character.is_whitespace()).count())
            .sum();
        if characters > ROLE_POLICY_CHARACTERS {
            let what = format!("characters of all policies of function `{}`", function.name);
            let kind = FaultKind::LimitExceeded { what, value: characters, limit: ROLE_POLICY_CHARACTERS };
            self.sink.push(kind, &function.place);
        }
    }

    /// Values of `bucket.yaml.hbs`.
    pub(crate) fn bucket(&self, bucket: &Bucket) -> Value {
        let (deletion_policy, update_replace_policy) = self.deletion_policies();
        let arn = self.naming.bucket_arn(&bucket.name);
        let mut functions: Vec<&str> = Vec::new();
        let mut topics: Vec<&str> = Vec::new();
        let (mut function_events, mut topic_events) = (Vec::new(), Vec::new());
        for event in &bucket.events {
            match &event.target {
                EventTarget::Function(name) => {
                    functions.push(name);
                    function_events.push(event_values(event, "function_id", &Naming::function_id(name)));
                }
                EventTarget::Topic(name) => {
                    topics.push(name);
                    topic_events.push(event_values(event, "topic_id", &Naming::topic_id(name)));
                }
            }
        }
        for names in [&mut functions, &mut topics] {
            names.sort_unstable();
            names.dedup();
        }
        let permission_id =
            |function: &str| format!("{}{}", Naming::bucket_id(&bucket.name), logical_id(function, "Permission"));
        let depends_on: Vec<String> = functions
            .iter()
            .map(|function| permission_id(function))
            .chain(topics.iter().map(|topic| logical_id(topic, "TopicPolicy")))
            .collect();
        let distributions: Vec<String> = self
            .constructs
            .distributions
            .iter()
            .filter(|distribution| distribution.bucket == bucket.name)
            .map(|distribution| Naming::distribution_arn(&distribution.name))
            .collect();
        json!({
            "id": Naming::bucket_id(&bucket.name),
            "policy_id": logical_id(&bucket.name, "BucketPolicy"),
            "bucket_name": self.naming.bucket(&bucket.name),
            "arn": arn,
            "objects_arn": format!("{arn}/*"),
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "depends_on": depends_on,
            "permissions": functions.iter().map(|function| json!({
                "id": permission_id(function),
                "function_id": Naming::function_id(function),
            })).collect::<Vec<_>>(),
            "versioning": bucket.versioning,
            "cors": bucket.cors.iter().map(|rule| json!({
                "origins": rule.origins,
                "methods": rule.methods,
                "headers": rule.headers,
                "expose": rule.expose,
                "has_max_age": rule.max_age.is_some(),
                "max_age": rule.max_age,
            })).collect::<Vec<_>>(),
            "lifecycle": bucket.lifecycle.iter().map(|rule| json!({
                "prefix": rule.prefix,
                "expire_days": rule.expire_days,
                "abort_uploads_days": rule.abort_uploads_days,
            })).collect::<Vec<_>>(),
            "has_events": !bucket.events.is_empty(),
            "function_events": function_events,
            "topic_events": topic_events,
            "distribution_arns": distributions,
        })
    }

    /// Values of `topic.yaml.hbs`.
    pub(crate) fn topic(&self, topic: &Topic) -> Value {
        let mut bucket_arns: Vec<String> = self
            .constructs
            .buckets
            .iter()
            .filter(|bucket| bucket.events.iter().any(|event| event.target == EventTarget::Topic(topic.name.clone())))
            .map(|bucket| self.naming.bucket_arn(&bucket.name))
            .collect();
        bucket_arns.sort_unstable();
        // A service may not use the key of SNS itself, so a topic that hears of a bucket has none unless the project
        // brings a key of its own whose policy lets S3 use it.
        let key = topic.key.clone().or_else(|| bucket_arns.is_empty().then(|| SNS_KEY.to_owned()));
        let subscriptions: Vec<Value> =
            topic.subscriptions.iter().map(|subscription| subscription_values(topic, subscription)).collect();
        let mut functions: Vec<&str> =
            topic.subscriptions.iter().filter_map(|subscription| subscription.endpoint.function()).collect();
        functions.sort_unstable();
        functions.dedup();
        json!({
            "id": Naming::topic_id(&topic.name),
            "policy_id": logical_id(&topic.name, "TopicPolicy"),
            "topic_name": self.naming.topic(&topic.name),
            "display_name": topic.display_name,
            "key": key,
            "bucket_arns": bucket_arns,
            "subscriptions": subscriptions,
            "permissions": functions.iter().map(|function| json!({
                "id": format!("{}{}", Naming::topic_id(&topic.name), logical_id(function, "Permission")),
                "function_id": Naming::function_id(function),
            })).collect::<Vec<_>>(),
        })
    }

    /// Values of `distribution.yaml.hbs`.
    pub(crate) fn distribution(&self, distribution: &Distribution) -> Value {
        let name = &distribution.name;
        json!({
            "id": Naming::distribution_id(name),
            "origin_access_control_id": logical_id(name, "OriginAccessControl"),
            "origin_access_control_name": self.naming.origin_access_control(name),
            "comment": format!("{} {}", self.naming.stack_name, name),
            "bucket": distribution.bucket,
            "domain": self.naming.bucket_domain(&distribution.bucket),
            "cache_policy": distribution.cache_policy,
            "origin_request_policy": distribution.origin_request_policy,
            "response_headers_policy": distribution.response_headers_policy,
            "default_root_object": distribution.default_root_object,
            "price_class": distribution.price_class.0,
        })
    }
}

fn event_values(event: &EventRule, target_key: &str, target: &str) -> Value {
    let filter = |name: &str, value: &Option<String>| {
        value.as_ref().filter(|value| !value.is_empty()).map(|value| json!({ "name": name, "value": value }))
    };
    let filters: Vec<Value> =
        [filter("prefix", &event.prefix), filter("suffix", &event.suffix)].into_iter().flatten().collect();
    json!({ "event": format!("s3:{}", event.event.0), target_key: target, "filters": filters })
}

fn subscription_values(topic: &Topic, subscription: &Subscription) -> Value {
    let (address, function) = match &subscription.endpoint {
        Endpoint::Address(address) => (Some(address.as_str()), None),
        Endpoint::Function(function) => (None, Some(function.as_str())),
    };
    // The id follows the endpoint, not the position: SNS gives two subscriptions with one endpoint one ARN, so taking one
    // out of the list must not rename the others.
    let endpoint = hash(&format!("{} {}", subscription.protocol, address.or(function).unwrap_or_default()), 8);
    json!({
        "id": format!("{}{}{endpoint}", Naming::topic_id(&topic.name), logical_id(subscription.protocol, "")),
        "protocol": subscription.protocol,
        "address": address,
        "function_id": function.map(Naming::function_id),
        "raw": subscription.raw,
    })
}
