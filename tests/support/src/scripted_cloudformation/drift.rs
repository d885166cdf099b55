//! The calls of drift detection: what is found is what [`World::drifts`] says.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::answer::{Answer, tag};
use super::cloudformation::{Called, Form, given, invalid, stack};
use super::world::{Stack, World};

/// Looks that a detection takes before it is over.
const LOOKS: u32 = 2;

pub(super) fn detect(world: &mut World, form: &Form) -> Called {
    if world.foreign_detections > 0 {
        world.foreign_detections -= 1;
        return Err(invalid("Drift detection is already in progress for the stack"));
    }
    let id = stack(world, form)?.id.clone();
    world.detections.push((id, LOOKS));
    Ok(tag("StackDriftDetectionId", &(world.detections.len() - 1).to_string()))
}

pub(super) fn describe_status(world: &mut World, form: &Form) -> Called {
    let id = given(form, "StackDriftDetectionId");
    let failure = world.detection_fails.clone();
    let detection = id.parse().ok().and_then(|number: usize| world.detections.get_mut(number));
    let (stack_id, looks) = detection.ok_or_else(|| invalid("Stack drift detection status does not exist."))?;
    let status = match (*looks, &failure) {
        (0, None) => "DETECTION_COMPLETE",
        (0, Some(_)) => "DETECTION_FAILED",
        _ => "DETECTION_IN_PROGRESS",
    };
    *looks = looks.saturating_sub(1);
    let mut text =
        [tag("StackId", stack_id), tag("StackDriftDetectionId", id), tag("DetectionStatus", status)].concat();
    if let Some(reason) = failure.filter(|_| status == "DETECTION_FAILED") {
        text += &tag("DetectionStatusReason", &reason);
    }
    Ok(text + "<Timestamp>2026-11-21T00:00:00Z</Timestamp>")
}

/// Two a page.
pub(super) fn describe_resources(world: &mut World, form: &Form) -> Called {
    let drifts = world.drifts.clone();
    let stack = stack(world, form)?;
    let skip: usize = given(form, "NextToken").parse().unwrap_or(0);
    let mut text = String::new();
    for (logical_id, (status, differences)) in drifts.iter().skip(skip).take(2) {
        let Some(resource) = stack.resources.get(logical_id) else {
            return Err(Answer::query_error(
                500,
                "InternalFailure",
                "the script tells of a resource that is not there",
            ));
        };
        let mut list = String::new();
        for [kind, path, expected, actual] in differences {
            let _ = write!(
                list,
                "<member>{}{}{}{}</member>",
                tag("PropertyPath", path),
                tag("ExpectedValue", expected),
                tag("ActualValue", actual),
                tag("DifferenceType", kind),
            );
        }
        let _ = write!(
            text,
            "<member>{}{}{}{}{}<PropertyDifferences>{list}</PropertyDifferences><Timestamp>2026-11-21T00:00:00Z</Timestamp></member>",
            tag("StackId", &stack.id),
            tag("LogicalResourceId", logical_id),
            tag("PhysicalResourceId", &resource.physical_id),
            tag("ResourceType", &resource.kind),
            tag("StackResourceDriftStatus", status),
        );
    }
    let next = if skip + 2 < drifts.len() { tag("NextToken", &(skip + 2).to_string()) } else { String::new() };
    Ok(format!("<StackResourceDrifts>{text}</StackResourceDrifts>{next}"))
}

/// What brings drifted resources back: action, logical id, type, replacement.
pub(super) fn changes(
    stack: &Stack,
    drifts: &BTreeMap<String, (String, Vec<[String; 4]>)>,
) -> Vec<(String, String, String, String)> {
    let change = |(logical_id, (status, _)): (&String, &(String, Vec<[String; 4]>))| {
        let (action, replacement) = match status.as_str() {
            "MODIFIED" => ("Modify", "False"),
            "DELETED" => ("Add", ""),
            _ => return None,
        };
        let kind = stack.resources.get(logical_id)?.kind.clone();
        Some((action.to_owned(), logical_id.clone(), kind, replacement.to_owned()))
    };
    drifts.iter().filter_map(change).collect()
}
