//! The operations of Lambda: how each is addressed, and on what it is authorized.

use http::Method;

/// What an operation is authorized on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// The function, version or alias in the path.
    Function,
    /// The layer, or the version of one, in the path.
    Layer,
    /// The ARN in the path.
    Arn,
    /// Nothing in particular; what the body names for the creation of a function.
    Any,
}

/// An operation that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation<'a> {
    pub(super) name: &'static str,
    pub(super) subject: Subject,
    /// What stands in the places of the path.
    pub(super) places: Vec<&'a str>,
}

/// Name, method, path with `{}` for its places, and subject.
const OPERATIONS: &[(&str, &str, &str, Subject)] = &[
    ("CreateFunction", "POST", "2015-03-31/functions", Subject::Any),
    ("ListFunctions", "GET", "2015-03-31/functions", Subject::Any),
    ("GetFunction", "GET", "2015-03-31/functions/{}", Subject::Function),
    ("DeleteFunction", "DELETE", "2015-03-31/functions/{}", Subject::Function),
    ("GetFunctionConfiguration", "GET", "2015-03-31/functions/{}/configuration", Subject::Function),
    ("UpdateFunctionConfiguration", "PUT", "2015-03-31/functions/{}/configuration", Subject::Function),
    ("UpdateFunctionCode", "PUT", "2015-03-31/functions/{}/code", Subject::Function),
    ("Invoke", "POST", "2015-03-31/functions/{}/invocations", Subject::Function),
    ("InvokeAsync", "POST", "2014-11-13/functions/{}/invoke-async", Subject::Function),
    ("InvokeWithResponseStream", "POST", "2021-11-15/functions/{}/response-streaming-invocations", Subject::Function),
    ("PublishVersion", "POST", "2015-03-31/functions/{}/versions", Subject::Function),
    ("ListVersionsByFunction", "GET", "2015-03-31/functions/{}/versions", Subject::Function),
    ("CreateAlias", "POST", "2015-03-31/functions/{}/aliases", Subject::Function),
    ("ListAliases", "GET", "2015-03-31/functions/{}/aliases", Subject::Function),
    ("GetAlias", "GET", "2015-03-31/functions/{}/aliases/{}", Subject::Function),
    ("UpdateAlias", "PUT", "2015-03-31/functions/{}/aliases/{}", Subject::Function),
    ("DeleteAlias", "DELETE", "2015-03-31/functions/{}/aliases/{}", Subject::Function),
    ("GetPolicy", "GET", "2015-03-31/functions/{}/policy", Subject::Function),
    ("AddPermission", "POST", "2015-03-31/functions/{}/policy", Subject::Function),
    ("RemovePermission", "DELETE", "2015-03-31/functions/{}/policy/{}", Subject::Function),
    ("GetFunctionEventInvokeConfig", "GET", "2019-09-25/functions/{}/event-invoke-config", Subject::Function),
    ("PutFunctionEventInvokeConfig", "PUT", "2019-09-25/functions/{}/event-invoke-config", Subject::Function),
    ("UpdateFunctionEventInvokeConfig", "POST", "2019-09-25/functions/{}/event-invoke-config", Subject::Function),
    ("DeleteFunctionEventInvokeConfig", "DELETE", "2019-09-25/functions/{}/event-invoke-config", Subject::Function),
    ("ListFunctionEventInvokeConfigs", "GET", "2019-09-25/functions/{}/event-invoke-config/list", Subject::Function),
    ("PutFunctionConcurrency", "PUT", "2017-10-31/functions/{}/concurrency", Subject::Function),
    ("DeleteFunctionConcurrency", "DELETE", "2017-10-31/functions/{}/concurrency", Subject::Function),
    ("GetFunctionConcurrency", "GET", "2019-09-30/functions/{}/concurrency", Subject::Function),
    ("ProvisionedConcurrency", "PUT", "2019-09-30/functions/{}/provisioned-concurrency", Subject::Function),
    ("ProvisionedConcurrency", "GET", "2019-09-30/functions/{}/provisioned-concurrency", Subject::Function),
    ("ProvisionedConcurrency", "DELETE", "2019-09-30/functions/{}/provisioned-concurrency", Subject::Function),
    ("CreateFunctionUrlConfig", "POST", "2021-10-31/functions/{}/url", Subject::Function),
    ("GetFunctionUrlConfig", "GET", "2021-10-31/functions/{}/url", Subject::Function),
    ("UpdateFunctionUrlConfig", "PUT", "2021-10-31/functions/{}/url", Subject::Function),
    ("DeleteFunctionUrlConfig", "DELETE", "2021-10-31/functions/{}/url", Subject::Function),
    ("ListFunctionUrlConfigs", "GET", "2021-10-31/functions/{}/urls", Subject::Function),
    ("GetFunctionRecursionConfig", "GET", "2024-08-31/functions/{}/recursion-config", Subject::Function),
    ("PutFunctionRecursionConfig", "PUT", "2024-08-31/functions/{}/recursion-config", Subject::Function),
    ("GetRuntimeManagementConfig", "GET", "2021-07-20/functions/{}/runtime-management-config", Subject::Function),
    ("PutRuntimeManagementConfig", "PUT", "2021-07-20/functions/{}/runtime-management-config", Subject::Function),
    ("GetFunctionCodeSigningConfig", "GET", "2020-06-30/functions/{}/code-signing-config", Subject::Function),
    ("GetAccountSettings", "GET", "2016-08-19/account-settings", Subject::Any),
    ("ListTags", "GET", "2017-03-31/tags/{}", Subject::Arn),
    ("TagResource", "POST", "2017-03-31/tags/{}", Subject::Arn),
    ("UntagResource", "DELETE", "2017-03-31/tags/{}", Subject::Arn),
    ("ListLayers", "GET", "2018-10-31/layers", Subject::Any),
    ("PublishLayerVersion", "POST", "2018-10-31/layers/{}/versions", Subject::Layer),
    ("ListLayerVersions", "GET", "2018-10-31/layers/{}/versions", Subject::Layer),
    ("GetLayerVersion", "GET", "2018-10-31/layers/{}/versions/{}", Subject::Layer),
    ("DeleteLayerVersion", "DELETE", "2018-10-31/layers/{}/versions/{}", Subject::Layer),
    ("GetLayerVersionPolicy", "GET", "2018-10-31/layers/{}/versions/{}/policy", Subject::Layer),
    ("AddLayerVersionPermission", "POST", "2018-10-31/layers/{}/versions/{}/policy", Subject::Layer),
    ("RemoveLayerVersionPermission", "DELETE", "2018-10-31/layers/{}/versions/{}/policy/{}", Subject::Layer),
];

/// The operation of a method and a path.
pub(super) fn find<'a>(method: &Method, segments: &[&'a str], query: &str) -> Option<Operation<'a>> {
    OPERATIONS.iter().find_map(|(name, verb, pattern, subject)| {
        if *verb != method.as_str() {
            return None;
        }
        let places = places(pattern, segments)?;
        Some(Operation { name: named(name, verb, query), subject: *subject, places })
    })
}

/// Three operations share their path with others, or differ by the method alone.
fn named(name: &'static str, verb: &str, query: &str) -> &'static str {
    match (name, verb) {
        ("ProvisionedConcurrency", "PUT") => "PutProvisionedConcurrencyConfig",
        ("ProvisionedConcurrency", "DELETE") => "DeleteProvisionedConcurrencyConfig",
        ("ProvisionedConcurrency", _) if query.contains("List=ALL") => "ListProvisionedConcurrencyConfigs",
        ("ProvisionedConcurrency", _) => "GetProvisionedConcurrencyConfig",
        ("ListLayers", _) if query.contains("find=LayerVersion") => "GetLayerVersionByArn",
        _ => name,
    }
}

/// What stands in the places of a pattern.
fn places<'a>(pattern: &str, segments: &[&'a str]) -> Option<Vec<&'a str>> {
    let parts: Vec<&str> = pattern.split('/').collect();
    if parts.len() != segments.len() {
        return None;
    }
    let mut places = Vec::new();
    for (part, segment) in parts.into_iter().zip(segments) {
        match part {
            "{}" => places.push(*segment),
            part if part == *segment => {}
            _ => return None,
        }
    }
    Some(places)
}

impl Operation<'_> {
    /// The action that IAM knows the operation by.
    pub(super) fn action(&self) -> String {
        let name = match self.name {
            "Invoke" | "InvokeWithResponseStream" => "InvokeFunction",
            "GetLayerVersionByArn" => "GetLayerVersion",
            name => name,
        };
        format!("lambda:{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &Method, path: &str, query: &str) -> Option<(String, Vec<String>)> {
        let segments: Vec<&str> = path.split('/').collect();
        let operation = find(method, &segments, query)?;
        Some((operation.action(), operation.places.iter().map(|place| (*place).to_owned()).collect()))
    }

    #[test]
    fn operations_are_found_by_method_and_path() {
        for (method, path, query, action, places) in [
            (Method::POST, "2015-03-31/functions", "", "CreateFunction", vec![]),
            (Method::POST, "2015-03-31/functions/f/invocations", "", "InvokeFunction", vec!["f"]),
            (Method::DELETE, "2015-03-31/functions/f/policy/s3", "", "RemovePermission", vec!["f", "s3"]),
            (
                Method::GET,
                "2019-09-30/functions/f/provisioned-concurrency",
                "List=ALL",
                "ListProvisionedConcurrencyConfigs",
                vec!["f"],
            ),
            (Method::GET, "2018-10-31/layers", "find=LayerVersion&Arn=a", "GetLayerVersion", vec![]),
            (Method::GET, "2018-10-31/layers", "", "ListLayers", vec![]),
        ] {
            let places: Vec<String> = places.into_iter().map(str::to_owned).collect();
            assert_eq!(found(&method, path, query), Some((format!("lambda:{action}"), places)), "{path}");
        }
        assert_eq!(found(&Method::PUT, "2015-03-31/functions", ""), None);
        assert_eq!(found(&Method::GET, "2015-03-31/functions/f/nothing", ""), None);
    }
}
