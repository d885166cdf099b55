//! What is severe wherever it is new.

use super::coverage::{Part, Uncovered};
use super::documents::Holding;
use super::limit::Limit;
use super::statement::MANAGED_POLICY;
use super::term::Term;

/// Why a new allowance is severe; empty when it is not.
pub(super) fn reasons(found: &Uncovered<'_>, holding: Holding) -> Vec<&'static str> {
    let mut reasons = Vec::new();
    let limits = &found.statement.limits;
    if holding.names_principals() && found.principals.iter().any(Part::is_everything) {
        reasons.push("any principal");
    }
    if found.actions.iter().any(Part::is_everything) {
        reasons.push("any action");
    } else if found.actions.iter().any(is_whole_service) {
        reasons.push("any action of a service");
    }
    let takes = |action: &str| found.actions.iter().any(|part| takes(part, action));
    if takes("iam:passrole") && found.resources.iter().any(Part::is_everything) && !is_any_action(found) {
        reasons.push("`iam:PassRole` of any role");
    }
    if holding == Holding::Trust {
        let is_bare = limits.iter().all(Limit::is_void);
        if takes("sts:assumerole") && is_bare && principals(found).any(|text| text.starts_with("aws:")) {
            reasons.push("`sts:AssumeRole` without a condition");
        }
        if takes("sts:assumerolewithwebidentity") && !names_the_user(found) {
            reasons.push("users of an identity provider without a condition on who they are");
        }
    }
    // Within an account a role is handed to a service by `iam:PassRole`; a service that acts on a resource may do so for
    // a stranger.
    if holding == Holding::Resource && principals(found).any(|text| text.starts_with("service:")) {
        let names_its_source = limits.iter().filter(|limit| !limit.is_void()).filter_map(Limit::key).any(|key| {
            matches!(key, "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" | "aws:sourceorgpaths")
                || key.ends_with(":sourcearn")
                || key == "aws:principalorgid"
                || key == "lambda:eventsourcetoken"
        });
        if !names_its_source {
            reasons.push("a service without `aws:SourceArn` or `aws:SourceAccount`");
        }
    }
    reasons
}

fn is_any_action(found: &Uncovered<'_>) -> bool {
    found.actions.iter().any(Part::is_everything)
}

fn principals(found: &Uncovered<'_>) -> impl Iterator<Item = String> {
    found.principals.iter().filter_map(Part::term).map(Term::shown)
}

fn is_whole_service(part: &Part<'_>) -> bool {
    match part {
        Part::Item(item) => {
            let text = item.term.shown();
            let is_attached = text
                .strip_prefix(MANAGED_POLICY)
                .is_some_and(|policy| policy.ends_with("FullAccess") || policy.ends_with("/PowerUserAccess"));
            is_attached || text.split_once(':').is_some_and(|(service, rest)| !service.is_empty() && rest == "*")
        }
        // All but some actions is all of most services.
        Part::Rest(_) => true,
    }
}

fn takes(part: &Part<'_>, action: &str) -> bool {
    let action = Term::literal(action);
    match part {
        Part::Item(item) => item.term.covers(&action),
        Part::Rest(items) => !items.iter().any(|item| item.term.covers(&action)),
    }
}

/// Whether the users of each identity provider are told apart: by `sub`, or by the identity pool.
fn names_the_user(found: &Uncovered<'_>) -> bool {
    let mut providers = principals(found).filter(|text| text.starts_with("federated:") || text == "*");
    let limits = || found.statement.limits.iter().filter(|limit| !limit.is_void()).filter_map(Limit::key);
    providers.all(|provider| {
        let key = if provider == "federated:cognito-identity.amazonaws.com" { ":aud" } else { ":sub" };
        limits().any(|limit| limit.ends_with(key) || limit.ends_with(":sub"))
    })
}
