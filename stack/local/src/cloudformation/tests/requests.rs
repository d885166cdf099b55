use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faulty_requests_are_refused_before_anything_is_made() {
    let world = World::new();
    let thing = things(&[("A", "")]);
    let role =
        "Resources: {R: {Type: 'Test::Fault::Thing'}, X: {Type: 'AWS::IAM::SAMLProvider', Properties: {Name: u}}}";
    let long = format!("Description: {}\n{thing}", "d".repeat(60_000));
    let cases: Vec<Vec<(&str, &str)>> = vec![
        vec![("TemplateBody", &thing)],
        vec![("StackName", "1s"), ("TemplateBody", &thing)],
        vec![("StackName", "s")],
        vec![("StackName", "s"), ("TemplateBody", "{\"Resources\": ")],
        vec![("StackName", "s"), ("TemplateBody", "Resources:\n  A: [")],
        vec![("StackName", "s"), ("TemplateBody", "Resources: {A: {Type: 'AWS::X::Y'}, B: {Type: 'AWS::A::B'}}")],
        vec![("StackName", "s"), ("TemplateBody", "Resources: {A: {Type: 'Test::Fault::Thing', DependsOn: B}}")],
        vec![
            ("StackName", "s"),
            ("TemplateBody", "Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: 'Test::Fault::Thing'}}"),
        ],
        vec![("StackName", "s"), ("TemplateBody", role)],
        vec![("StackName", "s"), ("TemplateBody", &long)],
        vec![("StackName", "s"), ("TemplateBody", &thing), ("Parameters.member.1.ParameterKey", "P")],
        vec![("StackName", "s"), ("TemplateBody", &thing), ("ClientRequestToken", "a b")],
        vec![("StackName", "s"), ("TemplateBody", &thing), ("NotificationARNs.member.1", "arn")],
        vec![("StackName", "s"), ("TemplateBody", &thing), ("ResourceTypes.member.1", "AWS::SNS::*")],
        vec![("StackName", "s"), ("TemplateBody", &thing), ("OnFailure", "EXPLODE")],
        vec![("StackName", "s"), ("TemplateBody", &thing), ("Tags.member.1.Key", "aws:x")],
        vec![("StackName", "s"), ("TemplateURL", "https://nowhere")],
        vec![("StackName", "s"), ("TemplateURL", "https://s3.amazonaws.com/none/t.json")],
    ];
    let mut refusals = Vec::new();
    for fields in &cases {
        refusals.push(world.refused("CreateStack", fields).await);
    }
    insta::assert_snapshot!(refusals.join("\n"));
    assert!(world.ok("ListStacks", &[]).await.fields("StackName").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_stacks_and_operations_are_refused() {
    let world = World::new();
    let mut refusals = Vec::new();
    for (action, fields) in [
        ("DescribeStacks", vec![("StackName", "x")]),
        ("DescribeStacks", vec![("StackName", "arn:aws:cloudformation:eu-central-1:000000000000:stack/x/y")]),
        ("DescribeStackEvents", vec![("StackName", "x")]),
        ("DescribeStackResource", vec![("StackName", "x"), ("LogicalResourceId", "A")]),
        ("DescribeStackResources", vec![]),
        ("UpdateStack", vec![("StackName", "x"), ("TemplateBody", "a")]),
        ("GetTemplate", vec![]),
        ("GetTemplate", vec![("StackName", "x")]),
        ("GetTemplateSummary", vec![("TemplateBody", "Resources: {}")]),
        ("DescribeChangeSet", vec![("ChangeSetName", "c")]),
        ("DescribeChangeSet", vec![("ChangeSetName", "c"), ("StackName", "x")]),
        ("ListImports", vec![("ExportName", "x")]),
        ("DetectStackDrift", vec![]),
        ("CreateStackSet", vec![]),
    ] {
        refusals.push(format!("{action} {}", world.refused(action, &fields).await));
    }
    insta::assert_snapshot!(refusals.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_make_requests_idempotent() {
    let world = World::new();
    let body = things(&[("A", "")]);
    let create = [("StackName", "s"), ("TemplateBody", body.as_str()), ("ClientRequestToken", "t")];
    let first = world.ok("CreateStack", &create).await;
    let second = world.ok("CreateStack", &create).await;
    assert_eq!(first.field("StackId"), second.field("StackId"));
    world.settle().await;
    let without = world.refused("CreateStack", &create[..2]).await;
    assert_eq!(without, "AlreadyExistsException: Stack [s] already exists");
    let other = world.refused("DeleteStack", &[("StackName", "s"), ("ClientRequestToken", "t")]).await;
    assert!(other.starts_with("TokenAlreadyExistsException: "), "{other}");
    assert_eq!(world.calls(), ["create A"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_creations_at_once_one_wins() {
    let world = Arc::new(World::new());
    let body = Arc::new(things(&[("A", "")]));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (world, body) = (Arc::clone(&world), Arc::clone(&body));
            tokio::spawn(async move {
                world.call("CreateStack", &[("StackName", "s"), ("TemplateBody", &body)]).await.status
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += usize::from(task.await.unwrap() == 200);
    }
    world.settle().await;
    assert_eq!((won, world.calls().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_lists_come_in_pages() {
    let world = World::new();
    let resources: Vec<String> = (0..120).map(|index| format!("A{index}")).collect();
    let resources: Vec<(&str, &str)> = resources.iter().map(|id| (id.as_str(), "")).collect();
    assert_eq!(world.create(&things(&resources)).await, "CREATE_COMPLETE");
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let page = world.ok("DescribeStackEvents", &[("StackName", "s"), ("NextToken", &token)]).await;
        seen.extend(page.fields("EventId"));
        token = page.field("NextToken");
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 120 * 3 + 2);
    seen.dedup();
    assert_eq!(seen.len(), 120 * 3 + 2);
    let first = world.ok("ListStackResources", &[("StackName", "s")]).await;
    assert_eq!((first.fields("LogicalResourceId").len(), first.field("NextToken")), (100, "100".to_owned()));
    let second = world.ok("ListStackResources", &[("StackName", "s"), ("NextToken", "100")]).await;
    assert_eq!((second.fields("LogicalResourceId").len(), second.field("NextToken")), (20, String::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_are_validated_and_summarized() {
    let world = World::new();
    let template = "AWSTemplateFormatVersion: '2010-09-09'\nDescription: d <&>\nMetadata: {M: 1}\nParameters:\n  \
                    P: {Type: String, Default: a, AllowedValues: [a, b], NoEcho: true}\nOutputs: {Base: {Value: 'https://e1.cloudfront.localhost/a/'}}\nResources:\n  A: {Type: 'Test::Fault::Thing'}\n  \
                    H: {Type: 'AWS::CloudFormation::WaitConditionHandle'}\n";
    let validated = world.ok("ValidateTemplate", &[("TemplateBody", template)]).await;
    assert_eq!([validated.field("ParameterKey"), validated.field("NoEcho")], ["P", "true"]);
    world.create(template).await;
    let summary = world.ok("GetTemplateSummary", &[("StackName", "s")]).await;
    assert_eq!(summary.field("Metadata"), "{\"M\":1}");
    assert_eq!(summary.fields("ResourceType"), ["AWS::CloudFormation::WaitConditionHandle", "Test::Fault::Thing"]);
    assert_eq!(world.ok("GetTemplate", &[("StackName", "s")]).await.field("TemplateBody"), template);
    let described = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!([described.field("Description"), described.field("ParameterValue")], ["d <&>", "****"]);
    let detail = world.ok("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "H")]).await;
    assert_eq!(detail.field("ResourceStatus"), "CREATE_COMPLETE");
    let view = world.cloud.cloudformation.stacks_view("http://127.0.0.1:1");
    assert_eq!(view[0]["status"], "CREATE_COMPLETE");
    assert_eq!(view[0]["resources"].as_array().unwrap().len(), 2);
    // People see what answers; programs see what CloudFormation says.
    assert_eq!(view[0]["outputs"]["Base"], "http://127.0.0.1:1/_stack/cloudfront/E1/a/");
    assert_eq!(described.field("OutputValue"), "https://e1.cloudfront.localhost/a/");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_are_found_by_id_and_failures_by_filter() {
    let world = World::new();
    world.fail("create B");
    let body = things(&[("A", ""), ("B", "DependsOn: A")]);
    let created = world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &body)]).await;
    world.settle().await;
    let events = world.ok("DescribeEvents", &[("OperationId", &created.field("OperationId"))]).await;
    assert_eq!(events.fields("ResourceStatus")[0], "CREATE_FAILED");
    assert!(events.fields("OperationType").iter().all(|kind| kind == "CREATE_STACK"));
    let failed = world.ok("DescribeEvents", &[("StackName", "s"), ("Filters.FailedEvents", "true")]).await;
    assert_eq!(failed.fields("LogicalResourceId"), ["B"]);
    assert_eq!(failed.field("EventType"), "PROVISIONING_ERROR");
    // A rollback is an operation of its own.
    let stack = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(stack.fields("OperationType"), ["ROLLBACK", "CREATE_STACK"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stack_policies_are_kept() {
    let world = World::new();
    world.create(&things(&[("A", "")])).await;
    let refusal = world.refused("SetStackPolicy", &[("StackName", "s"), ("StackPolicyBody", "{")]).await;
    assert!(refusal.contains("Invalid stack policy"), "{refusal}");
    let policy = r#"{"Statement":[{"Effect":"Deny","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;
    world.ok("SetStackPolicy", &[("StackName", "s"), ("StackPolicyBody", policy)]).await;
    let kept = world.ok("GetStackPolicy", &[("StackName", "s")]).await;
    assert_eq!(kept.field("StackPolicyBody"), policy);
}
