//! Functions that bring their own `bootstrap`: instances, failures, retries, restarts.

use std::path::Path;
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, InvocationType, Runtime};
use stack_local::{LocalCloud, Settings};

use super::{ROLE, client, cloud, create, create_with, invoke, let_functions, python_is_missing, runs, script, zip};

#[tokio::test(flavor = "multi_thread")]
async fn a_function_answers_logs_and_sees_its_own_environment_only() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create(
        &client,
        "echo",
        script(
            r#"
def handle(event, headers):
    print("working on", event["word"], flush=True)
    return {"event": event, "environment": dict(os.environ), "arn": headers["Lambda-Runtime-Invoked-Function-Arn"],
            "deadline": int(headers["Lambda-Runtime-Deadline-Ms"]) > time.time() * 1000, "pid": os.getpid()}
run(handle)"#,
        ),
    )
    .await;
    let first = invoke(&client, "echo", r#"{"word": "grün"}"#).await;
    assert!(!first.failed, "{}", first.payload);
    assert_eq!(first.payload["event"]["word"], "grün");
    assert_eq!(first.payload["arn"], "arn:aws:lambda:us-east-1:000000000000:function:echo");
    assert_eq!(first.payload["deadline"], true);
    let environment = first.payload["environment"].as_object().unwrap();
    assert_eq!(environment["OWN"], "value");
    assert_eq!(environment["AWS_ENDPOINT_URL"], cloud.url());
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "echo");
    assert!(environment["AWS_ACCESS_KEY_ID"].as_str().unwrap().starts_with("ASIA"));
    assert!(!environment.contains_key("CARGO_MANIFEST_DIR"), "nothing of this process may leak");
    for part in ["START RequestId: ", "working on grün\n", "END RequestId: ", "REPORT RequestId: ", "Init Duration: "]
    {
        assert!(first.log.contains(part), "`{part}` is not in\n{}", first.log);
    }
    let second = invoke(&client, "echo", r#"{"word": "two"}"#).await;
    assert_eq!(second.payload["pid"], first.payload["pid"], "the instance is used again");
    assert!(!second.log.contains("Init Duration") && !second.log.contains("grün"), "{}", second.log);
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_fail_is_told_and_the_next_call_works() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create_with(
        &client,
        "failing",
        script(
            r#"
def handle(event, headers):
    if event == "error": raise Failed("no luck")
    if event == "exit": os._exit(3)
    if event == "kill": os.kill(os.getpid(), 9)
    if event == "silent": return run(handle)
    if event == "hang": time.sleep(60)
    return "fine"
run(handle)"#,
        ),
        1,
    )
    .await;
    for (payload, kind, message) in [
        ("\"error\"", "Failed", "no luck"),
        ("\"exit\"", "Runtime.ExitError", "Error: Runtime exited with error: exit status 3"),
        ("\"kill\"", "Runtime.ExitError", "Error: Runtime exited with error: signal: killed"),
        ("\"hang\"", "Sandbox.Timedout", "Error: Task timed out after 1.00 seconds"),
        ("\"silent\"", "Runtime.NoResponse", "without answering"),
    ] {
        let answer = invoke(&client, "failing", payload).await;
        assert!(answer.failed, "{payload}");
        assert_eq!(answer.payload["errorType"], kind);
        let told = answer.payload["errorMessage"].as_str().unwrap();
        assert!(told.contains(message), "{told}");
        assert!(answer.log.contains(&format!("Error Type: {kind}")), "{}", answer.log);
        assert_eq!(invoke(&client, "failing", "{}").await.payload, "fine", "after {payload}");
    }
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_never_comes_up_is_told() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create(&client, "exits", zip("bootstrap", "#!/bin/sh\necho cannot start >&2\nexit 7\n")).await;
    let answer = invoke(&client, "exits", "{}").await;
    assert_eq!(answer.payload["errorType"], "Runtime.ExitError");
    assert!(answer.payload["errorMessage"].as_str().unwrap().ends_with("exit status 7"));
    assert!(answer.log.contains("cannot start"), "{}", answer.log);

    create(
        &client,
        "reports",
        script(r#"post("init/error", {"errorType": "NoTable", "errorMessage": "no table"}); sys.exit(1)"#),
    )
    .await;
    assert_eq!(invoke(&client, "reports", "{}").await.payload["errorType"], "NoTable");

    create(&client, "no-program", zip("bootstrap", "#!/no/such/interpreter\n")).await;
    assert_eq!(invoke(&client, "no-program", "{}").await.payload["errorType"], "Runtime.InvalidEntrypoint");

    create(&client, "hangs", zip("bootstrap", "#!/bin/sh\nexec sleep 4711\n")).await;
    let answer = invoke(&client, "hangs", "{}").await;
    assert_eq!(answer.payload["errorType"], "Sandbox.Timedout");
    assert!(!runs("4711"));
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_cannot_run_is_refused() {
    let (cloud, client) = cloud().await;
    for (code, message) in [
        (zip("main", "#!/bin/sh"), "the zip has no `bootstrap` at its root"),
        (Blob::new("no zip"), "Could not unzip uploaded file"),
    ] {
        let refused = client
            .create_function()
            .function_name("broken")
            .role(ROLE)
            .runtime(Runtime::from("provided.al2023"))
            .code(FunctionCode::builder().zip_file(code).build())
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        assert!(refused.is_invalid_parameter_value_exception(), "{refused:?}");
        assert!(refused.to_string().contains(message) || format!("{refused:?}").contains(message), "{refused:?}");
    }
    let missing = client.get_function().function_name("broken").send().await.unwrap_err().into_service_error();
    assert!(missing.is_resource_not_found_exception(), "nothing half done is left");
    cloud.stop().await;
}

/// Whether a process ends: one that was killed is still seen for a moment on a busy machine.
async fn ends(marker: &str) -> bool {
    for _ in 0..200 {
        if !runs(marker) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_starts_dies_with_it() {
    if python_is_missing() || !Path::new("/proc/self/environ").exists() {
        return;
    }
    let (cloud, client) = cloud().await;
    create(
        &client,
        "forks",
        script(
            r#"
def handle(event, headers):
    subprocess.Popen(["/bin/sleep", event["plain"]])
    subprocess.Popen(["/bin/sleep", event["daemon"]], start_new_session=True)
    if event.get("exit"): os._exit(0)
run(handle)"#,
        ),
    )
    .await;
    // Numbers of this run alone: what an earlier one left must not be taken for its own.
    let [plain, daemon, living, living_daemon] = [1, 2, 3, 4].map(|digit| format!("{}0{digit}", std::process::id()));
    let crash = format!(r#"{{"plain": "{plain}", "daemon": "{daemon}", "exit": true}}"#);
    assert!(invoke(&client, "forks", &crash).await.failed);
    assert!(ends(&plain).await && ends(&daemon).await, "after a crash");
    let live = format!(r#"{{"plain": "{living}", "daemon": "{living_daemon}"}}"#);
    assert!(!invoke(&client, "forks", &live).await.failed);
    // The kernel closes the pipe that Python waits on a moment before the new arguments can be seen.
    for marker in [&living, &living_daemon] {
        for _ in 0..200 {
            if runs(marker) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(runs(marker), "{marker} while the instance lives");
    }
    cloud.stop().await;
    assert!(ends(&living).await && ends(&living_daemon).await, "after a stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_code_takes_over_between_calls() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    let version = |word: &str, seconds: &str| {
        script(&format!("def handle(event, headers):\n    time.sleep({seconds})\n    return '{word}'\nrun(handle)"))
    };
    create(&client, "swap", version("old", "1")).await;
    let running = tokio::spawn({
        let client = client.clone();
        async move { invoke(&client, "swap", "{}").await.payload }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    client.update_function_code().function_name("swap").zip_file(version("new", "0")).send().await.unwrap();
    assert_eq!(invoke(&client, "swap", "{}").await.payload, "new");
    assert_eq!(running.await.unwrap(), "old", "a call that runs ends in the code that it began in");
    assert_eq!(invoke(&client, "swap", "{}").await.payload, "new");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_at_once_are_all_answered_by_at_most_ten_instances() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create(
        &client,
        "many",
        script("def handle(event, headers):\n    time.sleep(0.02)\n    return [event, os.getpid()]\nrun(handle)"),
    )
    .await;
    let calls = (0..50).map(|number| {
        let client = client.clone();
        async move { (number, invoke(&client, "many", &number.to_string()).await.payload) }
    });
    let answers = futures::future::join_all(calls).await;
    let mut instances = std::collections::BTreeSet::new();
    for (number, answer) in answers {
        assert_eq!(answer[0], number);
        instances.insert(answer[1].as_i64().unwrap());
    }
    assert!(instances.len() <= 10, "{instances:?}");

    client.put_function_concurrency().function_name("many").reserved_concurrent_executions(0).send().await.unwrap();
    let refused = client.invoke().function_name("many").send().await.unwrap_err().into_service_error();
    assert!(refused.is_too_many_requests_exception(), "{refused:?}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_tried_three_times_and_its_failure_is_told() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    let directory = tempfile::tempdir().unwrap();
    let write = format!(
        "def handle(event, headers):\n    open('{}/' + event['requestContext']['condition'], 'w').write(json.dumps(event))\nrun(handle)",
        directory.path().display()
    );
    create(&client, "told", script(&write)).await;
    let count = format!(
        "def handle(event, headers):\n    open('{}/attempts', 'a').write('x')\n    raise Failed('never')\nrun(handle)",
        directory.path().display()
    );
    create(&client, "fails", script(&count)).await;
    let target = "arn:aws:lambda:us-east-1:000000000000:function:told";
    let_functions(&cloud, "lambda:InvokeFunction", target).await;
    let told = aws_sdk_lambda::types::OnFailure::builder().destination(target);
    client
        .put_function_event_invoke_config()
        .function_name("fails")
        .destination_config(aws_sdk_lambda::types::DestinationConfig::builder().on_failure(told.build()).build())
        .send()
        .await
        .unwrap();
    let accepted = client
        .invoke()
        .function_name("fails")
        .invocation_type(InvocationType::Event)
        .payload(Blob::new(r#"{"key": "a b"}"#))
        .send()
        .await
        .unwrap();
    assert_eq!(accepted.status_code(), 202);
    let record = directory.path().join("RetriesExhausted");
    for _ in 0..200 {
        if std::fs::read(&record).is_ok_and(|bytes| !bytes.is_empty()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    assert_eq!(record["requestPayload"]["key"], "a b");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(record["responsePayload"]["errorMessage"], "never");
    assert_eq!(std::fs::read_to_string(directory.path().join("attempts")).unwrap(), "xxx");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_survive_a_restart() {
    if python_is_missing() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings {
        address: ([127, 0, 0, 1], 0).into(),
        storage: stack_local::Storage::Directory(directory.path().join("data")),
        ..Settings::default()
    };
    let first = LocalCloud::start(settings.clone()).await.unwrap();
    create(&client(&first, "test", "test"), "stays", script("run(lambda event, headers: 'here')")).await;
    first.stop().await;
    let second = LocalCloud::start(settings).await.unwrap();
    assert_eq!(invoke(&client(&second, "test", "test"), "stays", "{}").await.payload, "here");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_signature_is_refused() {
    let (cloud, _) = cloud().await;
    for (access_key, secret_key, code) in
        [("test", "wrong", "InvalidSignatureException"), ("AKIAUNKNOWN", "test", "UnrecognizedClientException")]
    {
        use aws_sdk_lambda::error::ProvideErrorMetadata as _;
        let error = client(&cloud, access_key, secret_key).list_functions().send().await.unwrap_err();
        assert_eq!(error.code(), Some(code));
    }
    cloud.stop().await;
}
