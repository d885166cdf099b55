//! One stack, from what is there to what is wanted. How its change set is made and run is in `execution`.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::ChangeSetType;
use serde_json::Value;
use stack_plan::{Built, Event, StackOptions, Template};

use crate::artifact_bucket::{self, Ensured, artifact_bucket_name};
use crate::attempt::Attempt;
use crate::capabilities::capabilities;
use crate::change_set::{self, ChangeSet};
use crate::connect::Aws;
use crate::deletion::{self, Deleted};
use crate::error::{AwsError, Result};
use crate::host::{Answer, Host, Question};
use crate::next_step::{self, About};
use crate::options::Pacer;
use crate::outcome::{Failure, Operation, Outcome, StackReference};
use crate::owner;
use crate::saved_plan::{SavedPlan, StackVersion};
use crate::stack::{self, StackSummary};
use crate::status::{DeployDecision, StackStatus};
use crate::template_source::{self, TemplateSource};
use crate::unchanged;
use crate::upload::upload_zips;
use crate::watched::Watched;

/// What a stack is to be.
pub(crate) struct Wanted<'a> {
    pub(crate) name: &'a str,
    pub(crate) template: &'a Template,
    /// The template as it is sent.
    pub(crate) text: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: &'a BTreeMap<String, String>,
    pub(crate) protect: bool,
    /// Zips that its parameters name.
    pub(crate) artifacts: &'a [Built],
    pub(crate) is_companion: bool,
    /// What CloudFormation is told beside the template.
    pub(crate) options: StackOptions,
}

/// A stack that may be worked on, as it was found.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) current: Option<StackSummary>,
    pub(crate) decision: DeployDecision,
}

/// What a look at a stack says.
pub(crate) enum Looked {
    /// It may be worked on.
    Found(Found),
    /// It may not.
    Ended(Outcome),
}

/// A stack that is as it is wanted.
pub(crate) struct There {
    pub(crate) stack: StackSummary,
    /// What was done to it; `None` when nothing had to be.
    pub(crate) change: Option<StackChange>,
    /// The template that it had before; `None` without one in JSON.
    pub(crate) before: Option<Value>,
}

/// What was done to a stack.
pub(crate) struct StackChange {
    pub(crate) operation: Operation,
    pub(crate) change_set: ChangeSet,
    pub(crate) orphans: Vec<Failure>,
}

impl There {
    pub(crate) fn unchanged(stack: StackSummary, before: Option<Value>) -> Self {
        Self { stack, change: None, before }
    }
}

/// How the work on a stack ended.
pub(crate) enum Brought {
    There(Box<There>),
    Ended(Box<Outcome>),
}

impl Brought {
    /// True when the stack is there and no operation runs on it, so that its settings can be changed.
    pub(crate) fn is_at_rest(&self) -> bool {
        match self {
            Self::There(_) => true,
            Self::Ended(outcome) => {
                matches!(&**outcome, Outcome::RolledBack { status, .. } if *status == StackStatus::UpdateRollbackComplete)
            }
        }
    }
}

impl From<There> for Brought {
    fn from(there: There) -> Self {
        Self::There(Box::new(there))
    }
}

impl From<Outcome> for Brought {
    fn from(outcome: Outcome) -> Self {
        Self::Ended(Box::new(outcome))
    }
}

/// The deployment of one stack.
pub(crate) struct StackDeployment<'a> {
    /// Clients for the region of the stack.
    pub(crate) aws: &'a Aws,
    pub(crate) account: &'a str,
    pub(crate) wanted: &'a Wanted<'a>,
    pub(crate) attempt: &'a Attempt,
    pub(crate) pacer: &'a Pacer,
    /// As [`DeployOptions::arguments`](crate::DeployOptions::arguments).
    pub(crate) arguments: &'a str,
    /// As [`DeployOptions::prepare_only`](crate::DeployOptions::prepare_only).
    pub(crate) prepare_only: bool,
    /// As [`DeployOptions::import_existing`](crate::DeployOptions::import_existing).
    pub(crate) import_existing: bool,
    /// As [`DeployOptions::express`](crate::DeployOptions::express).
    pub(crate) express: bool,
    /// The plan that must still be so.
    pub(crate) plan: Option<&'a SavedPlan>,
}

impl StackDeployment<'_> {
    /// Looks whether the stack may be worked on, and changes nothing.
    pub(crate) async fn look(&self) -> Result<Looked> {
        let current = stack::status(self.aws, self.wanted.name).await?;
        let decision = StackStatus::deploy_decision(current.as_ref().map(|stack| stack.status));
        if let Some(stack) = &current {
            owner::check(self.aws, stack, self.wanted.tags)?;
            match decision {
                DeployDecision::Busy => {
                    return Ok(Looked::Ended(Outcome::Busy { stack: stack.reference.clone(), status: stack.status }));
                }
                DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy => {
                    return Ok(Looked::Ended(self.stuck(stack)));
                }
                // Its remains would have to go first, and only a deployment may take them away.
                DeployDecision::DeleteThenCreate if self.prepare_only => return Ok(Looked::Ended(self.remains(stack))),
                DeployDecision::Create | DeployDecision::DeleteThenCreate | DeployDecision::Update => {}
            }
        }
        Ok(Looked::Found(Found { current, decision }))
    }

    /// Brings the stack from what was found to what is wanted.
    pub(crate) async fn bring(&self, found: Found, host: &mut dyn Host) -> Result<Brought> {
        let Found { current, decision } = found;
        let mut before = None;
        if let (DeployDecision::Update, Some(stack)) = (decision, &current) {
            self.protect(stack).await?;
            before = stack::template(self.aws, &stack.reference).await?;
            if unchanged::is_current(stack, self.wanted, before.as_ref()) {
                self.guard(&stack.reference, (self.is_guarded(Some(stack)), before.as_ref()), &[], host).await?;
                return Ok(There::unchanged(stack.clone(), before).into());
            }
        }
        let needs_bucket = !self.wanted.artifacts.is_empty() || template_source::needs_bucket(&self.wanted.text);
        let bucket = artifact_bucket_name(self.account, &self.aws.target().region);
        if needs_bucket {
            match artifact_bucket::ensure(self.aws, self.account, self.attempt, self.pacer.restarted(), host).await? {
                Ensured::Ready => {}
                Ensured::NotAllowed { question, answer } => return Ok(not_approved(question, answer).into()),
                Ensured::Interrupted => return Ok(self.interrupted().into()),
            }
            upload_zips(self.aws, &bucket, self.account, self.wanted.artifacts, host).await?;
        }
        let bucket = needs_bucket.then_some((&*bucket, self.account));
        let template = template_source::prepare(self.aws, self.wanted.text.clone(), bucket).await?;
        if let (DeployDecision::DeleteThenCreate, Some(stack)) = (decision, &current)
            && let Some(outcome) = self.delete_failed_creation(stack, host).await?
        {
            return Ok(outcome.into());
        }
        if self.pacer.is_interrupted() {
            return Ok(self.interrupted().into());
        }
        let request = self.request(decision, (current.as_ref(), before.as_ref()), template);
        self.change(&request, (current, before), host).await
    }

    /// The change set that brings the stack from what was found to what is wanted.
    pub(crate) fn request(
        &self,
        decision: DeployDecision,
        (current, before): (Option<&StackSummary>, Option<&Value>),
        template: TemplateSource,
    ) -> change_set::Request {
        let update = current.filter(|_| decision == DeployDecision::Update);
        let watched = Watched::of_plan(&self.wanted.options, before.filter(|_| update.is_some()));
        let has_been = update.map_or_else(Watched::default, |stack| stack.watched.clone());
        let is_watched = watched != Watched::default() || has_been != Watched::default();
        change_set::Request {
            kind: if update.is_some() { ChangeSetType::Update } else { ChangeSetType::Create },
            stack: update.map_or(self.wanted.name, |stack| &stack.reference.id).to_owned(),
            made_of: change_set::Source::Wanted {
                template,
                parameters: self.wanted.parameters.clone(),
                tags: self.wanted.tags.clone(),
                watched: is_watched.then_some(watched),
                import_existing: self.import_existing,
            },
            capabilities: capabilities(self.wanted.template),
            role_arn: self.wanted.options.role_arn.clone(),
            express: self.express,
        }
    }

    /// True when a saved plan is deployed, and somebody changed the stack after it was compared with that.
    pub(crate) async fn has_moved(&self, stack: &StackReference) -> Result<bool> {
        let Some(plan) = self.plan else { return Ok(false) };
        let planned = plan.found(self.wanted.name, &self.aws.target().region);
        let now = stack::status(self.aws, &stack.id).await?.map(|stack| StackVersion::of(&stack));
        Ok(planned != now.as_ref())
    }

    /// The stack after its operation.
    pub(crate) async fn arrived(&self, stack: &StackReference) -> Result<StackSummary> {
        let summary = stack::status(self.aws, &stack.id).await?.ok_or(AwsError::IncompleteAnswer {
            service: "CloudFormation",
            operation: "DescribeStacks",
            missing: "the stack that was deployed",
        })?;
        self.protect(&summary).await?;
        Ok(summary)
    }

    /// Puts termination protection on where the plan asks for it. It is never taken off: only `destroy` is asked to.
    async fn protect(&self, stack: &StackSummary) -> Result<()> {
        if self.wanted.protect && !stack.protected && !self.prepare_only {
            deletion::set_protection(self.aws, &stack.reference, true).await?;
        }
        Ok(())
    }

    /// Deletes the remains of a first creation that failed; an outcome when that did not work.
    async fn delete_failed_creation(&self, stack: &StackSummary, host: &mut dyn Host) -> Result<Option<Outcome>> {
        let detail = format!("`{}` is in {}", stack.reference.name, stack.status);
        host.event(Event::Notice { code: "deleting-failed-creation", detail });
        let stack = &stack.reference;
        let role = self.wanted.options.role_arn.as_deref();
        match deletion::delete(self.aws, (stack, role), self.attempt, self.pacer.restarted(), host).await? {
            Deleted::Gone => Ok(None),
            Deleted::Busy { status } => Ok(Some(Outcome::Busy { stack: stack.clone(), status })),
            Deleted::Interrupted => self.detached(stack.clone()).await.map(Some),
            Deleted::Failed { status, failures } => Ok(Some(Outcome::DestroyFailed {
                stack: stack.clone(),
                status,
                failures,
                next: self.about(stack).way_out(status),
            })),
        }
    }

    pub(crate) async fn detached(&self, stack: StackReference) -> Result<Outcome> {
        let status =
            stack::status(self.aws, &stack.id).await?.map_or(StackStatus::DeleteComplete, |stack| stack.status);
        let mut next = self.about(&stack).running(status);
        if self.wanted.is_companion {
            next.push(next_step::own("deploy", self.arguments, ""));
        }
        Ok(Outcome::Detached { stack, status, next })
    }

    fn stuck(&self, stack: &StackSummary) -> Outcome {
        Outcome::NeedsRollback {
            stack: stack.reference.clone(),
            status: stack.status,
            cause: None,
            next: self.about(&stack.reference).way_out(stack.status),
        }
    }

    /// The remains of a first creation that failed, where no change set can be made.
    fn remains(&self, stack: &StackSummary) -> Outcome {
        let way_out = self.about(&stack.reference).command("destroy", "delete-stack");
        Outcome::NeedsRollback {
            stack: stack.reference.clone(),
            status: stack.status,
            cause: None,
            next: vec![way_out, next_step::own("deploy", self.arguments, "--no-execute")],
        }
    }

    pub(crate) fn interrupted(&self) -> Outcome {
        Outcome::Interrupted { stack_name: self.wanted.name.to_owned() }
    }

    /// The stack, to suggest commands about.
    pub(crate) fn about<'a>(&'a self, stack: &'a StackReference) -> About<'a> {
        About { aws: self.aws, stack, arguments: self.arguments, is_companion: self.wanted.is_companion }
    }
}

pub(crate) fn not_approved(question: Question, answer: Answer) -> Outcome {
    match answer {
        Answer::CannotAsk => Outcome::ApprovalNeeded { question },
        Answer::Yes | Answer::No => Outcome::Declined { question, companions: Vec::new() },
    }
}
