//! The five shipped systems, planned with everything optional: every type that their templates have can be made here.

use std::collections::{BTreeMap, BTreeSet};

use stack_plan::{Context, check_project};

use crate::cloudformation::kinds::ResourceKind;

/// Project file and parameters of each system.
const SYSTEMS: [(&str, &[(&str, &str)]); 5] = [
    (
        include_str!("../../../../../tests/fixtures/avatars-whole/stack.yaml"),
        &[("domain", "example.com"), ("zone", "Z0123456789ABCDEFGHIJ")],
    ),
    (include_str!("../../../../../examples/attendance/stack.yaml"), &[("image_tag", "1")]),
    (include_str!("../../../../../examples/video-responses/stack.yaml"), &[]),
    (include_str!("../../../../../examples/image-library/stack.yaml"), &[]),
    (include_str!("../../../../../examples/photo-catalog/stack.yaml"), &[("mail", "ops@example.com")]),
];

/// Policy sources that the projects bring, by file name.
const POLICIES: &[(&str, &str)] = &[(
    "incoming-versions.json.hbs",
    include_str!("../../../../../examples/image-library/policies/incoming-versions.json.hbs"),
)];

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The types of a system's templates, those of other regions included.
fn types(text: &str, parameters: &[(&str, &str)]) -> BTreeSet<String> {
    let context = Context {
        environment: Some("prod".to_owned()),
        user: "alice".to_owned(),
        parameters: map(parameters),
        env: map(&[("PR_NUMBER", "12")]),
        policy_sources: map(POLICIES),
        ..Context::default()
    };
    let plan = check_project("stack.yaml", text, &context).unwrap_or_else(|faults| panic!("{faults:?}"));
    let companions = plan.companions.iter().map(|companion| &companion.template);
    let templates = std::iter::once(&plan.template).chain(companions);
    templates.flat_map(|template| template.resources.values()).map(|resource| resource.resource_type.clone()).collect()
}

#[test]
fn every_type_of_the_shipped_systems_can_be_made() {
    let all: BTreeSet<String> = SYSTEMS.iter().flat_map(|(text, parameters)| types(text, parameters)).collect();
    let missing: Vec<&String> = all.iter().filter(|name| ResourceKind::of(name).is_none()).collect();
    assert!(missing.is_empty() && all.len() > 40, "{} types, nobody makes {missing:#?}", all.len());
}
