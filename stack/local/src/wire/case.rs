//! Template properties as REST-JSON members and back: the same names, but for the case of their first letter.

use serde_json::{Map, Number, Value};

/// Members whose keys are data (stage variables, header names, route keys) and stay as they are.
const MAPS: [&str; 12] = [
    "integrationResponses",
    "methodSettings",
    "requestModels",
    "requestParameters",
    "requestTemplates",
    "responseModels",
    "responseParameters",
    "responseTemplates",
    "routeSettings",
    "stageVariables",
    "tags",
    "variables",
];

/// Members that are numbers or booleans, whatever a parameter of a template made of them.
const SCALARS: [&str; 24] = [
    "allowCredentials",
    "apiKeyRequired",
    "authorizerResultTtlInSeconds",
    "autoDeploy",
    "burstLimit",
    "cachingEnabled",
    "dataTraceEnabled",
    "detailedMetricsEnabled",
    "disableExecuteApiEndpoint",
    "enableSimpleResponses",
    "enabled",
    "generateDistinctId",
    "limit",
    "maxAge",
    "metricsEnabled",
    "minimumCompressionSize",
    "offset",
    "rateLimit",
    "throttlingBurstLimit",
    "throttlingRateLimit",
    "timeoutInMillis",
    "tracingEnabled",
    "validateRequestBody",
    "validateRequestParameters",
];

/// Properties of a template as members of a request.
pub(crate) fn to_members(properties: &Value) -> Value {
    convert(properties, char::to_ascii_lowercase)
}

/// Members of an answer as properties of a template.
pub(crate) fn to_properties(members: &Value) -> Value {
    convert(members, char::to_ascii_uppercase)
}

fn convert(value: &Value, change: fn(&char) -> char) -> Value {
    match value {
        Value::Object(object) => {
            let convert_member = |(name, value): (&String, &Value)| {
                let member = first(name, char::to_ascii_lowercase);
                let value = if MAPS.contains(&member.as_str()) {
                    keep_keys(value, change)
                } else {
                    typed(&member, value).unwrap_or_else(|| convert(value, change))
                };
                (first(name, change), value)
            };
            Value::Object(object.iter().map(convert_member).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| convert(item, change)).collect()),
        other => other.clone(),
    }
}

fn keep_keys(value: &Value, change: fn(&char) -> char) -> Value {
    match value {
        Value::Object(object) => {
            Value::Object(object.iter().map(|(key, value)| (key.clone(), convert(value, change))).collect())
        }
        other => convert(other, change),
    }
}

/// The name with its first letter changed.
fn first(name: &str, change: fn(&char) -> char) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |letter| std::iter::once(change(&letter)).chain(characters).collect())
}

/// The value of a member that is a number or a boolean, whatever it was written as; `None` for other members.
pub(crate) fn typed(member: &str, value: &Value) -> Option<Value> {
    SCALARS.contains(&member).then(|| scalar(value))
}

/// A number or boolean that was written as text.
fn scalar(value: &Value) -> Value {
    let Some(text) = value.as_str() else { return value.clone() };
    if let Ok(flag) = text.parse::<bool>() {
        return Value::Bool(flag);
    }
    if let Ok(number) = text.parse::<i64>() {
        return Value::from(number);
    }
    text.parse().ok().and_then(Number::from_f64).map_or_else(|| value.clone(), Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_change_and_data_stays() {
        let properties = json!({
            "StageName": "$default", "AutoDeploy": "true", "StageVariables": {"Alias": "live"},
            "RouteSettings": {"GET /Pets": {"ThrottlingRateLimit": "2.5", "ThrottlingBurstLimit": 3}},
            "CorsConfiguration": {"AllowOrigins": ["https://A"], "MaxAge": "5"},
        });
        let members = json!({
            "stageName": "$default", "autoDeploy": true, "stageVariables": {"Alias": "live"},
            "routeSettings": {"GET /Pets": {"throttlingRateLimit": 2.5, "throttlingBurstLimit": 3}},
            "corsConfiguration": {"allowOrigins": ["https://A"], "maxAge": 5},
        });
        assert_eq!(to_members(&properties), members);
        assert_eq!(to_properties(&members)["RouteSettings"]["GET /Pets"]["ThrottlingRateLimit"], 2.5);
        assert_eq!(to_properties(&members)["StageVariables"], json!({"Alias": "live"}));
    }
}
