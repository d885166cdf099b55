//! What roles and users did in a local cloud, as it recorded it.

use serde::{Deserialize, Serialize};

use crate::report::Declaration;

/// Everything that was recorded since the local cloud started.
#[derive(Debug, Deserialize)]
pub(crate) struct Recorded {
    /// False when policies decide nothing (`--iam off`).
    pub(crate) enforced: bool,
    /// Roles and users, by ARN.
    pub(crate) identities: Vec<Identity>,
}

/// A role or user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// ARN.
    pub(crate) arn: String,
    /// Last part of the ARN.
    pub(crate) name: String,
    /// Function that has this role, in the words of the project file.
    pub(crate) function: Option<String>,
    /// Logical id of that function.
    pub(crate) logical_id: Option<String>,
    /// Stack of that function.
    pub(crate) stack: Option<String>,
    /// Where the project declares that function.
    #[serde(default)]
    pub(crate) declared: Option<Declaration>,
    /// What it was allowed, by action and resource.
    pub(crate) used: Vec<Decision>,
    /// What it was denied, by action and resource.
    pub(crate) denied: Vec<Decision>,
    /// What its policies grant and it never used.
    pub(crate) unused: Vec<Grant>,
}

/// How often an action on a resource was decided in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decision {
    /// `s3:GetObject` and the like.
    pub(crate) action: String,
    /// ARN of the resource, or `*`.
    pub(crate) resource: String,
    /// How often.
    pub(crate) times: u64,
    /// What to add so that a denied action is allowed, where something can be added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}

/// An action that a policy grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// Name of the policy.
    pub(crate) policy: String,
    /// Action or pattern of actions.
    pub(crate) action: String,
    /// ARNs or patterns of them.
    pub(crate) resources: Vec<String>,
}
