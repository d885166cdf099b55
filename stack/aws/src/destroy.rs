//! Destroy: what goes, what stays, then the deletion; the stack first, its companions after it.

use std::collections::BTreeMap;

use stack_plan::Event;

use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::deletion::{self, Deleted};
use crate::destroy_plan::{DestroyPlan, account_of, destroy_plan};
use crate::empty_bucket::empty_bucket;
use crate::error::Result;
use crate::host::{Answer, Host, Question};
use crate::next_step::{self, About};
use crate::notifications;
use crate::options::{DestroyOptions, Pacer, Polling};
use crate::outcome::{CompanionStack, Outcome};
use crate::owner;
use crate::stack;
use crate::status::{DestroyDecision, StackStatus};

/// Deletes a stack by name or id and then its companions, after asking with everything that goes and stays.
///
/// Companions that an earlier run left behind go as well. Buckets that hold something are emptied only with
/// [`DestroyOptions::empty`]; without it nothing is deleted at all, as CloudFormation would stop halfway.
///
/// # Errors
/// What the user cannot answer: no credentials, a refused or unanswered call, a stack of another project.
pub async fn destroy(aws: &Aws, stack_name: &str, options: &DestroyOptions, host: &mut dyn Host) -> Result<Outcome> {
    let destruction = Destruction {
        options,
        pacer: Pacer::new(options.polling.unwrap_or_else(|| Polling::suiting(aws)), options.interrupt.clone()),
        attempt: Attempt::new(options.attempt.as_deref()),
    };
    let mut doomed = Vec::new();
    // The main stack uses what the others give, so it goes first.
    let others = options.companions.iter().rev().map(|other| (aws.in_region(&other.region), &*other.stack_name));
    for (aws, name) in std::iter::once((aws.clone(), stack_name)).chain(others) {
        let Some(stack) = stack::status(&aws, name).await? else { continue };
        owner::check(&aws, &stack, &options.tags)?;
        let is_going = match StackStatus::destroy_decision(Some(stack.status)) {
            DestroyDecision::Absent => continue,
            DestroyDecision::Busy => return Ok(Outcome::Busy { stack: stack.reference, status: stack.status }),
            DestroyDecision::Follow => true,
            DestroyDecision::Delete => false,
        };
        let plan = destroy_plan(&aws, &stack).await?;
        doomed.push(Doomed { aws, plan, is_going });
    }
    if let Some(outcome) = destruction.obstacle(&doomed, host) {
        return Ok(outcome);
    }
    destruction.delete_all(stack_name, doomed, host).await
}

/// A stack that is to go, or goes already.
struct Doomed {
    aws: Aws,
    plan: DestroyPlan,
    is_going: bool,
}

struct Destruction<'a> {
    options: &'a DestroyOptions,
    pacer: Pacer,
    attempt: Attempt,
}

impl Destruction<'_> {
    /// What keeps the stacks from being deleted: protection, buckets that hold something, the answer to the question.
    fn obstacle(&self, doomed: &[Doomed], host: &mut dyn Host) -> Option<Outcome> {
        let mut plans = doomed.iter().filter(|stack| !stack.is_going).map(|stack| stack.plan.clone());
        // Somebody ordered the deletion already: there is nothing to ask.
        let mut plan = plans.next()?;
        plan.companions = plans.collect();
        let all = || std::iter::once(&plan).chain(&plan.companions);
        if all().any(|plan| plan.protected) && !self.options.unprotect {
            let next = vec![next_step::own("destroy", &self.options.arguments, "--unprotect")];
            return Some(Outcome::Protected { plan, next });
        }
        if let Some(full) = all().find(|plan| !plan.non_empty_buckets.is_empty()).filter(|_| !self.options.empty) {
            let next = vec![next_step::own("destroy", &self.options.arguments, "--empty")];
            let (stack, buckets) = (full.stack.clone(), full.non_empty_buckets.clone());
            return Some(Outcome::BucketsNotEmpty { stack, buckets, next });
        }
        let stack_name = plan.stack.name.clone();
        let question = Question::DestroyStack(plan);
        match host.approve(&question) {
            Answer::Yes => {}
            Answer::No => return Some(Outcome::Declined { question, companions: Vec::new() }),
            Answer::CannotAsk => return Some(Outcome::ApprovalNeeded { question }),
        }
        self.pacer.is_interrupted().then_some(Outcome::Interrupted { stack_name })
    }

    async fn delete_all(&self, stack_name: &str, doomed: Vec<Doomed>, host: &mut dyn Host) -> Result<Outcome> {
        let mut emptied = BTreeMap::new();
        let mut retained = Vec::new();
        let mut gone = Vec::new();
        for Doomed { aws, plan, is_going } in doomed {
            let stack = plan.stack.clone();
            let pacer = self.pacer.restarted();
            let role = self.options.role_arn.as_deref();
            let deleted = if is_going {
                deletion::follow_running(&aws, &stack, pacer, host).await?
            } else {
                self.clear(&aws, &plan, &mut emptied, host).await?;
                deletion::delete(&aws, (&stack, role), &self.attempt, pacer, host).await?
            };
            match deleted {
                Deleted::Gone => {}
                Deleted::Busy { status } => return Ok(Outcome::Busy { stack, status }),
                Deleted::Failed { status, failures } => {
                    let next = vec![next_step::own("destroy", &self.options.arguments, "")];
                    return Ok(Outcome::DestroyFailed { stack, status, failures, next });
                }
                Deleted::Interrupted => {
                    let now = stack::status(&aws, &stack.id).await?;
                    let status = now.map_or(StackStatus::DeleteComplete, |stack| stack.status);
                    let is_companion = stack.name != stack_name && stack.id != stack_name;
                    let about = About { aws: &aws, stack: &stack, arguments: &self.options.arguments, is_companion };
                    let mut next = about.running(status);
                    if !self.options.companions.is_empty() {
                        next.push(next_step::own("destroy", &self.options.arguments, ""));
                    }
                    return Ok(Outcome::Detached { stack, status, next });
                }
            }
            retained.extend(plan.stays);
            gone.push((stack, aws.target().region.clone()));
        }
        let mut gone = gone.into_iter();
        let Some((stack, _)) = gone.next() else { return Ok(Outcome::Absent { stack_name: stack_name.to_owned() }) };
        let companions = gone.map(|(stack, region)| CompanionStack { region, stack_name: stack.name }).collect();
        Ok(Outcome::Destroyed { stack, retained, emptied, companions })
    }

    /// Takes away what would stop CloudFormation halfway, and what is ours in buckets of others.
    async fn clear(
        &self,
        aws: &Aws,
        plan: &DestroyPlan,
        emptied: &mut BTreeMap<String, u64>,
        host: &mut dyn Host,
    ) -> Result<()> {
        // While their targets exist: S3 would go on calling what is gone.
        for bucket in &plan.notifications {
            notifications::take_out(aws, bucket, host).await?;
        }
        if plan.protected {
            deletion::set_protection(aws, &plan.stack, false).await?;
        }
        for bucket in &plan.non_empty_buckets {
            let count = empty_bucket(aws, &bucket.bucket, account_of(&plan.stack.id)).await?;
            host.event(Event::ActionFinished { action: "empty-bucket", target: bucket.bucket.clone() });
            emptied.insert(bucket.bucket.clone(), count);
        }
        Ok(())
    }
}
