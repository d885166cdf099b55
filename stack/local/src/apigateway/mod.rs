//! API Gateway v1: REST APIs, their keys and usage plans.
//!
//! State is kept as the members of the REST-JSON API; CloudFormation's properties are mostly the same names in upper case. A
//! deployment is a copy of an API's [`Content`]: what is changed later takes effect with the next deployment only.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::LocalError;
use crate::execute_api::fresh_id;
use crate::persist::Store;
use crate::wire::ServiceError;

pub(crate) mod api;
mod authorization;
mod check;
pub(crate) mod data_plane;
mod deployments;
mod domains;
mod event;
mod integration;
mod methods;
mod patch;
mod plans;
pub(crate) mod resources;
mod response;
mod schema;
mod tree;
mod validation;
mod view;
mod vtl;

/// Members of one kind, by id or name.
type Table = BTreeMap<String, Value>;

/// A part of the path of an API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Resource {
    id: String,
    parent: Option<String>,
    /// `pets`, `{id}`, `{proxy+}`; empty for the root.
    part: String,
    /// `/pets/{id}`.
    path: String,
    /// By HTTP method; `ANY` is one, too. `methodIntegration` and `methodResponses` are within.
    methods: Table,
}

/// What an API does with requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Content {
    /// The API's own members.
    members: Value,
    resources: BTreeMap<String, Resource>,
    /// By id.
    authorizers: Table,
    /// By type.
    gateway_responses: Table,
    /// By name.
    models: Table,
    /// By id.
    validators: Table,
}

/// A picture of an API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Deployment {
    members: Value,
    content: Content,
}

/// An API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Api {
    id: String,
    region: String,
    /// Id of the resource `/`.
    root: String,
    content: Content,
    deployments: BTreeMap<String, Deployment>,
    /// By name.
    stages: Table,
}

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct State {
    #[serde(default)]
    apis: BTreeMap<String, Api>,
    /// API keys by id.
    #[serde(default)]
    keys: Table,
    /// Usage plans by id.
    #[serde(default)]
    plans: Table,
    /// Ids of keys by usage plan.
    #[serde(default)]
    plan_keys: BTreeMap<String, Vec<String>>,
    /// Role that may write to CloudWatch Logs.
    #[serde(default)]
    log_role: Option<String>,
}

/// Collections of an API that are alike: members by id or name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Authorizer,
    GatewayResponse,
    Model,
    Validator,
}

impl Part {
    fn table(self, content: &Content) -> &Table {
        match self {
            Self::Authorizer => &content.authorizers,
            Self::GatewayResponse => &content.gateway_responses,
            Self::Model => &content.models,
            Self::Validator => &content.validators,
        }
    }

    fn table_mut(self, content: &mut Content) -> &mut Table {
        match self {
            Self::Authorizer => &mut content.authorizers,
            Self::GatewayResponse => &mut content.gateway_responses,
            Self::Model => &mut content.models,
            Self::Validator => &mut content.validators,
        }
    }

    fn missing(self) -> ServiceError {
        let name = match self {
            Self::Authorizer => "Authorizer",
            Self::GatewayResponse => "gateway response type",
            Self::Model => "Model Name",
            Self::Validator => "Request Validator",
        };
        not_found(format!("Invalid {name} identifier specified"))
    }
}

/// Requests that a key has made within the period of its plan's quota: `(first day of the period, number)`.
type Usage = HashMap<(String, String), (i64, i64)>;

/// State of the service.
pub(crate) struct ApiGateway {
    state: Store<State>,
    /// By plan and key. Counted in memory only, because every request counts.
    usage: Mutex<Usage>,
}

impl ApiGateway {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { state: Store::open(data_directory, "apigateway")?, usage: Mutex::default() })
    }

    /// Region of an API; `None` when there is no such API.
    pub(crate) fn region_of(&self, api_id: &str) -> Option<String> {
        self.state.read(|state| state.apis.get(api_id).map(|api| api.region.clone()))
    }

    /// Whether an API has a stage.
    pub(crate) fn has_stage(&self, api_id: &str, stage: &str) -> bool {
        self.state.read(|state| state.apis.get(api_id).is_some_and(|api| api.stages.contains_key(stage)))
    }

    fn read<R>(&self, api_id: &str, look: impl FnOnce(&Api) -> Result<R, ServiceError>) -> Result<R, ServiceError> {
        self.state.read(|state| look(state.apis.get(api_id).ok_or_else(no_api)?))
    }

    fn change<R>(
        &self,
        api_id: &str,
        change: impl FnOnce(&mut Api) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        self.state.change(|state| change(state.apis.get_mut(api_id).ok_or_else(no_api)?))
    }

    /// Makes an API with its root resource.
    fn create(&self, region: &str, members: &Value) -> Result<Value, ServiceError> {
        let mut members = check::api(members)?;
        let (id, root) = (fresh_id(), fresh_id());
        for (name, value) in [("id", json!(id)), ("rootResourceId", json!(root)), ("createdDate", json!(seconds()))] {
            members[name] = value;
        }
        let resource = Resource {
            id: root.clone(),
            parent: None,
            part: String::new(),
            path: "/".to_owned(),
            methods: Table::new(),
        };
        let content = Content {
            members: members.clone(),
            resources: BTreeMap::from([(root.clone(), resource)]),
            authorizers: Table::new(),
            gateway_responses: Table::new(),
            models: check::default_models(),
            validators: Table::new(),
        };
        let api = Api {
            id: id.clone(),
            region: region.to_owned(),
            root,
            content,
            deployments: BTreeMap::new(),
            stages: Table::new(),
        };
        self.state.change(|state| {
            state.apis.insert(id, api);
            Ok(members)
        })
    }

    fn all(&self) -> Vec<Value> {
        self.state.read(|state| state.apis.values().map(|api| api.content.members.clone()).collect())
    }

    fn get(&self, api_id: &str) -> Result<Value, ServiceError> {
        self.read(api_id, |api| Ok(api.content.members.clone()))
    }

    /// Replaces the members of an API by changed ones.
    fn update(
        &self,
        api_id: &str,
        change: impl FnOnce(&mut Value) -> Result<(), ServiceError>,
    ) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let mut members = api.content.members.clone();
            change(&mut members)?;
            api.content.members = check::api(&members)?;
            Ok(api.content.members.clone())
        })
    }

    /// Removes an API to which no domain and no plan leads.
    fn delete(&self, cloud: &crate::cloud::Cloud, api_id: &str) -> Result<(), ServiceError> {
        if let Some(domain) = cloud.execute_api.domains.of_api(api_id) {
            return Err(bad(format!(
                "Please remove all base path mappings related to the RestApi in your domains: {domain}"
            )));
        }
        self.state.change(|state| {
            state.apis.remove(api_id).ok_or_else(no_api)?;
            for plan in state.plans.values_mut() {
                if let Some(stages) = plan["apiStages"].as_array_mut() {
                    stages.retain(|stage| stage["apiId"] != api_id);
                }
            }
            Ok(())
        })
    }

    /// What the account has.
    fn account(&self) -> Value {
        let mut members = json!({
            "apiKeyVersion": "4", "features": ["UsagePlans"], "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
        });
        if let Some(role) = self.state.read(|state| state.log_role.clone()) {
            members["cloudwatchRoleArn"] = json!(role);
        }
        members
    }

    /// Sets the role that may write logs; nobody asks it here.
    fn set_log_role(&self, role: Option<String>) -> Result<(), ServiceError> {
        self.state.change(|state| {
            state.log_role = role;
            Ok(())
        })
    }

    /// Makes or replaces a member of a collection; gives the members.
    fn put_part(&self, api_id: &str, part: Part, key: Option<&str>, members: &Value) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let (key, members) = check::part(&api.content, part, key, members)?;
            part.table_mut(&mut api.content).insert(key, members.clone());
            Ok(members)
        })
    }

    fn get_part(&self, api_id: &str, part: Part, key: &str) -> Result<Value, ServiceError> {
        self.read(api_id, |api| match part.table(&api.content).get(key) {
            Some(members) => Ok(members.clone()),
            None if part == Part::GatewayResponse => response::default_members(key).ok_or_else(|| part.missing()),
            None => Err(part.missing()),
        })
    }

    fn all_parts(&self, api_id: &str, part: Part) -> Result<Vec<Value>, ServiceError> {
        self.read(api_id, |api| {
            let mut found: Vec<Value> = part.table(&api.content).values().cloned().collect();
            if part == Part::GatewayResponse {
                let own = part.table(&api.content);
                let others = response::types().filter(|name| !own.contains_key(*name));
                found.extend(others.filter_map(response::default_members));
            }
            Ok(found)
        })
    }

    fn delete_part(&self, api_id: &str, part: Part, key: &str) -> Result<(), ServiceError> {
        self.change(api_id, |api| {
            let member = match part {
                Part::Authorizer => Some("authorizerId"),
                Part::Validator => Some("requestValidatorId"),
                Part::Model | Part::GatewayResponse => None,
            };
            let methods = api.content.resources.values().flat_map(|resource| resource.methods.values());
            if let Some(member) = member
                && methods.into_iter().any(|method| method[member] == key)
            {
                return Err(conflict(format!("Cannot delete `{key}`, it is referenced in a method of the API")));
            }
            part.table_mut(&mut api.content).remove(key).map(drop).ok_or_else(|| part.missing())
        })
    }
}

/// Changes a usage plan: `/apiStages` names its stages as `<api>:<stage>`.
fn patch_plan(members: &mut Value, operations: &[patch::Operation]) -> Result<(), ServiceError> {
    const PATHS: [&str; 6] = ["apiStages", "description", "name", "productCode", "quota", "throttle"];
    for operation in operations {
        let stage = operation.value.as_str().and_then(|value| value.split_once(':'));
        let named = |one: &Value, api: &str, stage: &str| one["apiId"] == api && one["stage"] == stage;
        match (operation.path.as_slice(), stage) {
            ([path], Some((api, stage))) if path == "apiStages" => {
                let mut stages = members["apiStages"].as_array().cloned().unwrap_or_default();
                stages.retain(|one| !named(one, api, stage));
                if operation.verb != patch::Verb::Remove {
                    stages.push(json!({"apiId": api, "stage": stage}));
                }
                members["apiStages"] = Value::Array(stages);
            }
            ([path, place, rest @ ..], _) if path == "apiStages" => {
                let (api, stage) = place.split_once(':').unwrap_or((place, ""));
                let mut inner = operation.clone();
                inner.path = rest.to_vec();
                let found = members["apiStages"]
                    .as_array_mut()
                    .and_then(|all| all.iter_mut().find(|one| named(one, api, stage)));
                patch::apply(found.ok_or_else(|| not_found("API Stage not found"))?, &[inner], &["throttle"])?;
            }
            _ => patch::apply(members, std::slice::from_ref(operation), &PATHS)?,
        }
    }
    Ok(())
}

/// Seconds since 1970.
fn seconds() -> i64 {
    crate::logs::now() / 1000
}

fn bad(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("BadRequestException", message)
}

fn not_found(message: impl Into<String>) -> ServiceError {
    ServiceError::not_found("NotFoundException", message)
}

fn conflict(message: impl Into<String>) -> ServiceError {
    ServiceError::new(StatusCode::CONFLICT, "ConflictException", message)
}

fn no_api() -> ServiceError {
    not_found("Invalid API identifier specified")
}
