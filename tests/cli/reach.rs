//! What a command reaches AWS through, and what it leaves there when it only looks.

use test_support::{Run, ScriptedCloud, TestProject};

use crate::{SMALL, STACK};

const ACCOUNT: [&str; 2] = ["--account", "123456789012"];

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_through_the_proxy_that_the_environment_names() {
    let project = TestProject::new(STACK, SMALL);
    // A proxy is asked for whole addresses; the scripted cloud answers whatever host they name.
    let proxy = ScriptedCloud::start().await;
    let run = |endpoint: &str, unproxied: &str| {
        let arguments = [&["ls", "--endpoint-url", endpoint][..], &ACCOUNT].concat();
        let mut command = project.command(&arguments);
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command.env("HTTP_PROXY", proxy.endpoint()).env("NO_PROXY", unproxied);
        Run::of(&mut command)
    };
    let through = run("http://cloudformation.invalid", "");
    assert_eq!(through.code, Some(0), "{through:?}");
    assert_eq!(proxy.take_calls(), ["DescribeStacks"]);
    // What is on this machine is asked without it.
    let cloud = ScriptedCloud::start().await;
    assert_eq!(run(cloud.endpoint(), "").code, Some(0));
    assert_eq!((cloud.take_calls().len(), proxy.take_calls().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_twice_at_a_stack_that_is_not_there_leaves_nothing() {
    let project = TestProject::new(STACK, SMALL);
    let cloud = ScriptedCloud::start().await;
    for _ in 0..2 {
        let arguments = [&["diff", "--endpoint-url", cloud.endpoint()][..], &ACCOUNT].concat();
        let mut command = project.command(&arguments);
        let run = Run::of(command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test"));
        assert_eq!(run.code, Some(2), "{run:?}");
    }
    assert!(cloud.world(|world| world.stacks.is_empty()), "a shell is left");
    let calls = cloud.take_calls();
    assert!(calls.iter().all(|call| call.starts_with("Describe") || call.starts_with("Get")), "{calls:?}");
}
