//! Bad input: a clear error, and nothing half done.

use std::io::Write as _;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use test_support::{Run, RunningCloud, TestProject, eventually, http};

use crate::{STACK, deploy};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_function_that_panics_fails_its_invocation_and_nothing_else() {
    let project = TestProject::fixture(STACK, "panicking-function");
    let cloud = RunningCloud::start(&project);
    deploy(&project, "test", &[]);
    let clients = cloud.clients();
    // Twice: the second invocation finds a fresh process, not the corpse of the first.
    for _ in 0..2 {
        let answer = clients.lambda.invoke().function_name("fragile-test-panicking").send().await.unwrap();
        assert_eq!(answer.function_error(), Some("Unhandled"));
        let payload = String::from_utf8(answer.payload().unwrap().as_ref().to_vec()).unwrap();
        assert!(payload.contains("errorType"), "{payload}");
    }
    eventually("the panic is logged", async || {
        let group = "/aws/lambda/fragile-test-panicking";
        let answer = clients.logs.filter_log_events().log_group_name(group).send().await.ok()?;
        answer.events().iter().find_map(|event| event.message()?.contains("this photo cannot be read").then_some(()))
    })
    .await;
    assert_eq!(http::get(&format!("{}/_stack/health", cloud.url())).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_without_bootstrap_is_named_as_such() {
    let project = TestProject::empty(STACK);
    let cloud = RunningCloud::start(&project);
    let lambda = cloud.clients().lambda;
    let created = lambda
        .create_function()
        .function_name("hollow")
        .runtime(Runtime::Providedal2023)
        .handler("bootstrap")
        .role("arn:aws:iam::000000000000:role/hollow")
        .code(FunctionCode::builder().zip_file(Blob::new(zip_of("README.txt", b"no bootstrap here"))).build())
        .send()
        .await;
    // AWS says it at the first invocation; a refusal at once is as honest.
    let message = if let Err(error) = created {
        format!("{:?}", error.into_service_error())
    } else {
        let answer = lambda.invoke().function_name("hollow").send().await.unwrap();
        assert!(answer.function_error().is_some());
        String::from_utf8(answer.payload().unwrap().as_ref().to_vec()).unwrap()
    };
    assert!(message.contains("bootstrap"), "{message}");
}

#[test]
fn a_port_in_use_is_an_error_with_the_way_out() {
    let project = TestProject::empty(STACK);
    let cloud = RunningCloud::start(&project);
    let other = TestProject::empty(STACK);
    let port = cloud.port().to_string();
    let run = other.run(&["local", "start", "--foreground", "--memory", "--port", &port]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.stdout, "");
    for part in [&format!("127.0.0.1:{port}"), "--port"] {
        assert!(run.stderr.contains(part), "no `{part}` in {}", run.stderr);
    }
    let status = other.run(&["local", "status", "--json"]);
    assert!(status.stdout.contains("\"running\":false"), "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_cargo_nothing_is_deployed() {
    let project = TestProject::fixture(STACK, "panicking-function");
    let cloud = RunningCloud::start(&project);
    let mut command = project.command(&["deploy", "--local", "-e", "dev", "--yes"]);
    let run = Run::of(command.env("PATH", project.directory()));
    assert_eq!(run.code, Some(1), "{run:?}");
    for part in ["cargo", "help"] {
        assert!(run.stderr.contains(part), "no `{part}` in {}", run.stderr);
    }
    let clients = cloud.clients();
    assert_eq!(clients.stack_names().await, [""; 0]);
    assert_eq!(clients.bucket_names().await, [""; 0]);
}

/// A zip of one file.
fn zip_of(name: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}
