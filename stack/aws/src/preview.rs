//! What CloudFormation says that a deployment would do: a change set that is made, read, and taken away again.

use stack_plan::{Built, Plan};

use crate::artifact_bucket::{self, artifact_bucket_name};
use crate::attempt::Attempt;
use crate::change_set::{self, ChangeSet, Prepared};
use crate::connect::Aws;
use crate::deploy::{wanted, wanted_companion};
use crate::error::Result;
use crate::options::{OperationOptions, Pacer, Polling};
use crate::outcome::Outcome;
use crate::stack_deployment::{StackDeployment, Wanted};
use crate::status::{DeployDecision, StackStatus};
use crate::validation::ValidationFinding;
use crate::{owner, stack, template_source, unchanged};

/// What CloudFormation says of one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preview {
    /// Its change set, which is gone again.
    Made(Box<ChangeSet>),
    /// There is nothing to change.
    Empty,
    /// It refuses the change set.
    Refused {
        /// Reason that CloudFormation gave.
        reason: String,
        /// Findings of its validation, where it named any.
        findings: Vec<ValidationFinding>,
    },
    /// Another operation works on the stack, so it takes no change set.
    Busy {
        /// Status of the stack.
        status: StackStatus,
    },
    /// The stack is in a state that must be left before it takes a change set.
    Stuck {
        /// Status of the stack.
        status: StackStatus,
    },
    /// The stack needs values of another one that is not deployed yet.
    Waits {
        /// Name of the other stack.
        companion: String,
    },
    /// The template is too long for a call, and the artifact bucket that would hold it is not there yet.
    NeedsBucket {
        /// Name of the bucket.
        bucket: String,
    },
}

/// Asks for the change sets that [`deploy`](crate::deploy()) would make: of the main stack, then of its companions in the
/// order of the plan. `None` when the caller interrupts.
///
/// Every change set is deleted again, and so is the empty stack that the first change set of a stack makes, also after an
/// interrupt or a failed call. Packages are not uploaded, the artifact bucket is not made; a template of more than 51,200
/// bytes is put into it where it exists, under its hash.
///
/// # Errors
/// As [`deploy`](crate::deploy()).
pub async fn preview(
    aws: &Aws,
    plan: &Plan,
    built: &[Built],
    options: &OperationOptions,
) -> Result<Option<Vec<Preview>>> {
    let attempt = Attempt::new(options.attempt.as_deref());
    let pacer = Pacer::new(options.polling.unwrap_or_else(|| Polling::suiting(aws)), options.interrupt.clone());
    let of = async |aws: &Aws, wanted: &Wanted<'_>| {
        let deployment = StackDeployment {
            aws,
            account: &plan.account,
            wanted,
            attempt: &attempt,
            pacer: &pacer,
            arguments: &options.arguments,
            prepare_only: true,
            import_existing: false,
            express: false,
            plan: None,
        };
        deployment.preview().await
    };
    let mut main = wanted(plan, built, &artifact_bucket_name(&plan.account, &aws.target().region))?;
    let mut waits = None;
    for companion in &plan.companions {
        let given = stack::outputs(&aws.in_region(&companion.region), &companion.stack_name).await?;
        for output in &companion.outputs {
            match given.get(output) {
                Some(value) => drop(main.parameters.insert(output.clone(), value.clone())),
                None => waits = Some(companion.stack_name.clone()),
            }
        }
    }
    let of_main = match waits {
        Some(companion) => Some(Preview::Waits { companion }),
        None => of(aws, &main).await?,
    };
    let Some(of_main) = of_main else { return Ok(None) };
    let mut previews = vec![of_main];
    for companion in &plan.companions {
        let wanted = wanted_companion(plan, companion)?;
        let Some(preview) = of(&aws.in_region(&companion.region), &wanted).await? else { return Ok(None) };
        previews.push(preview);
    }
    Ok(Some(previews))
}

impl StackDeployment<'_> {
    /// `None` when the caller interrupts.
    async fn preview(&self) -> Result<Option<Preview>> {
        let current = stack::status(self.aws, self.wanted.name).await?;
        let decision = StackStatus::deploy_decision(current.as_ref().map(|stack| stack.status));
        let mut before = None;
        if let Some(stack) = &current {
            owner::check(self.aws, stack, self.wanted.tags)?;
            let status = stack.status;
            match decision {
                DeployDecision::Create => {}
                DeployDecision::Update => before = stack::template(self.aws, &stack.reference).await?,
                DeployDecision::Busy => return Ok(Some(Preview::Busy { status })),
                DeployDecision::DeleteThenCreate | DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy => {
                    return Ok(Some(Preview::Stuck { status }));
                }
            }
            if decision == DeployDecision::Update && unchanged::is_current(stack, self.wanted, before.as_ref()) {
                return Ok(Some(Preview::Empty));
            }
        }
        let bucket = artifact_bucket_name(self.account, &self.aws.target().region);
        let needs_bucket = template_source::needs_bucket(&self.wanted.text);
        if needs_bucket && !artifact_bucket::exists(self.aws, &bucket, self.account).await? {
            return Ok(Some(Preview::NeedsBucket { bucket }));
        }
        let held = needs_bucket.then_some((&*bucket, self.account));
        let template = template_source::prepare(self.aws, self.wanted.text.clone(), held).await?;
        if self.pacer.is_interrupted() {
            return Ok(None);
        }
        let request = self.request(decision, (current.as_ref(), before.as_ref()), template);
        let created = match change_set::create(self.aws, &request, self.attempt).await {
            Ok(created) => created,
            Err(error) => return self.not_created(error, current).await.map(moved),
        };
        let shell = self.shell(&request, &created, current.as_ref());
        let prepared = change_set::wait_for(self.aws, &created, self.wanted.name, self.pacer.restarted()).await;
        if let Ok(Prepared::Taken { reason }) = prepared {
            // Somebody executes what was made here: the stack that it makes is not ours to delete any more.
            return Ok(Some(Preview::Refused { reason, findings: Vec::new() }));
        }
        // What failed is told when nothing of ours is left.
        self.take_back(&created, &shell).await?;
        Ok(match prepared? {
            Prepared::Ready(change_set) => Some(Preview::Made(Box::new(change_set))),
            Prepared::Empty => Some(Preview::Empty),
            Prepared::Refused { reason, findings } => Some(Preview::Refused { reason, findings }),
            Prepared::Obsolete { reason } | Prepared::Taken { reason } => {
                Some(Preview::Refused { reason, findings: Vec::new() })
            }
            Prepared::Interrupted => None,
        })
    }
}

/// Somebody changed the stack while it was looked at.
fn moved(outcome: Outcome) -> Option<Preview> {
    match outcome {
        Outcome::Busy { status, .. } => Some(Preview::Busy { status }),
        Outcome::ChangeSetObsolete { reason, .. } => Some(Preview::Refused { reason, findings: Vec::new() }),
        _ => None,
    }
}
