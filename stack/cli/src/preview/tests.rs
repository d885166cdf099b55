use serde_json::{Value, json};
use stack_aws::{ChangeSet, PropertyChange};

use super::*;

fn template(properties: &Value) -> Template {
    let text = json!({
        "Parameters": {"Password": {"Type": "String", "NoEcho": true}},
        "Resources": {"Uploads": {"Type": "AWS::S3::Bucket", "Properties": properties}}
    });
    Template::parse(&text.to_string()).unwrap()
}

fn differences(before: &Template, after: &Template) -> StackDifferences {
    StackDifferences {
        stack_name: "s".to_owned(),
        region: "eu-central-1".to_owned(),
        status: None,
        changes: Changes::between(before, after),
        code: Vec::new(),
        code_compared: true,
        parameters: Vec::new(),
        tags: Vec::new(),
        change_set: None,
    }
}

fn change(logical_id: &str, action: Action, values: &[(&str, Recreation)]) -> ResourceChange {
    ResourceChange {
        logical_id: logical_id.to_owned(),
        physical_id: None,
        resource_type: "AWS::S3::Bucket".to_owned(),
        action,
        properties: Vec::new(),
        values: values
            .iter()
            .map(|(path, recreation)| PropertyChange {
                path: (*path).to_owned(),
                before: Some("old".to_owned()),
                after: Some("new".to_owned()),
                recreation: *recreation,
            })
            .collect(),
        policy_action: None,
    }
}

fn joined(before: &Value, after: &Value, changes: Vec<ResourceChange>) -> StackDifferences {
    let (before, after) = (template(before), template(after));
    let mut differences = differences(&before, &after);
    let set = ChangeSet {
        id: "arn:set".to_owned(),
        stack_id: "arn:s".to_owned(),
        stack_name: "s".to_owned(),
        changes,
        warnings: Vec::new(),
        risks: Vec::new(),
    };
    join(&mut differences, &before, &after, Preview::Made(Box::new(set)));
    differences
}

fn told_changes(differences: &StackDifferences) -> &[ToldChange] {
    let Some(ChangeSetView::Made { changes, .. }) = &differences.change_set else { panic!("{differences:?}") };
    changes
}

#[test]
fn a_replacement_that_only_cloudformation_knows_of_counts() {
    let acceleration = |status: &str| json!({"AccelerateConfiguration": {"AccelerationStatus": status}});
    let told = change("Uploads", Action::Replace, &[("/Properties/BucketName", Recreation::Always)]);
    let joined = joined(&acceleration("Enabled"), &acceleration("Suspended"), vec![told]);
    let [resource] = joined.changes.resources.as_slice() else { panic!("{joined:?}") };
    assert_eq!((resource.action, resource.impact), (Action::Replace, Impact::DataLost));
    assert_eq!(resource.causes[0].path, "Properties.BucketName");
    assert_eq!(resource.values.len(), 1, "what the templates tell stays");
    assert_eq!(told_changes(&joined)[0].templates, Some(Action::Modify));
}

#[test]
fn a_replacement_that_only_the_templates_know_of_stays_one() {
    let name = |name: &str| json!({"BucketName": name});
    let told = change("Uploads", Action::Modify, &[("/Properties/BucketName", Recreation::Never)]);
    let joined = joined(&name("one"), &name("two"), vec![told]);
    assert_eq!(joined.changes.resources[0].action, Action::Replace);
    let told = &told_changes(&joined)[0];
    assert_eq!((told.action, told.templates), (Action::Modify, Some(Action::Replace)));
}

#[test]
fn what_only_cloudformation_changes_is_a_difference() {
    let joined = joined(&json!({}), &json!({}), vec![change("Uploads", Action::Modify, &[])]);
    assert!(!joined.is_empty());
    assert_eq!((joined.changes.resources.len(), joined.changes.resources[0].action), (1, Action::Modify));
    assert_eq!(told_changes(&joined)[0].templates, None);
}

#[test]
fn values_that_are_made_of_secrets_are_hidden() {
    let after = json!({"BucketName": {"Ref": "Password"}, "ObjectLockEnabled": true});
    let paths = ["/Properties/BucketName", "/Properties/ObjectLockEnabled"].map(|path| (path, Recreation::Never));
    let joined = joined(&json!({}), &after, vec![change("Uploads", Action::Modify, &paths)]);
    let values: Vec<_> = told_changes(&joined)[0].values.iter().map(|value| value.after.as_deref().unwrap()).collect();
    assert_eq!(values, [HIDDEN, "new"]);
}
