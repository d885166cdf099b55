//! API Gateway v2: HTTP APIs.
//!
//! State is kept as the members of the REST-JSON API (`routeKey`, `integrationUri`); CloudFormation's properties are the same
//! names in upper case. A deployment is a copy of routes, integrations and authorizers; a stage that deploys by itself needs none.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::LocalError;
use crate::execute_api::{fresh_id, short_id};
use crate::logs::now;
use crate::persist::Store;
use crate::wire::ServiceError;

pub(crate) mod api;
mod authorization;
mod check;
mod cors;
pub(crate) mod data_plane;
mod domains;
mod event;
mod integration;
mod mapping;
pub(crate) mod resources;
mod routes;
mod view;

pub(crate) use integration::write_headers;

pub(crate) use routes::{Segment, compare_segments, match_segments};

/// The stage that needs no name in the path.
pub(crate) const DEFAULT_STAGE: &str = "$default";

/// Members of one kind, by id (stages by name).
type Table = BTreeMap<String, Value>;

/// What an API does with requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Content {
    authorizers: Table,
    integrations: Table,
    routes: Table,
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
    members: Value,
    content: Content,
    deployments: BTreeMap<String, Deployment>,
    stages: Table,
}

/// What belongs to an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Authorizer,
    Deployment,
    Integration,
    Route,
    Stage,
}

impl Part {
    /// The collection in a path: `routes`.
    fn of_path(segment: &str) -> Option<Self> {
        Some(match segment {
            "authorizers" => Self::Authorizer,
            "deployments" => Self::Deployment,
            "integrations" => Self::Integration,
            "routes" => Self::Route,
            "stages" => Self::Stage,
            _ => return None,
        })
    }

    /// The member that holds its id.
    fn id_member(self) -> &'static str {
        match self {
            Self::Authorizer => "authorizerId",
            Self::Deployment => "deploymentId",
            Self::Integration => "integrationId",
            Self::Route => "routeId",
            Self::Stage => "stageName",
        }
    }

    /// What messages call it.
    fn name(self) -> &'static str {
        match self {
            Self::Authorizer => "authorizer",
            Self::Deployment => "deployment",
            Self::Integration => "integration",
            Self::Route => "route",
            Self::Stage => "stage",
        }
    }
}

impl Api {
    /// The members of one part.
    fn part(&self, part: Part, id: &str) -> Option<&Value> {
        match part {
            Part::Authorizer => self.content.authorizers.get(id),
            Part::Deployment => self.deployments.get(id).map(|deployment| &deployment.members),
            Part::Integration => self.content.integrations.get(id),
            Part::Route => self.content.routes.get(id),
            Part::Stage => self.stages.get(id),
        }
    }

    /// All parts of one kind.
    fn parts(&self, part: Part) -> Vec<Value> {
        match part {
            Part::Authorizer => self.content.authorizers.values().cloned().collect(),
            Part::Deployment => self.deployments.values().map(|deployment| deployment.members.clone()).collect(),
            Part::Integration => self.content.integrations.values().cloned().collect(),
            Part::Route => self.content.routes.values().cloned().collect(),
            Part::Stage => self.stages.values().cloned().collect(),
        }
    }

    fn insert(&mut self, part: Part, id: &str, members: Value) {
        match part {
            Part::Authorizer => drop(self.content.authorizers.insert(id.to_owned(), members)),
            Part::Integration => drop(self.content.integrations.insert(id.to_owned(), members)),
            Part::Route => drop(self.content.routes.insert(id.to_owned(), members)),
            Part::Stage => drop(self.stages.insert(id.to_owned(), members)),
            Part::Deployment => {
                // The picture stays what it was when it was taken.
                let content = self.deployments.get(id).map_or_else(|| self.content.clone(), |old| old.content.clone());
                self.deployments.insert(id.to_owned(), Deployment { members, content });
            }
        }
    }

    /// What a stage serves: the API as it is, or the picture that it was given.
    fn served(&self, stage: &Value) -> Option<&Content> {
        if stage["autoDeploy"] == true {
            return Some(&self.content);
        }
        self.deployments.get(stage["deploymentId"].as_str()?).map(|deployment| &deployment.content)
    }
}

/// State of the service.
pub(crate) struct ApiGatewayV2 {
    state: Store<BTreeMap<String, Api>>,
}

impl ApiGatewayV2 {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { state: Store::open(data_directory, "apigatewayv2")? })
    }

    /// The stage that a path beginning with this segment is for, and the region of the API; `None` when there is no such API.
    pub(crate) fn stage_of(&self, api_id: &str, first_segment: &str) -> Option<(String, String)> {
        self.state.read(|apis| {
            let api = apis.get(api_id)?;
            let stage = if api.stages.contains_key(first_segment) { first_segment } else { DEFAULT_STAGE };
            Some((stage.to_owned(), api.region.clone()))
        })
    }

    /// Makes an API.
    fn create(&self, region: &str, members: &Value) -> Result<Value, ServiceError> {
        let quick = check::quick_create(members);
        let mut members = check::api(members)?;
        let id = fresh_id();
        set(&mut members, "apiId", json!(id));
        set(&mut members, "apiEndpoint", json!(crate::execute_api::address::endpoint(&id, region)));
        set(&mut members, "createdDate", json!(timestamp(now())));
        let mut api = Api {
            id: id.clone(),
            region: region.to_owned(),
            members: members.clone(),
            content: Content::default(),
            deployments: BTreeMap::new(),
            stages: Table::new(),
        };
        if let Some((integration, route_key)) = quick {
            let integration = checked(&api, Part::Integration, &short_id(), None, &integration)?;
            let target = format!("integrations/{}", integration["integrationId"].as_str().unwrap_or_default());
            api.insert(Part::Integration, &target["integrations/".len()..], integration);
            let route =
                checked(&api, Part::Route, &short_id(), None, &json!({"routeKey": route_key, "target": target}))?;
            let route_id = route["routeId"].as_str().unwrap_or_default().to_owned();
            api.insert(Part::Route, &route_id, route);
            let stage = json!({"stageName": DEFAULT_STAGE, "autoDeploy": true});
            let stage = checked(&api, Part::Stage, DEFAULT_STAGE, None, &stage)?;
            api.insert(Part::Stage, DEFAULT_STAGE, stage);
        }
        self.state.change(|apis| {
            apis.insert(id, api);
            Ok(members)
        })
    }

    /// An API's members.
    fn get(&self, api_id: &str) -> Result<Value, ServiceError> {
        self.state.read(|apis| apis.get(api_id).map(|api| api.members.clone())).ok_or_else(|| no_api(api_id))
    }

    /// All APIs' members.
    fn all(&self) -> Vec<Value> {
        self.state.read(|apis| apis.values().map(|api| api.members.clone()).collect())
    }

    /// Region of an API.
    fn region_of(&self, api_id: &str) -> Option<String> {
        self.state.read(|apis| apis.get(api_id).map(|api| api.region.clone()))
    }

    /// Changes the members of an API: those given replace those that are there, `null` takes one away.
    fn update(&self, api_id: &str, change: &Value) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let merged = check::api(&merge(&api.members, change))?;
            api.members = merged.clone();
            Ok(merged)
        })
    }

    /// Removes an API that no domain leads to.
    fn delete(&self, cloud: &crate::cloud::Cloud, api_id: &str) -> Result<(), ServiceError> {
        if let Some(domain) = cloud.execute_api.domains.of_api(api_id) {
            return Err(ServiceError::bad_request(
                "BadRequestException",
                format!("Deleting API {api_id} failed. Please remove all API mappings of the domain {domain} first."),
            ));
        }
        self.state.change(|apis| apis.remove(api_id).map(drop).ok_or_else(|| no_api(api_id)))
    }

    fn change<R>(
        &self,
        api_id: &str,
        change: impl FnOnce(&mut Api) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        self.state.change(|apis| change(apis.get_mut(api_id).ok_or_else(|| no_api(api_id))?))
    }

    /// Makes a part of an API and returns its members.
    fn create_part(&self, api_id: &str, part: Part, input: &Value) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let id = match part {
                Part::Stage => input["stageName"].as_str().unwrap_or_default().to_owned(),
                _ => short_id(),
            };
            if part == Part::Stage && api.stages.contains_key(&id) {
                return Err(conflict("Stage already exists"));
            }
            let members = checked(api, part, &id, None, input)?;
            api.insert(part, &id, members.clone());
            if let (Part::Deployment, Some(stage)) = (part, input["stageName"].as_str())
                && let Some(stage) = api.stages.get_mut(stage)
            {
                set(stage, "deploymentId", json!(id));
            }
            Ok(members)
        })
    }

    /// A part's members.
    fn get_part(&self, api_id: &str, part: Part, id: &str) -> Result<Value, ServiceError> {
        self.state.read(|apis| {
            let api = apis.get(api_id).ok_or_else(|| no_api(api_id))?;
            api.part(part, id).cloned().ok_or_else(|| no_part(part))
        })
    }

    /// The members of all parts of one kind.
    fn all_parts(&self, api_id: &str, part: Part) -> Result<Vec<Value>, ServiceError> {
        self.state.read(|apis| apis.get(api_id).map(|api| api.parts(part)).ok_or_else(|| no_api(api_id)))
    }

    /// Changes a part: the members given replace those that are there; `whole` leaves no others.
    fn update_part(
        &self,
        api_id: &str,
        part: Part,
        id: &str,
        change: &Value,
        whole: bool,
    ) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let old = api.part(part, id).cloned().ok_or_else(|| no_part(part))?;
            let kept = json!({"createdDate": old["createdDate"], "stageName": old["stageName"]});
            let base = if whole { merge(&json!({}), &kept) } else { old };
            let members = checked(api, part, id, Some(&base), change)?;
            api.insert(part, id, members.clone());
            Ok(members)
        })
    }

    /// Removes a part that nothing uses.
    fn delete_part(&self, api_id: &str, part: Part, id: &str) -> Result<(), ServiceError> {
        self.change(api_id, |api| {
            let content = &mut api.content;
            let uses = |member: &str, value: &str| content.routes.values().find(|route| route[member] == value);
            let dependent = match part {
                Part::Integration => uses("target", &format!("integrations/{id}")),
                Part::Authorizer => uses("authorizerId", id),
                Part::Deployment | Part::Route | Part::Stage => None,
            };
            if let Some(route) = dependent {
                return Err(conflict(format!(
                    "Cannot delete {} '{id}': it is referenced by the route {}",
                    part.name(),
                    route["routeKey"]
                )));
            }
            if part == Part::Deployment && api.stages.values().any(|stage| stage["deploymentId"] == id) {
                return Err(ServiceError::bad_request(
                    "BadRequestException",
                    "Active stages pointing to this deployment must be moved or deleted",
                ));
            }
            let removed = match part {
                Part::Authorizer => content.authorizers.remove(id).is_some(),
                Part::Deployment => api.deployments.remove(id).is_some(),
                Part::Integration => content.integrations.remove(id).is_some(),
                Part::Route => content.routes.remove(id).is_some(),
                Part::Stage => api.stages.remove(id).is_some(),
            };
            removed.then_some(()).ok_or_else(|| no_part(part))
        })
    }
}

/// Members with others over them; `null` takes a member away.
fn merge(old: &Value, change: &Value) -> Value {
    let mut merged = old.as_object().cloned().unwrap_or_default();
    for (name, value) in change.as_object().into_iter().flatten() {
        if value.is_null() {
            merged.remove(name);
        } else {
            merged.insert(name.clone(), value.clone());
        }
    }
    Value::Object(merged)
}

fn set(members: &mut Value, name: &str, value: Value) {
    if let Some(members) = members.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// Milliseconds since 1970 as API Gateway v2 writes times.
fn timestamp(milliseconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(milliseconds / 1000);
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time.ok().and_then(|time| time.format(format).ok()).unwrap_or_default()
}

fn no_api(api_id: &str) -> ServiceError {
    ServiceError::not_found(
        "NotFoundException",
        format!("Invalid API identifier specified {}:{api_id}", crate::settings::DEFAULT_ACCOUNT),
    )
}

fn no_part(part: Part) -> ServiceError {
    let name = part.name();
    let capital = name[..1].to_ascii_uppercase() + &name[1..];
    ServiceError::not_found("NotFoundException", format!("Invalid {capital} identifier specified"))
}

fn conflict(message: impl Into<String>) -> ServiceError {
    ServiceError::new(http::StatusCode::CONFLICT, "ConflictException", message)
}

/// The members of a part with its id, checked; `old` are those that it has.
fn checked(api: &Api, part: Part, id: &str, old: Option<&Value>, input: &Value) -> Result<Value, ServiceError> {
    let merged = old.map_or_else(|| merge(&json!({}), input), |old| merge(old, input));
    let mut members = match part {
        Part::Authorizer => check::authorizer(&merged)?,
        Part::Deployment => check::deployment(api, &merged)?,
        Part::Integration => check::integration(&merged)?,
        Part::Route => check::route(api, id, &merged)?,
        Part::Stage => check::stage(api, &merged)?,
    };
    set(&mut members, part.id_member(), json!(id));
    if part == Part::Stage {
        let time = timestamp(now());
        set(&mut members, "lastUpdatedDate", json!(time));
        if old.is_none() {
            set(&mut members, "createdDate", json!(time));
        }
    }
    Ok(members)
}
