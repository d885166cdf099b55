//! What must hold after two commands were at work on one stack at once, whoever ran them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::scripted_cloudformation::World;

/// One of the two commands.
#[derive(Debug, Clone)]
pub enum Contender {
    /// A deployment of this template.
    Deploy(Value),
    /// A destruction.
    Destroy,
}

/// How a command ended.
#[derive(Debug, Clone)]
pub struct End {
    /// Its outcome as `--json` names it, or its error.
    pub kind: String,
    /// Id of the change set that it says it deployed.
    pub deployed: Option<String>,
    /// Ids of the change sets that it was allowed to execute.
    pub approved: BTreeSet<String>,
}

impl Contender {
    /// Ends that are the truth for somebody who was not alone.
    fn permits(&self, kind: &str, is_destroyed: bool) -> bool {
        match self {
            Self::Deploy(_) if kind == "deleted-meanwhile" => is_destroyed,
            Self::Deploy(_) => ["deployed", "no-changes", "busy", "change-set-obsolete"].contains(&kind),
            Self::Destroy => ["destroyed", "absent", "busy"].contains(&kind),
        }
    }
}

/// What is wrong after a race.
#[must_use]
pub fn faults(contenders: &[Contender; 2], ends: &[End; 2], stack_name: &str, world: &mut World) -> Vec<String> {
    let mut faults = Vec::new();
    let mut hold = |holds: bool, what: &str| faults.extend((!holds).then(|| what.to_owned()));
    let executed: BTreeSet<&String> = world.executed.iter().collect();
    hold(executed.len() == world.executed.len(), "a change set was executed twice");
    hold(world.obsolete_executions == 0, "an obsolete change set was executed");
    let is_destroyed = ends.iter().any(|end| end.kind == "destroyed");
    for (contender, end) in contenders.iter().zip(ends) {
        hold(contender.permits(&end.kind, is_destroyed), "a command ends in another way");
        match &end.deployed {
            Some(id) => hold(end.approved.contains(id) && executed.contains(id), "what is deployed was not executed"),
            // A creation can be deleted under the eyes of who watches it.
            None => hold(
                is_destroyed || end.approved.iter().all(|id| !executed.contains(id)),
                "a command does not tell that it executed",
            ),
        }
    }
    hold(world.executed.iter().all(|id| ends.iter().any(|end| end.approved.contains(id))), "nobody approved it");
    let last = world.executed.last().cloned();
    let stack = world.stack(stack_name).cloned();
    let unfinished = |text: &str| text.ends_with("_IN_PROGRESS");
    hold(stack.as_ref().is_none_or(|stack| !unfinished(&stack.status)), "a shell or an operation is left");
    if let Some(stack) = &stack {
        let waiting = stack.change_sets.iter().filter(|set| set.execution_status == "AVAILABLE").count();
        hold(waiting == 0, "a change set is left");
        let template: Value = serde_json::from_str(&stack.template).unwrap();
        let winner = contenders.iter().zip(ends).find(|(_, end)| last.is_some() && end.deployed == last);
        if let Some((Contender::Deploy(wanted), _)) = winner {
            hold(template == *wanted, "the last update is lost");
        }
    }
    let resources = stack.map(|stack| stack.resources).unwrap_or_default();
    let owned: BTreeSet<&String> = resources
        .values()
        .filter(|resource| resource.kind == "AWS::S3::Bucket")
        .map(|resource| &resource.physical_id)
        .collect();
    hold(owned == world.buckets.keys().collect(), "there are other buckets than the stack's");
    faults
}
