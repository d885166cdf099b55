//! A plan in a file: what was reviewed, so that exactly that is deployed later, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stack_plan::template::Parameter;
use stack_plan::{Built, Plan, StackOptions, Watcher};

use crate::artifact_bucket::artifact_bucket_name;
use crate::connect::Aws;
use crate::deploy::{wanted, wanted_companion};
use crate::error::Result;
use crate::stack::{self, StackSummary};
use crate::stack_deployment::Wanted;

/// Version of the form that this program writes and reads.
pub const SAVED_PLAN_VERSION: u32 = 1;

/// What a deployment would be made of, and the stacks as they were when that was looked at.
///
/// It holds hashes, names and the values of parameters, but no template, no package and no value of a `NoEcho` parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// [`SAVED_PLAN_VERSION`].
    pub plan_version: u32,
    /// Environment of the project file.
    pub environment: String,
    /// Suffix of physical names.
    pub suffix: String,
    /// AWS account.
    pub account: String,
    /// The main stack, then its companions in the order of the plan.
    pub stacks: Vec<SavedStack>,
}

/// What one stack would be made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedStack {
    /// Name of the stack.
    pub stack_name: String,
    /// AWS region.
    pub region: String,
    /// SHA-256 of the template as it is sent, in hex.
    pub template_sha256: String,
    /// Values of its parameters, keys of packages among them; without those of `NoEcho` parameters and those that only
    /// companions give.
    pub parameters: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// What CloudFormation would be told beside the template: the service role, topics and alarms by their ARNs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// The stack as it was found; absent when there was none.
    pub found: Option<StackVersion>,
}

/// A stack at one moment: it is the same as long as nobody deploys, deletes or makes it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackVersion {
    /// Id (ARN).
    pub id: String,
    /// Status.
    pub status: String,
    /// When it was updated last, in RFC 3339, UTC; when it was created, where it never was updated.
    pub updated: Option<String>,
}

/// Something that is not as a plan says any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanChange {
    /// Name of the stack; absent for what all of them have in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_name: Option<String>,
    /// What it is (`template`, `parameter ResizeCodeKey`, `status` ...).
    pub what: String,
    /// What the plan says; absent where it says nothing.
    pub planned: Option<String>,
    /// What is now.
    pub now: Option<String>,
}

/// What [`deploy`](crate::deploy()) would be made of now. One call a stack, and nothing is changed.
///
/// # Errors
/// A function that was not built; a refused or unanswered call.
pub async fn save_plan(aws: &Aws, plan: &Plan, built: &[Built]) -> Result<SavedPlan> {
    let main = wanted(plan, built, &artifact_bucket_name(&plan.account, &aws.target().region))?;
    let mut stacks = vec![saved(aws, &main).await?];
    for companion in &plan.companions {
        stacks.push(saved(&aws.in_region(&companion.region), &wanted_companion(plan, companion)?).await?);
    }
    Ok(SavedPlan {
        plan_version: SAVED_PLAN_VERSION,
        environment: plan.environment.name.clone(),
        suffix: plan.environment.suffix.clone(),
        account: plan.account.clone(),
        stacks,
    })
}

async fn saved(aws: &Aws, wanted: &Wanted<'_>) -> Result<SavedStack> {
    let is_secret = |name: &str| wanted.template.parameters.get(name).is_none_or(Parameter::is_secret);
    let parameters = wanted.parameters.iter().filter(|(name, _)| !is_secret(name));
    Ok(SavedStack {
        stack_name: wanted.name.to_owned(),
        region: aws.target().region.clone(),
        template_sha256: hex::encode(Sha256::digest(wanted.text.as_bytes())),
        parameters: parameters.map(|(name, value)| (name.clone(), value.clone())).collect(),
        tags: wanted.tags.clone(),
        options: texts_of(&wanted.options),
        found: stack::status(aws, wanted.name).await?.map(|stack| StackVersion::of(&stack)),
    })
}

/// The options as texts, so that a plan tells which one is not as it was.
fn texts_of(options: &StackOptions) -> BTreeMap<String, String> {
    let arns = |watchers: &[Watcher]| watchers.iter().map(|watcher| watcher.arn.as_str()).collect::<Vec<_>>().join(" ");
    let minutes = Some(options.monitoring_minutes).filter(|minutes| *minutes > 0);
    [
        ("role", options.role_arn.clone().unwrap_or_default()),
        ("notifications", arns(&options.notifications)),
        ("rollback alarms", arns(&options.rollback_alarms)),
        ("monitoring minutes", minutes.map(|minutes| minutes.to_string()).unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| (name.to_owned(), text))
    .collect()
}

impl StackVersion {
    pub(crate) fn of(stack: &StackSummary) -> Self {
        Self {
            id: stack.reference.id.clone(),
            status: stack.status.to_string(),
            updated: stack.updated.clone().or_else(|| stack.created.clone()),
        }
    }
}

impl SavedPlan {
    /// What differs from how it is now, in the order of the plan; nothing when the plan may be deployed.
    #[must_use]
    pub fn changes(&self, now: &Self) -> Vec<PlanChange> {
        let mut changes = Changes { stack_name: None, list: Vec::new() };
        changes.compare("environment", Some(&self.environment), Some(&now.environment));
        changes.compare("suffix", Some(&self.suffix), Some(&now.suffix));
        changes.compare("account", Some(&self.account), Some(&now.account));
        let key = |stack: &SavedStack| (stack.stack_name.clone(), stack.region.clone());
        let mut keys: Vec<_> = self.stacks.iter().map(key).collect();
        keys.extend(now.stacks.iter().map(key).filter(|new| !self.stacks.iter().any(|stack| key(stack) == *new)));
        for of in keys {
            let find = |plan: &Self| plan.stacks.iter().find(|stack| key(stack) == of).cloned();
            changes.stack_name = Some(of.0.clone());
            match (find(self), find(now)) {
                (Some(planned), Some(now)) => changes.of_stack(&planned, &now),
                (planned, now) => {
                    let region = |stack: &Option<SavedStack>| stack.as_ref().map(|stack| stack.region.clone());
                    changes.compare("region", region(&planned).as_deref(), region(&now).as_deref());
                }
            }
        }
        changes.list
    }

    /// The stack of this name as the plan found it.
    pub(crate) fn found(&self, stack_name: &str, region: &str) -> Option<&StackVersion> {
        let mut stacks = self.stacks.iter();
        stacks.find(|stack| stack.stack_name == stack_name && stack.region == region)?.found.as_ref()
    }
}

struct Changes {
    stack_name: Option<String>,
    list: Vec<PlanChange>,
}

impl Changes {
    fn compare(&mut self, what: &str, planned: Option<&str>, now: Option<&str>) {
        if planned != now {
            self.list.push(PlanChange {
                stack_name: self.stack_name.clone(),
                what: what.to_owned(),
                planned: planned.map(str::to_owned),
                now: now.map(str::to_owned),
            });
        }
    }

    fn of_stack(&mut self, planned: &SavedStack, now: &SavedStack) {
        let hash = |stack: &SavedStack| format!("sha256:{}", stack.template_sha256);
        self.compare("template", Some(&hash(planned)), Some(&hash(now)));
        self.of_values("parameter", &planned.parameters, &now.parameters);
        self.of_values("tag", &planned.tags, &now.tags);
        self.of_values("option", &planned.options, &now.options);
        let of =
            |version: &Option<StackVersion>, part: fn(&StackVersion) -> Option<String>| version.as_ref().and_then(part);
        for (what, part) in [
            ("stack", (|version: &StackVersion| Some(version.id.clone())) as fn(&StackVersion) -> Option<String>),
            ("status", |version| Some(version.status.clone())),
            ("last update", |version| version.updated.clone()),
        ] {
            self.compare(what, of(&planned.found, part).as_deref(), of(&now.found, part).as_deref());
        }
    }

    fn of_values(&mut self, word: &str, planned: &BTreeMap<String, String>, now: &BTreeMap<String, String>) {
        let names: BTreeSet<&String> = planned.keys().chain(now.keys()).collect();
        for name in names {
            let values = (planned.get(name).map(String::as_str), now.get(name).map(String::as_str));
            self.compare(&format!("{word} {name}"), values.0, values.1);
        }
    }
}
