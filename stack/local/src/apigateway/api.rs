//! The wire format of API Gateway: REST-JSON. What is below `/v2/` is for [`crate::apigatewayv2`].

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::methods::Place;
use super::{Part, bad, deployments, domains, patch};
use crate::apigatewayv2;
use crate::cloud::Cloud;
use crate::execute_api::domains::{no_domain, tags_of};
use crate::http_types::{Request, Response, respond};
use crate::iam::{Access, Principal};
use crate::wire::{CONTROL_BODY_LIMIT, Form, Protocol, ServiceError, form_decode, percent_decode, read_body};

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    match answer(cloud, request).await {
        Ok(mut response) => {
            if let Ok(id) = http::HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
                response.headers_mut().insert("x-amzn-requestid", id);
            }
            response
        }
        Err(error) => Protocol::RestJson.render_error(&error),
    }
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<Response, ServiceError> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let text = request.uri().query().unwrap_or_default().to_owned();
    let query = Form::parse(&text)?;
    let tag_keys: Vec<String> =
        text.split('&').filter_map(|pair| form_decode(pair.strip_prefix("tagKeys=")?)).collect();
    let region = region_of(&request).unwrap_or_else(|| cloud.region.clone());
    let principal = Principal::of(&request);
    let body = read_body(request, CONTROL_BODY_LIMIT).await?;
    let body: Value = if body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| ServiceError::bad_request("SerializationException", error.to_string()))?
    };
    let segments: Option<Vec<String>> =
        path.split('/').filter(|segment| !segment.is_empty()).map(percent_decode).collect();
    let segments = segments.ok_or_else(|| bad(format!("the path `{path}` is not percent-encoded UTF-8")))?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (is_v2, segments) = match segments.as_slice() {
        ["v2", rest @ ..] => (true, rest),
        all => (false, all),
    };
    let arn = format!("arn:aws:apigateway:{region}::/{}", segments.join("/"));
    cloud.iam.authorize(&principal, &Access::new(&format!("apigateway:{method}"), &arn))?;
    for role in passed_roles(&body) {
        cloud.iam.authorize_pass_role(&principal, role, "apigateway.amazonaws.com")?;
    }
    if is_v2 {
        let operation = apigatewayv2::api::Operation {
            cloud,
            region: &region,
            method: &method,
            query: &query,
            tag_keys: &tag_keys,
            body: &body,
        };
        return apigatewayv2::api::answer(&operation, segments);
    }
    let operation =
        Operation { cloud, region: &region, method: &method, query: &query, tag_keys: &tag_keys, body: &body };
    operation.answer(segments)
}

/// The roles that a request hands to API Gateway, as members or by patch operations. `arn:aws:iam::*:user/*`, which stands
/// for the caller's own keys, is none.
fn passed_roles(body: &Value) -> impl Iterator<Item = &str> {
    let members = ["credentials", "authorizerCredentials", "credentialsArn", "authorizerCredentialsArn"];
    let given = members.into_iter().filter_map(move |member| body[member].as_str());
    let patched = body["patchOperations"].as_array().into_iter().flatten().filter_map(|operation| {
        ["/credentials", "/authorizerCredentials", "/cloudwatchRoleArn"]
            .contains(&operation["path"].as_str()?)
            .then(|| operation["value"].as_str())?
    });
    given.chain(patched).filter(|arn| arn.contains(":role/"))
}

/// The region in the credential scope of a signature.
fn region_of(request: &Request) -> Option<String> {
    let header = request.headers().get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let scope = header.split("Credential=").nth(1)?.split([',', ' ']).next()?;
    scope.split('/').nth(2).filter(|region| !region.is_empty()).map(str::to_owned)
}

/// An operation, taken apart.
struct Operation<'a> {
    cloud: &'a Arc<Cloud>,
    region: &'a str,
    method: &'a Method,
    query: &'a Form,
    tag_keys: &'a [String],
    body: &'a Value,
}

#[expect(clippy::unnecessary_wraps, reason = "every operation ends with its answer, and most of them may refuse")]
fn ok(value: &Value) -> Result<Response, ServiceError> {
    Ok(Protocol::RestJson.json_response(StatusCode::OK, value))
}

#[expect(clippy::unnecessary_wraps, reason = "every operation ends with its answer, and most of them may refuse")]
fn created(value: &Value) -> Result<Response, ServiceError> {
    Ok(Protocol::RestJson.json_response(StatusCode::CREATED, value))
}

#[expect(clippy::unnecessary_wraps, reason = "every operation ends with its answer, and most of them may refuse")]
fn empty(status: StatusCode) -> Result<Response, ServiceError> {
    Ok(respond(status, "application/json", ""))
}

impl Operation<'_> {
    /// A page of a list: `limit` items after `position`.
    fn list(&self, items: Vec<Value>) -> Result<Response, ServiceError> {
        let start = self.query.get("position").and_then(|position| position.parse().ok()).unwrap_or(0_usize);
        let limit = self.query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
        let more = items.len() > start.saturating_add(limit);
        let page: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
        let mut answer = json!({ "item": page });
        if more {
            answer["position"] = json!((start + limit).to_string());
        }
        ok(&answer)
    }

    /// Changes members by the patch operations of the request.
    fn patch(&self, members: &mut Value, allowed: &[&str]) -> Result<(), ServiceError> {
        patch::apply(members, &patch::operations(self.body)?, allowed)
    }

    fn answer(&self, segments: &[&str]) -> Result<Response, ServiceError> {
        let service = &self.cloud.apigateway;
        match (self.method, segments) {
            (&Method::POST, ["restapis"]) => {
                if self.query.get("mode") == Some("import") {
                    return Err(bad("the local cloud does not import REST APIs: write their resources and methods"));
                }
                created(&service.create(self.region, self.body)?)
            }
            (&Method::GET, ["restapis"]) => self.list(service.all()),
            (&Method::GET, ["restapis", id]) => ok(&service.get(id)?),
            (&Method::PATCH, ["restapis", id]) => ok(&service.update(id, |members| {
                self.patch(
                    members,
                    &[
                        "apiKeySource",
                        "binaryMediaTypes",
                        "description",
                        "disableExecuteApiEndpoint",
                        "endpointConfiguration",
                        "minimumCompressionSize",
                        "name",
                        "policy",
                        "version",
                    ],
                )
            })?),
            (&Method::DELETE, ["restapis", id]) => {
                service.delete(self.cloud, id)?;
                empty(StatusCode::ACCEPTED)
            }
            (_, ["restapis", id, "resources", rest @ ..]) => self.resources(id, rest),
            (_, ["restapis", id, "deployments", rest @ ..]) => self.deployments(id, rest),
            (_, ["restapis", id, "stages", rest @ ..]) => self.stages(id, rest),
            (_, ["restapis", id, "authorizers", rest @ ..]) => self.part(id, Part::Authorizer, rest),
            (_, ["restapis", id, "gatewayresponses", rest @ ..]) => self.part(id, Part::GatewayResponse, rest),
            (_, ["restapis", id, "models", rest @ ..]) => self.part(id, Part::Model, rest),
            (_, ["restapis", id, "requestvalidators", rest @ ..]) => self.part(id, Part::Validator, rest),
            (_, ["apikeys", rest @ ..]) => self.keys(rest),
            (_, ["usageplans", rest @ ..]) => self.plans(rest),
            (_, ["domainnames", rest @ ..]) => self.domains(rest),
            (_, ["tags", arn]) => self.tags(arn),
            (&Method::GET, ["account"]) => ok(&service.account()),
            (&Method::PATCH, ["account"]) => {
                let mut account = service.account();
                self.patch(&mut account, &["cloudwatchRoleArn", "features"])?;
                service.set_log_role(account["cloudwatchRoleArn"].as_str().map(str::to_owned))?;
                ok(&service.account())
            }
            (method, segments) => {
                Err(ServiceError::unknown_operation("API Gateway", &format!("{method} /{}", segments.join("/"))))
            }
        }
    }

    fn unknown(&self, what: &str) -> Result<Response, ServiceError> {
        Err(ServiceError::unknown_operation("API Gateway", &format!("{} {what}", self.method)))
    }

    fn resources(&self, api: &str, rest: &[&str]) -> Result<Response, ServiceError> {
        let service = &self.cloud.apigateway;
        let with_methods = self.query.get("embed").is_some_and(|embed| embed.contains("methods"));
        let place = match rest {
            [_, "methods", _] => Place::Method,
            [_, "methods", _, "integration"] => Place::Integration,
            [_, "methods", _, "responses", status] => Place::Response(status),
            [_, "methods", _, "integration", "responses", status] => Place::IntegrationResponse(status),
            [] if *self.method == Method::GET => return self.list(service.all_resources(api, with_methods)?),
            [id] => {
                return match *self.method {
                    Method::GET => ok(&service.get_resource(api, id, with_methods)?),
                    Method::POST => {
                        let part = self.body["pathPart"].as_str().unwrap_or_default();
                        created(&service.create_resource(api, id, part)?)
                    }
                    Method::DELETE => {
                        service.delete_resource(api, id)?;
                        empty(StatusCode::ACCEPTED)
                    }
                    _ => self.unknown("resources"),
                };
            }
            _ => return self.unknown("resources"),
        };
        let (resource, name) = (rest[0], rest[2]);
        match *self.method {
            Method::GET => ok(&service.get_method_part(api, resource, name, place)?),
            Method::PUT => created(&service.put_method_part(api, resource, name, place, self.body)?),
            Method::PATCH => {
                let mut members = service.get_method_part(api, resource, name, place)?;
                self.patch(
                    &mut members,
                    &[
                        "apiKeyRequired",
                        "authorizationScopes",
                        "authorizationType",
                        "authorizerId",
                        "contentHandling",
                        "credentials",
                        "httpMethod",
                        "operationName",
                        "passthroughBehavior",
                        "requestModels",
                        "requestParameters",
                        "requestTemplates",
                        "requestValidatorId",
                        "responseModels",
                        "responseParameters",
                        "responseTemplates",
                        "selectionPattern",
                        "timeoutInMillis",
                        "uri",
                    ],
                )?;
                ok(&service.put_method_part(api, resource, name, place, &members)?)
            }
            Method::DELETE => {
                service.delete_method_part(api, resource, name, place)?;
                empty(StatusCode::NO_CONTENT)
            }
            _ => self.unknown("methods"),
        }
    }

    fn deployments(&self, api: &str, rest: &[&str]) -> Result<Response, ServiceError> {
        let service = &self.cloud.apigateway;
        match (self.method, rest) {
            (&Method::POST, []) => created(&service.create_deployment(api, self.body)?),
            (&Method::GET, []) => self.list(service.all_deployments(api)?),
            (&Method::GET, [id]) => ok(&service.get_deployment(api, id)?),
            (&Method::PATCH, [id]) => ok(&service.update_deployment(api, id, &patch::operations(self.body)?)?),
            (&Method::DELETE, [id]) => {
                service.delete_deployment(api, id)?;
                empty(StatusCode::ACCEPTED)
            }
            _ => self.unknown("deployments"),
        }
    }

    fn stages(&self, api: &str, rest: &[&str]) -> Result<Response, ServiceError> {
        let service = &self.cloud.apigateway;
        match (self.method, rest) {
            (&Method::POST, []) => created(&service.create_stage(api, self.body)?),
            (&Method::GET, []) => ok(&json!({ "item": service.all_stages(api, self.query.get("deploymentId"))? })),
            (&Method::GET, [name]) => ok(&service.get_stage(api, name)?),
            (&Method::PATCH, [name]) => {
                let operations = patch::operations(self.body)?;
                ok(&service.update_stage(api, name, |members| deployments::patch_stage(members, &operations))?)
            }
            (&Method::DELETE, [name]) => {
                service.delete_stage(api, name)?;
                empty(StatusCode::ACCEPTED)
            }
            (&Method::DELETE, [name, "cache", "authorizers" | "data"]) => {
                service.get_stage(api, name)?;
                self.cloud.execute_api.authorizers.forget(&format!("{api}/{name}/"));
                empty(StatusCode::ACCEPTED)
            }
            _ => self.unknown("stages"),
        }
    }

    fn part(&self, api: &str, part: Part, rest: &[&str]) -> Result<Response, ServiceError> {
        let service = &self.cloud.apigateway;
        match (self.method, rest) {
            (&Method::POST, []) => created(&service.put_part(api, part, None, self.body)?),
            (&Method::PUT, [kind]) => created(&service.put_part(api, part, Some(kind), self.body)?),
            (&Method::GET, []) => self.list(service.all_parts(api, part)?),
            (&Method::GET, [key]) => ok(&service.get_part(api, part, key)?),
            (&Method::PATCH, [key]) => {
                let mut members = service.get_part(api, part, key)?;
                self.patch(
                    &mut members,
                    &[
                        "authType",
                        "authorizerCredentials",
                        "authorizerResultTtlInSeconds",
                        "authorizerUri",
                        "description",
                        "identitySource",
                        "identityValidationExpression",
                        "name",
                        "providerARNs",
                        "responseParameters",
                        "responseTemplates",
                        "schema",
                        "statusCode",
                        "type",
                        "validateRequestBody",
                        "validateRequestParameters",
                    ],
                )?;
                self.cloud.execute_api.authorizers.forget(&format!("{api}/"));
                ok(&service.put_part(api, part, Some(key), &members)?)
            }
            (&Method::DELETE, [key]) => {
                service.delete_part(api, part, key)?;
                empty(StatusCode::ACCEPTED)
            }
            _ => self.unknown("of a REST API"),
        }
    }

    fn keys(&self, rest: &[&str]) -> Result<Response, ServiceError> {
        let service = &self.cloud.apigateway;
        let with_value = self.query.get("includeValue") == Some("true");
        let with_values = self.query.get("includeValues") == Some("true");
        match (self.method, rest) {
            (&Method::POST, []) if self.query.get("mode").is_some() => self.unknown("apikeys?mode=import"),
            (&Method::POST, []) => created(&service.create_key(self.body)?),
            (&Method::GET, []) => self.list(service.all_keys(self.query.get("name").unwrap_or_default(), with_values)),
            (&Method::GET, [id]) => ok(&service.get_key(id, with_value)?),
            (&Method::PATCH, [id]) => ok(&service
                .update_key(id, |members| self.patch(members, &["customerId", "description", "enabled", "name"]))?),
            (&Method::DELETE, [id]) => {
                service.delete_key(id)?;
                empty(StatusCode::ACCEPTED)
            }
            _ => self.unknown("apikeys"),
        }
    }

    fn plans(&self, rest: &[&str]) -> Result<Response, ServiceError> {
        let service = &self.cloud.apigateway;
        match (self.method, rest) {
            (&Method::POST, []) => created(&service.create_plan(self.body)?),
            (&Method::GET, []) => self.list(service.all_plans(self.query.get("keyId"))),
            (&Method::GET, [id]) => ok(&service.get_plan(id)?),
            (&Method::PATCH, [id]) => {
                let operations = patch::operations(self.body)?;
                ok(&service.update_plan(id, |members| super::patch_plan(members, &operations))?)
            }
            (&Method::DELETE, [id]) => {
                service.delete_plan(id)?;
                empty(StatusCode::ACCEPTED)
            }
            (&Method::GET, [id, "usage"]) => {
                let (start, end) = (self.query.get("startDate"), self.query.get("endDate"));
                let used = service.usage(id, OffsetDateTime::now_utc())?;
                ok(&json!({"usagePlanId": id, "startDate": start, "endDate": end, "values": used}))
            }
            (&Method::POST, [id, "keys"]) => created(&service.add_plan_key(id, self.body)?),
            (&Method::GET, [id, "keys"]) => self.list(service.plan_keys(id)?),
            (&Method::GET, [id, "keys", key]) => {
                let found = service.plan_keys(id)?.into_iter().find(|one| one["id"] == *key);
                ok(&found.ok_or_else(|| super::not_found("Invalid Usage Plan Key identifier specified"))?)
            }
            (&Method::DELETE, [id, "keys", key]) => {
                service.remove_plan_key(id, key)?;
                empty(StatusCode::ACCEPTED)
            }
            _ => self.unknown("usageplans"),
        }
    }

    fn domains(&self, rest: &[&str]) -> Result<Response, ServiceError> {
        let shared = &self.cloud.execute_api.domains;
        let get = |name: &str| shared.get(name).ok_or_else(no_domain);
        match (self.method, rest) {
            (&Method::POST, []) => created(&domains::show(&domains::create(self.cloud, self.region, self.body)?)),
            (&Method::GET, []) => self.list(shared.all().iter().map(domains::show).collect()),
            (&Method::GET, [name]) => ok(&domains::show(&get(name)?)),
            (&Method::PATCH, [name]) => {
                let mut members = domains::show(&get(name)?);
                self.patch(
                    &mut members,
                    &[
                        "certificateArn",
                        "endpointAccessMode",
                        "endpointConfiguration",
                        "regionalCertificateArn",
                        "securityPolicy",
                    ],
                )?;
                ok(&shared.change(name, |domain| {
                    domains::read(domain, &members)?;
                    Ok(domains::show(domain))
                })?)
            }
            (&Method::DELETE, [name]) => {
                shared.delete(name)?;
                empty(StatusCode::ACCEPTED)
            }
            (&Method::POST, [name, "basepathmappings"]) => {
                created(&domains::show_mapping(&domains::put_mapping(self.cloud, name, None, self.body)?))
            }
            (&Method::GET, [name, "basepathmappings"]) => {
                self.list(get(name)?.mappings.values().map(domains::show_mapping).collect())
            }
            (&Method::GET, [name, "basepathmappings", path]) => {
                ok(&domains::show_mapping(&domains::find_mapping(self.cloud, name, path)?))
            }
            (&Method::PATCH, [name, "basepathmappings", path]) => {
                let mapping = domains::find_mapping(self.cloud, name, path)?;
                let mut members = domains::show_mapping(&mapping);
                // The path of the operation writes the id of the API in another way than the members.
                let mut operations = patch::operations(self.body)?;
                for operation in operations.iter_mut().filter(|operation| operation.path[0] == "restapiId") {
                    "restApiId".clone_into(&mut operation.path[0]);
                }
                patch::apply(&mut members, &operations, &["basePath", "restApiId", "stage"])?;
                ok(&domains::show_mapping(&domains::put_mapping(self.cloud, name, Some(mapping.id), &members)?))
            }
            (&Method::DELETE, [name, "basepathmappings", path]) => {
                shared.delete_mapping(name, &domains::find_mapping(self.cloud, name, path)?.id)?;
                empty(StatusCode::ACCEPTED)
            }
            _ => self.unknown("domainnames"),
        }
    }

    /// Tags of an API, a stage, a key, a plan or a domain name, by its ARN.
    fn tags(&self, arn: &str) -> Result<Response, ServiceError> {
        let service = &self.cloud.apigateway;
        let path: Vec<&str> = arn.split_once("::/").map(|(_, path)| path.split('/').collect()).unwrap_or_default();
        let change = |members: &mut Value| {
            let mut tags = members["tags"].as_object().cloned().unwrap_or_default();
            tags.retain(|key, _| !self.tag_keys.contains(key));
            tags.extend(self.body["tags"].as_object().cloned().unwrap_or_default());
            members["tags"] = Value::Object(tags);
            Ok(())
        };
        let is_read = *self.method == Method::GET;
        let members = match path.as_slice() {
            ["restapis", id] if is_read => service.get(id)?,
            ["restapis", id] => service.update(id, change)?,
            ["restapis", id, "stages", stage] if is_read => service.get_stage(id, stage)?,
            ["restapis", id, "stages", stage] => service.update_stage(id, stage, change)?,
            ["apikeys", id] if is_read => service.get_key(id, false)?,
            ["apikeys", id] => service.update_key(id, change)?,
            ["usageplans", id] if is_read => service.get_plan(id)?,
            ["usageplans", id] => service.update_plan(id, change)?,
            ["domainnames", name] => self.cloud.execute_api.domains.change(name, |domain| {
                let mut members = domains::show(domain);
                if !is_read {
                    change(&mut members)?;
                    domain.tags = tags_of(&members);
                }
                Ok(members)
            })?,
            _ => return Err(bad(format!("Invalid resource ARN: {arn}"))),
        };
        if !is_read {
            return empty(StatusCode::NO_CONTENT);
        }
        let tags = if members["tags"].is_object() { members["tags"].clone() } else { json!({}) };
        ok(&json!({ "tags": tags }))
    }
}
