//! What a change set tells of each resource.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::answer::tag;

/// The members of `Changes`: action, logical id, type and replacement of each, with the details that the world has.
pub(super) fn members(
    changes: &[(String, String, String, String)],
    details: &BTreeMap<String, (String, Vec<[String; 4]>)>,
) -> String {
    let mut list = String::new();
    for (action, logical_id, resource_type, replacement) in changes {
        let told = details.get(logical_id);
        let replacement = told.map_or(replacement, |(replacement, _)| replacement);
        let properties: String = told.map(|(_, list)| list.iter().map(detail).collect()).unwrap_or_default();
        let _ = write!(
            list,
            "<member><Type>Resource</Type><ResourceChange>{}{}{}{}<Details>{properties}</Details></ResourceChange></member>",
            tag("Action", action),
            tag("LogicalResourceId", logical_id),
            tag("ResourceType", resource_type),
            if replacement.is_empty() { String::new() } else { tag("Replacement", replacement) },
        );
    }
    list
}

fn detail([path, before, after, recreation]: &[String; 4]) -> String {
    let target = [
        tag("Attribute", "Properties"),
        tag("Path", path),
        tag("BeforeValue", before),
        tag("AfterValue", after),
        tag("RequiresRecreation", recreation),
    ];
    format!("<member><Target>{}</Target></member>", target.concat())
}
