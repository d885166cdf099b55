//! Deploy: from a plan and built zips to a stack that is as the plan says.

use std::collections::BTreeMap;
use std::path::Path;

use aws_sdk_cloudformation::types::ChangeSetType;
use stack_plan::plan::ARTIFACT_BUCKET_PARAMETER;
use stack_plan::{Built, Event, Plan};

use crate::artifact_bucket::{self, Ensured, artifact_bucket_name};
use crate::attempt::Attempt;
use crate::capabilities::capabilities;
use crate::change_set::{self, ChangeSet, Created, Executed, Prepared};
use crate::connect::Aws;
use crate::contents::{ContentsChanges, sync_contents};
use crate::deletion::{self, Deleted};
use crate::error::{AwsError, Result};
use crate::events::{Followed, Follower};
use crate::host::{Answer, Host, Question};
use crate::invalidate::run_actions;
use crate::next_step;
use crate::options::{DeployOptions, Pacer, Polling};
use crate::outcome::{Operation, Outcome, StackReference};
use crate::stack::{self, StackSummary};
use crate::status::{DeployDecision, StackStatus};
use crate::template_source::{self, render_template};
use crate::unchanged;
use crate::upload::upload_zips;

/// Brings the stack to what the plan says.
///
/// `built` holds one zip per artifact of the plan; `project_directory` is what the sources of contents are relative to.
/// Nothing is changed before the host approved it: the artifact bucket on first use, then the change set, by id.
///
/// # Errors
/// What the user cannot answer: no credentials, a refused or unanswered call, an unreadable file.
pub async fn deploy(
    aws: &Aws,
    plan: &Plan,
    built: &[Built],
    project_directory: &Path,
    options: &DeployOptions,
    host: &mut dyn Host,
) -> Result<Outcome> {
    let deployment = Deployment {
        aws,
        plan,
        project_directory,
        options,
        attempt: Attempt::new(options.attempt.as_deref()),
        pacer: Pacer::new(options.polling.unwrap_or_else(|| Polling::suiting(aws)), options.interrupt.clone()),
        bucket: artifact_bucket_name(&plan.account, &aws.target().region),
    };
    // What can be known to be wrong is told before the first call.
    let text = render_template(&plan.template)?;
    let parameters = deployment.parameters(built)?;
    deployment.run(text, parameters, built, host).await
}

/// Uploads the zips that the artifact bucket does not hold yet and returns the bucket's name.
///
/// The bucket must exist ([`deploy()`] makes it). For `stack dev`, which follows with
/// [`update_function_code`](crate::update_function_code()).
///
/// # Errors
/// An unreadable zip; a refused or unanswered call.
pub async fn upload_artifacts(aws: &Aws, account: &str, built: &[Built], host: &mut dyn Host) -> Result<String> {
    let bucket = artifact_bucket_name(account, &aws.target().region);
    upload_zips(aws, &bucket, account, built, host).await?;
    Ok(bucket)
}

struct Deployment<'a> {
    aws: &'a Aws,
    plan: &'a Plan,
    project_directory: &'a Path,
    options: &'a DeployOptions,
    attempt: Attempt,
    pacer: Pacer,
    bucket: String,
}

impl Deployment<'_> {
    async fn run(
        &self,
        text: String,
        parameters: BTreeMap<String, String>,
        built: &[Built],
        host: &mut dyn Host,
    ) -> Result<Outcome> {
        let current = stack::status(self.aws, &self.plan.stack_name).await?;
        let decision = StackStatus::deploy_decision(current.as_ref().map(|stack| stack.status));
        if let Some(stack) = &current {
            match decision {
                DeployDecision::Busy => {
                    return Ok(Outcome::Busy { stack: stack.reference.clone(), status: stack.status });
                }
                DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy => return Ok(self.stuck(stack)),
                DeployDecision::Update => {
                    self.protect(stack).await?;
                    if unchanged::is_current(self.aws, stack, self.plan, &parameters).await? {
                        return self.finish_unchanged(stack.clone(), host).await;
                    }
                }
                DeployDecision::Create | DeployDecision::DeleteThenCreate => {}
            }
        }
        let needs_bucket = !self.plan.artifacts.is_empty() || template_source::needs_bucket(&text);
        if needs_bucket {
            match artifact_bucket::ensure(self.aws, &self.plan.account, &self.attempt, self.pacer.clone(), host).await?
            {
                Ensured::Ready => {}
                Ensured::NotAllowed { question, answer } => return Ok(not_approved(question, answer)),
                Ensured::Interrupted => return Ok(self.interrupted()),
            }
            upload_zips(self.aws, &self.bucket, &self.plan.account, built, host).await?;
        }
        let template =
            template_source::prepare(self.aws, text, needs_bucket.then_some((&*self.bucket, &*self.plan.account)))
                .await?;
        if let (DeployDecision::DeleteThenCreate, Some(stack)) = (decision, &current)
            && let Some(outcome) = self.delete_failed_creation(stack, host).await?
        {
            return Ok(outcome);
        }
        if self.pacer.is_interrupted() {
            return Ok(self.interrupted());
        }
        let kind = if decision == DeployDecision::Update { ChangeSetType::Update } else { ChangeSetType::Create };
        let request = change_set::Request {
            stack: match (&kind, &current) {
                (ChangeSetType::Update, Some(stack)) => stack.reference.id.clone(),
                _ => self.plan.stack_name.clone(),
            },
            kind,
            template,
            parameters,
            tags: self.plan.tags.clone(),
            capabilities: capabilities(&self.plan.template),
        };
        self.change(&request, current, host).await
    }

    /// Change set, approval, execution.
    async fn change(
        &self,
        request: &change_set::Request,
        current: Option<StackSummary>,
        host: &mut dyn Host,
    ) -> Result<Outcome> {
        let created = match change_set::create(self.aws, request, &self.attempt).await {
            Ok(created) => created,
            Err(error) => return self.not_created(error, current).await,
        };
        let shell = Shell {
            reference: StackReference { name: self.plan.stack_name.clone(), id: created.stack_id.clone() },
            // A shell that was there before us may be somebody's who still looks at its change set.
            is_ours: request.kind == ChangeSetType::Create
                && current.as_ref().is_none_or(|stack| stack.reference.id != created.stack_id),
        };
        let prepared = change_set::wait_for(self.aws, &created, &self.plan.stack_name, self.pacer.restarted()).await?;
        let change_set = match prepared {
            Prepared::Ready(change_set) => change_set,
            Prepared::Interrupted => {
                self.take_back(&created, &shell).await?;
                return Ok(self.interrupted());
            }
            Prepared::Empty => {
                self.take_back(&created, &shell).await?;
                return match current {
                    Some(stack) if request.kind == ChangeSetType::Update => self.finish_unchanged(stack, host).await,
                    _ => Ok(Outcome::ChangeSetRefused {
                        stack: shell.reference,
                        reason: "the template has no resource to create".to_owned(),
                        findings: Vec::new(),
                    }),
                };
            }
            Prepared::Refused { reason, findings } => {
                self.take_back(&created, &shell).await?;
                return Ok(Outcome::ChangeSetRefused { stack: shell.reference, reason, findings });
            }
        };
        host.event(Event::ChangeSetCreated { id: change_set.id.clone(), changes: change_set.changes.len() });
        let question = Question::ExecuteChangeSet(change_set.clone());
        match host.approve(&question) {
            Answer::Yes => {}
            answer => {
                self.take_back(&created, &shell).await?;
                return Ok(not_approved(question, answer));
            }
        }
        if self.pacer.is_interrupted() {
            self.take_back(&created, &shell).await?;
            return Ok(self.interrupted());
        }
        self.execute(&created, &request.kind, change_set, shell.reference, host).await
    }

    async fn execute(
        &self,
        created: &Created,
        kind: &ChangeSetType,
        change_set: ChangeSet,
        stack: StackReference,
        host: &mut dyn Host,
    ) -> Result<Outcome> {
        let mut follower = Follower::before(self.aws, &stack, Some(self.attempt.execute_token())).await?;
        if let Executed::Obsolete { reason } = change_set::execute(self.aws, created, kind, &self.attempt).await? {
            return Ok(Outcome::ChangeSetObsolete { stack, reason });
        }
        let end = follower.follow(self.pacer.restarted(), host).await?;
        let failures = follower.into_failures();
        let arguments = &self.options.arguments;
        let status = match end {
            Followed::Ended(status) => status,
            Followed::Gone => return Ok(Outcome::Absent { stack_name: stack.name }),
            Followed::Interrupted => return self.detached(stack).await,
        };
        match status {
            StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete => {
                let (stack, contents) = self.finish(&stack, host).await?;
                let operation = if *kind == ChangeSetType::Create { Operation::Created } else { Operation::Updated };
                let orphans = failures.cleanup;
                let StackSummary { reference, outputs, .. } = stack;
                Ok(Outcome::Deployed { stack: reference, operation, change_set, outputs, contents, orphans })
            }
            StackStatus::RollbackComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::ImportRollbackComplete => {
                let (cause, others) = failures.into_cause_and_others();
                let next = vec![next_step::own("deploy", arguments, "")];
                Ok(Outcome::RolledBack { stack, status, cause, others, next })
            }
            status => {
                let (cause, _) = failures.into_cause_and_others();
                let next = next_step::out_of(self.aws, &stack, status, arguments);
                Ok(Outcome::NeedsRollback { stack, status, cause, next })
            }
        }
    }

    /// What comes after the stack itself; each step does nothing when there is nothing to do.
    async fn finish(&self, stack: &StackReference, host: &mut dyn Host) -> Result<(StackSummary, ContentsChanges)> {
        let summary = stack::status(self.aws, &stack.id).await?.ok_or(AwsError::IncompleteAnswer {
            service: "CloudFormation",
            operation: "DescribeStacks",
            missing: "the stack that was deployed",
        })?;
        self.protect(&summary).await?;
        let contents = self.sync(&summary.reference, host).await?;
        Ok((summary, contents))
    }

    async fn finish_unchanged(&self, stack: StackSummary, host: &mut dyn Host) -> Result<Outcome> {
        let contents = self.sync(&stack.reference, host).await?;
        Ok(Outcome::NoChanges { stack: stack.reference, outputs: stack.outputs, contents })
    }

    async fn sync(&self, stack: &StackReference, host: &mut dyn Host) -> Result<ContentsChanges> {
        let contents =
            sync_contents(self.aws, &self.plan.account, self.project_directory, &self.plan.contents, host).await?;
        if contents.any() {
            run_actions(self.aws, stack, &self.plan.actions, &self.attempt, host).await?;
        }
        Ok(contents)
    }

    /// Puts termination protection on where the plan asks for it. It is never taken off: only `destroy` is asked to.
    async fn protect(&self, stack: &StackSummary) -> Result<()> {
        if self.plan.environment.protect && !stack.protected {
            deletion::set_protection(self.aws, &stack.reference, true).await?;
        }
        Ok(())
    }

    /// Deletes the remains of a first creation that failed; an outcome when that did not work.
    async fn delete_failed_creation(&self, stack: &StackSummary, host: &mut dyn Host) -> Result<Option<Outcome>> {
        let detail = format!("`{}` is in {}", stack.reference.name, stack.status);
        host.event(Event::Notice { code: "deleting-failed-creation", detail });
        let stack = &stack.reference;
        match deletion::delete(self.aws, stack, &self.attempt, self.pacer.restarted(), host).await? {
            Deleted::Gone => Ok(None),
            Deleted::Interrupted => self.detached(stack.clone()).await.map(Some),
            Deleted::Failed { status, failures } => Ok(Some(Outcome::DestroyFailed {
                stack: stack.clone(),
                status,
                failures,
                next: vec![next_step::own("destroy", &self.options.arguments, "")],
            })),
        }
    }

    /// Somebody else may have changed the stack since we looked; then that is the outcome.
    async fn not_created(&self, error: AwsError, before: Option<StackSummary>) -> Result<Outcome> {
        let may_have_moved = error.has_any_code(&["AlreadyExistsException", "ValidationError"]);
        if !may_have_moved {
            return Err(error);
        }
        let now = stack::status(self.aws, &self.plan.stack_name).await?;
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
                    .unwrap_or(StackReference { name: self.plan.stack_name.clone(), id: String::new() });
                let reason = error.call().map(|call| call.message.clone()).unwrap_or_default();
                Ok(Outcome::ChangeSetObsolete { stack: reference, reason })
            }
            _ => Err(error),
        }
    }

    /// Deletes a change set that is not executed, and the empty stack that it stands in when that is ours.
    async fn take_back(&self, created: &Created, shell: &Shell) -> Result<()> {
        change_set::delete(self.aws, created).await?;
        if shell.is_ours {
            deletion::order(self.aws, &shell.reference, &self.attempt).await?;
        }
        Ok(())
    }

    async fn detached(&self, stack: StackReference) -> Result<Outcome> {
        let status =
            stack::status(self.aws, &stack.id).await?.map_or(StackStatus::DeleteComplete, |stack| stack.status);
        let next = next_step::running(self.aws, &stack, status);
        Ok(Outcome::Detached { stack, status, next })
    }

    fn stuck(&self, stack: &StackSummary) -> Outcome {
        Outcome::NeedsRollback {
            stack: stack.reference.clone(),
            status: stack.status,
            cause: None,
            next: next_step::out_of(self.aws, &stack.reference, stack.status, &self.options.arguments),
        }
    }

    fn interrupted(&self) -> Outcome {
        Outcome::Interrupted { stack_name: self.plan.stack_name.clone() }
    }

    /// Values of the template's parameters: the plan's, and the places of the code.
    fn parameters(&self, built: &[Built]) -> Result<BTreeMap<String, String>> {
        let mut parameters = self.plan.parameters.clone();
        for artifact in &self.plan.artifacts {
            let zip = built
                .iter()
                .find(|zip| zip.function == artifact.function)
                .ok_or_else(|| AwsError::NotBuilt { function: artifact.function.clone() })?;
            parameters.insert(artifact.key_parameter.clone(), zip.key());
        }
        if self.plan.template.parameters.contains_key(ARTIFACT_BUCKET_PARAMETER) {
            parameters.insert(ARTIFACT_BUCKET_PARAMETER.to_owned(), self.bucket.clone());
        }
        Ok(parameters)
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
        Answer::Yes | Answer::No => Outcome::Declined { question },
    }
}
