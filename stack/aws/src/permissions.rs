//! May the caller do what a deployment does? For `stack doctor`.

use aws_sdk_iam::types::PolicyEvaluationDecisionType;
use serde::Serialize;

use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};

/// What IAM's simulator says about a list of actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "check", rename_all = "kebab-case")]
pub enum PermissionCheck {
    /// The simulator answered. It knows neither service control policies nor resource policies, so an allowed action may
    /// still be refused.
    Checked {
        /// ARN of the principal that was asked about.
        principal: String,
        /// Actions that its policies allow.
        allowed: Vec<String>,
        /// Actions that they do not allow.
        denied: Vec<String>,
    },
    /// The simulator cannot be asked.
    Unknown {
        /// ARN of the caller.
        principal: String,
        /// Why not.
        reason: String,
    },
}

/// Asks IAM whether the caller's policies allow the actions (`cloudformation:CreateChangeSet` ...) on all resources.
///
/// # Errors
/// No credentials or no connection. A caller that may not use the simulator is [`PermissionCheck::Unknown`].
pub async fn check_permissions(aws: &Aws, actions: &[&str]) -> Result<PermissionCheck> {
    let identity = aws.sts.get_caller_identity().send().await.map_err(failed("STS", "GetCallerIdentity"))?;
    let arn = identity.arn.ok_or(AwsError::IncompleteAnswer {
        service: "STS",
        operation: "GetCallerIdentity",
        missing: "Arn",
    })?;
    let Some(principal) = simulated_principal(&arn) else {
        let reason = "only users and roles can be simulated".to_owned();
        return Ok(PermissionCheck::Unknown { principal: arn, reason });
    };
    let mut allowed = Vec::new();
    let mut denied = Vec::new();
    let mut marker = None;
    loop {
        let answer = aws
            .iam
            .simulate_principal_policy()
            .policy_source_arn(&principal)
            .set_action_names(Some(actions.iter().map(|&action| action.to_owned()).collect()))
            .set_marker(marker)
            .send()
            .await
            .map_err(failed("IAM", "SimulatePrincipalPolicy"));
        let answer = match answer {
            Ok(answer) => answer,
            Err(error @ (AwsError::AccessDenied { .. } | AwsError::Refused { .. })) => {
                return Ok(PermissionCheck::Unknown { principal, reason: error.to_string() });
            }
            Err(error) => return Err(error),
        };
        for result in answer.evaluation_results.unwrap_or_default() {
            let list =
                if result.eval_decision == PolicyEvaluationDecisionType::Allowed { &mut allowed } else { &mut denied };
            list.push(result.eval_action_name);
        }
        marker = answer.marker.filter(|_| answer.is_truncated);
        if marker.is_none() {
            break;
        }
    }
    allowed.sort();
    denied.sort();
    Ok(PermissionCheck::Checked { principal, allowed, denied })
}

/// The ARN that the simulator takes for a caller: an assumed role stands for its role.
fn simulated_principal(arn: &str) -> Option<String> {
    let (head, resource) = arn.rsplit_once(':')?;
    if resource.starts_with("user/") {
        return Some(arn.to_owned());
    }
    let role = resource.strip_prefix("assumed-role/")?.split('/').next()?;
    Some(format!("{}:role/{role}", head.replace(":sts:", ":iam:")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_simulated_as_their_role() {
        assert_eq!(
            simulated_principal("arn:aws:sts::123456789012:assumed-role/Deployer/ci").as_deref(),
            Some("arn:aws:iam::123456789012:role/Deployer")
        );
        let user = "arn:aws:iam::123456789012:user/team/alice";
        assert_eq!(simulated_principal(user).as_deref(), Some(user));
        assert_eq!(simulated_principal("arn:aws:iam::123456789012:root"), None);
    }
}
