//! Deployments and stages.

use serde_json::{Value, json};

use super::check::{text, with_defaults};
use super::{Api, ApiGateway, Deployment, bad, conflict, not_found, patch, seconds};
use crate::execute_api::{access_log, fresh_id};
use crate::wire::ServiceError;
use crate::wire::case::typed;

/// First steps of the paths of patch operations of a stage, apart from those of method settings.
const PATHS: [&str; 6] =
    ["accessLogSettings", "deploymentId", "description", "documentationVersion", "tracingEnabled", "variables"];

fn no_stage() -> ServiceError {
    not_found("Invalid stage identifier specified")
}

fn no_deployment() -> ServiceError {
    not_found("Invalid Deployment identifier specified")
}

impl ApiGateway {
    /// Takes a picture of an API, and hands it to a stage where one is named (made when it is not there).
    pub(super) fn create_deployment(&self, api_id: &str, members: &Value) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let methods: Vec<&Value> =
                api.content.resources.values().flat_map(|resource| resource.methods.values()).collect();
            if methods.is_empty() {
                return Err(bad("The REST API doesn't contain any methods"));
            }
            if methods.iter().any(|method| !method["methodIntegration"].is_object()) {
                return Err(bad("No integration defined for method"));
            }
            let id = fresh_id()[..6].to_owned();
            let shown = with_defaults(&json!({"description": members["description"]}), &json!({"id": id, "createdDate": seconds()}));
            api.deployments.insert(id.clone(), Deployment { members: shown.clone(), content: api.content.clone() });
            if let Some(name) = text(members, "stageName") {
                if let Some(stage) = api.stages.get_mut(name) {
                    stage["deploymentId"] = json!(id);
                } else {
                    let given = json!({"stageName": name, "deploymentId": id, "variables": members["variables"], "description": members["stageDescription"]});
                    let stage = stage(api, &given)?;
                    api.stages.insert(name.to_owned(), stage);
                }
            }
            Ok(shown)
        })
    }

    /// A deployment's members.
    pub(super) fn get_deployment(&self, api_id: &str, id: &str) -> Result<Value, ServiceError> {
        self.read(api_id, |api| api.deployments.get(id).map(|one| one.members.clone()).ok_or_else(no_deployment))
    }

    /// The members of all deployments.
    pub(super) fn all_deployments(&self, api_id: &str) -> Result<Vec<Value>, ServiceError> {
        self.read(api_id, |api| Ok(api.deployments.values().map(|one| one.members.clone()).collect()))
    }

    /// Changes the description of a deployment.
    pub(super) fn update_deployment(
        &self,
        api_id: &str,
        id: &str,
        operations: &[patch::Operation],
    ) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let deployment = api.deployments.get_mut(id).ok_or_else(no_deployment)?;
            patch::apply(&mut deployment.members, operations, &["description"])?;
            Ok(deployment.members.clone())
        })
    }

    /// Removes a deployment that no stage serves.
    pub(super) fn delete_deployment(&self, api_id: &str, id: &str) -> Result<(), ServiceError> {
        self.change(api_id, |api| {
            if api.stages.values().any(|stage| stage["deploymentId"] == id) {
                return Err(bad("Active stages pointing to this deployment must be moved or deleted"));
            }
            api.deployments.remove(id).map(drop).ok_or_else(no_deployment)
        })
    }

    /// Makes a stage.
    pub(super) fn create_stage(&self, api_id: &str, members: &Value) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let members = stage(api, members)?;
            let name = members["stageName"].as_str().unwrap_or_default().to_owned();
            if api.stages.contains_key(&name) {
                return Err(conflict("Stage already exists"));
            }
            api.stages.insert(name, members.clone());
            Ok(members)
        })
    }

    /// A stage's members.
    pub(super) fn get_stage(&self, api_id: &str, name: &str) -> Result<Value, ServiceError> {
        self.read(api_id, |api| api.stages.get(name).cloned().ok_or_else(no_stage))
    }

    /// The members of all stages, or of those that serve a deployment.
    pub(super) fn all_stages(&self, api_id: &str, deployment: Option<&str>) -> Result<Vec<Value>, ServiceError> {
        let serves = |stage: &&Value| deployment.is_none_or(|id| stage["deploymentId"] == id);
        self.read(api_id, |api| Ok(api.stages.values().filter(serves).cloned().collect()))
    }

    /// Replaces the members of a stage by changed ones.
    pub(super) fn update_stage(
        &self,
        api_id: &str,
        name: &str,
        change: impl FnOnce(&mut Value) -> Result<(), ServiceError>,
    ) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let mut members = api.stages.get(name).cloned().ok_or_else(no_stage)?;
            change(&mut members)?;
            members["lastUpdatedDate"] = json!(seconds());
            let members = stage(api, &members)?;
            api.stages.insert(name.to_owned(), members.clone());
            Ok(members)
        })
    }

    /// Removes a stage.
    pub(super) fn delete_stage(&self, api_id: &str, name: &str) -> Result<(), ServiceError> {
        self.change(api_id, |api| api.stages.remove(name).map(drop).ok_or_else(no_stage))
    }
}

/// Members of a stage, with defaults.
fn stage(api: &Api, members: &Value) -> Result<Value, ServiceError> {
    let name = text(members, "stageName").ok_or_else(|| bad("Stage name is required"))?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(bad("Stage name only allows a-zA-Z0-9_-"));
    }
    let deployment = text(members, "deploymentId").ok_or_else(|| bad("Deployment id is required"))?;
    if !api.deployments.contains_key(deployment) {
        return Err(bad("Deployment id does not exist"));
    }
    if members["cacheClusterEnabled"] == true {
        return Err(bad("the local cloud does not cache answers of REST APIs: leave CacheClusterEnabled off"));
    }
    for name in ["canarySettings", "clientCertificateId"] {
        if members.get(name).is_some_and(|value| !value.is_null()) {
            return Err(bad(format!("the local cloud does not serve `{name}` of stages")));
        }
    }
    for (key, settings) in members["methodSettings"].as_object().into_iter().flatten() {
        if settings["cachingEnabled"] == true {
            return Err(bad(format!(
                "the local cloud does not cache answers of REST APIs: leave caching of `{key}` off"
            )));
        }
    }
    if let Some(arn) = text(&members["accessLogSettings"], "destinationArn") {
        access_log::group_of(arn).ok_or_else(|| {
            bad(format!("the local cloud writes access logs to log groups, and `{arn}` is not the ARN of one"))
        })?;
        text(&members["accessLogSettings"], "format").ok_or_else(|| bad("Access log format is required"))?;
    }
    let now = seconds();
    let defaults = json!({
        "cacheClusterEnabled": false, "cacheClusterStatus": "NOT_AVAILABLE", "createdDate": now, "lastUpdatedDate": now,
        "methodSettings": {}, "tracingEnabled": false,
    });
    Ok(with_defaults(members, &defaults))
}

/// Changes a stage by patch operations: those of its members, and `/<resource path>/<method>/throttling/rateLimit` and the like.
pub(super) fn patch_stage(members: &mut Value, operations: &[patch::Operation]) -> Result<(), ServiceError> {
    for operation in operations {
        if PATHS.contains(&operation.path[0].as_str()) {
            patch::apply(members, std::slice::from_ref(operation), &PATHS)?;
            continue;
        }
        let unknown = || bad(format!("Invalid method setting path: /{}", operation.path.join("/")));
        let [resource, method, setting @ ..] = operation.path.as_slice() else { return Err(unknown()) };
        let key = format!("{}/{method}", resource.trim_start_matches('/'));
        if operation.verb == patch::Verb::Remove && setting.is_empty() {
            members["methodSettings"].as_object_mut().map(|settings| settings.remove(&key));
            continue;
        }
        let name = match setting.join("/").as_str() {
            "throttling/rateLimit" => "throttlingRateLimit",
            "throttling/burstLimit" => "throttlingBurstLimit",
            "logging/loglevel" => "loggingLevel",
            "logging/dataTrace" => "dataTraceEnabled",
            "metrics/enabled" => "metricsEnabled",
            "caching/enabled" => "cachingEnabled",
            _ => return Err(unknown()),
        };
        let settings = &mut members["methodSettings"][&key];
        settings[name] = typed(name, &operation.value).unwrap_or_else(|| operation.value.clone());
    }
    Ok(())
}

/// The settings of a method on a stage: those of its own over those of all.
pub(super) fn settings_of(stage: &Value, path: &str, method: &str) -> Value {
    let settings = &stage["methodSettings"];
    let key = path.trim_start_matches('/');
    let mut found = settings["*/*"].as_object().cloned().unwrap_or_default();
    for key in [format!("{key}/*"), format!("*/{method}"), format!("{key}/{method}"), format!("/{key}/{method}")] {
        for (name, value) in settings[key.as_str()].as_object().into_iter().flatten() {
            found.insert(name.clone(), value.clone());
        }
    }
    Value::Object(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_method_are_over_those_of_all() {
        let mut stage = json!({"methodSettings": {}});
        let operations = patch::operations(&json!({"patchOperations": [
            {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "100"},
            {"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"},
            {"op": "replace", "path": "/~1images~1{object+}/GET/throttling/rateLimit", "value": "5"},
        ]}));
        patch_stage(&mut stage, &operations.unwrap()).unwrap();
        let limit = |path, method| settings_of(&stage, path, method)["throttlingRateLimit"].as_f64();
        assert_eq!(limit("/images/{object+}", "GET"), Some(5.0));
        assert_eq!(limit("/images/{object+}", "PUT"), Some(100.0));
        assert_eq!(settings_of(&stage, "/images/{object+}", "GET")["loggingLevel"], "INFO");
    }
}
