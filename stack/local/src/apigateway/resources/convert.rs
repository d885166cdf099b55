//! Properties of REST APIs that are not just their members in upper case.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::wire::case::{to_members, to_properties};

/// Gives a member another name.
fn rename(value: &mut Value, from: &str, to: &str) {
    if let Some(object) = value.as_object_mut()
        && let Some(member) = object.remove(from)
    {
        object.insert(to.to_owned(), member);
    }
}

fn remove(value: &mut Value, names: &[&str]) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| !names.contains(&name.as_str()));
    }
}

/// Members of a REST API, with the tags that it shall have.
pub(super) fn api_members(properties: &Value, tags: &BTreeMap<String, String>) -> Value {
    let mut members = to_members(properties);
    rename(&mut members, "apiKeySourceType", "apiKeySource");
    members["tags"] = json!(tags);
    // Documents are data: their names stay as they are.
    members["policy"] = properties["Policy"].clone();
    members
}

/// Tags as templates list them.
pub(super) fn tag_list(tags: &Value) -> Value {
    let tag = |(key, value): (&String, &Value)| json!({"Key": key, "Value": value});
    Value::Array(tags.as_object().into_iter().flatten().map(tag).collect())
}

/// Properties of a REST API.
pub(super) fn api_properties(members: &Value) -> Value {
    let mut members = members.clone();
    let policy = members["policy"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let tags = tag_list(&members["tags"]);
    remove(&mut members, &["createdDate", "id", "policy", "rootResourceId", "tags"]);
    rename(&mut members, "apiKeySource", "apiKeySourceType");
    let mut properties = to_properties(&members);
    properties["Tags"] = tags;
    if let Some(policy) = policy {
        properties["Policy"] = policy;
    }
    properties
}

/// A list of responses as a map by status.
fn by_status(list: &Value) -> Value {
    let pair = |one: &Value| {
        let status = &one["statusCode"];
        Some((
            status
                .as_str()
                .map_or_else(|| status.as_u64().map(|code| code.to_string()), |text| Some(text.to_owned()))?,
            one.clone(),
        ))
    };
    Value::Object(list.as_array().into_iter().flatten().filter_map(pair).collect())
}

/// Members of a method: those of its own, of its integration, and of its responses.
pub(super) fn method_members(properties: &Value) -> (Value, Option<Value>, Value) {
    let mut members = to_members(properties);
    let responses = by_status(&members["methodResponses"]);
    let integration = members.get("integration").filter(|integration| integration.is_object()).map(|integration| {
        let mut integration = integration.clone();
        rename(&mut integration, "integrationHttpMethod", "httpMethod");
        integration["integrationResponses"] = by_status(&integration["integrationResponses"]);
        integration
    });
    remove(&mut members, &["httpMethod", "integration", "methodResponses", "resourceId", "restApiId"]);
    (members, integration, responses)
}

/// Properties of a method. What the template leaves out of the integration, and has a default, is left out.
pub(super) fn method_properties(members: &Value, declared: &Value) -> Value {
    let values =
        |map: &Value| Value::Array(map.as_object().into_iter().flatten().map(|(_, one)| one.clone()).collect());
    let mut members = members.clone();
    if members["methodIntegration"].is_object() {
        let mut integration = members["methodIntegration"].clone();
        let responses = values(&integration["integrationResponses"]);
        rename(&mut integration, "httpMethod", "integrationHttpMethod");
        integration["integrationResponses"] = responses;
        let own = &declared["Integration"];
        for (name, property) in [
            ("cacheKeyParameters", "CacheKeyParameters"),
            ("cacheNamespace", "CacheNamespace"),
            ("integrationResponses", "IntegrationResponses"),
            ("passthroughBehavior", "PassthroughBehavior"),
            ("timeoutInMillis", "TimeoutInMillis"),
        ] {
            if own.get(property).is_none() {
                remove(&mut integration, &[name]);
            }
        }
        members["integration"] = integration;
    }
    if members["methodResponses"].is_object() {
        members["methodResponses"] = values(&members["methodResponses"]);
    }
    remove(&mut members, &["methodIntegration"]);
    let mut properties = to_properties(&members);
    for name in ["ResourceId", "RestApiId"] {
        properties[name] = declared[name].clone();
    }
    properties
}

/// Members of a stage, with the tags that it shall have.
pub(super) fn stage_members(properties: &Value, tags: &BTreeMap<String, String>) -> Value {
    let mut members = to_members(properties);
    rename(&mut members, "accessLogSetting", "accessLogSettings");
    rename(&mut members, "canarySetting", "canarySettings");
    let list = members["methodSettings"].as_array().cloned().unwrap_or_default();
    let setting = |one: &Value| {
        let mut one = one.clone();
        let path = one["resourcePath"].as_str().unwrap_or("/*").trim_start_matches('/').replace("~1", "/");
        let key = format!("{}/{}", path.trim_start_matches('/'), one["httpMethod"].as_str().unwrap_or("*"));
        remove(&mut one, &["httpMethod", "resourcePath"]);
        (key, one)
    };
    members["methodSettings"] = Value::Object(list.iter().map(setting).collect());
    members["tags"] = json!(tags);
    remove(&mut members, &["restApiId"]);
    members
}

/// Properties of a stage. Method settings keep the form of the template where they are the same.
pub(super) fn stage_properties(members: &Value, declared: &Value) -> Value {
    let mut members = members.clone();
    let tags = tag_list(&members["tags"]);
    let settings: Vec<Value> = members["methodSettings"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, setting)| {
            let (path, method) = key.rsplit_once('/').unwrap_or((key, "*"));
            let path = if path == "*" { "/*".to_owned() } else { format!("/~1{}", path.replace('/', "~1")) };
            let mut setting = setting.clone();
            setting["httpMethod"] = json!(method);
            setting["resourcePath"] = json!(path);
            to_properties(&setting)
        })
        .collect();
    remove(
        &mut members,
        &["cacheClusterEnabled", "cacheClusterStatus", "createdDate", "lastUpdatedDate", "methodSettings", "tags"],
    );
    rename(&mut members, "accessLogSettings", "accessLogSetting");
    let mut properties = to_properties(&members);
    let same = |one: &Value| {
        settings.iter().find(|other| {
            other["HttpMethod"] == one["HttpMethod"]
                && one["ResourcePath"].as_str().map(plain_path) == other["ResourcePath"].as_str().map(plain_path)
        })
    };
    let wanted: Vec<Value> = declared["MethodSettings"].as_array().cloned().unwrap_or_default();
    let mut listed: Vec<Value> = Vec::new();
    for one in &wanted {
        if let Some(found) = same(one) {
            let mut found = found.clone();
            found["ResourcePath"] = one["ResourcePath"].clone();
            listed.push(found);
        }
    }
    let is_new = |one: &&Value| !wanted.iter().any(|own| same(own) == Some(*one));
    let others: Vec<Value> = settings.iter().filter(is_new).cloned().collect();
    listed.extend(others);
    properties["MethodSettings"] = Value::Array(listed);
    properties["RestApiId"] = declared["RestApiId"].clone();
    properties["Tags"] = tags;
    properties
}

fn plain_path(path: &str) -> String {
    path.replace("~1", "/").trim_start_matches('/').to_owned()
}

/// Members of a usage plan, with the tags that it shall have.
pub(super) fn plan_members(properties: &Value, name: &str, tags: &BTreeMap<String, String>) -> Value {
    let mut members = to_members(properties);
    remove(&mut members, &["usagePlanName"]);
    members["name"] = json!(name);
    members["tags"] = json!(tags);
    members
}

/// Properties of a usage plan.
pub(super) fn plan_properties(members: &Value) -> Value {
    let mut members = members.clone();
    let tags = tag_list(&members["tags"]);
    remove(&mut members, &["id", "tags"]);
    rename(&mut members, "name", "usagePlanName");
    let mut properties = to_properties(&members);
    properties["Tags"] = tags;
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_taken_apart_and_put_together() {
        let properties = json!({
            "RestApiId": "a", "ResourceId": "r", "HttpMethod": "GET", "AuthorizationType": "NONE", "ApiKeyRequired": "true",
            "RequestParameters": {"method.request.path.Id": true},
            "Integration": {
                "Type": "AWS", "IntegrationHttpMethod": "GET", "Uri": "u",
                "IntegrationResponses": [{"StatusCode": "200", "ResponseParameters": {"method.response.header.X": "'y'"}}],
            },
            "MethodResponses": [{"StatusCode": 200}],
        });
        let (own, integration, responses) = method_members(&properties);
        assert_eq!(
            own,
            json!({"authorizationType": "NONE", "apiKeyRequired": true, "requestParameters": {"method.request.path.Id": true}})
        );
        let integration = integration.unwrap();
        assert_eq!(integration["integrationResponses"]["200"]["responseParameters"]["method.response.header.X"], "'y'");
        assert_eq!(integration["httpMethod"], "GET");
        let mut members = own;
        members["httpMethod"] = json!("GET");
        members["methodIntegration"] = integration;
        members["methodResponses"] = responses;
        let mut expected = properties.clone();
        expected["ApiKeyRequired"] = json!(true);
        assert_eq!(method_properties(&members, &properties), expected);
    }

    #[test]
    fn a_stage_is_taken_apart_and_put_together() {
        let properties = json!({
            "RestApiId": "a", "StageName": "v0", "DeploymentId": "d", "Variables": {"Alias": "x"},
            "AccessLogSetting": {"DestinationArn": "arn", "Format": "f"},
            "MethodSettings": [
                {"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 2},
                {"HttpMethod": "GET", "ResourcePath": "/~1images~1{o+}", "MetricsEnabled": true},
            ],
            "Tags": [],
        });
        let members = stage_members(&properties, &BTreeMap::new());
        assert_eq!(members["methodSettings"]["*/*"]["throttlingRateLimit"], 2);
        assert_eq!(members["methodSettings"]["images/{o+}/GET"]["metricsEnabled"], true);
        assert_eq!(members["accessLogSettings"]["format"], "f");
        assert_eq!(stage_properties(&members, &properties), properties);
    }

    #[test]
    fn a_policy_stays_as_it_is() {
        let properties =
            json!({"Name": "a", "Policy": {"Statement": [{"Effect": "Allow"}]}, "ApiKeySourceType": "HEADER"});
        let members = api_members(&properties, &BTreeMap::new());
        assert_eq!(members["policy"]["Statement"][0]["Effect"], "Allow");
        assert_eq!(members["apiKeySource"], "HEADER");
    }
}
