//! What the constructs of both kinds of API share: routes, throttling, permissions of functions.

mod route;
mod throttle;

pub(crate) use route::{RouteKey, read_route_key, report_conflicts};
pub(crate) use throttle::{Throttle, ThrottleDeclaration, read_throttle};

use std::collections::BTreeMap;

use super::{Grant, Kind};
use crate::deferred;
use crate::names::{hash, logical_id};

/// Greatest number of permissions that one API asks of one function: its resource policy holds 20 KB.
const PERMISSIONS: usize = 40;

/// The service in whose name an API calls.
const SERVICE: &str = "apigateway.amazonaws.com";

/// Grants for an API to start the functions of its routes: one for each method and path, and one for the whole API where
/// a function serves so many that its policy could not hold them.
///
/// `arn` is the ARN of the API in the words of `execute-api`.
pub(crate) fn route_grants(id: &str, arn: &str, routes: &[(&RouteKey, &str)]) -> Vec<Grant> {
    let mut by_function: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (key, function) in routes {
        by_function.entry(function).or_default().push(key.arn_pattern());
    }
    let mut grants = Vec::new();
    for (function, mut patterns) in by_function {
        patterns.sort_unstable();
        patterns.dedup();
        if patterns.len() > PERMISSIONS {
            patterns = vec!["*".to_owned()];
        }
        grants.extend(patterns.into_iter().map(|pattern| {
            let permission = format!("{id}{}{}", logical_id(function, "Permission"), hash(&pattern, 8));
            grant(function, permission, format!("{arn}/*/{pattern}"))
        }));
    }
    grants
}

/// A grant for an API to ask an authorizer, in the name of this authorizer.
pub(crate) fn authorizer_grant(authorizer_id: &str, arn: &str, function: &str) -> Grant {
    let source_arn = format!("{arn}/authorizers/{}", deferred::reference(authorizer_id));
    grant(function, format!("{authorizer_id}{}", logical_id(function, "Permission")), source_arn)
}

fn grant(function: &str, permission_id: String, source_arn: String) -> Grant {
    Grant {
        service: SERVICE,
        target: (Kind::Function, function.to_owned()),
        permission_id,
        source_arn,
        // The ARN of an API names its account.
        names_account: false,
        is_asynchronous: false,
    }
}
