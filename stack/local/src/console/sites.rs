//! Everything that a browser can open: distributions, websites, stages of APIs, function URLs, sign-in pages.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::execute_api::address::api_url;
use crate::{lambda, s3};

/// A thing that answers browsers.
struct Site {
    kind: &'static str,
    name: String,
    /// Where a browser opens it.
    url: String,
    /// The same below the cloud's own address, for programs that do not resolve `*.localhost`.
    path: String,
    /// Id or ARN by which stacks know it.
    resource: String,
}

/// All of them, in order of kind, then name.
pub(super) fn sites(cloud: &Cloud) -> Vec<Value> {
    let mut sites = distributions(cloud);
    sites.extend(websites(cloud));
    sites.extend(apis(cloud));
    sites.extend(function_urls(cloud));
    sites.extend(sign_in_pages(cloud));
    let show = |site: &Site| json!({"kind": site.kind, "name": site.name, "url": site.url, "path": site.path, "resource": site.resource});
    sites.iter().map(show).collect()
}

/// `:4566`.
fn port(cloud: &Cloud) -> &str {
    cloud.url.rfind(':').map_or("", |colon| &cloud.url[colon..])
}

fn distributions(cloud: &Cloud) -> Vec<Site> {
    let distributions = cloud.cloudfront.distributions_view();
    let enabled = distributions.into_iter().filter(|distribution| distribution.enabled);
    enabled
        .map(|distribution| Site {
            kind: "Distribution",
            name: if distribution.comment.is_empty() { distribution.id.clone() } else { distribution.comment },
            url: format!("http://{}{}/", distribution.domain_name, port(cloud)),
            path: format!("{}{}", cloud.url, distribution.local_path),
            resource: distribution.id,
        })
        .collect()
}

fn websites(cloud: &Cloud) -> impl Iterator<Item = Site> {
    cloud.s3.website_names().into_iter().map(|bucket| Site {
        kind: "Website",
        url: format!("http://{bucket}{}{}/", s3::website::LOCAL_SUFFIX, port(cloud)),
        path: format!("{}{}{bucket}/", cloud.url, s3::website::PREFIX),
        resource: bucket.clone(),
        name: bucket,
    })
}

fn apis(cloud: &Cloud) -> impl Iterator<Item = Site> {
    let http = cloud.apigatewayv2.stages_view().into_iter().map(|api| ("HTTP API", api));
    let rest = cloud.apigateway.stages_view().into_iter().map(|api| ("REST API", api));
    http.chain(rest).flat_map(|(kind, (id, name, stages))| {
        let base = api_url(&cloud.url, &id);
        stages.into_iter().map(move |stage| {
            let is_default = stage == "$default";
            let url = if is_default { format!("{base}/") } else { format!("{base}/{stage}/") };
            Site {
                kind,
                name: if is_default { name.clone() } else { format!("{name}, stage {stage}") },
                path: url.clone(),
                url,
                resource: id.clone(),
            }
        })
    })
}

fn function_urls(cloud: &Cloud) -> Vec<Site> {
    let mut sites = Vec::new();
    for function in cloud.lambda.all() {
        for (qualifier, url) in &function.urls {
            let alias = Some(qualifier.as_str()).filter(|alias| *alias != "$LATEST");
            let name = &function.latest.name;
            sites.push(Site {
                kind: "Function URL",
                name: alias.map_or_else(|| name.clone(), |alias| format!("{name}, alias {alias}")),
                url: lambda::address::function_url(cloud, &url.id),
                path: format!("{}{}{}/", cloud.url, lambda::address::PREFIX, url.id),
                resource: name.clone(),
            });
        }
    }
    sites
}

fn sign_in_pages(cloud: &Cloud) -> Vec<Site> {
    let mut sites = Vec::new();
    for pool in cloud.cognito.pools_view() {
        for (client, path) in pool.sign_in {
            let url = format!("{}{path}", cloud.url);
            let name = format!("{}, client {client}", pool.name);
            sites.push(Site { kind: "Sign-in page", name, path: url.clone(), url, resource: pool.id.clone() });
        }
    }
    sites
}
