//! Making, changing and removing queues.

use std::collections::BTreeMap;

use super::attributes::{self, SETTABLE, default_value, parse_redrive};
use super::errors::{invalid_value, no_queue};
use super::shelf::Record;
use super::{Queue, Sqs, queue_arn};
use crate::persist::lock;
use crate::wire::ServiceError;

impl Sqs {
    /// Makes a queue. One that is there already with the same attributes is answered as it is.
    pub(super) fn create(
        &self,
        name: &str,
        region: &str,
        attributes: BTreeMap<String, String>,
        tags: BTreeMap<String, String>,
    ) -> Result<Queue, ServiceError> {
        let fifo = check_name(name, &attributes)?;
        for (attribute, value) in &attributes {
            attributes::check(attribute, value, fifo)?;
        }
        let attributes: BTreeMap<String, String> =
            attributes.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let now = crate::logs::now() / 1000;
        self.queues.change(|queues| {
            if let Some(existing) = queues.get(name) {
                let differs = attributes
                    .iter()
                    .find(|(attribute, value)| value_of(existing, attribute) != Some((*value).clone()));
                return match differs {
                    None => Ok(existing.clone()),
                    Some((attribute, _)) => Err(ServiceError::bad_request(
                        "QueueNameExists",
                        format!(
                            "A queue already exists with the same name and a different value for attribute {attribute}"
                        ),
                    )),
                };
            }
            check_dead_letters(queues, &queue_arn(region, name), &attributes)?;
            let queue = Queue {
                name: name.to_owned(),
                region: region.to_owned(),
                created: now,
                modified: now,
                attributes,
                tags,
            };
            queues.insert(name.to_owned(), queue.clone());
            Ok(queue)
        })
    }

    /// Removes a queue and its messages.
    pub(super) fn delete(&self, name: &str) -> Result<(), ServiceError> {
        self.queues.change(|queues| queues.remove(name).map(drop).ok_or_else(no_queue))?;
        let mut shelves = lock(&self.shelves);
        self.commit(&mut shelves, &vec![Record::Emptied { queue: name.to_owned() }])?;
        shelves.by_queue.remove(name);
        drop(shelves);
        self.arrived.notify_waiters();
        Ok(())
    }

    /// Sets attributes; an empty value goes back to the default.
    pub(super) fn set_attributes(&self, name: &str, attributes: &BTreeMap<String, String>) -> Result<(), ServiceError> {
        self.change(name, |queues, queue| {
            for (attribute, value) in attributes {
                attributes::check(attribute, value, queue.is_fifo())?;
                if attribute == "FifoQueue" && value != if queue.is_fifo() { "true" } else { "false" } {
                    return Err(ServiceError::bad_request(
                        "InvalidAttributeName",
                        "You can specify the FifoQueue attribute only when you create the queue.",
                    ));
                }
                if value.is_empty() {
                    queue.attributes.remove(attribute);
                } else {
                    queue.attributes.insert(attribute.clone(), value.clone());
                }
            }
            check_dead_letters(queues, &queue.arn(), attributes)
        })?;
        // A shorter delay or another dead-letter queue may make messages visible.
        self.arrived.notify_waiters();
        Ok(())
    }

    /// Changes a queue in place.
    pub(super) fn change(
        &self,
        name: &str,
        change: impl FnOnce(&BTreeMap<String, Queue>, &mut Queue) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        self.queues.change(|queues| {
            let mut queue = queues.get(name).cloned().ok_or_else(no_queue)?;
            change(queues, &mut queue)?;
            queue.modified = crate::logs::now() / 1000;
            queues.insert(name.to_owned(), queue);
            Ok(())
        })
    }

    /// The queues whose dead letters a queue gets.
    pub(super) fn sources_of(&self, arn: &str) -> Vec<Queue> {
        let names_it = |queue: &Queue| queue.redrive().is_some_and(|redrive| redrive.target == arn);
        self.queues().into_iter().filter(names_it).collect()
    }
}

/// The value of an attribute, set or usual.
pub(super) fn value_of(queue: &Queue, attribute: &str) -> Option<String> {
    if attribute == "FifoQueue" {
        return Some(queue.is_fifo().to_string());
    }
    queue.attributes.get(attribute).cloned().or_else(|| default_value(attribute, queue.is_fifo()))
}

/// All attributes that have a value, set or usual.
pub(super) fn effective_attributes(queue: &Queue) -> BTreeMap<String, String> {
    SETTABLE
        .iter()
        .filter(|attribute| **attribute != "FifoQueue" || queue.is_fifo())
        .filter_map(|attribute| Some(((*attribute).to_owned(), value_of(queue, attribute)?)))
        .collect()
}

/// Whether a new queue keeps order, from its name and `FifoQueue`, which must agree.
fn check_name(name: &str, attributes: &BTreeMap<String, String>) -> Result<bool, ServiceError> {
    let wanted = attributes.get("FifoQueue").is_some_and(|value| value == "true");
    let bare = name.strip_suffix(".fifo");
    let well_formed = |bare: &str| {
        !bare.is_empty()
            && name.len() <= 80
            && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    match (bare, wanted) {
        (Some(bare), true) if well_formed(bare) => Ok(true),
        (None, false) if well_formed(name) => Ok(false),
        (_, true) => Err(invalid_value(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
        )),
        _ => Err(invalid_value("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")),
    }
}

/// The dead-letter queue must be there, be of the same kind, and take letters of this queue.
fn check_dead_letters(
    queues: &BTreeMap<String, Queue>,
    arn: &str,
    attributes: &BTreeMap<String, String>,
) -> Result<(), ServiceError> {
    let Some(policy) = attributes.get("RedrivePolicy").filter(|policy| !policy.is_empty()) else { return Ok(()) };
    let refuse = |why: &str| Err(super::errors::invalid("RedrivePolicy", policy, why));
    let redrive = parse_redrive(policy)?;
    let target = queues.get(super::queue_name(&redrive.target)).filter(|target| target.arn() == redrive.target);
    let Some(target) = target else { return refuse("Dead letter target does not exist.") };
    if target.is_fifo() != super::is_fifo(arn) {
        return refuse("Dead-letter queue must be same type of queue as the source.");
    }
    if !target.takes_dead_letters_of(arn) {
        return refuse("The dead-letter queue does not allow this queue to use it: see its RedriveAllowPolicy.");
    }
    Ok(())
}
