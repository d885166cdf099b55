//! Actions after the stack reached its state and has its contents.

use stack_plan::Event;
use stack_plan::plan::Action;

use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::error::Result;
use crate::host::Host;
use crate::invalidate::invalidate;
use crate::notifications::{self, ForeignNotifications};
use crate::outcome::StackReference;

/// Runs the actions of a plan, in their order. Each does nothing when there is nothing to do; distributions are told to forget
/// what they hold when contents are `is_unserved`.
pub(crate) async fn run_actions(
    aws: &Aws,
    stack: &StackReference,
    actions: &[Action],
    (is_unserved, attempt): (bool, &Attempt),
    host: &mut dyn Host,
) -> Result<()> {
    for action in actions {
        match action {
            Action::Invalidate { logical_id, paths } => {
                if is_unserved {
                    let target = invalidate(aws, stack, logical_id, paths, attempt).await?;
                    host.event(Event::ActionFinished { action: "invalidate", target });
                }
            }
            Action::MergeNotifications { bucket_name, id_prefix, entries } => {
                if notifications::merge(aws, bucket_name, id_prefix, entries).await? {
                    let target = bucket_name.clone();
                    host.event(Event::ActionFinished { action: "merge-notifications", target });
                }
            }
            other => {
                host.event(Event::Notice { code: "action-not-run", detail: format!("{other:?}") });
            }
        }
    }
    Ok(())
}

/// Those of the buckets that no action keeps entries in any more.
pub(crate) fn left(listed: Vec<ForeignNotifications>, actions: &[Action]) -> Vec<ForeignNotifications> {
    let is_kept = |bucket: &ForeignNotifications| {
        actions.iter().any(|action| {
            matches!(action, Action::MergeNotifications { bucket_name, id_prefix, .. }
                if *bucket_name == bucket.bucket && *id_prefix == bucket.id_prefix)
        })
    };
    listed.into_iter().filter(|bucket| !is_kept(bucket)).collect()
}
