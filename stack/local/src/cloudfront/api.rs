//! The API of CloudFront: REST-XML under `/2020-05-31/`.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;

use super::config_xml::{iso_time, write_config, write_distribution, write_summary};
use super::{Distribution, Invalidation, no_such_distribution};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::iam::{Access, Principal};
use crate::wire::{CONTROL_BODY_LIMIT, Protocol, ServiceError, XmlWriter, read_body};

const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

/// Entries of a list.
const MAX_ITEMS: &str = "100";

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    answer(cloud, request).await.unwrap_or_else(|error| Protocol::RestXml.render_error(&error))
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<Response, ServiceError> {
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let method = request.method().clone();
    let principal = Principal::of(&request);
    authorize(cloud, &principal, &method, &parts)?;
    match (&method, parts.as_slice()) {
        (&Method::GET, ["2020-05-31", "distribution"]) => Ok(list_distributions(cloud)),
        (&Method::GET, ["2020-05-31", "distribution", id]) => {
            let distribution = find(cloud, id)?;
            let body = document("Distribution", |xml| write_distribution(xml, &distribution, &cloud.account));
            Ok(with_etag(respond(StatusCode::OK, "text/xml", body), &distribution.etag))
        }
        (&Method::GET, ["2020-05-31", "distribution", id, "config"]) => {
            let distribution = find(cloud, id)?;
            let body = document("DistributionConfig", |xml| write_config(xml, &distribution));
            Ok(with_etag(respond(StatusCode::OK, "text/xml", body), &distribution.etag))
        }
        (&Method::POST, ["2020-05-31", "distribution", id, "invalidation"]) => {
            create_invalidation(cloud, id, request).await
        }
        (&Method::GET, ["2020-05-31", "distribution", id, "invalidation"]) => list_invalidations(cloud, id),
        (&Method::GET, ["2020-05-31", "distribution", id, "invalidation", invalidation]) => {
            let distribution = find(cloud, id)?;
            let found = distribution.invalidations.iter().find(|one| one.id == *invalidation).ok_or_else(|| {
                ServiceError::not_found("NoSuchInvalidation", "The specified invalidation does not exist.")
            })?;
            Ok(respond(StatusCode::OK, "text/xml", document("Invalidation", |xml| write_invalidation(xml, found))))
        }
        _ => Err(ServiceError::unknown_operation("CloudFront", &format!("{method} {path}"))),
    }
}

/// Lets the request pass for the distribution that it is about. What is not served is refused by its name later.
fn authorize(cloud: &Cloud, principal: &Principal, method: &Method, parts: &[&str]) -> Result<(), ServiceError> {
    let (action, id) = match (method, parts) {
        (&Method::GET, [_, "distribution"]) => ("ListDistributions", None),
        (&Method::GET, [_, "distribution", id]) => ("GetDistribution", Some(id)),
        (&Method::GET, [_, "distribution", id, "config"]) => ("GetDistributionConfig", Some(id)),
        (&Method::POST, [_, "distribution", id, "invalidation"]) => ("CreateInvalidation", Some(id)),
        (&Method::GET, [_, "distribution", id, "invalidation"]) => ("ListInvalidations", Some(id)),
        (&Method::GET, [_, "distribution", id, "invalidation", _]) => ("GetInvalidation", Some(id)),
        _ => return Ok(()),
    };
    let resource =
        id.map_or_else(|| "*".to_owned(), |id| format!("arn:aws:cloudfront::{}:distribution/{id}", cloud.account));
    cloud.iam.authorize(principal, &Access::new(&format!("cloudfront:{action}"), &resource))
}

fn find(cloud: &Cloud, id: &str) -> Result<Distribution, ServiceError> {
    cloud.cloudfront.distribution(id).ok_or_else(no_such_distribution)
}

fn document(name: &str, content: impl FnOnce(&mut XmlWriter)) -> String {
    let mut xml = XmlWriter::document();
    xml.element_with(name, &[("xmlns", NAMESPACE)], content);
    xml.finish()
}

fn with_etag(mut response: Response, etag: &str) -> Response {
    if let Ok(etag) = HeaderValue::from_str(etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

fn list_distributions(cloud: &Cloud) -> Response {
    let distributions: Vec<Distribution> =
        cloud.cloudfront.state.read(|state| state.distributions.values().cloned().collect());
    let body = document("DistributionList", |xml| {
        xml.text("Marker", "");
        xml.text("MaxItems", MAX_ITEMS);
        xml.text("IsTruncated", "false");
        xml.text("Quantity", distributions.len().to_string());
        if !distributions.is_empty() {
            xml.element("Items", |xml| {
                for distribution in &distributions {
                    xml.element("DistributionSummary", |xml| write_summary(xml, distribution, &cloud.account));
                }
            });
        }
    });
    respond(StatusCode::OK, "text/xml", body)
}

/// The body of `CreateInvalidation`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InvalidationBatch {
    paths: Paths,
    caller_reference: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Paths {
    quantity: usize,
    #[serde(default)]
    items: PathItems,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PathItems {
    #[serde(default)]
    path: Vec<String>,
}

async fn create_invalidation(cloud: &Cloud, id: &str, request: Request) -> Result<Response, ServiceError> {
    let body = read_body(request, CONTROL_BODY_LIMIT).await?;
    let text = String::from_utf8_lossy(&body);
    let batch: InvalidationBatch =
        quick_xml::de::from_str(&text).map_err(|error| ServiceError::bad_request("MalformedXML", error.to_string()))?;
    let paths = batch.paths.items.path;
    if paths.is_empty() || paths.len() != batch.paths.quantity {
        return Err(ServiceError::bad_request(
            "InconsistentQuantities",
            "The value of Quantity and the size of Items do not match.",
        ));
    }
    if let Some(path) = paths.iter().find(|path| !path.starts_with('/')) {
        return Err(ServiceError::bad_request(
            "InvalidArgument",
            format!("Your request contains one or more invalid invalidation paths: `{path}` does not begin with `/`."),
        ));
    }
    let invalidation = cloud.cloudfront.invalidate(id, batch.caller_reference, paths)?;
    let body = document("Invalidation", |xml| write_invalidation(xml, &invalidation));
    let mut response = respond(StatusCode::CREATED, "text/xml", body);
    let location = format!("{}/2020-05-31/distribution/{id}/invalidation/{}", cloud.url, invalidation.id);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn write_invalidation(xml: &mut XmlWriter, invalidation: &Invalidation) {
    xml.text("Id", &invalidation.id);
    xml.text("Status", "Completed");
    xml.text("CreateTime", iso_time(invalidation.created));
    xml.element("InvalidationBatch", |xml| {
        xml.element("Paths", |xml| {
            xml.text("Quantity", invalidation.paths.len().to_string());
            xml.element("Items", |xml| invalidation.paths.iter().for_each(|path| xml.text("Path", path)));
        });
        xml.text("CallerReference", &invalidation.caller_reference);
    });
}

fn list_invalidations(cloud: &Cloud, id: &str) -> Result<Response, ServiceError> {
    let distribution = find(cloud, id)?;
    let body = document("InvalidationList", |xml| {
        xml.text("Marker", "");
        xml.text("MaxItems", MAX_ITEMS);
        xml.text("IsTruncated", "false");
        xml.text("Quantity", distribution.invalidations.len().to_string());
        if !distribution.invalidations.is_empty() {
            xml.element("Items", |xml| {
                for invalidation in distribution.invalidations.iter().rev() {
                    xml.element("InvalidationSummary", |xml| {
                        xml.text("Id", &invalidation.id);
                        xml.text("CreateTime", iso_time(invalidation.created));
                        xml.text("Status", "Completed");
                    });
                }
            });
        }
    });
    Ok(respond(StatusCode::OK, "text/xml", body))
}
