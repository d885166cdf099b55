//! From policies and a request to a decision.

use std::collections::BTreeMap;

use super::document::{Document, Effect, Listed, Principals, Statement};
use super::pattern::{Filled, glob};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller<'a> {
    /// Nobody who said who they are.
    Anonymous,
    /// A role, a session of a role, or a user.
    Identity {
        /// ARN of the role or user.
        arn: &'a str,
        /// Account of twelve digits.
        account: &'a str,
    },
    /// A service, for example `s3.amazonaws.com`.
    Service(&'a str),
    /// Somebody that an identity provider vouches for, by the provider's ARN.
    Federated(&'a str),
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: Caller<'a>,
    /// Action, for example `s3:GetObject`.
    pub action: &'a str,
    /// ARN of what it is done to.
    pub resource: &'a str,
    /// Condition keys in lower case (`aws:sourcearn`) with their values.
    pub context: &'a BTreeMap<String, Vec<String>>,
}

impl Request<'_> {
    /// The values of a condition key, whose case does not matter; nothing for a key that the request does not have.
    pub(super) fn values(&self, key: &str) -> Option<&[String]> {
        self.context.get(&key.to_ascii_lowercase()).map(Vec::as_slice).filter(|values| !values.is_empty())
    }
}

/// What policies say to a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision<'a> {
    /// This statement allows it, and none denies it.
    Allowed(&'a Statement),
    /// This statement denies it.
    Denied(&'a Statement),
    /// No statement allows it.
    NotAllowed,
}

impl Decision<'_> {
    /// True when the request is allowed.
    #[must_use]
    pub fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

/// Decides as AWS does within one account: a denial anywhere wins; else an allowance of the caller's own policies is
/// enough, or one of the resource's policy that names the caller, and not just its account.
#[must_use]
pub fn decide<'a>(identity: &'a [Document], resource: Option<&'a Document>, request: &Request<'_>) -> Decision<'a> {
    let own =
        identity.iter().flat_map(|document| &document.statements).filter(|statement| concerns(statement, request));
    let of_resource =
        resource.into_iter().flat_map(|document| &document.statements).filter(|statement| concerns(statement, request));
    let mut allowance = None;
    for statement in own {
        match statement.effect {
            Effect::Deny => return Decision::Denied(statement),
            Effect::Allow => allowance = allowance.or(Some(statement)),
        }
    }
    for statement in of_resource {
        let Some(naming) = statement.principals.as_ref().and_then(|principals| naming(principals, request.caller))
        else {
            continue;
        };
        match statement.effect {
            Effect::Deny => return Decision::Denied(statement),
            Effect::Allow if naming == Naming::Caller => allowance = allowance.or(Some(statement)),
            Effect::Allow => {}
        }
    }
    allowance.map_or(Decision::NotAllowed, Decision::Allowed)
}

/// Whether action, resource and conditions of a statement fit.
fn concerns(statement: &Statement, request: &Request<'_>) -> bool {
    let action = request.action.to_ascii_lowercase();
    let is_action = |pattern: &String| glob(&pattern.to_ascii_lowercase(), &action);
    let is_resource =
        |pattern: &String| Filled::new(pattern, request).is_some_and(|pattern| pattern.matches(request.resource));
    let listed =
        |list: &Listed<Vec<String>>, fits: &dyn Fn(&String) -> bool| list.items.iter().any(fits) != list.negated;
    listed(&statement.actions, &is_action)
        && statement.resources.as_ref().is_none_or(|resources| listed(resources, &is_resource))
        && statement.conditions.iter().all(|condition| condition.holds(request))
}

/// How a statement names a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// Itself, or everyone.
    Caller,
    /// Its account, which leaves the decision to the caller's own policies.
    Account,
}

fn naming(listed: &Listed<Principals>, caller: Caller<'_>) -> Option<Naming> {
    let named = names(&listed.items, caller);
    if listed.negated {
        return named.is_none().then_some(Naming::Caller);
    }
    named
}

fn names(principals: &Principals, caller: Caller<'_>) -> Option<Naming> {
    if principals.everyone {
        return Some(Naming::Caller);
    }
    let is_named = match caller {
        Caller::Anonymous => false,
        Caller::Service(name) => principals.services.iter().any(|service| service == name),
        Caller::Federated(provider) => principals.federated.iter().any(|name| name == provider),
        Caller::Identity { arn, account } => {
            if principals.aws.iter().any(|name| name == arn) {
                return Some(Naming::Caller);
            }
            let is_account = |name: &String| {
                name == account || name.strip_suffix(":root").and_then(|root| root.rsplit(':').next()) == Some(account)
            };
            return principals.aws.iter().any(is_account).then_some(Naming::Account);
        }
    };
    is_named.then_some(Naming::Caller)
}
