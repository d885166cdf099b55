//! `stack eject`.

use test_support::TestProject;

use crate::{SMALL, STACK, assert_run};

#[test]
fn a_source_is_copied_once_and_then_rules() {
    let project = TestProject::new(STACK, SMALL);
    let before = project.succeed(&["render"]).stdout;
    assert_run!("eject_bucket", &project, &["eject", "bucket", "--policies"]);
    assert_eq!(project.succeed(&["render"]).stdout, before, "a copy changes nothing");
    let path = project.directory().join("templates/bucket.yaml.hbs");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        text.replace("Properties:\n      BucketName", "Metadata: { Own: true }\n    Properties:\n      BucketName"),
    )
    .unwrap();
    assert!(project.succeed(&["render"]).stdout.contains("Own: true"));
    assert!(project.succeed(&["render", "--explain"]).stdout.contains("the project's own"));

    assert_run!("eject_again", &project, &["eject", "bucket"]);
    assert!(project.succeed(&["render"]).stdout.contains("Own: true"), "nothing was overwritten");
    project.succeed(&["eject", "bucket", "--force"]);
    assert_eq!(project.succeed(&["render"]).stdout, before);
}

#[test]
fn sources_are_listed_with_or_without_a_project() {
    let project = TestProject::new(STACK, SMALL);
    project.succeed(&["eject", "topic"]);
    let listed = project.succeed(&["eject", "--list"]).stdout;
    let line = |name: &str| listed.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(line("templates/topic.yaml.hbs").ends_with("the project's own"), "{listed}");
    assert!(line("policies/bucket-read.json.hbs").ends_with("built in"), "{listed}");
    let empty = TestProject::empty(STACK);
    assert!(!empty.succeed(&["eject", "--list"]).stdout.contains("the project's own"));
}

#[test]
fn an_unknown_construct_is_named() {
    let project = TestProject::new(STACK, SMALL);
    assert_run!("eject_unknown", &project, &["eject", "buckett"]);
    let empty = TestProject::empty(STACK);
    assert_run!("eject_without_project", &empty, &["eject", "bucket"]);
}
