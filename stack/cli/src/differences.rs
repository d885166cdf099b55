//! What is deployed, against what would be: templates, parameter values, code and tags of one stack.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stack_aws::{Deployed, StackStatus};
use stack_plan::diff::Changes;
use stack_plan::plan::Artifact;
use stack_plan::{Built, Template};

use crate::preview::ChangeSetView;

/// What is shown of a value that must not be.
const HIDDEN: &str = "****";

/// How one stack differs from what is planned.
#[derive(Debug, Serialize)]
pub(crate) struct StackDifferences {
    /// Name of the stack.
    pub(crate) stack_name: String,
    /// AWS region.
    pub(crate) region: String,
    /// Its status; absent when there is no such stack.
    pub(crate) status: Option<StackStatus>,
    /// How the templates differ.
    pub(crate) changes: Changes,
    /// Functions whose code differs.
    pub(crate) code: Vec<CodeChange>,
    /// True when the code was looked at.
    pub(crate) code_compared: bool,
    /// Parameters whose values differ.
    pub(crate) parameters: Vec<ValueChange>,
    /// Tags of the stack that differ: every resource that can have tags gets them.
    pub(crate) tags: Vec<ValueChange>,
    /// What CloudFormation says; absent when it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) change_set: Option<ChangeSetView>,
}

/// A function that gets other code.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CodeChange {
    /// Name in the project file.
    pub(crate) function: String,
    /// Key of the deployed package; absent when there is none.
    pub(crate) before: Option<String>,
    /// Key of the built one.
    pub(crate) after: String,
}

/// A value that differs.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ValueChange {
    /// Name of the parameter or key of the tag.
    pub(crate) name: String,
    /// What is deployed.
    pub(crate) before: Option<String>,
    /// What is planned.
    pub(crate) after: Option<String>,
}

/// What is planned for a stack.
pub(crate) struct Planned<'a> {
    pub(crate) stack_name: &'a str,
    pub(crate) region: &'a str,
    pub(crate) template: &'a Template,
    /// Values that are known before a deployment.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Parameters whose values are known only during a deployment.
    pub(crate) unknown: BTreeSet<&'a str>,
    pub(crate) tags: &'a BTreeMap<String, String>,
    pub(crate) artifacts: &'a [Artifact],
    /// What was built of them; absent when the code is left out.
    pub(crate) built: Option<&'a [Built]>,
}

impl StackDifferences {
    /// Compares. `deployed_template` is the template of what is deployed, empty where nothing is.
    pub(crate) fn between(deployed: Option<&Deployed>, deployed_template: &Template, planned: &Planned<'_>) -> Self {
        let stack = deployed.map(|deployed| &deployed.stack);
        let exists = deployed.is_some_and(|deployed| deployed.template.is_some());
        let none = BTreeMap::new();
        let before = stack.filter(|_| exists).map_or(&none, |stack| &stack.parameters);
        let tags = stack.filter(|_| exists).map(|stack| &stack.tags);
        Self {
            stack_name: planned.stack_name.to_owned(),
            region: planned.region.to_owned(),
            status: stack.map(|stack| stack.status),
            changes: Changes::between(deployed_template, planned.template),
            code: planned.built.map(|built| code_changes(before, planned.artifacts, built)).unwrap_or_default(),
            code_compared: planned.built.is_some() || planned.artifacts.is_empty(),
            // Of a stack that will be made, the values are no differences of their own.
            parameters: if exists { parameter_changes(before, planned) } else { Vec::new() },
            tags: tags.map(|tags| value_changes(tags, planned.tags)).unwrap_or_default(),
            change_set: None,
        }
    }

    /// True when nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        let is_told_of = self.change_set.as_ref().is_some_and(ChangeSetView::differs);
        let has_values = !self.code.is_empty() || !self.parameters.is_empty() || !self.tags.is_empty();
        self.changes.is_empty() && !has_values && !is_told_of
    }
}

fn code_changes(before: &BTreeMap<String, String>, artifacts: &[Artifact], built: &[Built]) -> Vec<CodeChange> {
    let change = |artifact: &Artifact| {
        let after = built.iter().find(|built| built.function == artifact.function)?.key();
        let before = before.get(&artifact.key_parameter).cloned();
        (before.as_ref() != Some(&after)).then(|| CodeChange { function: artifact.function.clone(), before, after })
    };
    artifacts.iter().filter_map(change).collect()
}

fn parameter_changes(before: &BTreeMap<String, String>, planned: &Planned<'_>) -> Vec<ValueChange> {
    let is_code = |name: &str| planned.artifacts.iter().any(|artifact| artifact.key_parameter == name);
    let mut changes = Vec::new();
    for (name, declared) in &planned.template.parameters {
        if is_code(name) || planned.unknown.contains(name.as_str()) {
            continue;
        }
        let after = planned.parameters.get(name).cloned().or_else(|| declared.default_text());
        let before = before.get(name).cloned();
        // CloudFormation masks the value that is deployed: nobody can say whether it differs.
        if before == after || declared.is_secret() && before.is_some() {
            continue;
        }
        let hide = |value: Option<String>| if declared.is_secret() { value.map(|_| HIDDEN.to_owned()) } else { value };
        changes.push(ValueChange { name: name.clone(), before: hide(before), after: hide(after) });
    }
    changes
}

fn value_changes(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<ValueChange> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |name: &String| {
        let (before, after) = (before.get(name).cloned(), after.get(name).cloned());
        (before != after).then(|| ValueChange { name: name.clone(), before, after })
    };
    names.into_iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stack_aws::{LastDrift, StackReference, StackSummary};

    use super::*;

    fn template(text: &Value) -> Template {
        Template::parse(&text.to_string()).unwrap()
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn deployed(parameters: &[(&str, &str)], exists: bool) -> Deployed {
        let stack = StackSummary {
            deployer: None,
            watched: stack_aws::Watched::default(),
            reference: StackReference { name: "s".to_owned(), id: "arn".to_owned() },
            status: StackStatus::CreateComplete,
            status_reason: None,
            outputs: BTreeMap::new(),
            parameters: map(parameters),
            tags: map(&[("team", "a"), ("old", "1")]),
            protected: false,
            created: None,
            updated: None,
            drift: LastDrift { status: "NOT_CHECKED".to_owned(), checked: None },
        };
        Deployed { stack, template: exists.then(String::new) }
    }

    fn planned<'a>(template: &'a Template, tags: &'a BTreeMap<String, String>) -> Planned<'a> {
        Planned {
            stack_name: "s",
            region: "eu-central-1",
            template,
            parameters: map(&[("Size", "2"), ("Secret", "new")]),
            unknown: BTreeSet::from(["Given"]),
            tags,
            artifacts: &[],
            built: None,
        }
    }

    #[test]
    fn parameters_and_tags_are_told_and_secrets_are_not() {
        let new = template(&json!({
            "Parameters": {
                "Size": {"Type": "Number", "Default": 1},
                "Same": {"Type": "Number", "Default": 7},
                "Given": {"Type": "String"},
                "Secret": {"Type": "String", "NoEcho": true},
            },
            "Resources": {"T": {"Type": "AWS::SNS::Topic"}}
        }));
        let tags = map(&[("team", "b"), ("new", "2")]);
        let deployed = deployed(&[("Size", "1"), ("Same", "7"), ("Secret", "****")], true);
        let differences = StackDifferences::between(Some(&deployed), &new, &planned(&new, &tags));
        assert!(differences.changes.is_empty() && differences.code_compared);
        let change = |name: &str, before: Option<&str>, after: Option<&str>| ValueChange {
            name: name.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(differences.parameters, [change("Size", Some("1"), Some("2"))]);
        let tags =
            [change("new", None, Some("2")), change("old", Some("1"), None), change("team", Some("a"), Some("b"))];
        assert_eq!(differences.tags, tags);
    }

    #[test]
    fn a_stack_that_is_still_to_be_made_differs_by_its_resources_alone() {
        let new = template(&json!({
            "Parameters": {"Size": {"Type": "Number"}},
            "Resources": {"T": {"Type": "AWS::SNS::Topic"}}
        }));
        let tags = map(&[("team", "b")]);
        let nothing = Template::default();
        for before in [None, Some(deployed(&[], false))] {
            let differences = StackDifferences::between(before.as_ref(), &nothing, &planned(&new, &tags));
            assert_eq!((differences.parameters.len(), differences.tags.len()), (0, 0));
            assert!(!differences.is_empty());
        }
    }

    #[test]
    fn code_differs_by_the_hash_of_its_package() {
        let artifact = Artifact {
            function: "resize".to_owned(),
            logical_id: "Resize".to_owned(),
            function_name: "s-resize".to_owned(),
            package: "resize".to_owned(),
            features: Vec::new(),
            architecture: stack_plan::plan::Architecture::X86_64,
            key_parameter: "ResizeKey".to_owned(),
        };
        let built = Built {
            function: "resize".to_owned(),
            package: "resize".to_owned(),
            file: "resize.zip".into(),
            sha256: "ab".to_owned(),
            size: 1,
        };
        let changes = |key: &[(&str, &str)]| {
            code_changes(&map(key), std::slice::from_ref(&artifact), std::slice::from_ref(&built))
        };
        assert_eq!(changes(&[("ResizeKey", "resize/ab.zip")]), []);
        assert_eq!(changes(&[("ResizeKey", "resize/cd.zip")])[0].before.as_deref(), Some("resize/cd.zip"));
        assert_eq!(changes(&[])[0].after, "resize/ab.zip");
    }
}
