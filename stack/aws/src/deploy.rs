//! Deploy: from a plan and built zips to a stack that is as the plan says, with its companions before it.

use std::collections::BTreeMap;
use std::path::Path;

use stack_plan::plan::{ARTIFACT_BUCKET_PARAMETER, Action, Companion};
use stack_plan::{Built, Plan, StackOptions};

use crate::actions::{self, run_actions};
use crate::artifact_bucket::artifact_bucket_name;
use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::contents::{ContentsChanges, sync_contents};
use crate::error::{AwsError, Result};
use crate::host::Host;
use crate::hot_swap::Swapped;
use crate::next_step;
use crate::notifications;
use crate::options::{DeployOptions, Pacer, Polling};
use crate::outcome::{CompanionChange, Outcome};
use crate::saved_plan::save_plan;
use crate::stack::StackSummary;
use crate::stack_deployment::{Brought, Found, Looked, StackDeployment, There, Wanted};
use crate::template_source::render_template;
use crate::upload::upload_zips;

/// Brings the stack, and its companions before it, to what the plan says.
///
/// `built` holds one zip per artifact of the plan; `project_directory` is what the sources of contents are relative to.
/// Nothing is changed before the host approved it: the artifact bucket on first use, then each change set, by id.
///
/// # Errors
/// What the user cannot answer: no credentials, a refused or unanswered call, an unreadable file, a stack of another
/// project.
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
        attempt: Attempt::new(options.attempt.as_deref()).by(options.deployer.as_deref()),
        pacer: Pacer::new(options.polling.unwrap_or_else(|| Polling::suiting(aws)), options.interrupt.clone()),
    };
    // What can be known to be wrong is told before the first call.
    let mut main = wanted(plan, built, &artifact_bucket_name(&plan.account, &aws.target().region))?;
    let mut companions = Vec::new();
    for companion in &plan.companions {
        companions.push((aws.in_region(&companion.region), companion, wanted_companion(plan, companion)?));
    }
    if let Some(planned) = &options.plan {
        let changes = planned.changes(&save_plan(aws, plan, built).await?);
        if !changes.is_empty() {
            return Ok(Outcome::PlanStale { stack_name: plan.stack_name.clone(), changes });
        }
    }
    // All stacks are looked at before one is changed.
    let mut found = match deployment.of(aws, &main).look().await? {
        Looked::Found(found) => found,
        Looked::Ended(outcome) => return Ok(outcome),
    };
    let mut found_companions: Vec<Found> = Vec::new();
    for (aws, _, wanted) in &companions {
        match deployment.of(aws, wanted).look().await? {
            Looked::Found(found) => found_companions.push(found),
            Looked::Ended(outcome) => return Ok(outcome),
        }
    }
    if options.hot_swap {
        for ((_, companion, _), found) in companions.iter().zip(&found_companions) {
            // One that has no outputs yet makes more than code differ, and the deployment below sees to it.
            if let Some(Ok(values)) = found.current.as_ref().map(|stack| received(companion, stack)) {
                main.parameters.extend(values);
            }
        }
        match deployment.of(aws, &main).hot_swap(&found, (&plan.artifacts, built), host).await? {
            Swapped::Done { functions, there } => return deployment.finish_swap(functions, *there, host).await,
            Swapped::Ended(outcome) => return Ok(*outcome),
            Swapped::NotPossible => {}
        }
    }
    let mut changes: Vec<CompanionChange> = Vec::new();
    for ((aws, companion, wanted), found) in companions.iter().zip(found_companions) {
        match deployment.of(aws, wanted).bring(found, host).await? {
            Brought::There(there) => {
                main.parameters.extend(received(companion, &there.stack)?);
                changes.push(companion_change(companion, *there));
            }
            Brought::Ended(outcome) => return Ok(outcome.beside(changes)),
        }
    }
    if changes.iter().any(|change| change.operation.is_some()) {
        // A certificate takes its time: the main stack may have moved.
        found = match deployment.of(aws, &main).look().await? {
            Looked::Found(found) => found,
            Looked::Ended(outcome) => return Ok(outcome),
        };
    }
    let of_main = deployment.of(aws, &main);
    let may_be_swapped = found.current.is_some() && !of_main.is_guarded(found.current.as_ref());
    match of_main.bring(found, host).await? {
        Brought::There(there) => {
            if may_be_swapped && !plan.artifacts.is_empty() && !options.prepare_only {
                of_main.undo_hot_swap(&there.stack, &plan.artifacts, host).await?;
            }
            Ok(deployment.finish(*there, host).await?.beside(changes))
        }
        Brought::Ended(outcome) => Ok(outcome.beside(changes)),
    }
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
}

impl Deployment<'_> {
    fn of<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted<'a>) -> StackDeployment<'a> {
        StackDeployment {
            aws,
            account: &self.plan.account,
            wanted,
            attempt: &self.attempt,
            pacer: &self.pacer,
            arguments: &self.options.arguments,
            prepare_only: self.options.prepare_only,
            import_existing: self.options.import_existing,
            // What a companion gives must be ready when the main stack takes it.
            express: self.options.express && !wanted.is_companion,
            plan: self.options.plan.as_ref(),
        }
    }

    /// What comes after a hot swap: contents go with the code.
    async fn finish_swap(&self, functions: Vec<String>, there: There, host: &mut dyn Host) -> Result<Outcome> {
        let (stack, outputs) = (there.stack.reference.clone(), there.stack.outputs.clone());
        self.finish(there, host).await?;
        let next = vec![next_step::own("deploy", &self.options.arguments, "")];
        Ok(Outcome::HotSwapped { stack, functions, outputs, next })
    }

    /// What comes after the stack itself; each step does nothing when there is nothing to do.
    async fn finish(&self, there: There, host: &mut dyn Host) -> Result<Outcome> {
        let There { stack, change, before } = there;
        if self.options.prepare_only {
            let (stack, outputs) = (stack.reference, stack.outputs);
            return Ok(Outcome::NoChanges {
                stack,
                outputs,
                contents: ContentsChanges::default(),
                companions: Vec::new(),
            });
        }
        let Plan { account, contents, actions, .. } = self.plan;
        let synced = sync_contents(self.aws, account, self.project_directory, contents, host).await?;
        run_actions(self.aws, &stack.reference, actions, (synced.is_unserved(), &self.attempt), host).await?;
        if actions.iter().any(|action| matches!(action, Action::Invalidate { .. })) {
            synced.seal().await?;
        }
        let contents = synced.changes;
        let listed = notifications::listed(before.as_ref().and_then(|template| template.get("Metadata")));
        for bucket in actions::left(listed, actions) {
            notifications::take_out(self.aws, &bucket, host).await?;
        }
        let (stack, outputs) = (stack.reference, stack.outputs);
        let companions = Vec::new();
        Ok(match change {
            None => Outcome::NoChanges { stack, outputs, contents, companions },
            Some(change) => Outcome::Deployed {
                stack,
                operation: change.operation,
                change_set: change.change_set,
                outputs,
                contents,
                orphans: change.orphans,
                companions,
            },
        })
    }
}

/// The main stack, but for what its companions give.
pub(crate) fn wanted<'a>(plan: &'a Plan, built: &'a [Built], bucket: &str) -> Result<Wanted<'a>> {
    let mut parameters = plan.parameters.clone();
    for artifact in &plan.artifacts {
        let zip = built
            .iter()
            .find(|zip| zip.function == artifact.function)
            .ok_or_else(|| AwsError::NotBuilt { function: artifact.function.clone() })?;
        parameters.insert(artifact.key_parameter.clone(), zip.key());
    }
    if plan.template.parameters.contains_key(ARTIFACT_BUCKET_PARAMETER) {
        parameters.insert(ARTIFACT_BUCKET_PARAMETER.to_owned(), bucket.to_owned());
    }
    Ok(Wanted {
        name: &plan.stack_name,
        template: &plan.template,
        text: render_template(&plan.template)?,
        parameters,
        tags: &plan.tags,
        protect: plan.environment.protect,
        artifacts: if plan.artifacts.is_empty() { &[] } else { built },
        is_companion: false,
        options: plan.options.clone(),
    })
}

pub(crate) fn wanted_companion<'a>(plan: &'a Plan, companion: &'a Companion) -> Result<Wanted<'a>> {
    Ok(Wanted {
        name: &companion.stack_name,
        template: &companion.template,
        text: render_template(&companion.template)?,
        parameters: BTreeMap::new(),
        tags: &plan.tags,
        protect: plan.environment.protect,
        artifacts: &[],
        is_companion: true,
        // Topics and alarms are of the region of the main stack.
        options: StackOptions { role_arn: plan.options.role_arn.clone(), ..StackOptions::default() },
    })
}

/// The parameters of the main stack that a companion gives.
fn received(companion: &Companion, stack: &StackSummary) -> Result<BTreeMap<String, String>> {
    let value = |output: &String| {
        let value = stack.outputs.get(output).cloned().ok_or_else(|| AwsError::MissingOutput {
            stack: companion.stack_name.clone(),
            region: companion.region.clone(),
            output: output.clone(),
        })?;
        Ok((output.clone(), value))
    };
    companion.outputs.iter().map(value).collect()
}

fn companion_change(companion: &Companion, there: There) -> CompanionChange {
    let (operation, orphans) = there.change.map(|change| (change.operation, change.orphans)).unzip();
    CompanionChange {
        region: companion.region.clone(),
        stack: there.stack.reference,
        operation,
        orphans: orphans.unwrap_or_default(),
    }
}
