//! Where an operation that takes drift back starts from: what the stack's resources really are.

use crate::cloudformation::drift::{Readings, Subject};
use crate::cloudformation::model::Definition;
use crate::cloudformation::operation::Operation;

/// Reads the resources and puts what was found into the rows of the stack, and of what its rollback leads to: a failure
/// leads back to what really was, and not to what was deployed. What is gone has no row, so that it is made again.
///
/// `None` for an operation that does not look at drift. Drift is read again here, and not kept from the creation of the
/// change set: what comes of the operation is the template either way. Unchecked against AWS.
pub(super) async fn start_from_actual(
    operation: &Operation,
    definition: &Definition,
    wanted: &[String],
) -> Option<Readings> {
    let subject = operation.look(|stack| {
        let reverts_drift = stack.executing().is_some_and(|change_set| change_set.drift.is_some());
        reverts_drift.then(|| Subject::of(stack))
    })??;
    let readings = Readings::take(&operation.cloud, &subject, &definition.template).await;
    operation.change(|stack| {
        for row in &subject.rows {
            let is_gone = readings.is_gone(row) && wanted.contains(&row.logical_id);
            let properties = readings.properties(row);
            // What is known of drift is true no longer.
            stack.drift.resources.remove(&row.logical_id);
            if !is_gone && properties == row.properties {
                continue;
            }
            let snapshot = stack.previous.as_mut().filter(|snapshot| {
                snapshot.resources.get(&row.logical_id).is_some_and(|known| known.physical_id == row.physical_id)
            });
            if let Some(snapshot) = snapshot {
                if is_gone {
                    snapshot.resources.shift_remove(&row.logical_id);
                } else if let Some(known) = snapshot.resources.get_mut(&row.logical_id) {
                    known.properties.clone_from(&properties);
                }
                // What an attempt before this one found it deployed as stays what it was deployed as.
                snapshot.drifted.entry(row.logical_id.clone()).or_insert_with(|| row.clone());
            }
            if is_gone {
                stack.resources.shift_remove(&row.logical_id);
            } else if let Some(known) = stack.resources.get_mut(&row.logical_id) {
                known.properties = properties;
            }
        }
    });
    Some(readings)
}
