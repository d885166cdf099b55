//! Functions that leak memory, grow files, and loop.

use std::path::Path;

use super::{cloud, create, create_with, invoke, python_is_missing, script};

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_is_stopped_at_the_memory_size() {
    if python_is_missing() || !Path::new("/proc/self/status").exists() {
        return;
    }
    let (cloud, client) = cloud().await;
    create_with(
        &client,
        "leaks",
        script(
            r#"
def handle(event, headers):
    kept = []
    while event == "leak":
        kept.append(bytearray(os.urandom(1 << 20)))
        time.sleep(0.002)
    return os.getpid()
run(handle)"#,
        ),
        30,
    )
    .await;
    let before = invoke(&client, "leaks", "{}").await.payload;
    let leaked = invoke(&client, "leaks", "\"leak\"").await;
    assert!(leaked.failed, "{}", leaked.payload);
    assert_eq!(leaked.payload["errorType"], "Runtime.ExitError");
    assert!(leaked.payload["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: signal: killed"));
    assert!(leaked.log.contains("Max Memory Used: 128 MB"), "{}", leaked.log);
    assert!(leaked.log.contains("Error Type: Runtime.OutOfMemory"), "{}", leaked.log);
    let after = invoke(&client, "leaks", "{}").await.payload;
    assert!(after.is_number() && after != before, "another instance goes on");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_ends_at_the_size_of_the_storage() {
    if python_is_missing() || !cfg!(target_os = "linux") {
        return;
    }
    let (cloud, client) = cloud().await;
    create(
        &client,
        "fills",
        script(
            r#"
def handle(event, headers):
    with open(os.environ["TMPDIR"] + "/big", "wb") as file:
        file.truncate(event)
    return "written"
run(handle)"#,
        ),
    )
    .await;
    assert_eq!(invoke(&client, "fills", "1000000").await.payload, "written");
    assert!(invoke(&client, "fills", "600000000").await.failed);
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_calls_itself_is_stopped() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    let header = |depth: u32| {
        format!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:abc:{depth}")
    };
    create(&client, "loops", script("run(lambda event, headers: headers['Lambda-Runtime-Trace-Id'])")).await;
    let called = |depth: u32| {
        let header = header(depth);
        client
            .invoke()
            .function_name("loops")
            .customize()
            .mutate_request(move |request| {
                request.headers_mut().insert("x-amzn-trace-id", header.clone());
            })
            .send()
    };
    let answer = called(3).await.unwrap();
    let trace: String = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
    assert!(trace.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;") && trace.ends_with(":4"), "{trace}");
    let refused = called(15).await.unwrap_err();
    assert!(refused.into_service_error().is_recursive_invocation_exception());
    let allow = client.put_function_recursion_config().function_name("loops");
    allow.recursive_loop(aws_sdk_lambda::types::RecursiveLoop::Allow).send().await.unwrap();
    assert!(called(15).await.is_ok(), "a function that may loop does");
    cloud.stop().await;
}
