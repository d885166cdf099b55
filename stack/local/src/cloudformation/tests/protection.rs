use super::*;

const POLICY: &str = r#"{"Statement": [
    {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
    {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/A"}
]}"#;

fn template(a: &str, b: &str) -> String {
    things(&[
        ("A", &format!("Properties: {{Name: a, Value: {a}}}")),
        ("B", &format!("Properties: {{Name: b, Value: {b}}}")),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_policy_denies_changes_replacements_and_removals() {
    let world = World::new();
    world
        .ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &template("x", "x")), ("StackPolicyBody", POLICY)])
        .await;
    world.settle().await;
    assert_eq!(world.update(&template("x", "y")).await, "UPDATE_COMPLETE");
    let denied = "A UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:*] for resource [LogicalResourceId/A]";
    for other in [
        template("y", "y"),
        things(&[("A", "Properties: {Name: c, Value: x}"), ("B", "Properties: {Name: b, Value: y}")]),
        things(&[("B", "Properties: {Name: b, Value: y}")]),
    ] {
        let before = world.events().len();
        assert_eq!(world.update(&other).await, "UPDATE_ROLLBACK_COMPLETE");
        let events = world.events().split_off(before);
        assert!(events.contains(&denied.to_owned()), "{events:#?}");
        assert_eq!((world.things(), world.value("a")), (vec!["a".to_owned(), "b".to_owned()], "x".to_owned()));
    }
    // For one update, another policy may stand in.
    let open = r#"{"Statement": {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}}"#;
    let body = template("z", "y");
    let fields = [("StackName", "s"), ("TemplateBody", body.as_str()), ("StackPolicyDuringUpdateBody", open)];
    world.ok("UpdateStack", &fields).await;
    world.settle().await;
    assert_eq!((world.status("s").await.as_str(), world.value("a").as_str()), ("UPDATE_COMPLETE", "z"));
    assert_eq!(world.update(&template("x", "y")).await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.value("a"), "z");
}
