//! The change set of one stack: asked for, shown, approved, executed by its id, followed to its end.

use aws_sdk_cloudformation::types::ChangeSetType;
use serde_json::Value;
use stack_plan::Event;

use crate::change_set::{self, ChangeSet, Created, Executed, Prepared};
use crate::deletion;
use crate::error::{AwsError, Result};
use crate::events::{Failures, Followed, Follower};
use crate::host::{Answer, Host, Question};
use crate::outcome::{Failure, Operation, Outcome, StackReference};
use crate::stack::{self, StackSummary};
use crate::stack_deployment::{Brought, StackChange, StackDeployment, There, not_approved};
use crate::status::StackStatus;
use crate::validation::{self, ValidationFinding};
use crate::{next_step, risk};

impl StackDeployment<'_> {
    /// Change set, approval, execution.
    pub(crate) async fn change(
        &self,
        request: &change_set::Request,
        (current, before): (Option<StackSummary>, Option<Value>),
        host: &mut dyn Host,
    ) -> Result<Brought> {
        let created = match change_set::create(self.aws, request, self.attempt).await {
            Ok(created) => created,
            Err(error) => return Ok(self.not_created(error, current).await?.into()),
        };
        let shell = self.shell(request, &created, current.as_ref());
        let prepared = change_set::wait_for(self.aws, &created, self.wanted.name, self.pacer.restarted()).await?;
        let change_set = match prepared {
            Prepared::Ready(mut change_set) => {
                change_set.risks = risk::of_access(before.as_ref(), self.wanted.template);
                change_set.risks.extend(risk::of_data(&change_set.changes, before.as_ref(), self.wanted.template));
                change_set
            }
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
            Prepared::Obsolete { reason } => {
                self.take_back(&created, &shell).await?;
                return Ok(obsolete(shell.reference, reason).into());
            }
            Prepared::Taken { reason } => {
                return Ok(match stack::status(self.aws, &shell.reference.id).await? {
                    Some(stack) if stack.status.is_in_progress() => {
                        Outcome::Busy { stack: stack.reference, status: stack.status }
                    }
                    _ => obsolete(shell.reference, reason),
                }
                .into());
            }
        };
        host.event(Event::ChangeSetCreated {
            id: change_set.id.clone(),
            stack_name: change_set.stack_name.clone(),
            changes: change_set.changes.len(),
        });
        // A creation cannot meet another one: its change set would have been refused.
        if request.kind == ChangeSetType::Update && self.has_moved(&shell.reference).await? {
            self.take_back(&created, &shell).await?;
            let reason = "it is not as the saved plan found it".to_owned();
            return Ok(obsolete(shell.reference, reason).into());
        }
        if self.prepare_only {
            return Ok(self.left(change_set, shell, request.kind == ChangeSetType::Create).into());
        }
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
        let guarded = (self.is_guarded(current.as_ref()), before.as_ref());
        if request.kind == ChangeSetType::Update {
            self.guard(&shell.reference, guarded, &change_set.risks, host).await?;
        }
        let brought = self
            .execute(&created, (&request.kind, request.express), change_set, (&shell.reference, before.clone()), host)
            .await?;
        // Whatever came of it: what was let go is guarded again.
        if brought.is_at_rest() {
            self.guard(&shell.reference, guarded, &[], host).await?;
        }
        Ok(brought)
    }

    fn left(&self, change_set: ChangeSet, shell: Shell, creates: bool) -> Outcome {
        let about = self.about(&shell.reference);
        let (execute, discard) = (about.execute(&change_set.id, creates), about.discard(&change_set.id, shell.is_ours));
        Outcome::ChangeSetLeft { stack: shell.reference, change_set, execute, discard }
    }

    async fn execute(
        &self,
        created: &Created,
        (kind, express): (&ChangeSetType, bool),
        change_set: ChangeSet,
        (stack, before): (&StackReference, Option<Value>),
        host: &mut dyn Host,
    ) -> Result<Brought> {
        let mut follower = Follower::before(self.aws, stack, Some(self.attempt.execute_token())).await?;
        if let Executed::Obsolete { reason } =
            change_set::execute(self.aws, created, (kind, express), self.attempt).await?
        {
            return Ok(obsolete(stack.clone(), reason).into());
        }
        let end = follower.follow(self.pacer.restarted(), host).await?;
        let failures = follower.into_failures();
        let cleanup = failures.cleanup.clone();
        let (cause, others) = self.told(failures, stack).await;
        let status = match end {
            Followed::Ended(status) => status,
            Followed::Gone => StackStatus::DeleteComplete,
            Followed::Interrupted => return Ok(self.detached(stack.clone()).await?.into()),
        };
        match status {
            StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete => {
                let operation = if *kind == ChangeSetType::Create { Operation::Created } else { Operation::Updated };
                let change = Some(StackChange { operation, change_set, orphans: cleanup });
                Ok(There { stack: self.arrived(stack).await?, change, before }.into())
            }
            StackStatus::RollbackComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::ImportRollbackComplete => {
                let next = self.after_failure(cause.as_ref());
                let stack = stack.clone();
                Ok(Outcome::RolledBack { stack, status, cause, others, next, companions: Vec::new() }.into())
            }
            StackStatus::DeleteComplete => {
                let next = vec![next_step::own("deploy", self.arguments, "")];
                Ok(Outcome::DeletedMeanwhile { stack: stack.clone(), next }.into())
            }
            status => {
                let next = self.about(stack).way_out(status);
                let stack = stack.clone();
                Ok(Outcome::NeedsRollback { stack, status, cause, next }.into())
            }
        }
    }

    /// The cause of a failure and the others. What CloudFormation's validation found stands in another list of events, and is told
    /// instead of the sentence that names the list.
    async fn told(&self, failures: Failures, stack: &StackReference) -> (Option<Failure>, Vec<Failure>) {
        let (cause, others) = failures.into_cause_and_others();
        if cause.as_ref().is_none_or(|cause| !validation::is_pointer(cause)) {
            return (cause, others);
        }
        let mut found = validation::fetch_failures(self.aws, &stack.id).await.into_iter();
        let Some(first) = found.next() else { return (cause, others) };
        (Some(first), found.chain(others).collect())
    }

    /// What to do after a failure that was taken back. A name that is taken may be that of a resource that was kept.
    fn after_failure(&self, cause: Option<&Failure>) -> Vec<String> {
        let mut next = vec![next_step::own("deploy", self.arguments, "")];
        let is_kept = |cause: &&Failure| {
            let resource = self.wanted.template.resources.get(&cause.logical_id);
            let policy = resource.and_then(|resource| resource.deletion_policy.as_deref());
            policy.is_some_and(|policy| policy.starts_with("Retain"))
        };
        let is_taken = |cause: &&Failure| {
            cause.code.as_deref().is_some_and(|code| code == "AlreadyExists" || code.starts_with("NAME_CONFLICT"))
        };
        if cause.filter(is_taken).as_ref().is_some_and(is_kept) {
            next.push(next_step::own("deploy", self.arguments, "--import-existing"));
        }
        next
    }

    /// The stack that a change set stands in.
    pub(crate) fn shell(
        &self,
        request: &change_set::Request,
        created: &Created,
        before: Option<&StackSummary>,
    ) -> Shell {
        Shell {
            reference: StackReference { name: self.wanted.name.to_owned(), id: created.stack_id.clone() },
            // A shell that was there before us may be somebody's who still looks at its change set.
            is_ours: request.kind == ChangeSetType::Create
                && before.is_none_or(|stack| stack.reference.id != created.stack_id),
        }
    }

    /// Somebody else may have changed the stack since we looked; then that is the outcome.
    pub(crate) async fn not_created(&self, error: AwsError, before: Option<StackSummary>) -> Result<Outcome> {
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
    pub(crate) async fn take_back(&self, created: &Created, shell: &Shell) -> Result<()> {
        change_set::delete(self.aws, created).await?;
        if !shell.is_ours {
            return Ok(());
        }
        // Somebody else may have executed a change set of his own in it: then it is no shell any more, but his stack.
        let now = stack::status(self.aws, &shell.reference.id).await?;
        if now.is_some_and(|stack| stack.status == StackStatus::ReviewInProgress) {
            let role = self.wanted.options.role_arn.as_deref();
            deletion::order(self.aws, &shell.reference, role, self.attempt).await?;
        }
        Ok(())
    }
}

/// The stack that a change set stands in.
pub(crate) struct Shell {
    reference: StackReference,
    /// True when it is empty and was made with the change set.
    is_ours: bool,
}

fn refused(stack: StackReference, reason: String, findings: Vec<ValidationFinding>) -> Outcome {
    Outcome::ChangeSetRefused { stack, reason, findings, companions: Vec::new() }
}

fn obsolete(stack: StackReference, reason: String) -> Outcome {
    Outcome::ChangeSetObsolete { stack, reason, companions: Vec::new() }
}
