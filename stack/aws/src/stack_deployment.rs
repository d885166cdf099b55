//! One stack, from what is there to what is wanted: its state, a change set, the approval, the operation.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::ChangeSetType;
use serde_json::Value;
use stack_plan::{Built, Event, Template};

use crate::artifact_bucket::{self, Ensured, artifact_bucket_name};
use crate::attempt::Attempt;
use crate::capabilities::capabilities;
use crate::change_set::{self, ChangeSet, Created, Executed, Prepared, ValidationFinding};
use crate::connect::Aws;
use crate::deletion::{self, Deleted};
use crate::error::{AwsError, Result};
use crate::events::{Followed, Follower};
use crate::host::{Answer, Host, Question};
use crate::next_step;
use crate::options::Pacer;
use crate::outcome::{Failure, Operation, Outcome, StackReference};
use crate::owner;
use crate::stack::{self, StackSummary};
use crate::status::{DeployDecision, StackStatus};
use crate::template_source;
use crate::unchanged;
use crate::upload::upload_zips;

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
}

/// A stack that may be worked on, as it was found.
#[derive(Clone)]
pub(crate) struct Found {
    current: Option<StackSummary>,
    decision: DeployDecision,
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
    fn unchanged(stack: StackSummary, before: Option<Value>) -> Self {
        Self { stack, change: None, before }
    }
}

/// How the work on a stack ended.
pub(crate) enum Brought {
    There(Box<There>),
    Ended(Box<Outcome>),
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
        let kind = if decision == DeployDecision::Update { ChangeSetType::Update } else { ChangeSetType::Create };
        let request = change_set::Request {
            stack: match (&kind, &current) {
                (ChangeSetType::Update, Some(stack)) => stack.reference.id.clone(),
                _ => self.wanted.name.to_owned(),
            },
            kind,
            template,
            parameters: self.wanted.parameters.clone(),
            tags: self.wanted.tags.clone(),
            capabilities: capabilities(self.wanted.template),
        };
        self.change(&request, (current, before), host).await
    }

    /// Change set, approval, execution.
    async fn change(
        &self,
        request: &change_set::Request,
        (current, before): (Option<StackSummary>, Option<Value>),
        host: &mut dyn Host,
    ) -> Result<Brought> {
        let created = match change_set::create(self.aws, request, self.attempt).await {
            Ok(created) => created,
            Err(error) => return Ok(self.not_created(error, current).await?.into()),
        };
        let shell = Shell {
            reference: StackReference { name: self.wanted.name.to_owned(), id: created.stack_id.clone() },
            // A shell that was there before us may be somebody's who still looks at its change set.
            is_ours: request.kind == ChangeSetType::Create
                && current.as_ref().is_none_or(|stack| stack.reference.id != created.stack_id),
        };
        let prepared = change_set::wait_for(self.aws, &created, self.wanted.name, self.pacer.restarted()).await?;
        let change_set = match prepared {
            Prepared::Ready(change_set) => change_set,
            Prepared::Interrupted => {
                self.take_back(&created, &shell).await?;
                return Ok(self.interrupted().into());
            }
            Prepared::Empty => {
                self.take_back(&created, &shell).await?;
                return match current {
                    Some(stack) if request.kind == ChangeSetType::Update => Ok(There::unchanged(stack, before).into()),
                    _ => {
                        let reason = "the template has no resource to create".to_owned();
                        Ok(refused(shell.reference, reason, Vec::new()).into())
                    }
                };
            }
            Prepared::Refused { reason, findings } => {
                self.take_back(&created, &shell).await?;
                return Ok(refused(shell.reference, reason, findings).into());
            }
        };
        host.event(Event::ChangeSetCreated {
            id: change_set.id.clone(),
            stack_name: change_set.stack_name.clone(),
            changes: change_set.changes.len(),
        });
        let question = Question::ExecuteChangeSet(change_set.clone());
        match host.approve(&question) {
            Answer::Yes => {}
            answer => {
                self.take_back(&created, &shell).await?;
                return Ok(not_approved(question, answer).into());
            }
        }
        if self.pacer.is_interrupted() {
            self.take_back(&created, &shell).await?;
            return Ok(self.interrupted().into());
        }
        self.execute(&created, &request.kind, change_set, (shell.reference, before), host).await
    }

    async fn execute(
        &self,
        created: &Created,
        kind: &ChangeSetType,
        change_set: ChangeSet,
        (stack, before): (StackReference, Option<Value>),
        host: &mut dyn Host,
    ) -> Result<Brought> {
        let mut follower = Follower::before(self.aws, &stack, Some(self.attempt.execute_token())).await?;
        if let Executed::Obsolete { reason } = change_set::execute(self.aws, created, kind, self.attempt).await? {
            return Ok(obsolete(stack, reason).into());
        }
        let end = follower.follow(self.pacer.restarted(), host).await?;
        let failures = follower.into_failures();
        let status = match end {
            Followed::Ended(status) => status,
            Followed::Gone => return Ok(Outcome::Absent { stack_name: stack.name }.into()),
            Followed::Interrupted => return Ok(self.detached(stack).await?.into()),
        };
        match status {
            StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete => {
                let operation = if *kind == ChangeSetType::Create { Operation::Created } else { Operation::Updated };
                let change = Some(StackChange { operation, change_set, orphans: failures.cleanup });
                Ok(There { stack: self.arrived(&stack).await?, change, before }.into())
            }
            StackStatus::RollbackComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::ImportRollbackComplete => {
                let (cause, others) = failures.into_cause_and_others();
                let next = vec![next_step::own("deploy", self.arguments, "")];
                Ok(Outcome::RolledBack { stack, status, cause, others, next, companions: Vec::new() }.into())
            }
            status => {
                let (cause, _) = failures.into_cause_and_others();
                let next = self.way_out(&stack, status);
                Ok(Outcome::NeedsRollback { stack, status, cause, next }.into())
            }
        }
    }

    /// The stack after its operation.
    async fn arrived(&self, stack: &StackReference) -> Result<StackSummary> {
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
        if self.wanted.protect && !stack.protected {
            deletion::set_protection(self.aws, &stack.reference, true).await?;
        }
        Ok(())
    }

    /// Deletes the remains of a first creation that failed; an outcome when that did not work.
    async fn delete_failed_creation(&self, stack: &StackSummary, host: &mut dyn Host) -> Result<Option<Outcome>> {
        let detail = format!("`{}` is in {}", stack.reference.name, stack.status);
        host.event(Event::Notice { code: "deleting-failed-creation", detail });
        let stack = &stack.reference;
        match deletion::delete(self.aws, stack, self.attempt, self.pacer.restarted(), host).await? {
            Deleted::Gone => Ok(None),
            Deleted::Interrupted => self.detached(stack.clone()).await.map(Some),
            Deleted::Failed { status, failures } => Ok(Some(Outcome::DestroyFailed {
                stack: stack.clone(),
                status,
                failures,
                next: self.way_out(stack, status),
            })),
        }
    }

    /// Somebody else may have changed the stack since we looked; then that is the outcome.
    async fn not_created(&self, error: AwsError, before: Option<StackSummary>) -> Result<Outcome> {
        let may_have_moved = error.has_any_code(&["AlreadyExistsException", "ValidationError"]);
        if !may_have_moved {
            return Err(error);
        }
        let now = stack::status(self.aws, self.wanted.name).await?;
        match now {
            Some(stack) if stack.status.is_in_progress() => {
                Ok(Outcome::Busy { stack: stack.reference, status: stack.status })
            }
            now if now.as_ref().map(|stack| (&stack.reference, stack.status))
                != before.as_ref().map(|stack| (&stack.reference, stack.status)) =>
            {
                let reference = now
                    .or(before)
                    .map(|stack| stack.reference)
                    .unwrap_or(StackReference { name: self.wanted.name.to_owned(), id: String::new() });
                let reason = error.call().map(|call| call.message.clone()).unwrap_or_default();
                Ok(obsolete(reference, reason))
            }
            _ => Err(error),
        }
    }

    /// Deletes a change set that is not executed, and the empty stack that it stands in when that is ours.
    async fn take_back(&self, created: &Created, shell: &Shell) -> Result<()> {
        change_set::delete(self.aws, created).await?;
        if shell.is_ours {
            deletion::order(self.aws, &shell.reference, self.attempt).await?;
        }
        Ok(())
    }

    async fn detached(&self, stack: StackReference) -> Result<Outcome> {
        let status =
            stack::status(self.aws, &stack.id).await?.map_or(StackStatus::DeleteComplete, |stack| stack.status);
        let mut next = next_step::running(self.aws, &stack, status);
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
            next: self.way_out(&stack.reference, stack.status),
        }
    }

    fn interrupted(&self) -> Outcome {
        Outcome::Interrupted { stack_name: self.wanted.name.to_owned() }
    }

    /// What leads out of a state that `deploy` cannot leave. Our own `destroy` would take the main stack with a companion.
    fn way_out(&self, stack: &StackReference, status: StackStatus) -> Vec<String> {
        let needs_destroy = StackStatus::deploy_decision(Some(status)) == DeployDecision::NeedsDestroy;
        if self.wanted.is_companion && needs_destroy {
            let delete = next_step::aws_cli(self.aws, "delete-stack", stack);
            return vec![delete, next_step::own("deploy", self.arguments, "")];
        }
        next_step::out_of(self.aws, stack, status, self.arguments)
    }
}

/// The stack that a change set stands in.
struct Shell {
    reference: StackReference,
    is_ours: bool,
}

fn not_approved(question: Question, answer: Answer) -> Outcome {
    match answer {
        Answer::CannotAsk => Outcome::ApprovalNeeded { question },
        Answer::Yes | Answer::No => Outcome::Declined { question, companions: Vec::new() },
    }
}

fn refused(stack: StackReference, reason: String, findings: Vec<ValidationFinding>) -> Outcome {
    Outcome::ChangeSetRefused { stack, reason, findings, companions: Vec::new() }
}

fn obsolete(stack: StackReference, reason: String) -> Outcome {
    Outcome::ChangeSetObsolete { stack, reason, companions: Vec::new() }
}
