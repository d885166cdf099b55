//! What other services write into groups, and the resource policies that let them.

use serde_json::Value;

use super::{Logs, group_arn, no_group, now};
use crate::iam::resource_policy::{Caller, allows};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// Resource policies of an account, as on AWS.
const POLICIES: usize = 10;

impl Logs {
    /// Writes a message that another service (`events.amazonaws.com`) has for one of its resources into the group with this
    /// ARN, which must be there.
    ///
    /// # Errors
    /// The group does not exist, or no resource policy lets the service in.
    pub(crate) fn deliver(
        &self,
        group: &str,
        service: &str,
        source_arn: &str,
        message: &str,
    ) -> Result<(), ServiceError> {
        let (head, name) = group.split_once(":log-group:").unwrap_or(("", group));
        let name = name.strip_suffix(":*").unwrap_or(name);
        self.group(name).ok_or_else(no_group)?;
        let region = head.split(':').nth(3).unwrap_or_default();
        let resource = format!("{}:log-stream:{service}", group_arn(region, name));
        let caller = Caller::Service { name: service, source_arn, source_account: DEFAULT_ACCOUNT };
        let allowed = self.policies.read(|policies| {
            let mut documents = policies.values().filter_map(|text| serde_json::from_str::<Value>(text).ok());
            documents.any(|document| allows(&document, caller, "logs:PutLogEvents", &resource))
        });
        if !allowed {
            return Err(ServiceError::new(
                http::StatusCode::FORBIDDEN,
                "AccessDenied",
                format!(
                    "no resource policy of CloudWatch Logs lets {service} write into {name}: allow it logs:CreateLogStream and logs:PutLogEvents (AWS::Logs::ResourcePolicy)"
                ),
            ));
        }
        self.append(name, service, vec![(now(), message.to_owned())]);
        Ok(())
    }

    /// Keeps a resource policy, in place of the one with its name.
    pub(crate) fn put_policy(&self, name: &str, document: &str) -> Result<(), ServiceError> {
        let object = serde_json::from_str::<Value>(document)
            .is_ok_and(|document| document["Statement"].is_array() || document["Statement"].is_object());
        if !object {
            return Err(ServiceError::bad_request(
                "InvalidParameterException",
                "Policy document is not valid: it has no Statement.",
            ));
        }
        self.policies.change(|policies| {
            if policies.len() >= POLICIES && !policies.contains_key(name) {
                return Err(ServiceError::bad_request("LimitExceededException", "Resource limit exceeded."));
            }
            policies.insert(name.to_owned(), document.to_owned());
            Ok(())
        })
    }

    /// Removes a resource policy.
    pub(crate) fn delete_policy(&self, name: &str) -> Result<(), ServiceError> {
        self.policies.change(|policies| {
            policies.remove(name).map(drop).ok_or_else(|| {
                ServiceError::bad_request(
                    "ResourceNotFoundException",
                    format!("Policy with name [{name}] does not exist"),
                )
            })
        })
    }

    /// The resource policies by name.
    pub(super) fn policies(&self) -> Vec<(String, String)> {
        self.policies
            .read(|policies| policies.iter().map(|(name, document)| (name.clone(), document.clone())).collect())
    }
}
